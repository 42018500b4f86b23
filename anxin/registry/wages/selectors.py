"""Reading wages. Plain functions trust their caller to have checked reach; queries check it themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from anxin.foundation.access.actor import Actor, reach
from anxin.foundation.audit.commands import query
from anxin.foundation.kernel.errors import Denied
from anxin.registry.wages.models import Answer, Confirmation, Payment, Wage
from anxin.registry.workers.selectors import in_county as workers_in_county

UNCONFIRMED = "未确认"

METHODS = {str(code): str(zh) for code, zh in Payment.Method.choices}


def county_level(actor: Actor) -> Q:
    """The wages of a county-level post; a wage has no town and no unit, so narrower posts see none directly."""
    return reach(actor, town="county_code", unit="county_code")


def require_county_level(actor: Actor) -> None:
    """Raise `Denied` for the public and for posts of one town, unit or grid."""
    if not any(
        s.kind in ("county", "system") or (s.kind == "unit" and s.at_county and not s.unit) for s in actor.scopes
    ):
        raise Denied()


@query(may="wages:see", zh="劳动者工资")
def of_worker(*, actor: Actor, now: datetime, worker: int) -> dict[str, Any]:
    """Everything recorded as due to one worker, with totals; for county-level posts. Raises `Denied` out of reach."""
    require_county_level(actor)
    ids = list(Wage.objects.filter(county_level(actor), worker=worker).values_list("pk", flat=True))
    if not ids and not workers_in_county([worker], actor.county):
        raise Denied()
    return {"totals": totals(ids), "rows": [_plain(row) for row in rows(ids)]}


def totals(wage_ids: Iterable[int]) -> dict[str, int]:
    """Sums in fen over wages, people and lines, and how they were answered; one query.

    `people` counts a worker once however many lines, and everybody an unlisted line stands for; `unconfirmed` counts
    in the same way those who have not said that all the money arrived: of an unlisted line all but its
    `confirmed_heads`. `received`, `partial`, `none` and `unanswered` count lines.
    """
    silent, unlisted = ~Q(answer=Answer.RECEIVED), Q(worker=None)
    found = Wage.objects.filter(pk__in=list(wage_ids)).aggregate(
        listed_people=Count("worker", distinct=True),
        unlisted_people=Sum("headcount", filter=unlisted),
        listed_silent=Count("worker", distinct=True, filter=silent),
        unlisted_silent=Sum(F("headcount") - F("confirmed_heads"), filter=unlisted),
        lines=Count("pk"),
        due_fen=Sum("due_fen"),
        paid_fen=Sum("paid_fen"),
        **{answer: Count("pk", filter=Q(answer=answer)) for answer in Answer.values},
        unanswered=Count("pk", filter=Q(answer="")),
    )
    sums = {name: int(value or 0) for name, value in found.items()}
    return {
        "people": sums.pop("listed_people") + sums.pop("unlisted_people"),
        "unconfirmed": sums.pop("listed_silent") + sums.pop("unlisted_silent"),
        "outstanding_fen": sums["due_fen"] - sums["paid_fen"],
    } | sums


def rows(wage_ids: Iterable[int] | QuerySet[Any, Any]) -> list[dict[str, Any]]:
    """One line per wage for the table of a case, identities masked, in the order recorded; one query."""
    wanted = wage_ids if isinstance(wage_ids, QuerySet) else list(wage_ids)
    found = Wage.objects.filter(pk__in=wanted).select_related("worker").order_by("pk")
    return [
        {
            "id": row.pk,
            "worker": row.worker_id,
            "name": row.worker.name if row.worker else f"未列名（{row.headcount} 人）",
            "headcount": row.headcount,
            "confirmed_heads": row.confirmed_heads,
            "id_number": row.worker.masked_id_number if row.worker else "",
            "phone": row.worker.masked_phone if row.worker else "",
            "employer": row.employer_id,
            "employer_name": row.employer_name,
            "project": row.project_id,
            "period_from": row.period_from,
            "period_to": row.period_to,
            "due_fen": row.due_fen,
            "paid_fen": row.paid_fen,
            "outstanding_fen": row.outstanding_fen,
            "basis": row.basis,
            "verified": row.verified,
            "answer": row.answer,
            "answer_zh": row.get_answer_display() or UNCONFIRMED,
        }
        for row in found
    ]


def listed(wage_ids: Iterable[int]) -> bool:
    """Whether any of the lines names its worker."""
    return Wage.objects.filter(pk__in=list(wage_ids), worker__isnull=False).exists()


def unlisted(wage_ids: Iterable[int]) -> list[int]:
    """The lines that stand for people not listed by name."""
    return list(Wage.objects.filter(pk__in=list(wage_ids), worker=None).values_list("pk", flat=True))


def unanswered(wage_ids: Iterable[int]) -> list[int]:
    """The lines about which nobody has said anything since the last payment."""
    return list(Wage.objects.filter(pk__in=list(wage_ids), answer="").order_by("pk").values_list("pk", flat=True))


def belonging_to(wage_ids: Iterable[int], *, name: str, phone: str) -> list[int]:
    """The lines of one person, known by phone, or by name when no line bears the phone."""
    mine = Wage.objects.filter(pk__in=list(wage_ids), worker__isnull=False)
    by_phone = list(mine.filter(worker__phone=phone).values_list("pk", flat=True)) if phone else []
    if by_phone or not name:
        return by_phone
    return list(mine.filter(worker__name=name).values_list("pk", flat=True))


def payments(wage_ids: Iterable[int]) -> list[dict[str, Any]]:
    """Every payment on wages, voided ones marked, in the order recorded; one query."""
    found = Payment.objects.filter(wage__in=list(wage_ids)).order_by("pk")
    return [
        {
            "id": row.pk,
            "wage": row.wage_id,
            "amount_fen": row.amount_fen,
            "paid_on": row.paid_on,
            "method": row.method,
            "method_zh": row.get_method_display(),
            "evidence": row.evidence_id,
            "recorded_by": row.recorded_by,
            "voided": row.voided_at is not None,
            "void_reason": row.void_reason,
        }
        for row in found
    ]


def confirmations(wage_ids: Iterable[int]) -> list[dict[str, Any]]:
    """Every answer ever given on wages, oldest first; one query."""
    found = Confirmation.objects.filter(wage__in=list(wage_ids)).order_by("at", "pk")
    return [
        {
            "wage": row.wage_id,
            "answer": row.answer,
            "answer_zh": row.get_answer_display(),
            "by": row.by,
            "by_zh": row.get_by_display(),
            "at": row.at,
            "note": row.note,
        }
        for row in found
    ]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return row | {key: row[key].isoformat() if row[key] else "" for key in ("period_from", "period_to")}
