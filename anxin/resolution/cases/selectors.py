"""Reading cases. Every function narrows by the actor's reach and hands out plain values."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.db.models import Q, QuerySet
from pydantic import Field

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit import selectors as audit
from anxin.foundation.audit.commands import query
from anxin.foundation.directory import selectors as directory
from anxin.foundation.documents import selectors as documents
from anxin.foundation.duties import selectors as duties
from anxin.foundation.kernel.errors import Denied
from anxin.foundation.kernel.money import yuan
from anxin.registry.wages import selectors as wages
from anxin.resolution.cases.lifecycle import CASE, EVIDENCE, FINALS, STAGES
from anxin.resolution.cases.models import Case, CaseSource, Claim
from anxin.resolution.cases.routing import suggest_many
from anxin.resolution.intake import selectors as intake

PAGE = 50
Limit = Annotated[int, Field(ge=1, le=200)]
GRADES = {str(code): str(zh) for code, zh in Case.Grade.choices}
CATEGORIES = {str(code): str(zh) for code, zh in Case.Category.choices}


@query(may="cases:see", zh="案件详情")
def detail(*, actor: Actor, now: datetime, case: int) -> dict[str, Any]:
    """Everything the case page shows: facts, people and money, clocks, papers, buttons, timeline; 14 queries."""
    row = _find(actor, case)
    subject = _label(row)
    lines = wages.rows(row.claims.filter(superseded=False).values("wage_id"))
    sources = intake.sources_of(row.sources.values("complaint_id"))
    evidence = documents.evidence_for(subjects=_papers_of(row, [s["id"] for s in sources]))
    owed = duties.for_subject(subject=subject)
    assignments = list(row.assignments.order_by("at", "id"))
    return {
        **summary(row),
        "place": row.place_code,
        "place_zh": directory.breadcrumb(row.place_code),
        "first_unit": next((a.to_unit for a in assignments if a.verb == "dispatch"), ""),
        "joint_reason": row.joint_reason,
        "joint_receipt": row.joint_receipt,
        "order": {"number": row.order_number, "due_on": row.order_due_on, "lapsed": row.order_lapsed},
        "withdrawal": {"reason": row.withdrawal_reason, "genuine": row.withdrawal_genuine},
        "reply": row.reply,
        "returned_times": row.returned_times,
        "dispatched_times": row.dispatched_times,
        "version": row.version,
        "led": row.led_by(actor),
        "duties": {d["rule"]: d for d in owed},
        "duty_list": owed,
        "duty_changes": duties.changes_for(subject=subject),
        "workers": [{**line, "claim": line["id"]} for line in lines],
        "calls": [
            {"at": c.at, "kind": c.kind, "kind_zh": c.get_kind_display(), "person": c.person, "reached": c.reached,
             "summary": c.summary, "by": c.by}
            for c in row.calls.order_by("-at", "-id")
        ],
        "assignments": [
            {"at": a.at, "verb": a.verb, "from_unit": a.from_unit, "to_unit": a.to_unit, "reason": a.reason,
             "by": a.by, "suggestion": a.suggestion}
            for a in assignments
        ],
        "assisting": [
            {"unit": a.unit_code, "name": a.unit_name, "reason": a.reason, "from_at": a.from_at, "to_at": a.to_at,
             "report": a.report, "reported_at": a.reported_at}
            for a in row.assisting.order_by("pk")
        ],
        "sources": sources,
        "evidence": [{**e, "kind_zh": EVIDENCE.get(e["kind"], e["kind"])} for e in evidence],
        "actions": _actions(row, actor, {e["kind"] for e in evidence if _counts(e, row)}),
        "letters": documents.letters_for(subject=subject),
        "timeline": audit.entries_for(subject=subject),
    }  # fmt: skip


@query(may="cases:see", zh="可办步骤")
def actions(*, actor: Actor, now: datetime, case: int) -> list[dict[str, Any]]:
    """Buttons of the case page, read from the lifecycle: what this actor may do now, or why not yet."""
    row = _find(actor, case)
    return _actions(row, actor, documents.evidence_kinds(subject=_label(row), since=row.reopened_at))


def _papers_of(row: Case, complaints: list[int]) -> list[str]:
    """Where evidence of this matter was filed: here, with the reports, and on cases merged into this one."""
    merged = Case.objects.filter(merged_into=row).values_list("pk", flat=True) if len(complaints) > 1 else ()
    return [_label(row), *(f"intake.Complaint:{pk}" for pk in complaints), *(f"cases.Case:{pk}" for pk in merged)]


def _counts(evidence: dict[str, Any], row: Case) -> bool:
    """The case's own evidence; what came before a reopening proves nothing any more."""
    current = row.reopened_at is None or evidence["added_at"] >= row.reopened_at
    return bool(current and evidence["subject"] == _label(row))


