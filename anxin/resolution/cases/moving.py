"""How any step is taken: lock, check by the table, move the stage, the clocks and the trail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from anxin.foundation.access.actor import Actor, require
from anxin.foundation.audit.commands import record
from anxin.foundation.directory import selectors as directory
from anxin.foundation.documents import selectors as documents
from anxin.foundation.duties import services as duties
from anxin.foundation.duties.services import Owner, Start
from anxin.foundation.kernel.errors import Conflict, Denied, Refused
from anxin.foundation.kernel.lifecycle import Step
from anxin.foundation.kernel.money import yuan
from anxin.foundation.outbox.bus import publish
from anxin.foundation.workdays.calendar import local
from anxin.resolution.cases.events import CaseMoved
from anxin.resolution.cases.lifecycle import CASE, EVIDENCE
from anxin.resolution.cases.models import Assignment, Assisting, Call, Case

SETTLE_CLOCKS = {"ordinary": "clock.settle", "complex": "clock.settle_complex", "hard": "clock.settle_hard"}


def find(actor: Actor, pk: int, *, lead: bool = True) -> Case:
    """The case, locked, if it is in reach; hidden and absent look the same.

    Who may see but does not handle the case is `Refused`, except for what assisting units do (`lead=False`).
    """
    row = Case.objects.visible_to(actor).select_for_update().filter(pk=pk).first()
    if row is None:
        raise Denied
    if lead:
        must_lead(row, actor)
    return row


def lock_in_order(*pks: int) -> None:
    """Lock several cases by id, so that two officers acting crosswise wait for each other instead of deadlocking."""
    list(Case.objects.select_for_update().filter(pk__in=pks).order_by("pk").values_list("pk", flat=True))


def must_lead(row: Case, actor: Actor) -> None:
    """Raise `Refused` unless the actor's unit handles the case."""
    if row.led_by(actor):
        return
    if row.unit_name:
        raise Refused(f"本案由{row.unit_name}承办，您可以查看，不能代办")
    raise Refused("本案还没有流转，请等流转员分派")


def evidence(row: Case) -> set[str]:
    """Kinds of evidence on file; after a reopening the old proof of payment proves nothing any more."""
    return documents.evidence_kinds(subject=label(row), since=row.reopened_at)


def for_change(actor: Actor, pk: int, seen: int | None, *, lead: bool = True) -> Case:
    row = find(actor, pk, lead=lead)
    if seen is not None and seen != row.version:
        at = f"{local(row.touched_at):%m-%d %H:%M}" if row.touched_at else ""
        raise Conflict(f"案件已被{row.touched_by}于 {at} 处理，请刷新后再操作；您填写的内容仍保留在页面上")
    return row


def open_case(actor: Actor, pk: int, seen: int | None, *, lead: bool = True) -> Case:
    row = for_change(actor, pk, seen, lead=lead)
    if not row.is_open:
        raise Refused(f"案件{CASE.states[row.stage]}，不能再改；确需办理请先“重新办理”")
    return row


def take(actor: Actor, pk: int, verb: str, seen: int | None) -> tuple[Case, Step]:
    """Lock the case and find the row of the table; permission of the row, evidence and guards are checked here."""
    row = for_change(actor, pk, seen, lead=False)
    step = CASE.find(verb, row.stage)
    require(actor, step.may)
    must_lead(row, actor)
    CASE.check(step, row, evidence(row) if step.needs else (), EVIDENCE)
    return row, step


def finish(
    row: Case, step: Step, actor: Actor, now: datetime, *, starts: Iterable[Start] = (), **detail: Any
) -> dict[str, Any]:
    """Move the stage, save, and let the table move the clocks; leave the trace and tell the journeys."""
    for guard in step.holds:
        guard(row)
    source, row.stage = row.stage, step.target
    save(row, actor, now)
    subject, given = label(row), list(starts)
    if step.discharges:
        duties.discharge(subject=subject, rules=step.discharges, at=now)
    if step.cancels:
        duties.cancel(subject=subject, rules=step.cancels, at=now)
    ready = {s.rule for s in given}
    begun = [*given, *(clock(row, rule, now) for rule in step.starts if rule not in ready)]
    duties.start(begun, keep=row.returned_times > 0)
    record(actor=actor, verb=f"cases.{step.verb}", subject=row, source=source, target=row.stage, **detail)
    publish(CaseMoved(row.pk, row.number, step.verb, source, row.stage, row.unit_code))
    return told(row)


