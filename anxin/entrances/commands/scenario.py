"""Scenario files: a story with a clock, read from TOML and checked before anything is played.

Every complaint about a file is one Chinese line that opens with the file and the line it concerns.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from anxin.foundation.kernel.errors import BadInput

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""A moment written without an offset is Chinese time."""
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Near the ends of the calendar days cannot be counted."""

STORY_KEYS = ("title", "place", "start", "packs", "actors", "steps")
ACTOR_KEYS = ("name", "post", "at", "unit")
STEP_KEYS = ("at", "by", "do", "ask", "with", "as", "refused", "expect")

_REFERENCE = re.compile(r"\$([A-Za-z_]\w*)((?:\.[^.\s]+)*)")
_INSIDE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)((?:\.[A-Za-z0-9_]+)+)")
_TEXT = re.compile(
    r'"""(?:\\.|[^\\])*?"""' + r"|'''.*?'''" + r'|"(?:\\.|[^"\\\n])*"' + r"|'[^'\n]*'" + r"|#[^\n]*", re.S
)
_HEADER = re.compile(r"\s*\[\[?\s*([\w.\s-]+?)\s*\]\]?\s*$")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")


class BadScenario(BadInput):
    """The file is no scenario; the message names file and line."""


@dataclass(frozen=True)
class Cast:
    """A named actor: who, in which post, at which place (code) and, if the post needs one, in which unit."""

    name: str
    post: str
    at: str
    unit: str
    line: int


@dataclass(frozen=True)
class Expectation:
    """One key that a step names, the value it must have, and the line that says so."""

    key: str
    value: Any
    line: int


@dataclass(frozen=True)
class Step:
    """One command (`do`) or query (`ask`) at one moment; `by` is an actor's name or a post, "" for a default."""

    line: int
    at: datetime
    by: str
    kind: str
    name: str
    given: Mapping[str, Any]
    bind: str = ""
    refused: str = ""
    expect: tuple[Expectation, ...] = ()


@dataclass(frozen=True)
class Story:
    """A whole scenario. `place` is a place code; `packs` are folders of packs, absolute."""

    file: str
    title: str
    place: str
    start: datetime
    packs: tuple[Path, ...]
    cast: tuple[Cast, ...]
    steps: tuple[Step, ...]

    @property
    def county(self) -> str:
        """The six digits of the county."""
        return self.place[:6]

    def bad(self, line: int, message: str) -> NoReturn:
        """Refuse the file because of one line."""
        raise BadScenario(f"{self.file}:{line}：{message}")


def read(file: str | Path) -> Story:
    """Read one file; raises `BadScenario` with file and line for anything that is not a scenario."""
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadScenario(f"{file}：文件不是 UTF-8 编码，请另存为 UTF-8") from None
    except OSError as fault:
        raise BadScenario(f"{file}：读不到这个文件（{fault.strerror}）") from None
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as fault:
        raise BadScenario(_syntax(str(file), str(fault), text)) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, or brackets in brackets without end
        raise BadScenario(f"{file}：数字过长或层次过深，请核对取值") from None
    return _Reader(str(file), Lines.of(text)).story(raw)


def near(name: str, known: Collection[str]) -> str:
    """The end of a sentence about an unknown name: what may have been meant, or everything there is."""
    if close := difflib.get_close_matches(name, sorted(known), n=3, cutoff=0.6):
        return f"，是不是“{'”或“'.join(close)}”？"
    return f"，可用的有：{'、'.join(sorted(known)) or '无'}"


def references(value: Any) -> Iterator[str]:
    """Names after a `$` anywhere in a value."""
    if isinstance(value, str):
        whole = _REFERENCE.fullmatch(value)
        yield from ([whole[1]] if whole else (found[1] for found in _INSIDE.finditer(value)))
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def filled(value: Any, look_up: Callable[[str, list[str]], Any]) -> Any:
    """A value with its references replaced: `$case.id` by the thing itself, `cases.Case:$case.id` by a text."""
    if isinstance(value, Mapping):
        return {key: filled(part, look_up) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, look_up) for part in value]
    if not isinstance(value, str):
        return value
    if whole := _REFERENCE.fullmatch(value):
        return look_up(whole[1], whole[2].split(".")[1:])
    return _INSIDE.sub(lambda found: str(look_up(found[1], found[2].split(".")[1:])), value)


