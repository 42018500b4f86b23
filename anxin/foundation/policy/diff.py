"""Two local models side by side: where they decide differently, and who decides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from anxin.foundation.policy.book import PolicyBook, Ruling, plain
from anxin.foundation.policy.errors import NotInForce, UnknownTerm
from anxin.foundation.policy.explain import STATUS, amount

SECTIONS = ("duties", "routing", "roles", "words", "notices", "intake")


def compare(book: PolicyBook, left: str, right: str, on: date) -> dict[str, Any]:
    """Every term and section entry in which two places differ, as plain JSON values."""
    return {
        "left": left,
        "right": right,
        "on": on.isoformat(),
        "terms": list(_terms(book, left, right, on)),
        "sections": list(_sections(book, left, right, on)),
    }


def _terms(book: PolicyBook, left: str, right: str, on: date) -> Iterator[dict[str, Any]]:
    for key in sorted({*book.terms(left), *book.terms(right)}):
        one, other = _ruling(book, key, left, on), _ruling(book, key, right, on)
        if _core(one) != _core(other):
            zh = next((ruling.zh for ruling in (one, other) if ruling), key)
            yield {"term": key, "zh": zh, "left": _side(one), "right": _side(other)}


def _ruling(book: PolicyBook, key: str, place: str, on: date) -> Ruling | None:
    try:
        return book.ruling(key, place=place, on=on)
    except (NotInForce, UnknownTerm):
        return None


def _core(ruling: Ruling | None) -> tuple[Any, ...] | None:
    return (ruling.value, ruling.unit, ruling.attrs.get("ends")) if ruling else None


def _side(ruling: Ruling | None) -> dict[str, Any] | None:
    return ruling.receipt() if ruling else None


def _sections(book: PolicyBook, left: str, right: str, on: date) -> Iterator[dict[str, Any]]:
    for name in SECTIONS:
        one, other = (book.section(name, place=place, on=on) for place in (left, right))
        for key in sorted({*one, *other}):
            if one.get(key) != other.get(key):
                yield {"section": name, "key": key, "left": plain(one.get(key)), "right": plain(other.get(key))}


def as_text(book: PolicyBook, found: dict[str, Any]) -> str:
    """Lines for a terminal: first the terms, then the entries of the sections."""
    names = {side: book.packs[book.pack_for(found[side])].zh for side in ("left", "right")}
    lines = [f"{names['left']} 与 {names['right']}，{found['on']}"]
    for row in found["terms"]:
        lines.append(f"{row['zh']}（{row['term']}）")
        lines += [f"  {names[side]}：{_told(row[side])}" for side in ("left", "right")]
    if found["sections"]:
        lines.append("其他不同：" + "、".join(f"{row['section']}.{row['key']}" for row in found["sections"]))
    if not found["terms"] and not found["sections"]:
        lines.append("没有不同")
    return "\n".join(lines)


def _told(side: dict[str, Any] | None) -> str:
    if side is None:
        return "没有规定"
    return f"{amount(side['value'], side['unit'])}（{side['pack']}，{STATUS[side['status']]}）"
