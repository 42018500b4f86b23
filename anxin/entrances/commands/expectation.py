"""Comparing what a step found with what the story expects."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from anxin.entrances.commands.scenario import SHANGHAI

_AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,6})?")


class Absent(LookupError):
    """A key leads nowhere; the message says which keys there are."""


def walk(found: Any, path: Sequence[str]) -> Any:
    """Follow keys, indexes and attributes; raises `Absent` with what is there instead.

    A key that itself contains dots is found too.
    """
    for depth, part in enumerate(path):
        rest = ".".join(path[depth:])
        if isinstance(found, Mapping) and rest in found:
            return found[rest]
        found = _into(found, part, ".".join(path[:depth]))
    return found


def agrees(found: Any, expected: Any) -> bool:
    """Whether a value is the expected one.

    Objects need only the named keys; amounts agree as decimals ("12600.00" and 12600), times as moments.
    """
    if isinstance(expected, Mapping):
        return all(_agrees_at(found, key, value) for key, value in expected.items())
    if isinstance(expected, list):
        return _is_list(found) and len(found) == len(expected) and all(map(agrees, found, expected))
    if isinstance(expected, bool) or isinstance(found, bool):
        return found is expected
    if isinstance(expected, datetime):
        return _moment(found) == expected
    if isinstance(expected, date):
        return found == expected or found == expected.isoformat()
    if isinstance(found, datetime):
        return _moment(found) == _moment(expected)
    return bool(found == expected) or str(found) == str(expected) or _same_amount(found, expected)


def plain(value: Any) -> Any:
    """A value as JSON shows it: moments with offset, amounts as text."""
    if isinstance(value, datetime):
        return (_moment(value) or value).astimezone(SHANGHAI).isoformat()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if _is_list(value):
        return [plain(part) for part in value]
    return value.isoformat() if isinstance(value, date) else str(value)


def _agrees_at(found: Any, key: str, expected: Any) -> bool:
    try:
        return agrees(walk(found, key.split(".")), expected)
    except Absent:
        return False


def _into(found: Any, part: str, where: str) -> Any:
    there = f"“{where}”下" if where else ""
    if isinstance(found, Mapping):
        if part in found:
            return found[part]
        if re.fullmatch(r"\d+", part) and int(part) in found:
            return found[int(part)]
        raise Absent(f"{there}没有“{part}”，有：{'、'.join(map(str, found)) or '（空）'}")
    if _is_list(found):
        if re.fullmatch(r"\d+", part) and int(part) < len(found):
            return found[int(part)]
        raise Absent(f"{there}没有第“{part}”项，共有 {len(found)} 项（从 0 数起）")
    if found is not None and not part.startswith("_") and hasattr(found, part):
        return getattr(found, part)
    raise Absent(f"{there}没有“{part}”，只有 {plain(found)!r}")


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=SHANGHAI)


def _same_amount(found: Any, expected: Any) -> bool:
    """Two texts are amounts only when one of them shows decimals: codes such as "0010" and "10" stay apart."""
    texts = isinstance(found, str) and isinstance(expected, str)
    if texts and "." not in found + expected:
        return False
    one, other = _decimal(found), _decimal(expected)
    return one is not None and one == other


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, int | Decimal):
        return Decimal(value)
    text = str(value) if isinstance(value, str | float) else ""
    return Decimal(text) if _AMOUNT.fullmatch(text) else None