def _actions(row: Case, actor: Actor, kinds: set[str]) -> list[dict[str, Any]]:
    if not row.led_by(actor):
        return []
    offers = CASE.offers(row.stage, row, may=actor.may, evidence=kinds, names=EVIDENCE)
    return [
        {"verb": o.step.verb, "zh": o.step.zh, "asks": list(o.step.asks), "blocked": o.blocked, "basis": o.step.basis,
         "needs": [EVIDENCE.get(k, k) for k in o.step.needs]}
        for o in offers
    ]  # fmt: skip


@query(may="cases:see", zh="案件列表")
def listing(
    *,
    actor: Actor,
    now: datetime,
    stage: str = "",
    text: Annotated[str, Field(max_length=60)] = "",
    joint: bool = False,
    open_only: bool = False,
    unit: str = "",
    before: int | None = None,
    limit: Limit = PAGE,
) -> dict[str, Any]:
    """Cases in reach, newest first; one query a page (keyset by id)."""
    rows = Case.objects.visible_to(actor)
    if stage:
        rows = rows.filter(stage=stage)
    if open_only:
        rows = rows.exclude(stage__in=FINALS)
    if joint:
        rows = rows.filter(joint=True)
    if unit:
        rows = rows.filter(unit_code=unit)
    if text:
        rows = rows.filter(Q(number__istartswith=text) | Q(employer_name__icontains=text))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows.order_by("-pk")[: limit + 1])
    return {"rows": [summary(r) for r in page[:limit]], "more": len(page) > limit}


@query(may="cases:dispatch", zh="待流转")
def unassigned(*, actor: Actor, now: datetime, limit: Limit = PAGE) -> list[dict[str, Any]]:
    """The dispatch board: cases with nobody yet, soonest due first, each with the suggested unit and the reason."""
    rows = list(_waiting(actor)[:limit])
    clocks = duties.live(subjects=[_label(r) for r in rows], rule="dispatch")
    out = []
    for row, suggestion in zip(rows, suggest_many(rows, now), strict=True):
        out.append(
            {
                **summary(row),
                "suggestion": suggestion,
                "unit_name": suggestion["unit_name"],
                "duty": clocks.get(_label(row)),
            }
        )
    return sorted(out, key=lambda r: (r["duty"]["due_at"] if r["duty"] else now, r["id"]))


def _waiting(actor: Actor) -> QuerySet[Case]:
    return Case.objects.visible_to(actor).filter(stage="registered").order_by("opened_at", "pk")


@query(may="cases:see", zh="同一单位的案件")
def of_employer(*, actor: Actor, now: datetime, employer: int, but: int = 0) -> list[dict[str, Any]]:
    """Other cases against the same employer in reach, newest first."""
    rows = Case.objects.visible_to(actor).filter(employer_id=employer).exclude(pk=but)
    return [summary(r) for r in rows.order_by("-pk")[:20]]


@query(may="cases:progress", zh="查询进度")
def progress(*, actor: Actor, now: datetime, number: str, receipt: str) -> dict[str, Any]:
    """What the reporter may see with number and receipt code: the step reached, who handles it, the next deadline."""
    complaint = intake.opened_by(actor=actor, now=now, number=number, receipt=receipt)
    source = CaseSource.objects.select_related("case").filter(complaint_id=complaint["id"]).first()
    if source is None:
        return {**complaint["public"], "case": None}
    row = source.case
    unit = directory.unit_get(row.unit_code) if row.unit_code else None
    live = [d for d in duties.for_subject(subject=_label(row)) if d["state"] in ("open", "lapsed", "paused")]
    coming = min((d for d in live if d["rule"] in PUBLIC_DUTIES), key=lambda d: d["due_at"], default=None)
    return {
        **complaint["public"],
        "case": row.number,
        "merged": bool(source.from_case),
        "stage": row.stage,
        "stage_zh": CASE.states[row.stage],
        "unit": unit.name if unit else "",
        "phone": unit.phone if unit else "",
        "next": _next(coming, now) if coming else None,
        "reply": row.reply,
        "ask_money": row.stage in ("paid", "replied", "closed") and row.outcome == "paid",
        "steps": [
            {"at": at, "verb": verb, "stage": stage, "zh": STAGES[stage]} for at, verb, stage in _milestones(row)
        ],
    }


