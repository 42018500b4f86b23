"""Place codes: twelve digits, province 2, city 2, county 2, town 3, village or grid 3."""

from __future__ import annotations

from typing import Literal

from anxin.foundation.kernel.errors import BadInput

LENGTHS = (2, 4, 6, 9, 12)
FULL = 12

Level = Literal["province", "city", "county", "town", "village"]


def normal(code: str) -> str:
    """A place code padded to twelve digits; raises `BadInput` unless it has 2, 4, 6, 9 or 12 digits."""
    text = code.strip()
    if not (text.isascii() and text.isdigit() and len(text) in LENGTHS):
        raise BadInput(fields={"place": f"区划代码“{text[:20]}”应为 2、4、6、9 或 12 位数字"})
    return text.ljust(FULL, "0")


def level(code: str) -> Level:
    """The rank a twelve-digit code has by its trailing zeros."""
    if code[9:] != "000":
        return "village"
    if code[6:9] != "000":
        return "town"
    if code[4:6] != "00":
        return "county"
    return "city" if code[2:4] != "00" else "province"


def above(code: str) -> str:
    """The code one rank up, or "" for a province."""
    keep = {"village": 9, "town": 6, "county": 4, "city": 2, "province": 0}[level(code)]
    return code[:keep].ljust(FULL, "0") if keep else ""


def county_of(code: str) -> str:
    """Six digits of the county, or "" above it."""
    return code[:6] if level(code) in ("county", "town", "village") else ""


def town_of(code: str) -> str:
    """Twelve digits of the town, or "" above it."""
    return code[:9].ljust(FULL, "0") if level(code) in ("town", "village") else ""


def unit_code(county: str, code: str) -> str:
    """A unit code that opens with its county, so that no two counties share one."""
    return code if code.startswith(county[:6]) else f"{county[:6]}-{code}"
