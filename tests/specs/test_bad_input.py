"""Bad input everywhere a person, a file or another program can give it: a Chinese sentence, and nothing half done."""

from __future__ import annotations

import functools
import io
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import get_resolver

from anxin.entrances.commands import player, scenario
from anxin.foundation.access.actor import Actor
from anxin.foundation.access.selectors import user_named
from anxin.foundation.access.services import create_user
from anxin.foundation.audit.commands import QUERIES, REGISTRY, Command, ask, call
from anxin.foundation.directory import services as directory
from anxin.foundation.documents.models import Letter
from anxin.foundation.duties.models import Duty
from anxin.foundation.kernel.errors import BadInput
from anxin.foundation.outbox.worker import drain
from anxin.resolution.intake import importing
from tests.specs.case_desk import COUNTY, NOW, TOWN, UNIT, add_papers, everyone, new_case, open_up, put
from tests.specs.hostile import HOSTILE, fault_of, kept

pytestmark = pytest.mark.django_db

SEED, SHARE = 20231202, 0.2
"""A part of all pairs of argument and value, the same in every run."""

player.register()
NAMES = sorted(name for name in [*REGISTRY, *QUERIES] if not name.startswith("specs."))  # specs register drills


@dataclass(frozen=True)
class World:
    """One case and what hangs on it; `given` is what a command or query takes without complaint."""

    actor: Actor
    given: dict[str, dict[str, Any]]


