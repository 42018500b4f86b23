"""The county's words and figures for intake, read from its packs: channels, matters, weights (intake.toml), terms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from anxin.foundation.policy.current import book


def words(county: str, on: date) -> Mapping[str, Any]:
    """The section "intake" in force in a county on a day."""
    return book().section("intake", place=county, on=on)


def term(name: str, county: str, on: date) -> Decimal:
    """A figure: `duplicate_days`, `same_text`, `hint_score`."""
    return Decimal(book().ruling(f"intake.{name}", county, on).value)


def number_template(county: str, on: date) -> str:
    """How complaints are numbered: as cases are, for a case bears the number its reporter was given."""
    return str(book().ruling("number.case", county, on).value)


def zh(table: Mapping[str, Any], code: str) -> str:
    """The Chinese name of a code; the code itself when a pack no longer knows it."""
    return str(table[code]["zh"]) if code in table else code


def redirect(words: Mapping[str, Any], kind: str) -> str:
    """Where to go with a matter that is not this office's; "" when it is."""
    matter = words["matters"].get(kind, {})
    return str(matter["receipt"]).format(office=matter.get("office", "")) if matter.get("redirect") else ""


def unknown(table: Mapping[str, Any], code: str) -> str:
    """The fault of an unknown code, naming every code that would do; "" for a known one."""
    if code in table:
        return ""
    return f"没有“{code}”这一项，可用的有：{'、'.join(f'{key}（{zh(table, key)}）' for key in table)}"
