"""A letter is assembled from facts and a template of the nearest pack: `documents/<key>.typ` beside `<key>.toml`.

The facts go in as JSON and are inert: nothing a person typed is ever read as markup. Amounts are yuan ("12600.00"),
days ISO dates, shown as 2023年12月2日. The room itself adds `number`, `issued_on`, `title`, `basis`, and for each total
its capitals (`total` → `total_in_words`). The same facts, number and moment give the same bytes.
"""

from __future__ import annotations

import json
import re
import threading
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import typst

from anxin.foundation.kernel.errors import BadInput
from anxin.foundation.kernel.money import fen, in_words, yuan
from anxin.foundation.kernel.numbers import number
from anxin.foundation.policy.current import book
from anxin.foundation.policy.errors import BadPack, UnknownTerm
from anxin.foundation.workdays.calendar import local

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
FACTS_LIMIT = 1_000_000
"""Bytes of JSON; a list of two thousand workers needs a quarter of it."""


@dataclass(frozen=True)
class Sum:
    """The column `each` of the list `rows` adds up to the fact `total`."""

    total: str
    rows: str
    each: str


@dataclass(frozen=True)
class Template:
    """What the packs say about one kind of letter. `names` are the Chinese names of the facts."""

    key: str
    title: str
    series: str
    required: tuple[str, ...]
    basis: str
    path: Path
    names: Mapping[str, str] = field(default_factory=dict)
    sums: tuple[Sum, ...] = ()

    def zh(self, fact: str) -> str:
        return self.names.get(fact, fact)


def template_of(key: str, *, place: str) -> Template:
    """The template in force at a place; raises `UnknownTerm` or `BadPack`."""
    if not KEY.fullmatch(key):
        raise UnknownTerm(f"没有名为 {key[:40]} 的文书模板", term=key[:40], fix="请从文书列表中选择")
    path = book().documents(place, key)
    merged: dict[str, Any] = {}
    for pack in reversed(book().chain(book().pack_for(place))):
        if file := book().packs[pack].files.get(f"documents/{key}.toml"):
            merged |= tomllib.loads(file.read_text(encoding="utf-8"))
    try:
        return Template(
            key=key,
            title=merged["zh"],
            series=merged["series"],
            required=tuple(merged["required"]),
            basis=merged["basis"],
            path=path,
            names=merged.get("facts", {}),
            sums=tuple(Sum(**each) for each in merged.get("sums", ())),
        )
    except (KeyError, TypeError) as fault:
        raise BadPack(
            f"文书说明有误（{fault}）", file=f"documents/{key}.toml", fix="须写明 zh、series、required、basis"
        ) from None


def number_of(template: Template, *, place: str, serial: int, day: date) -> str:
    """The number of a letter in the shape that the term `number.<series>` gives it on that day."""
    shape = book().ruling(f"number.{template.series}", place=place, on=day).value
    return number(str(shape), serial=serial, day=day, place=place)


def plain_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as JSON keeps them; raises `BadInput` for a float (money knows none) and for what is no plain value."""
    try:
        text = json.dumps(_plain(facts), ensure_ascii=False)
    except TypeError:
        raise _bad('文书内容只能是文字、整数、日期和列表；金额写成文字，例如 "12600.00"') from None
    if len(text.encode(errors="replace")) > FACTS_LIMIT:
        raise _bad("文书内容过多，请分为几份文书")
    return dict(json.loads(text))


def check_facts(template: Template, facts: Mapping[str, Any]) -> None:
    """Raises `BadInput` that names, in Chinese, what is missing, or which list does not add up to its total."""
    missing = [template.zh(key) for key in template.required if facts.get(key) in (None, "", [], {})]
    if missing:
        raise BadInput(f"《{template.title}》还缺：{'、'.join(missing)}", {"facts": f"请补充：{'、'.join(missing)}"})
    for check in template.sums:
        _check_sum(template, check, facts)


def pdf(template: Template, facts: Mapping[str, Any], *, number: str, now: datetime) -> bytes:
    """The letter as PDF; raises `BadPack` when the template itself is at fault."""
    added = {"number": number, "title": template.title, "basis": template.basis}
    words = {f"{check.total}_in_words": in_words(fen(facts[check.total])) for check in template.sums}
    shown = _shown({**facts, **words, **added, "issued_on": local(now).date().isoformat()})
    inputs = {"facts": json.dumps(shown, ensure_ascii=False)}
    try:
        with _lock:
            compiled = _compiler(template.path.parents[2]).compile(
                str(template.path), format="pdf", sys_inputs=inputs, timestamp=int(now.timestamp())
            )
    except typst.TypstError as fault:
        file = f"documents/{template.key}.typ"
        raise BadPack(f"文书模板无法排版：{fault}", file=file, fix="请按提示改正模板") from None
    return cast(bytes, compiled)


_compilers: dict[Path, typst.Compiler] = {}
_lock = threading.Lock()


def _compiler(root: Path) -> typst.Compiler:
    """One compiler per folder of packs: looking for fonts takes a hundred times longer than setting a page."""
    if root not in _compilers:
        _compilers[root] = typst.Compiler(root=str(root))
    return _compilers[root]


def _check_sum(template: Template, check: Sum, facts: Mapping[str, Any]) -> None:
    rows = facts.get(check.rows, [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise _bad(f"{template.zh(check.rows)}应为一个列表")
    added = sum(_amount(template, check.each, row.get(check.each)) for row in rows)
    total = _amount(template, check.total, facts.get(check.total))
    if added != total:
        raise _bad(
            f"{template.zh(check.rows)}合计{yuan(added)}元，与{template.zh(check.total)}{yuan(total)}元不一致，请核对"
        )


def _amount(template: Template, key: str, value: Any) -> int:
    try:
        return fen(value)
    except BadInput as fault:
        raise _bad(f"{template.zh(key)}：{fault.message}") from None


def _bad(message: str) -> BadInput:
    return BadInput(fields={"facts": message})


def _shown(value: Any) -> Any:
    """Days as letters write them."""
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, str) and (day := DAY.fullmatch(value)):
        return f"{int(day[1])}年{int(day[2])}月{int(day[3])}日"
    return str(value) if isinstance(value, int) else value


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """A fact is a word, a table of words, or a list of either; templates know nothing deeper."""
    return {
        str(key): [_listed(part) for part in value] if _is_list(value) else _table_or_word(value)
        for key, value in facts.items()
    }


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _listed(value: Any) -> Any:
    if value is None:
        raise TypeError(None)
    return _table_or_word(value)


def _table_or_word(value: Any) -> Any:
    return {str(key): _word(cell) for key, cell in value.items()} if isinstance(value, Mapping) else _word(value)


def _word(value: Any) -> Any:
    if isinstance(value, datetime):
        return local(value).date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str) or type(value) is int:
        return value
    raise TypeError(type(value))