@pytest.fixture
def world(settings: Any, tmp_path: Any) -> World:
    settings.DATA_DIR = settings.MEDIA_ROOT = tmp_path
    open_up()
    actor = everyone()
    who: dict[str, Any] = {"actor": actor, "now": NOW}
    firm = call("employers.register", **who, name="永康市某某五金厂", place=TOWN)["id"]
    works = call("projects.register", **who, name="示范工程", sector="construction", investment="private")["id"]
    person = call("workers.register", **who, name="张三", phone="13800000001")["id"]
    received = call("intake.receive", **who, channel="hotline", employer="某厂", text="欠薪", place=TOWN, amount="9000")
    drain(now=NOW)
    other = call("intake.receive", **who, channel="hotline", employer="另一厂", text="欠薪", place=TOWN)
    drain(now=NOW)
    case, kin = put(new_case(), "mediating"), new_case(employer="并入的单位")
    add_papers(case, {"call_record"})
    paper = {"case": case.pk}
    session = call(
        "mediation.convene", **who, **paper, held_at=NOW + timedelta(hours=1), place="调解室", mediator="王调解"
    )["id"]
    duty = Duty.objects.filter(state="open").first()
    assert duty is not None
    letter = call(
        "documents.issue", **who, template="settlement", subject=f"cases.Case:{case.pk}",
        facts={
            "unit": "芝英镇", "mediator": "王调解", "signed_on": "2023-12-02", "employer": "某厂", "total": "1.00",
            "workers": [{"name": "张三", "amount": "1.00"}], "instalments": [{"due_on": "2023-12-10", "amount": "1"}],
        },
    )["id"]  # fmt: skip
    question = call("intake.consult", **who, channel="hotline", text="怎么讨薪", answer="请先登记")
    reason = {"reason": "情况已变化"}
    promise = [{"due_on": date(2023, 11, 10), "amount": "9000.00"}]
    row = {"row": 2, "number": "A1", "at": NOW, "user": "u", "text": "拖欠工资", "amount": "12"}
    pair = {"number": received["number"], "receipt": received["receipt"]}
    line = {"name": "李四", "amount": "9000.00", "phone": "13800000002", "since": "2023-09-01", "until": "2023-10-01"}
    given: dict[str, dict[str, Any]] = {
        "cases.amend": paper | reason | {"people": 3, "amount": "9000"},
        "cases.answer": pair | {"answer": "received"},
        "cases.assist": paper | {"report": "已协助"},
        "cases.call_independently": paper | {"reached": True, "genuine": True, "summary": "本人自愿"},
        "cases.classify": paper | reason | {"grade": "complex"},
        "cases.confirm": paper | {"answer": "received"},
        "cases.contact": paper | {"summary": "已电话告知"},
        "cases.decide_hard": paper | {"decision": "公安协助"},
        "cases.dismiss": paper | {"ground": "not_wages", "note": "属于加工款"},
        "cases.dispatch": {"case": kin.pk},
        "cases.escalate": paper | reason,
        "cases.joint_convene": paper | {"decision": "公安协助"},
        "cases.joint_release": paper | reason | {"approver": "某某"},
        "cases.log_call": paper | {"summary": "已电话告知"},
        "cases.merge": {"case": kin.pk, "into": case.pk} | reason,
        "cases.open": {"complaint": question["id"], "number": "W20231101-9999", "place": f"{TOWN}000"},
        "cases.order": paper | {"order_number": "永人社监令字〔2023〕第0001号", "due_on": date(2023, 11, 10)},
        "cases.redispatch": {"case": kin.pk, "unit": UNIT} | reason,
        "cases.refer": paper | {"reference": "永人社移〔2023〕1号"},
        "cases.reopen": paper | reason,
        "cases.reply": paper | {"text": "工资已到账"},
        "cases.request_withdrawal": paper | reason,
        "cases.return": paper | reason,
        "cases.settle": paper | {"agreement": "永人社调字〔2023〕第0001号"},
        "cases.verify": paper | {"workers": [line]},
        "cases.of_employer": {"employer": firm},
        "cases.progress": pair,
        "documents.add": {"subject": f"cases.Case:{case.pk}", "kind": "call_record", "text": "材料"},
        "documents.issue": {
            "subject": f"cases.Case:{case.pk}",
            "template": "settlement",
            "facts": Letter.objects.get(pk=letter).facts,
        },
        "documents.void": {"letter": letter} | reason,
        "duties.extend": {"duty": duty.pk, "due_at": NOW + timedelta(days=30), "approver": "某某"} | reason,
        "duties.hand_over": {"duty": duty.pk, "post": "leader"} | reason,
        "duties.pause": {"duty": duty.pk} | reason,
        "duties.resume": {"duty": duty.pk} | reason,
        "employers.assign_grid": {"employers": [firm], "grid": "330784115201"},
        "employers.import": {"rows": [{"单位名称": "某某机械厂", "用工人数": "10"}]},
        "employers.register": {"name": "某某机械厂", "place": TOWN},
        "employers.update": {"employer": firm, "sector": "manufacturing"},
        "employers.detail": {"employer": firm},
        "employers.search": {"text": "五金"},
        "intake.attach": pair | {"kind": "photo", "file": {"name": "a.txt", "content": "内容"}},
        "intake.consult": {"channel": "hotline", "text": "怎么讨薪", "answer": "请先登记"},
        "intake.import_messages": {"rows": [row]},
        "intake.merge": {"complaint": other["id"], "into": received["id"]} | reason,
        "intake.receive": {"channel": "hotline", "employer": "某机械厂", "people": 2, "workers": [line]},
        "intake.show_identity": {"complaint": received["id"]} | reason,
        "intake.by_receipt": pair,
        "intake.detail": {"complaint": received["id"]},
        "intake.duplicates": {"employer": "某厂", "phone": "13800000001", "amount": "9000.00", "text": "欠薪"},
        "mediation.agree": paper | {"instalments": promise},
        "mediation.conclude": {"session": session, "outcome": "failed"},
        "mediation.convene": paper | {"held_at": NOW + timedelta(hours=2), "place": "调解室", "mediator": "王调解"},
        "mediation.instalment_miss": {"duty": duty.pk},
        "mediation.instalments_paid": paper,
        "mediation.of_case": paper,
        "mediation.pay_instalment": {"instalment": 1},
        "notices.read": {"message": 1},
        "projects.add_participant": {"project": works, "employer": firm, "role": "labour"},
        "projects.register": {"name": "另一工程", "sector": "construction", "investment": "private"},
        "projects.detail": {"project": works},
        "projects.search": {"text": "工程"},
        "wages.of_worker": {"worker": person},
        "workers.register": {"name": "王五", "phone": "13800000003"},
        "workers.detail": {"worker": person},
    }
    on_case = {name for name, known in {**REGISTRY, **QUERIES}.items() if "case" in known.arguments().model_fields}
    return World(actor, {name: given.get(name, paper if name in on_case else {}) for name in NAMES})