@dataclass
class Lines:
    """Where the tables and keys of the text stand; tomllib does not say."""

    top: dict[str, int] = field(default_factory=dict)
    tables: dict[str, list[dict[str, int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Lines:
        """Scan a valid TOML text. Long strings and comments are blanked first, so that nothing in them counts."""
        lines, table, prefix = cls(), {}, ""
        table = lines.top
        for number, line in enumerate(_TEXT.sub(_blank, text).splitlines(), 1):
            if header := _HEADER.match(line):
                name, _, rest = re.sub(r"\s", "", header[1]).partition(".")
                prefix = f"{rest}." if rest else ""
                if line.lstrip().startswith("[[") and not rest:
                    lines.tables.setdefault(name, []).append({"": number})
                table = lines.tables[name][-1] if lines.tables.get(name) else lines.top
                table.setdefault(prefix.rstrip("."), number)
            elif key := _KEY.match(line):
                table.setdefault(prefix + re.sub(r"""["'\s]""", "", key[1]), number)
        return lines

    def find(self, table: str, index: int, *keys: str) -> int:
        """The line of the first of `keys` that stands in the table, else of its header."""
        known = self.tables.get(table, [])
        if index >= len(known):
            return self.top.get(table, 1)
        return next((known[index][key] for key in keys if key in known[index]), known[index][""])


def _blank(found: re.Match[str]) -> str:
    text = found[0]
    if text.startswith(('"""', "'''")):
        return '""' + "\n" * text.count("\n")
    return "" if text.startswith("#") else text


def _syntax(file: str, fault: str, text: str) -> str:
    place = re.search(r"line (\d+), column (\d+)", fault)
    line = int(place[1]) if place else text.count("\n") + 1
    reason = re.sub(r"\s*\(at .*\)$", "", fault)
    return f"{file}:{line}：不是合法的 TOML（{reason}）"


@dataclass(frozen=True)
class _Reader:
    file: str
    lines: Lines

    def bad(self, line: int, message: str) -> NoReturn:
        raise BadScenario(f"{self.file}:{line}：{message}")

    def story(self, raw: dict[str, Any]) -> Story:
        line = min(self.lines.top.values(), default=1)
        self.known(
            raw, STORY_KEYS, lambda key: self.lines.tables.get(key, [{"": 0}])[0][""] or self.lines.top.get(key, 1)
        )
        place = self.text(raw, "place", line)
        if not re.fullmatch(r"\d{6}|\d{9}|\d{12}", place):
            self.bad(self.lines.top["place"], f"place 应为 6、9 或 12 位区划代码，而不是“{place}”")
        start = self.moment(raw, "start", line)
        steps = self.tables(raw, "steps")
        if not steps:
            self.bad(line, "没有任何步骤，请至少写一个 [[steps]]")
        return Story(
            file=self.file,
            title=self.text(raw, "title", line),
            place=place,
            start=start,
            packs=tuple(self.packs(raw.get("packs", []))),
            cast=self.cast(self.tables(raw, "actors")),
            steps=self.steps(steps, start),
        )

    def known(self, table: Mapping[str, Any], keys: Collection[str], line: Any) -> None:
        for key in table:
            if key not in keys:
                self.bad(line(key), f"不认识的键“{key}”{near(key, keys)}")

    def text(self, table: Mapping[str, Any], key: str, line: int, *, where: str = "") -> str:
        value = table.get(key, "")
        if not isinstance(value, str) or not value.strip():
            self.bad(line, f"{where}缺少 {key}" if key not in table else f"{where}{key} 应为文字")
        return value.strip()

    def moment(self, table: Mapping[str, Any], key: str, line: int) -> datetime:
        value = table.get(key)
        if value is None:
            self.bad(line, f"缺少时间 {key}，例如 {key} = 2023-11-01T09:00:00+08:00")
        if not isinstance(value, datetime):
            self.bad(line, f"{key} 应为时间（不加引号），例如 {key} = 2023-11-01T09:00:00+08:00")
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            self.bad(line, f"{key} 应在 {FIRST_YEAR} 年至 {LAST_YEAR} 年之间")
        return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)

    def tables(self, raw: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
        value = raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            self.bad(self.lines.top.get(key, 1), f"{key} 应写成若干个 [[{key}]]")
        return value

    def packs(self, given: Any) -> Iterator[Path]:
        line = self.lines.top.get("packs", 1)
        if not isinstance(given, list) or not all(isinstance(part, str) for part in given):
            self.bad(line, 'packs 应为文件夹的列表，例如 packs = ["../../my-packs"]')
        for part in given:
            folder = (Path(self.file).parent / part).resolve()
            if not folder.is_dir():
                self.bad(line, f"没有文件夹“{part}”（从本文件所在的文件夹算起）")
            yield folder

    def cast(self, rows: list[dict[str, Any]]) -> tuple[Cast, ...]:
        out: dict[str, Cast] = {}
        for index, row in enumerate(rows):
            line = self.lines.find("actors", index)
            self.known(row, ACTOR_KEYS, lambda key, index=index: self.lines.find("actors", index, key))
            name, post = (self.text(row, key, line, where="演员") for key in ("name", "post"))
            at, unit = str(row.get("at", "")), str(row.get("unit", ""))
            if at and not re.fullmatch(r"\d{6}|\d{9}|\d{12}", at):
                self.bad(self.lines.find("actors", index, "at"), f"at 应为 6、9 或 12 位区划代码，而不是“{at}”")
            if name in out:
                self.bad(line, f"演员“{name}”重复，请改用不同的名字")
            out[name] = Cast(name, post, at, unit, line)
        return tuple(out.values())

    def steps(self, rows: list[dict[str, Any]], start: datetime) -> tuple[Step, ...]:
        out: list[Step] = []
        clock = start
        for index, row in enumerate(rows):
            step = self.step(index, row)
            if step.at < clock:
                since = "上一步" if out else "start"
                line = self.lines.find("steps", index, "at")
                self.bad(line, f"时间 {step.at.isoformat()} 早于{since}的 {clock.isoformat()}，时钟不能倒退")
            clock = step.at
            out.append(step)
        return tuple(out)

    def step(self, index: int, row: dict[str, Any]) -> Step:
        line = self.lines.find("steps", index)
        self.known(row, STEP_KEYS, lambda key: self.lines.find("steps", index, key))
        if ("do" in row) == ("ask" in row):
            self.bad(line, "每一步须写明 do（操作）或 ask（查询），只写其中一个")
        kind = "do" if "do" in row else "ask"
        words = {key: self.word(index, row, key) for key in ("by", kind, "as", "refused")}
        if kind == "do" and not words["by"]:
            self.bad(line, "缺少 by，请写明由谁办理（演员的名字或岗位）")
        if "refused" in row and ("expect" in row or "as" in row):
            self.bad(line, "被拒绝的步骤没有结果，不能同时写 refused 和 expect 或 as")
        if "as" in row and not words["as"].isidentifier():
            self.bad(self.lines.find("steps", index, "as"), "as 只能用字母、数字和下划线，并以字母开头")
        at = self.moment(row, "at", self.lines.find("steps", index, "at"))
        given, expect = (self.table(index, row, key) for key in ("with", "expect"))
        return Step(
            line, at, words["by"], kind, words[kind], _zoned(given), words["as"], words["refused"],
            tuple(self.expectation(index, key, value) for key, value in expect.items()),
        )  # fmt: skip

    def word(self, index: int, row: Mapping[str, Any], key: str) -> str:
        return self.text(row, key, self.lines.find("steps", index, key)) if key in row else ""

    def table(self, index: int, row: Mapping[str, Any], key: str) -> dict[str, Any]:
        value = row.get(key, {})
        if not isinstance(value, dict):
            self.bad(self.lines.find("steps", index, key), f"{key} 应为表，例如 {key} = {{ … }}")
        return value

    def expectation(self, index: int, key: str, value: Any) -> Expectation:
        return Expectation(key, _zoned(value), self.lines.find("steps", index, f"expect.{key}", "expect"))


def _zoned(value: Any) -> Any:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)
    if isinstance(value, dict):
        return {key: _zoned(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_zoned(part) for part in value]
    return value
