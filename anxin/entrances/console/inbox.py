"""My duties, soonest first: the first page after log-in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from anxin.entrances import door
from anxin.entrances.console import desk
from anxin.entrances.ui import wording
from anxin.entrances.ui.context import navigation

ACTS = {
    "dispatch": ("dispatch", "流转"), "contact": ("contact", "登记联系"), "reply": ("reply", "回复"),
    "confirm": ("cases.confirm", "回访"), "withdrawal_call": ("cases.call_independently", "核实撤回"),
    "joint_convene": ("cases.joint_convene", "登记会商"), "joint_assist": ("cases.assist", "反馈"),
    "hard_decision": ("decide_hard", "会办决定"),
}  # fmt: skip
"""The act that discharges a duty, one click from its row."""


@desk.staff
@require_safe
def duties(request: HttpRequest) -> HttpResponseBase:
    """One page of fifty; filters by kind and by lateness; what must be contacted today stands on top."""
    actor = door.actor(request)
    if not actor.may("duties:see"):
        return _elsewhere(request)
    rule, overdue = request.GET.get("rule", ""), request.GET.get("overdue") == "1"
    after = {"after_due": request.GET.get("after", ""), "after_id": desk.number(request.GET.get("after_id"))}
    cursor = after if all(after.values()) else {}
    found = door.ask(request, "duties.mine", rule=rule, overdue=overdue, **cursor)
    counts, now = door.ask(request, "duties.counts"), door.now()
    rows = _rows(found["rows"], desk.post_names(request), desk.unit_names(request))
    first = not (rule or overdue or cursor)
    context = {
        "rows": rows,
        "today": [row for row in rows if first and row["rule"] == "contact" and _by_tonight(row, now)],
        "kinds": [_kind(request, row, rule) for row in counts],
        "everything": {"href": desk.link(request, rule="", overdue=""), "open": sum(row["open"] for row in counts)},
        "late": {"href": desk.link(request, rule="", overdue="1"), "open": sum(row["late"] for row in counts)},
        "rule": rule,
        "overdue": overdue,
        "filtered": bool(rule or overdue),
        "first": desk.link(request) if cursor else "",
        "next": _next(request, found),
    }
    return desk.page(request, "console/duties.html", "duties", context, counts=counts)


def _elsewhere(request: HttpRequest) -> HttpResponseBase:
    """A post without duties starts on the first page it has."""
    pages = navigation(door.actor(request))
    if not pages:
        return desk.page(request, "console/nothing.html", "", status=403)
    return redirect(pages[0]["href"])


def _rows(found: list[dict[str, Any]], posts: Mapping[str, str], units: Mapping[str, str]) -> list[dict[str, Any]]:
    rows = []
    for row in found:
        number, _, said = row["headline"].partition(" ")
        href = desk.case_href(row["subject"])
        verb, zh = ACTS.get(row["rule"], ("", ""))
        rows.append(
            row
            | {
                "number": number,
                "headline": said or number,
                "owner": posts.get(row["post"], row["post"]),
                "place": units.get(row["unit"], "") if row["unit"] else "县级",
                "href": href,
                "act": {"zh": zh, "href": f"{href}/do/{verb}"} if verb and href else None,
            }
        )
    return rows


def _by_tonight(row: Mapping[str, Any], now: datetime) -> bool:
    return wording.moment(row["due_at"]).date() <= now.date() and row["state"] != "paused"


def _kind(request: HttpRequest, row: Mapping[str, Any], chosen: str) -> dict[str, Any]:
    return {**row, "href": desk.link(request, rule=row["rule"], overdue=""), "chosen": row["rule"] == chosen}


def _next(request: HttpRequest, found: Mapping[str, Any]) -> str:
    if not found["more"]:
        return ""
    last = found["rows"][-1]
    return desk.link(request, after=last["due_at"].isoformat(), after_id=last["id"])


@desk.staff
@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """My own messages, newest first; reading one marks it."""
    rows = door.ask(request, "notices.mine")
    entries = [row | {"href": desk.case_href(row["subject"]), "unread": row["state"] == "sent"} for row in rows]
    return desk.page(request, "console/messages.html", "messages", {"rows": entries})


@desk.staff
def read(request: HttpRequest, message: int) -> HttpResponseBase:
    """Mark one message as read and open what it is about."""
    if request.method != "POST":
        return redirect("console:messages")
    answer = door.run(request, "notices.read", message=message)
    href = desk.case_href(answer["subject"]) if request.POST.get("open") else ""
    return redirect(href or reverse("console:messages"))


@desk.staff
@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    """What the county has told whom: every text message as the phone shows it."""
    state = request.GET.get("state", "")
    rows = door.ask(request, "notices.outbox", state=state, limit=100)
    shown = [row | {"href": desk.case_href(row["subject"])} for row in rows]
    states = [("", "全部"), ("queued", "待发送"), ("sent", "已发送"), ("failed", "发送失败"), ("read", "已读")]
    filters = [{"zh": zh, "href": desk.link(request, state=code), "chosen": code == state} for code, zh in states]
    return desk.page(request, "console/outbox.html", "outbox", {"rows": shown, "filters": filters})