def attempts(known: Command, given: dict[str, Any], share: float) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every hostile value for every argument, in place of it and inside it, in part; and fields too many or few."""
    chance = random.Random(f"{SEED}{known.name}")
    yield "nothing at all", {}
    yield "one field too many", given | {"x\x00\ud800": 1}
    for name in known.arguments().model_fields:
        yield f"without {name}", {key: value for key, value in given.items() if key != name}
        for label, value in HOSTILE.items():
            if chance.random() < share:
                yield f"{name} = {label}", given | {name: value}
        for label, changed in _inside(given.get(name)):
            if chance.random() < share:
                yield f"{name}{label}", given | {name: changed}


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    """The same list or table with one hostile value in it."""
    if isinstance(value, list) and value:
        yield from ((f"[0]{label}", [changed, *value[1:]]) for label, changed in _inside(value[0]))
        yield from ((f"[0] = {label}", [bad, *value[1:]]) for label, bad in HOSTILE.items())
    if isinstance(value, dict):
        for key in value:
            yield from ((f".{key}{label}", value | {key: changed}) for label, changed in _inside(value[key]))
            yield from ((f".{key} = {label}", value | {key: bad}) for label, bad in HOSTILE.items())


@pytest.mark.parametrize("room", sorted({name.partition(".")[0] for name in NAMES}))
def test_whatever_comes_is_answered_or_refused_in_chinese(world: World, room: str) -> None:
    before, faults = kept(), []
    for name in (name for name in NAMES if name.startswith(f"{room}.")):
        run, known = (call, REGISTRY[name]) if name in REGISTRY else (ask, QUERIES[name])
        for label, given in attempts(known, world.given[name], SHARE):
            act = functools.partial(run, name, actor=world.actor, now=NOW, **given)
            if fault := fault_of(act, before):
                faults.append(f"{name}, {label}: {fault}")
    assert not faults, "\n".join(faults)
    assert kept() == before


PARAMETERS = (
    "q", "stage", "unit", "before", "after", "after_id", "rule", "state", "place", "on", "left", "right", "kind",
    "status", "phone", "people", "amount", "since", "back", "answer", "number", "receipt", "next", "seen", "duty",
    "claim", "employer", "summary", "story", "text", "pick", "month",
)  # fmt: skip
TYPED = [
    "", "\x00", "😀", "\u202e", "长" * 3000, "9" * 5000, "'; DROP TABLE x; --", "<script>", "{{7*7}}", "１２", "²",
    "-1", str(2**63), "NaN", "1e400", "1e999999999", "0.001", "0001-01-01", "0001-01-01T00:00:00+14:00|1",
    "2023-11-01T00:00|1", "9999-12-31T23:59", "2023-02-30", "%_\\", "//evil.example", "330424", "[]",
]  # fmt: skip


def pages(case: int) -> list[str]:
    """Every address of portal and console once, and the ids that no row has."""
    found = []
    for prefix, module in (("/", "anxin.entrances.portal.urls"), ("/c/", "anxin.entrances.console.urls")):
        for pattern in get_resolver(module).url_patterns:
            route = str(pattern.pattern)
            for key in (case, 2**63, 10**30) if "<int:" in route else (case,):
                filled = re.sub(r"<int:\w+>", str(key), route)
                found.append(prefix + re.sub(r"<\w+:\w+>", "contact", filled))
    return [*found, "/login", f"/c/cases/{case}/do/%00", f"/c/cases/{case}/do/cases.contact"]


@pytest.mark.parametrize("post", ["", "arrears_office", "dispatcher"])
def test_no_page_falls_over_whatever_the_address_or_the_form_says(
    world: World, settings: Any, caplog: pytest.LogCaptureFixture, post: str
) -> None:
    settings.ANXIN_COUNTY, settings.ANXIN_NOW = COUNTY, NOW
    client, chance, faults = visitor(post), random.Random(SEED), []
    for page in pages(world.given["cases.amend"]["case"]):
        said = {name: chance.choice(TYPED) for name in chance.sample(PARAMETERS, 20)}
        for method, given in (("get", said), ("post", said), ("get", {}), ("put", {})):
            with transaction.atomic():
                response = getattr(client, method)(page, given)
                transaction.set_rollback(True)
            if response.status_code >= 500:
                faults.append(f"{method} {page} {given}: {caplog.records[-1].exc_info}")
    assert not faults, "\n".join(faults)


def visitor(post: str) -> Client:
    """Somebody at the browser: the public, or the county's holder of a post."""
    client = Client(raise_request_exception=False)
    if post:
        officer = directory.enrol(name=post)
        directory.appoint(officer=officer, post=post, place=COUNTY, unit="", from_on=date(2020, 1, 1))
        create_user(username=post, password=None, officer=officer)
        client.force_login(user_named(post))
    return client


