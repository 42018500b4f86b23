"""The facts of letters that are issued from the page of a case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from anxin.entrances import door
from anxin.entrances.console import acts, desk
from anxin.entrances.ui import wording
from anxin.foundation.directory import selectors as directory
from anxin.foundation.kernel.errors import Refused
from anxin.resolution.cases import selectors as cases


def acceptance(request: HttpRequest, page: Mapping[str, Any]) -> dict[str, Any]:
    """Template and facts of 受理告知书 for a case in reach.

    Raises `Refused` before the worker has been reached and while such a letter is in force.
    """
    when = acts.ACCEPTANCE.when
    if when is None or not when(page, door.actor(request)):
        raise Refused("现在不能出具受理告知书", fix="联系上劳动者以后才能出具；已经出具过的，先作废原来那一份。")
    unit, clocks = directory.unit_get(page["unit"]), page["duties"]
    facts = {
        "organ": desk.section(request, "words").get("organ", ""),
        "complainant": _complainant(page),
        "complaint_number": page["number"],
        "received_on": wording.moment(page["opened_at"]).date(),
        "employer": page["employer"],
        "matter": desk.section(request, "intake")["matters"]["wages"]["zh"],
        "people": page["people"],
        "amount": page["due"] if page["due_fen"] else "",
        "unit": unit.name,
        "office": unit.name,
        "phone": unit.phone,
    }
    for name, rule in (("contact_by", "contact"), ("settle_by", "settle")):
        facts[name] = _by(clocks[rule]["due_at"]) if rule in clocks else ""
    return {"template": "acceptance", "facts": facts}


def _complainant(page: Mapping[str, Any]) -> str:
    """Who reported; else the first worker of the list. An anonymous report has neither."""
    reporters = [person["name"] for person in cases.facts(page["id"])["reporters"]]
    names = [name for name in [*reporters, *(worker["name"] for worker in page["workers"])] if name]
    return names[0] if names else "投诉人"


def _by(at: datetime) -> str:
    """2023年11月8日24时 for the end of a day, 2023年11月2日9:05 otherwise."""
    due = wording.moment(at)
    hour = "24时" if (due.hour, due.minute) == (23, 59) else f"{due.hour}:{due.minute:02d}"
    return f"{due.year}年{due.month}月{due.day}日{hour}"