def _next(duty: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {"rule": duty["rule"], "title": duty["title"], "due_at": duty["due_at"], "late": duty["due_at"] < now}


PUBLIC_DUTIES = ("dispatch", "contact", "settle", "reply", "confirm")


def _milestones(row: Case) -> list[tuple[datetime, str, str]]:
    """The moments a reporter recognises, oldest first; never who said what."""
    steps = [(row.opened_at, "open", "registered")]
    for entry in reversed(audit.entries_for(subject=_label(row))):
        target = entry["detail"].get("target", "")
        if target and entry["detail"].get("source") != target:
            steps.append((entry["at"], entry["verb"].removeprefix("cases."), target))
    return steps


def for_complaints(*, complaints: list[int]) -> dict[int, dict[str, Any]]:
    """Which case answers each complaint; for pages that show complaints the actor may already see."""
    rows = CaseSource.objects.filter(complaint_id__in=complaints).select_related("case")
    return {s.complaint_id: summary(s.case) for s in rows}


def open_for_complaint(complaint: int) -> int | None:
    """The case of a complaint, for journeys."""
    return CaseSource.objects.filter(complaint_id=complaint).values_list("case_id", flat=True).first()


def is_open(case: int) -> bool:
    """Whether a case still runs, for journeys."""
    return not Case.objects.filter(pk=case, stage__in=FINALS).exists()


def last_paid_on(case: int) -> date | None:
    """The day of the latest payment that stands; for rooms above, which have checked reach."""
    lines = Claim.objects.filter(case_id=case, superseded=False).values_list("wage_id", flat=True)
    return max((p["paid_on"] for p in wages.payments(lines) if not p["voided"]), default=None)


def is_ordered(case: int) -> bool:
    """Whether a case stands under an order, lapsed or not, for journeys."""
    return Case.objects.filter(pk=case, stage="ordered").exists()


def awaits_order(case: int) -> bool:
    """Whether a case stands under an order that has not lapsed yet, for journeys."""
    return Case.objects.filter(pk=case, stage="ordered", order_lapsed=False).exists()


def is_joint(case: int) -> bool:
    """Whether a running case is in joint handling, for journeys."""
    return Case.objects.filter(pk=case, joint=True).exclude(stage__in=FINALS).exists()


def facts(case: int) -> dict[str, Any]:
    """Plain facts of a case for journeys and letters; the caller acts for the system or has checked reach."""
    row = Case.objects.get(pk=case)
    return {
        **summary(row),
        "reply": row.reply,
        "reporters": intake.contacts_of(list(row.sources.values_list("complaint_id", flat=True))),
    }


def reachable(actor: Actor, pk: int) -> None:
    """Raise `Denied` unless the case is in the actor's reach; documents ask before they open a file."""
    _find(actor, pk)


def summary(row: Case) -> dict[str, Any]:
    """One case in one line; amounts in yuan with two decimals."""
    return {
        "id": row.pk,
        "number": row.number,
        "stage": row.stage,
        "stage_zh": CASE.states[row.stage],
        "open": row.is_open,
        "employer": row.employer_name,
        "employer_id": row.employer_id,
        "project_id": row.project_id,
        "category": row.category,
        "category_zh": row.get_category_display(),
        "county": row.county_code,
        "town": row.town_code,
        "unit": row.unit_code,
        "unit_name": row.unit_name,
        "unit_kind": row.unit_kind,
        "channel": row.channel,
        "sector": row.sector,
        "people": row.people,
        "due": yuan(row.due_fen),
        "paid": yuan(row.paid_fen),
        "outstanding": yuan(row.outstanding_fen),
        "due_fen": row.due_fen,
        "paid_fen": row.paid_fen,
        "outstanding_fen": row.outstanding_fen,
        "verified": row.verified,
        "unconfirmed": row.unconfirmed,
        "grade": row.grade,
        "grade_zh": row.get_grade_display(),
        "severity": row.severity,
        "joint": row.joint,
        "outcome": row.outcome,
        "outcome_zh": row.get_outcome_display(),
        "reopened": row.reopened_times,
        "opened_at": row.opened_at,
        "ended_at": row.ended_at,
    }


def _find(actor: Actor, pk: int) -> Case:
    row = Case.objects.visible_to(actor).filter(pk=pk).first()
    if row is None:
        raise Denied
    return row


def _label(row: Case) -> str:
    return f"cases.Case:{row.pk}"