@pytest.mark.parametrize("wanted", ["2023-11-01T09:00", "login", "1e9", "//evil.example", "javascript:alert(1)"])
def test_only_an_address_of_the_house_is_gone_to_after_the_log_in(world: World, settings: Any, wanted: str) -> None:
    settings.ANXIN_COUNTY, settings.ANXIN_NOW = COUNTY, NOW
    assert visitor("dispatcher").get("/login", {"next": wanted}).url == "/c/"


@pytest.mark.parametrize("text", ["1e999999999", "1e999999万", "9" * 30, "²", "1_000", "sNaN", "-1", "0.001", "万"])
def test_a_sum_that_is_none_is_asked_for_again(world: World, settings: Any, text: str) -> None:
    settings.ANXIN_COUNTY, settings.ANXIN_NOW = COUNTY, NOW
    client = Client()
    client.post("/report/1", {"kind": "wages", "employer": "某厂"})
    response = client.post("/report/2", {"people": "3", "amount": text})
    if text == "²":  # a small two is read as 2, as full-width digits are
        assert response.status_code == 302
    else:
        assert response.status_code == 422 and 'value="3"' in response.content.decode()


VERSION = '[[clock.settle.versions]]\nfrom = 2020-01-01\nvalue = 3\nbasis = "文件"\nstatus = "verified"\n'
PACK = 'id = "cn-330799"\nlevel = "county"\nplace = "330799"\nextends = "cn-33"\nzh = "试验县"\n'
GRIDS = '[[grids]]\nzone = "330799"\nkind = "grid_small"\nzh = "{n}"\nfirst = 1\ncount = 100000000\n'
RULE = '[[rules]]\nid = "a"\nlead = "office"\nreason = "x"\n'


def settle(text: str) -> dict[str, str]:
    return {"parameters/a.toml": f"[clock.settle]\n{text}"}


