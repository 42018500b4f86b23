"""What no database keeps and no calendar knows, found anywhere inside the arguments of a command or query. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pydantic

LARGEST = 2**63 - 1
"""The largest whole number of a database column."""
DIGITS = 20
"""Places before the point that any sum may have; a few letters like 1e999999999 stand for a gigabyte of them."""
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Far beyond any work that is paid for, and far enough from the ends of the calendar to count days in both ways."""

_UNKEPT = re.compile(r"[\x00\ud800-\udfff]")


def faults(values: Mapping[str, Any]) -> dict[str, str]:
    """A Chinese sentence for every argument, or part of one ("rows.0.name"), that cannot be kept."""
    found: dict[str, str] = {}
    waiting = list(values.items())
    while waiting:
        where, value = waiting.pop()
        if fault := _fault(value):
            found[_UNKEPT.sub("?", where)] = fault
        else:
            waiting += ((f"{where}.{name}", part) for name, part in _parts(value))
    return found


def _parts(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, pydantic.BaseModel):
        yield from vars(value).items()
    elif isinstance(value, Mapping):
        yield from value.items()
        yield from ((name, name) for name in value)
    elif isinstance(value, list | tuple | set | frozenset):
        yield from enumerate(value)


def _fault(value: Any) -> str:
    if isinstance(value, str):
        return "含有无法保存的字符，请删去后重填" if _UNKEPT.search(value) else ""
    if isinstance(value, float):
        return "" if math.isfinite(value) else "请填写数字"
    if isinstance(value, Decimal):
        return "" if value.is_finite() and value.adjusted() < DIGITS else "请填写数字"
    if isinstance(value, int):
        return "" if -LARGEST <= value <= LARGEST else "数字过大，请核对是否多写了位数"
    if isinstance(value, date):
        return "" if FIRST_YEAR <= value.year <= LAST_YEAR else "请核对年份"
    return ""