def save(row: Case, actor: Actor, now: datetime) -> None:
    row.version += 1
    row.touched_by, row.touched_at = actor.name, now
    row.save()


def told(row: Case) -> dict[str, Any]:
    return {
        "id": row.pk,
        "number": row.number,
        "stage": row.stage,
        "stage_zh": CASE.states[row.stage],
        "joint": row.joint,
        "unit": row.unit_code,
        "outstanding": yuan(row.outstanding_fen),
        "version": row.version,
    }


def label(row: Case) -> str:
    return f"cases.Case:{row.pk}"


def headline(row: Case) -> str:
    """What an inbox shows of a case in one line."""
    amount = f"{yuan(row.due_fen)} 元" if row.due_fen else "金额待核实"
    return f"{row.number} {row.employer_name or '单位待核实'} · {row.people} 人 · {amount}"


def owner_of(row: Case) -> Owner:
    return Owner(row.county_code, row.town_code, row.unit_code, row.unit_kind)


def clock(
    row: Case, rule: str, at: datetime, *, owner: Owner | None = None, due_at: datetime | None = None, clock: str = ""
) -> Start:
    return Start(rule, label(row), headline(row), owner or owner_of(row), at, clock=clock, due_at=due_at)


def settle_from(row: Case, at: datetime) -> list[Start]:
    return [clock(row, "settle", at, clock=SETTLE_CLOCKS[row.grade])]


def stop_helping(row: Case, now: datetime) -> None:
    """The units that helped see the case no longer."""
    Assisting.objects.filter(case=row, to_at__isnull=True).update(to_at=now)


def reclock(row: Case, actor: Actor, now: datetime, reason: str) -> None:
    duties.reclock(
        actor=actor, subject=label(row), rule="settle", clock=SETTLE_CLOCKS[row.grade], now=now, reason=reason
    )


def is_live(row: Case, rule: str) -> bool:
    return duties.is_live(subject=label(row), rule=rule)


def hand_to(
    row: Case, code: str, actor: Actor, now: datetime, verb: str, reason: str, suggestion: dict[str, Any]
) -> None:
    """Put the case with a unit and keep the one before in the log."""
    unit = _unit(code, row)
    Assignment.objects.create(
        case=row, at=now, verb=verb, from_unit=row.unit_name, to_unit=unit.name, reason=reason, by=actor.name,
        suggestion=suggestion,
    )  # fmt: skip
    row.unit_code, row.unit_kind, row.unit_name = unit.code, unit.kind, unit.name
    row.dispatched_times += 1
    if Assisting.objects.filter(case=row, unit_code=unit.code, to_at__isnull=True).update(to_at=now):
        duties.cancel(subject=label(row), rules=("joint_assist",), at=now, unit=unit.code)


def _unit(code: str, row: Case) -> Any:
    unit = directory.unit_get(code)
    if unit.county_code != row.county_code:
        raise Denied
    return unit


def add_helper(row: Case, code: str, reason: str, now: datetime) -> None:
    """Let a unit see and help with this one case."""
    if Assisting.objects.filter(case=row, unit_code=code, to_at__isnull=True).exists():
        return
    unit = _unit(code, row)
    Assisting.objects.create(case=row, unit_code=unit.code, unit_name=unit.name, reason=reason[:300], from_at=now)


def note_call(row: Case, kind: str, actor: Actor, now: datetime, summary: str, person: str, reached: bool) -> None:
    unit = next((s.unit for s in actor.scopes if s.unit), "")
    Call.objects.create(
        case=row, kind=kind, at=now, person=person, reached=reached, summary=summary, by=actor.name, unit_code=unit
    )
