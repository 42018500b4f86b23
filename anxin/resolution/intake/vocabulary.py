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


def sectors(county: str, on: date) -> Mapping[str, Any]:
    """The sectors that routing knows, by code."""
    found: Mapping[str, Any] = book().section("words", place=county, on=on)["sectors"]
    return found


def number_template(county: str, on: date) -> str:
    """How complaints are numbered: as cases are, for a case bears the number its reporter was given."""
    return str(book().ruling("number.case", county, on).value)


def zh(table: Mapping[str, Any], code: str) -> str:
    """The Chinese name of a code; the code itself when a pack no longer knows it."""
    entry = table.get(code, code)
    return str(entry["zh"] if isinstance(entry, Mapping) else entry)


def redirected(words: Mapping[str, Any], kind: str) -> bool:
    """Whether a matter belongs to another office, and so never becomes a case here."""
    return bool(words["matters"].get(kind, {}).get("redirect"))


def own_matter(words: Mapping[str, Any]) -> str:
    """What a message is about when nobody says: the first matter of the pack that is this office's."""
    return next((kind for kind in words["matters"] if not redirected(words, kind)), "")


def redirect(words: Mapping[str, Any], kind: str) -> str:
    """Where to go with a matter that is not this office's; "" when it is."""
    if not redirected(words, kind):
        return ""
    matter = words["matters"][kind]
    return str(matter["receipt"]).format(office=matter.get("office", ""))


def unknown(table: Mapping[str, Any], code: str) -> str:
    """The fault of an unknown code, naming every code that would do; "" for a known one."""
    if code in table:
        return ""
    return f"没有“{code}”这一项，可用的有：{'、'.join(f'{key}（{zh(table, key)}）' for key in table)}"