BAD_PACKS: dict[str, tuple[dict[str, str], str, str]] = {
    "no TOML": ({"parameters/a.toml": "[x\n"}, "parameters/a.toml", "TOML"),
    "too deep": (settle(f"x = {'[' * 2000}{']' * 2000}"), "parameters/a.toml", "层次过深"),
    "too many digits": (settle(f"x = {'9' * 5000}"), "parameters/a.toml", "数字过长"),
    "versions no list": (settle("versions = 3"), "clock.settle", "versions 的写法"),
    "delegated to a number": (settle(f"delegated_to = 5\n{VERSION}"), "clock.settle", "写作 5"),
    "delegated to nobody": (settle(f'delegated_to = "moon"\n{VERSION}'), "clock.settle", "moon"),
    "nan": (settle(VERSION.replace("= 3", "= nan")), "clock.settle", "不是可用的数"),
    "inf": (settle(VERSION.replace("= 3", "= inf")), "clock.settle", "不是可用的数"),
    "huge": (settle(VERSION.replace("= 3", "= 1e999999")), "clock.settle", "不是可用的数"),
    "twice": (settle(VERSION * 2), "clock.settle", "两个版本"),
    "circle": ({"pack.toml": PACK.replace('"cn-33"', '"cn-330799"')}, "pack.toml", "首尾相接"),
    "wide digits": ({"pack.toml": PACK.replace('"330799"', '"３３０７９９"')}, "pack.toml", "区划代码"),
    "places no tables": ({"organisation.toml": "places = [1]\nunits = [2]"}, "organisation.toml", "一列表格"),
    "too many grids": ({"organisation.toml": GRIDS}, "organisation.toml", "1至999"),
    "rules no tables": ({"routing.toml": 'rules = "x"'}, "routing.toml", "一列表格"),
    "sector a number": ({"routing.toml": f"{RULE}sector = 5\nassist = 3\n"}, "routing.toml", "行业 5"),
    "rules alike": ({"routing.toml": RULE * 2}, "routing.toml", "出现多次"),
}


@pytest.mark.parametrize("name", BAD_PACKS)
def test_a_bad_pack_is_told_by_file_fault_and_remedy(tmp_path: Path, name: str) -> None:
    files, where, what = BAD_PACKS[name]
    folder = tmp_path / "cn-330799"
    for file, text in ({"pack.toml": PACK} | files).items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("policy", "check", str(folder), json=True, stdout=out)
    faults = [f for f in json.loads(out.getvalue())["faults"] if where in f"{f['file']} {f['term']}"]
    assert ended.value.code == 1
    assert any(re.search(what, f["message"] + f["fix"]) and f["fix"] for f in faults), faults


STORY = """title = "x"
place = "330784"
start = 2023-11-01T08:00:00+08:00
[[steps]]
at = 2023-11-01T09:00:00+08:00
by = "public"
do = "intake.receive"
"""
BAD_STORIES = {
    "too deep": f"{STORY}with = {{ a = {'[' * 3000}{']' * 3000} }}",
    "too many digits": f"{STORY}with = {{ a = {'9' * 5000} }}",
    "before the calendar": STORY.replace("2023-11-01T08:00:00+08:00", "0001-01-01T00:00:00+14:00"),
    "after the calendar": STORY.replace("2023-11-01T09:00:00+08:00", "9999-12-31T23:59:59-12:00"),
    "no table": f"{STORY}with = 5",
    "empty": "",
}


@pytest.mark.parametrize("name", BAD_STORIES)
def test_a_bad_scenario_is_one_chinese_line(tmp_path: Path, name: str) -> None:
    file = tmp_path / "story.toml"
    file.write_text(BAD_STORIES[name], encoding="utf-8")
    with pytest.raises(BadInput, match=r"story\.toml.*[\u4e00-\u9fff]"):
        scenario.read(str(file))


def test_a_csv_has_no_more_rows_than_a_workbook() -> None:
    layout = {"columns": {"number": ["编号"]}, "required": ["number"]}
    with pytest.raises(BadInput, match="超过50000行"):
        importing.parse(("编号\n" + "A\n" * 50_002).encode(), layout, now=NOW)
    with pytest.raises(BadInput, match="超过60列"):
        importing.parse(("编号" + "," * 100).encode(), layout, now=NOW)
