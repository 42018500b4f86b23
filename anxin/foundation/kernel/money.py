"""Money as whole fen. 1 yuan = 100 fen; no float touches an amount, and a third decimal is an error, not a rounding."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from anxin.foundation.kernel.errors import BadInput

LIMIT = 10**13
"""Amounts stay below this many fen (one hundred billion yuan): more is a slip of the keyboard."""

_PLAIN = re.compile(r"\d{1,3}(,\d{3})+(\.\d{1,2})?|\d+(\.\d{1,2})?")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals: 1260000 -> "12600.00"."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def fen(amount: str | int | Decimal) -> int:
    """Yuan as fen: "12600.00", "12,600.00", 12600 and Decimal("12600") -> 1260000.

    Raises BadInput for floats, signs, more than two decimals, and anything not below LIMIT.
    """
    if isinstance(amount, bool) or not isinstance(amount, str | int | Decimal):
        raise BadInput("金额请填写数字，例如 12600.00")
    if isinstance(amount, Decimal):
        if not amount.is_finite():
            raise BadInput("金额请填写数字，例如 12600.00")
        text = f"{_trimmed(amount):f}"
    elif isinstance(amount, int):
        text = str(max(min(amount, LIMIT), -LIMIT))  # Python refuses to write out numbers of thousands of digits
    else:
        text = amount.strip()
    if not (text.isascii() and _PLAIN.fullmatch(text)):
        raise BadInput(_why_not(text))
    whole, _, part = text.replace(",", "").partition(".")
    result = int(whole) * 100 + int(part.ljust(2, "0")) if len(whole) <= len(str(LIMIT)) else LIMIT
    if result >= LIMIT:
        raise BadInput("金额过大，请核对是否多写了位数（单位是元）")
    return result


def _trimmed(amount: Decimal) -> Decimal:
    """Trailing zeros after the second decimal carry no money."""
    return amount.quantize(Decimal("0.01")) if amount.adjusted() < 20 and amount == round(amount, 2) else amount


def _why_not(text: str) -> str:
    if text.startswith("-"):
        return "金额不能为负数"
    if re.fullmatch(r"\d+\.\d{3,}", text):
        return "金额最多写到分（两位小数）"
    return "金额请填写数字，例如 12600.00"


def wan(fen: int) -> str:
    """Fen as 万元 with two decimals, half up, for reports: 1260000 -> "1.26"."""
    return str((Decimal(fen) / 1_000_000).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))


def in_words(fen: int) -> str:
    """Fen in financial capitals for letters: 1260005 -> 壹万贰仟陆佰元零伍分."""
    if fen < 0:
        return "负" + in_words(-fen)
    whole, jiao, cents = fen // 100, fen // 10 % 10, fen % 10
    text = f"{_whole_in_words(whole)}元" if whole or not fen else ""
    if not jiao and not cents:
        return text + "整"
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif whole:
        text += "零"
    return text + (f"{_DIGITS[cents]}分" if cents else "")


def _whole_in_words(number: int) -> str:
    if number == 0:
        return _DIGITS[0]
    text, gap = "", False
    for power in range((len(str(number)) - 1) // 4, -1, -1):
        group = number // 10000**power % 10000
        if group == 0:
            gap = bool(text)
            continue
        text += ("零" if text and (gap or group < 1000) else "") + _group_in_words(group) + _GROUPS[power]
        gap = False
    return text


def _group_in_words(group: int) -> str:
    text, gap = "", False
    for power in range(3, -1, -1):
        digit = group // 10**power % 10
        if digit == 0:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + _DIGITS[digit] + _PLACES[power]
        gap = False
    return text


def _to_fen(amount: object) -> int:
    try:
        return fen(amount)  # type: ignore[arg-type]
    except BadInput as error:
        raise ValueError(error.message) from None


Money = Annotated[
    int,
    BeforeValidator(_to_fen),
    Field(ge=0, lt=LIMIT),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d{1,2})?$", "description": "元，最多两位小数"}),
]
"""A parameter type: takes yuan ("12600.00"), hands fen to the function."""
