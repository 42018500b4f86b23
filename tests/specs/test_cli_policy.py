"""`anxin policy` and `anxin workdays`: the documented answers, one JSON document, and exit codes 0, 1, 2."""

import io
import json
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from anxin.entrances.commands.main import main
from anxin.foundation.policy.current import DEFAULT_ROOT

ROOT = DEFAULT_ROOT.parent


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


def anxin(*words: str | Path) -> Done:
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(["anxin", *map(str, words)])
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, out.getvalue(), err.getvalue())


def answer(*words: str | Path, code: int = 0) -> Any:
    done = anxin(*words, "--json")
    assert done.code == code, done.err
    return json.loads(done.out)


def refused(*words: str | Path, code: int = 2) -> str:
    done = anxin(*words)
    assert (done.code, done.out) == (code, "")
    assert len(done.err.strip().splitlines()) == 1
    return done.err


def test_a_process_of_its_own_needs_no_database(tmp_path: Path) -> None:
    tests_own = {"DJANGO_SETTINGS_MODULE", "ANXIN_TEST_DATABASE"}
    environment = {name: value for name, value in os.environ.items() if name not in tests_own}
    environment["ANXIN_DATABASE_URL"] = f"sqlite:///{tmp_path}/absent/no.db"
    for words in (("policy", "explain", "clock.settle", "--on", "2023-11-01"), ("workdays", "add", "2023-01-13", "10")):
        done = subprocess.run(
            [sys.executable, "-m", "anxin", *words, "--json"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            check=True,
        )
        assert isinstance(json.loads(done.stdout), dict)


def test_explain() -> None:
    told = answer("policy", "explain", "clock.settle", "--place", "330784115", "--on", "2023-11-01")
    assert {"term", "value", "unit", "basis", "pack", "status", "on", "chain"} <= told.keys()
    assert (told["value"], told["unit"], told["pack"], told["on"]) == (7, "day", "cn-330784", "2023-11-01")
    assert [link["pack"] for link in told["chain"]] == ["cn", "cn-33", "cn-330784"]
    assert "授权链" in anxin("policy", "explain", "clock.settle").out


def test_explain_refuses_in_one_line() -> None:
    assert "没有这一条目" in refused("policy", "explain", "clock.nothing")
    assert "没有管辖" in refused("policy", "explain", "clock.settle", "--place", "110101")
    assert "写法有误" in refused("policy", "explain", "clock.settle", "--on", "2023-13-01")
    assert "没有生效的取值" in refused("policy", "explain", "clock.settle", "--on", "1999-01-01", code=1)


def test_check_and_its_faults(tmp_path: Path) -> None:
    assert answer("policy", "check") == {
        "ok": True,
        "packs": ["cn", "cn-33", "cn-330105", "cn-330424", "cn-330784"],
        "faults": [],
    }
    copy = tmp_path / "packs"
    shutil.copytree(DEFAULT_ROOT, copy)
    clocks = copy / "cn-330784" / "parameters" / "clocks.toml"
    clocks.write_text(clocks.read_text().replace('basis = "', 'basis = "" # "', 1))
    told = answer("policy", "check", copy, code=1)
    assert [(fault["kind"], fault["file"]) for fault in told["faults"]] == [
        ("BadPack", "cn-330784/parameters/clocks.toml")
    ]
    (copy / "cn" / "pack.toml").write_text("id = ")
    assert anxin("policy", "check", copy).code == 1
    assert "找不到" in refused("policy", "check", tmp_path / "nowhere")


def test_new_check_and_explain_with_added_packs(tmp_path: Path) -> None:
    made = answer("policy", "new", "330783", "--extends", "cn-33", "--zh", "东阳市", "--into", tmp_path)
    assert made["pack"] == "cn-330783" and "parameters/clocks.toml" in made["files"]
    assert answer("policy", "check", tmp_path / "cn-330783")["ok"]
    assert answer("policy", "check", "--packs", tmp_path)["ok"]
    assert answer("policy", "explain", "clock.settle", "--place", "330783", "--packs", tmp_path)["pack"] == "cn"
    assert "已经存在" in refused("policy", "new", "330783", "--extends", "cn-33", "--into", tmp_path)
    assert "没有管辖" in refused("policy", "new", "330782", "--extends", "cn-99", "--into", tmp_path)


def test_diff() -> None:
    told = answer("policy", "diff", "330784", "330105", "--on", "2023-11-01")
    row = next(row for row in told["terms"] if row["term"] == "clock.dispatch")
    assert (row["left"]["value"], row["right"]["value"]) == (1, 0)
    assert "拱墅区" in anxin("policy", "diff", "330784", "330105").out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("add", "2023-01-13", "10"), {"date": "2023-02-01"}),
        (("add", "2023-02-01", "-10"), {"date": "2023-01-13"}),
        (("add", "2023-01-13", "10", "--calendar"), {"date": "2023-01-23"}),
        (("between", "2023-01-13", "2023-02-01"), {"workdays": 10, "days": 19}),
    ],
)
def test_workdays(words: tuple[str, ...], expected: dict[str, Any]) -> None:
    assert answer("workdays", *words) == expected
    assert anxin("workdays", *words).out.strip() == str(next(iter(expected.values())))


def test_workdays_refuse_in_one_line() -> None:
    assert "2027年" in refused("workdays", "add", "2026-12-31", "10")
    assert "写法有误" in refused("workdays", "add", "2023-02-30", "1")
    assert "应为整数" in refused("workdays", "add", "2023-02-01", "two")
    assert "最多推算" in refused("workdays", "add", "2023-02-01", "99999999")
