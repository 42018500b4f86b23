"""The dispatch board: what is with nobody, whom the rules suggest and why, one click or many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from anxin.entrances import door
from anxin.entrances.console import desk
from anxin.foundation.kernel.errors import AnxinError

KEPT = "dispatched"
SHOWN = 50


@desk.staff
@require_http_methods(["GET", "HEAD", "POST"])
def board(request: HttpRequest) -> HttpResponseBase:
    """Soonest due first. Each case that is sent is its own act: one refusal hinders no other."""
    if request.method == "POST":
        return _send(request)
    found = door.ask(request, "cases.unassigned", limit=SHOWN + 1)
    rows = found[:SHOWN]
    towns = dict(desk.towns(request))
    same = Counter(_firm(row) for row in rows if _firm(row))
    channels = desk.section(request, "intake")["channels"]
    context = {
        "rows": [_row(row, same, channels, towns) for row in rows],
        "units": desk.grouped(desk.leading_units(request)),
        "more": len(found) > SHOWN,
        "results": request.session.pop(KEPT, []),
    }
    return desk.page(request, "console/dispatch.html", "dispatch", context)


def _row(
    row: Mapping[str, Any], same: Counter[str], channels: Mapping[str, Any], towns: Mapping[str, str]
) -> dict[str, Any]:
    twins = same[_firm(row)] if _firm(row) else 0
    return {
        **row,
        "channel_zh": channels.get(row["channel"], {}).get("zh", row["channel"]),
        "town_zh": towns.get(row["town"], "属地待核实"),
        "twins": twins if twins > 1 else 0,
    }


def _firm(row: Mapping[str, Any]) -> str:
    return str(row["employer_id"] or row["employer"])


def _send(request: HttpRequest) -> HttpResponseBase:
    """The row whose button was pressed, or every ticked row; to the unit chosen for all, or each to its own."""
    one = request.POST.get("one", "")
    wanted = [one] if one else request.POST.getlist("case")
    unit = "" if one else request.POST.get("unit", "")
    chosen = [case for text in wanted if (case := desk.number(text)) is not None]
    results = [_send_one(request, case, unit or request.POST.get(f"unit-{case}", "")) for case in chosen]
    request.session[KEPT] = results or [{"ok": False, "number": "", "message": "没有勾选案件，请先勾选要流转的案件"}]
    return redirect("console:dispatch")


def _send_one(request: HttpRequest, case: int, unit: str) -> dict[str, Any]:
    number = request.POST.get(f"number-{case}", "")[:40]
    try:
        out = door.run(request, "cases.dispatch", case=case, unit=unit)
    except AnxinError as error:
        return {"ok": False, "number": number, "case": case, "message": str(error)}
    name = desk.unit_names(request).get(out["unit"], out["unit"])
    return {"ok": True, "number": out["number"], "case": case, "message": f"已流转至{name}"}
