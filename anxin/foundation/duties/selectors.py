from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from django.db.models import Count, Min, Q
from pydantic import Field

from anxin.foundation.access.actor import Actor, reach
from anxin.foundation.audit.commands import query
from anxin.foundation.duties.models import Duty, DutyChange

PAGE = 50


@dataclass(frozen=True)
class Cursor:
    """The last row of the page before: keyset paging stays flat however long the queue."""

    due_at: datetime
    pk: int


def _queue(actor: Actor) -> Any:
    in_reach = reach(actor, town="unit_code")  # a town sees its own duties, not those of others in town
    return Duty.objects.filter(in_reach, post__in=actor.posts, state__in=Duty.LIVE)


@query(may="duties:see", zh="我的待办")
def mine(
    *,
    actor: Actor,
    now: datetime,
    rule: str = "",
    overdue: bool = False,
    after_due: datetime | None = None,
    after_id: int = 0,
    limit: Annotated[int, Field(ge=1, le=200)] = PAGE,
) -> dict[str, Any]:
    """My open duties, soonest first. One query for the rows; `more` tells whether another page follows."""
    rows = _queue(actor)
    if rule:
        rows = rows.filter(rule=rule)
    if overdue:
        rows = rows.filter(due_at__lt=now).exclude(state=Duty.State.PAUSED)
    if after_due is not None:
        rows = rows.filter(Q(due_at__gt=after_due) | Q(due_at=after_due, id__gt=after_id))
    page = list(rows.order_by("due_at", "id")[: limit + 1])
    return {"rows": [_row(d) for d in page[:limit]], "more": len(page) > limit}


@query(may="duties:see", zh="待办计数")
def counts(*, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """How many open duties of each kind, and how many are late; one query."""
    groups = (
        _queue(actor)
        .values("rule", "title")
        .annotate(
            open=Count("id"), late=Count("id", filter=Q(due_at__lt=now) & ~Q(state="paused")), first=Min("due_at")
        )
    )
    return list(groups.order_by("first"))


def for_subject(*, subject: str) -> list[dict[str, Any]]:
    """Every duty ever owed on a subject, in order of start. The caller has checked that the subject is in reach."""
    return [_row(d) for d in Duty.objects.filter(subject=subject).order_by("started_at", "id")]


def latest_by_rule(*, subject: str) -> dict[str, dict[str, Any]]:
    """The newest duty of each rule on a subject."""
    return {row["rule"]: row for row in for_subject(subject=subject)}


def one(pk: int) -> dict[str, Any]:
    """One duty by its id, for journeys."""
    return _row(Duty.objects.get(pk=pk))


def live(*, subjects: list[str], rule: str) -> dict[str, dict[str, Any]]:
    """The running duty of one rule for each of several subjects; one query."""
    rows = Duty.objects.filter(subject__in=subjects, rule=rule, state__in=Duty.LIVE).order_by("-id")
    return {d.subject: _row(d) for d in rows}


def of_subjects(*, subjects: list[str], rules: list[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """The newest duty of each of several rules on each of several subjects; one query."""
    found: dict[str, dict[str, dict[str, Any]]] = {subject: {} for subject in subjects}
    for duty in Duty.objects.filter(subject__in=subjects, rule__in=rules).order_by("id"):
        found[duty.subject][duty.rule] = _row(duty)
    return found


def changes_for(*, subject: str) -> list[dict[str, Any]]:
    """The history of moved, paused and handed-over clocks of a subject."""
    rows = DutyChange.objects.filter(duty__subject=subject).select_related("duty").order_by("at", "id")
    return [
        {
            "at": c.at, "kind": c.kind, "zh": c.get_kind_display(), "title": c.duty.title, "by": c.by,
            "reason": c.reason, "approver": c.approver, "document": c.document, "old": c.old, "new": c.new,
        }
        for c in rows
    ]  # fmt: skip


def next_moment(*, after: datetime) -> datetime | None:
    """The next moment at which the clock makes something due: a warning or a lapse. For the scenario player."""
    warn = Duty.objects.filter(state=Duty.State.OPEN, warned_at__isnull=True).aggregate(at=Min("warn_at"))["at"]
    due = Duty.objects.filter(state=Duty.State.OPEN).aggregate(at=Min("due_at"))["at"]
    return min((m for m in (warn, due) if m is not None), default=None)


def _row(duty: Duty) -> dict[str, Any]:
    return {
        "id": duty.pk,
        "rule": duty.rule,
        "title": duty.title,
        "subject": duty.subject,
        "headline": duty.headline,
        "post": duty.post,
        "unit": duty.unit_code,
        "state": duty.state,
        "state_zh": duty.get_state_display(),
        "started_at": duty.started_at,
        "due_at": duty.due_at,
        "warn_at": duty.warn_at,
        "warned_at": duty.warned_at,
        "lapsed_at": duty.lapsed_at,
        "ended_at": duty.ended_at,
        "late": duty.late,
        "provisional": duty.provisional,
        "basis": duty.receipt.get("basis", ""),
        "receipt": duty.receipt,
    }
