"""What people type, brought into the shape the house keeps: numbers of receipts, sums, counts."""

from __future__ import annotations

import re
import string
import unicodedata
from datetime import date
from decimal import Decimal

from anxin.foundation.kernel.errors import BadInput
from anxin.resolution.intake.checks import MOST_PEOPLE

_SAMPLE = {"day": date(2023, 1, 1), "year": 2023, "place": "000000"}
_UNITS = {"万": 10_000, "千": 1_000, "百": 100}
_FIGURES = re.compile(r"\d{1,20}\.?\d{0,20}", re.ASCII)
_UNSAID = ("", "不清楚", "不知道", "不详")


def narrow(text: str) -> str:
    """Full-width digits and letters become ordinary ones."""
    return unicodedata.normalize("NFKC", text).strip()


def number(text: str, template: str) -> str:
    """The number of a report as the county writes it: spaces, dashes, case, zeros and the opening letter may be off."""
    bare = "".join(c for c in narrow(text).upper() if c.isalnum())
    parts = list(string.Formatter().parse(template))
    pattern = "".join(f"(?:{re.escape(_bare(literal))})?{_group(name, spec)}" for literal, name, spec, _ in parts)
    found = re.fullmatch(pattern, bare)
    if found is None:
        return narrow(text).upper()
    return "".join(literal + _written(found, name, spec) for literal, name, spec, _ in parts)


def receipt(text: str) -> str:
    """The digits of a receipt code."""
    return "".join(c for c in narrow(text) if c.isdigit() and c.isascii())


def amount(text: str) -> str:
    """A sum in yuan: 12600, 12,600元, 1.26万, １２６００; "" when unknown. Raises `BadInput`."""
    plain = re.sub(r"[,，\s¥￥元块钱]|人民币|大概|大约|左右|约", "", narrow(text))
    if plain in _UNSAID:
        return ""
    factor = _UNITS.get(plain[-1], 1)
    figures = plain if factor == 1 else plain[:-1]
    if not _FIGURES.fullmatch(figures):
        raise BadInput("请用数字写，例如 12600；不清楚就空着")
    yuan = Decimal(figures) * factor
    if not 0 < yuan < 10**10 or yuan != round(yuan, 2):
        raise BadInput("这个数不对，请写大于 0 的钱数，例如 12600；不清楚就空着")
    return f"{yuan:.2f}"


def people(text: str) -> str:
    """How many people; "" when unknown. Raises `BadInput`."""
    plain = re.sub(r"[\s个人]|大概|大约|左右|约", "", narrow(text))
    if plain in _UNSAID:
        return ""
    if not (plain.isascii() and plain.isdigit() and len(plain) < 21 and 1 <= int(plain) <= MOST_PEOPLE):
        raise BadInput("请用数字写人数，例如 3；不清楚就空着")
    return str(int(plain))


def _bare(literal: str) -> str:
    return "".join(c for c in literal.upper() if c.isalnum())


def _group(name: str | None, spec: str | None) -> str:
    if name is None:
        return ""
    if name == "serial":
        return r"(?P<serial>\d{1,9})"
    return rf"(?P<{name}>\d{{{len(_bare(format(_SAMPLE[name], spec or '')))}}})"


def _written(found: re.Match[str], name: str | None, spec: str | None) -> str:
    if name is None:
        return ""
    return format(int(found["serial"]), spec or "") if name == "serial" else found[name]
