"""Starting, stopping and moving clocks. The moments are derived from stored starts, pauses and extensions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, cast

from django.db.models import Case, F, Q, QuerySet, Value, When
from pydantic import Field

from anxin.foundation.access.actor import Actor, reach
from anxin.foundation.audit.commands import command, record
from anxin.foundation.audit.unit import unit_of_work
from anxin.foundation.duties.events import DutyLapsed, DutyMoved, DutyWarned
from anxin.foundation.duties.models import Duty, DutyChange
from anxin.foundation.duties.owing import at_unit, check_post, check_unit, post_of, rule_of
from anxin.foundation.duties.owing import can_owe as can_owe  # asked for here by the rooms above
from anxin.foundation.kernel.errors import Denied, Refused
from anxin.foundation.outbox.bus import publish
from anxin.foundation.outbox.worker import job
from anxin.foundation.policy.current import book
from anxin.foundation.workdays import calendar

log = logging.getLogger(__name__)

Reason = Annotated[str, Field(min_length=2, max_length=500)]
Code = Annotated[str, Field(max_length=40)]


@dataclass(frozen=True)
class Owner:
    """Where a duty falls: the county, and the unit that the subject is with."""

    county: str
    town: str = ""
    unit: str = ""
    unit_kind: str = ""


@dataclass(frozen=True)
class Start:
    """A clock to be started. `clock` overrides the rule's own term, `due_at` overrides the clock altogether."""

    rule: str
    subject: str
    headline: str
    owner: Owner
    at: datetime
    clock: str = ""
    due_at: datetime | None = None


class SomeStuck(RuntimeError):
    """Clocks that one run of the job could not move; the message names each. All others have been moved."""


def start(starts: Iterable[Start], *, keep: bool = False) -> list[Duty]:
    """Begin the clocks of one act, in one statement. Reads the rule (who, which clock) and the length from packs.

    With `keep` an approved extension outlives a return: when a cancelled duty of the same rule and subject had been
    extended, the new one takes the later of both moments, and the approval is copied to its history. Raises `Refused`
    when the owner is a unit of a kind that no post of the rule serves; see `can_owe`.
    """
    begun = Duty.objects.bulk_create([_duty(s) for s in starts])
    for duty in begun if keep else ():
        _keep_extension(duty)
    return begun


def _keep_extension(duty: Duty) -> None:
    before = DutyChange.objects.filter(
        kind=DutyChange.Kind.EXTENDED,
        duty__subject=duty.subject,
        duty__rule=duty.rule,
        duty__state=Duty.State.CANCELLED,
        duty__due_at__gt=duty.due_at,
    )
    approved = before.select_related("duty").order_by("-duty__due_at", "-id").first()
    if approved is None:
        return
    _change(
        duty, DutyChange.Kind.EXTENDED, approved.by, approved.at, approved.reason, approver=approved.approver,
        document=approved.document, due_at=approved.duty.due_at,
    )  # fmt: skip
    duty.provisional = False
    _reset(duty, duty.started_at)


def _duty(s: Start) -> Duty:
    on = calendar.local(s.at).date()
    rule = rule_of(s.rule, county=s.owner.county, on=on)
    due_at, provisional, receipt = moment(clock=s.clock or rule.get("clock", ""), county=s.owner.county, at=s.at)
    if s.due_at is not None:
        due_at, provisional = s.due_at, False
    return Duty(
        rule=s.rule,
        title=rule["zh"],
        subject=s.subject,
        headline=s.headline,
        county_code=s.owner.county,
        **_seat(rule, s.owner),
        started_at=s.at,
        due_at=due_at,
        warn_at=_warn_at(s.at, due_at, s.owner.county),
        provisional=provisional,
        receipt=receipt,
    )


def _seat(rule: dict[str, Any], owner: Owner) -> dict[str, str]:
    """Post, unit and town of a duty; raises `Refused` when the owner's kind of unit cannot owe it."""
    post, here = post_of(rule, county=owner.county, unit_kind=owner.unit_kind), at_unit(rule)
    return {"post": post, "unit_code": owner.unit if here else "", "town_code": owner.town if here else ""}


def moment(*, clock: str, county: str, at: datetime) -> tuple[datetime, bool, dict[str, Any]]:
    """When a clock that starts `at` runs out; whether that is provisional; and the receipt of the ruling."""
    if not clock:
        return at, False, {}
    ruling = book().ruling(clock, place=county, on=calendar.local(at).date())
    due = calendar.due(
        book().calendar(county),
        at,
        int(ruling.value),
        cast(calendar.Unit, ruling.unit),
        ruling.attrs.get("ends", "end_of_day"),
        provisional_ok=True,
    )
    return due.at, due.provisional, ruling.receipt()


def _warn_at(start_at: datetime, due_at: datetime, county: str) -> datetime:
    share = float(book().ruling("duty.warn_share", place=county, on=calendar.local(start_at).date()).value)
    return start_at + (due_at - start_at) * share


def discharge(*, subject: str, rules: Iterable[str], at: datetime, unit: str = "") -> int:
    """The act was done; a duty done after its moment stays marked late. Returns how many clocks stopped.

    A pause stops the clock, but does not undo what had run out before it. With `unit` only the duties of that unit
    stop.
    """
    live = Duty.objects.filter(subject=subject, rule__in=tuple(rules), state__in=Duty.LIVE)
    return _discharge(live.filter(unit_code=unit) if unit else live, at)


def discharge_one(*, duty: int, at: datetime) -> int:
    """The same for one duty by its id."""
    return _discharge(Duty.objects.filter(pk=duty, state__in=Duty.LIVE), at)


def _discharge(live: QuerySet[Duty], at: datetime) -> int:
    ran_out = Q(paused_at__isnull=True, due_at__lt=at) | Q(due_at__lt=F("paused_at"))
    late = Case(When(Q(lapsed_at__isnull=False) | ran_out, then=Value(True)), default=Value(False))
    return live.update(late=late, state=Duty.State.DISCHARGED, ended_at=at)


def cancel(*, subject: str, rules: Iterable[str], at: datetime, unit: str = "") -> int:
    """The act has lost its object (withdrawn, merged, returned); with `unit` only for that unit."""
    live = Duty.objects.filter(subject=subject, rule__in=tuple(rules), state__in=Duty.LIVE)
    return (live.filter(unit_code=unit) if unit else live).update(state=Duty.State.CANCELLED, ended_at=at)


def cancel_these(*, duties: Iterable[int], at: datetime) -> int:
    """The same for duties by their ids."""
    live = Duty.objects.filter(pk__in=list(duties), state__in=Duty.LIVE)
    return live.update(state=Duty.State.CANCELLED, ended_at=at)


def is_live(*, subject: str, rule: str, unit: str = "") -> bool:
    """Whether a clock of this rule is running (or late) on the subject, for anybody or for one unit."""
    live = Duty.objects.filter(subject=subject, rule=rule, state__in=Duty.LIVE)
    return (live.filter(unit_code=unit) if unit else live).exists()


def cancel_all(*, subject: str, at: datetime, but: Iterable[str] = ()) -> int:
    """Stop every running clock of a subject except those of the rules `but`."""
    live = Duty.objects.filter(subject=subject, state__in=Duty.LIVE).exclude(rule__in=tuple(but))
    return live.update(state=Duty.State.CANCELLED, ended_at=at)


def move(*, actor: Actor, subject: str, rules: Iterable[str], owner: Owner, now: datetime, reason: str) -> int:
    """Hand the duties of a unit to the next unit; their moments stay, for the worker's clock does not stop.

    Raises `Refused` when that kind of unit cannot owe one of them.
    """
    live = list(_locked(Q(subject=subject, rule__in=tuple(rules), state__in=Duty.LIVE)))
    for duty in live:
        seat = _seat(_rule(duty), owner)
        _hand(duty, actor=actor, now=now, reason=reason, **seat)
    return len(live)


def reclock(*, actor: Actor, subject: str, rule: str, clock: str, now: datetime, reason: str) -> None:
    """Run a live duty by another clock from its original start (the class of the matter has changed).

    What was approved stays: pauses are given back and an extension is never fallen short of.
    """
    for duty in _locked(Q(subject=subject, rule=rule, state__in=Duty.LIVE)):
        due_at, provisional, receipt = _recounted(duty, clock)
        _change(duty, DutyChange.Kind.RECLASSIFIED, actor.name, now, reason, due_at=due_at)
        duty.provisional, duty.receipt = provisional, receipt
        _reset(duty, now)


def _locked(which: Q) -> QuerySet[Duty]:
    """Rows nobody else changes until the unit of work ends; what has just ended elsewhere is not among them."""
    return Duty.objects.select_for_update().filter(which).order_by("pk")


def _rule(duty: Duty) -> dict[str, Any]:
    return rule_of(duty.rule, county=duty.county_code, on=calendar.local(duty.started_at).date())


def rename(*, subject: str, headline: str) -> None:
    """Show changed facts (people, amount) in every inbox."""
    Duty.objects.filter(subject=subject, state__in=Duty.LIVE).exclude(headline=headline).update(headline=headline)


@command(may="duties:pause", zh="暂停期限")
def pause(*, actor: Actor, now: datetime, duty: int, reason: Reason) -> dict[str, Any]:
    """Stop a clock while others must act first; the reason is kept."""
    row = _mine(actor, duty)
    if row.state not in (Duty.State.OPEN, Duty.State.LAPSED):
        raise Refused(f"“{row.title}”{row.get_state_display()}，不能暂停")
    row.state, row.paused_at = Duty.State.PAUSED, now
    _change(row, DutyChange.Kind.PAUSED, actor.name, now, reason)
    row.save(update_fields=["state", "paused_at"])
    record(actor=actor, verb="duties.pause", subject=row.subject, rule=row.rule, reason=reason)
    return _told(row)


@command(may="duties:pause", zh="恢复期限")
def resume(*, actor: Actor, now: datetime, duty: int, reason: Reason) -> dict[str, Any]:
    """Let a paused clock run on; the moment moves by the time that was paused."""
    row = _mine(actor, duty)
    if row.state != Duty.State.PAUSED or row.paused_at is None:
        raise Refused(f"“{row.title}”没有暂停，不必恢复")
    before = row.due_at
    due_at = _shifted(row, before, row.paused_at, now, row.receipt)
    _change(row, DutyChange.Kind.RESUMED, actor.name, now, reason, due_at=due_at)
    row.paused_at = None
    _reset(row, now)
    _announce(row, before)
    record(actor=actor, verb="duties.resume", subject=row.subject, rule=row.rule, due_at=row.due_at, reason=reason)
    return _told(row)


def _shifted(
    duty: Duty, due_at: datetime, paused_at: datetime, resumed_at: datetime, receipt: dict[str, Any]
) -> datetime:
    """A moment after a pause; what had passed before the pause is not given back."""
    if due_at <= paused_at:
        return due_at
    return calendar.shifted(
        book().calendar(duty.county_code), due_at, paused_at, resumed_at, receipt.get("unit", "day")
    )


def _recounted(duty: Duty, clock: str) -> tuple[datetime, bool, dict[str, Any]]:
    """The moment counted anew from the start by a clock, with every approved change of it; provisional; receipt."""
    due_at, provisional, receipt = moment(clock=clock, county=duty.county_code, at=duty.started_at)
    return _replayed(duty, due_at, receipt), provisional, receipt


def _replayed(duty: Duty, due_at: datetime, receipt: dict[str, Any]) -> datetime:
    """Give back every finished pause and hold every extension, in the order in which they were approved."""
    kinds = (DutyChange.Kind.PAUSED, DutyChange.Kind.RESUMED, DutyChange.Kind.EXTENDED)
    paused_at = None
    for change in duty.changes.filter(kind__in=kinds).order_by("id"):
        if change.kind == DutyChange.Kind.EXTENDED:
            due_at = max(due_at, datetime.fromisoformat(change.new["due_at"]))
        elif change.kind == DutyChange.Kind.PAUSED:
            paused_at = change.at
        elif paused_at is not None:
            due_at = _shifted(duty, due_at, paused_at, change.at, receipt)
    return due_at


@command(may="duties:extend", zh="延长期限")
def extend(
    *,
    actor: Actor,
    now: datetime,
    duty: int,
    due_at: datetime,
    reason: Reason,
    approver: Annotated[str, Field(min_length=2, max_length=60)],
    document: Annotated[str, Field(max_length=60)] = "",
) -> dict[str, Any]:
    """Move a moment later, with the approver's name and the document. A moment never moves earlier."""
    row = _mine(actor, duty)
    if row.state not in (Duty.State.OPEN, Duty.State.LAPSED):
        raise Refused(f"“{row.title}”{row.get_state_display()}，不能延期")
    if due_at <= row.due_at:
        raise Refused(f"新期限必须晚于原期限 {calendar.local(row.due_at):%Y-%m-%d %H:%M}")
    if due_at <= now:
        raise Refused("新期限必须晚于现在")
    before, approval = row.due_at, {"approver": approver, "document": document}
    _change(row, DutyChange.Kind.EXTENDED, actor.name, now, reason, **approval, due_at=due_at)
    row.provisional = False
    _reset(row, now)
    _announce(row, before)
    record(
        actor=actor, verb="duties.extend", subject=row.subject, rule=row.rule, due_at=due_at, reason=reason,
        approver=approver, document=document,
    )  # fmt: skip
    return _told(row)


@command(may="duties:hand_over", zh="移交职责")
def hand_over(*, actor: Actor, now: datetime, duty: int, post: Code, reason: Reason, unit: Code = "") -> dict[str, Any]:
    """Give a duty to another post; the moment stays."""
    row = _mine(actor, duty)
    if row.state not in Duty.LIVE:
        raise Refused(f"“{row.title}”{row.get_state_display()}，不必移交")
    check_post(post, county=row.county_code, on=calendar.local(now).date(), unit=unit or row.unit_code)
    if unit:
        check_unit(unit, _rule(row), county=row.county_code)
    _hand(row, actor=actor, now=now, reason=reason, post=post, unit_code=unit or row.unit_code, town_code=row.town_code)
    record(actor=actor, verb="duties.hand_over", subject=row.subject, rule=row.rule, post=post, reason=reason)
    return _told(row)


def _hand(duty: Duty, *, actor: Actor, now: datetime, reason: str, **seat: str) -> None:
    _change(duty, DutyChange.Kind.HANDED_OVER, actor.name, now, reason, **seat)
    duty.save(update_fields=list(seat))


def _change(duty: Duty, kind: str, by: str, now: datetime, reason: str, **new: Any) -> None:
    """Write the history row and set the new values on the duty (unsaved)."""
    extra = {key: new.pop(key) for key in ("approver", "document") if key in new}
    old = {key: _plain(getattr(duty, key)) for key in new}
    DutyChange.objects.create(
        duty=duty, kind=kind, at=now, by=by, reason=reason, old=old,
        new={key: _plain(value) for key, value in new.items()}, **extra,
    )  # fmt: skip
    for key, value in new.items():
        setattr(duty, key, value)


def _plain(value: Any) -> Any:
    return calendar.local(value).isoformat() if isinstance(value, datetime) else value


def _reset(duty: Duty, now: datetime) -> None:
    """Save a duty whose moment has moved: paused stays paused; open or lapsed by the new moment; it may warn anew."""
    duty.warn_at = _warn_at(duty.started_at, duty.due_at, duty.county_code)
    if duty.due_at > now:
        duty.lapsed_at = None
        duty.warned_at = duty.warned_at if duty.warn_at <= now else None
    if duty.paused_at is None:
        duty.state = Duty.State.LAPSED if duty.lapsed_at else Duty.State.OPEN
    duty.save(
        update_fields=["due_at", "warn_at", "warned_at", "lapsed_at", "paused_at", "state", "provisional", "receipt"]
    )


def _announce(duty: Duty, before: datetime) -> None:
    """Tell the room of the subject that the moment is no longer what it was."""
    if duty.due_at != before:
        publish(DutyMoved(duty.pk, duty.rule, duty.subject, _plain(duty.due_at)))


def _mine(actor: Actor, pk: int) -> Duty:
    duty = _locked(reach(actor, town="unit_code") & Q(pk=pk)).first()
    if duty is None:
        raise Denied
    return duty


def _told(duty: Duty) -> dict[str, Any]:
    return {"id": duty.pk, "rule": duty.rule, "state": duty.state, "due_at": duty.due_at}


@job(minutes=1)
def tick(*, now: datetime) -> None:
    """Warn, lapse and recalculate; a worker that slept three days still stamps the true moments.

    One duty that cannot be moved does not hold up the others: they are finished first, then `SomeStuck` names it.
    """
    running = Duty.objects.filter(state=Duty.State.OPEN)
    stuck = {
        **_each(running.filter(warned_at__isnull=True, warn_at__lte=now).order_by("warn_at"), _warn, now),
        **_each(running.filter(due_at__lt=now).order_by("due_at"), _lapse, now),
        **_each(running.filter(provisional=True), _settle_calendar, now),
    }
    if stuck:
        raise SomeStuck(f"{len(stuck)} 项职责未能推进：{'；'.join(stuck.values())}")


def _each(due: QuerySet[Duty], act: Callable[[Duty, datetime], None], now: datetime) -> dict[int, str]:
    """Do one thing to each duty, each in a transaction of its own; what failed, by the duty's id."""
    stuck = {}
    for duty in due:
        try:
            act(duty, now)
        except Exception as fault:
            log.exception("duty %s (%s) of %s is stuck", duty.pk, duty.rule, duty.subject)
            stuck[duty.pk] = f"#{duty.pk} {duty.title} {duty.subject}（{type(fault).__name__}: {fault}）"
    return stuck


def _warn(duty: Duty, now: datetime) -> None:
    with unit_of_work(actor=Actor.system(duty.county_code), now=now):
        still = Q(pk=duty.pk, state=Duty.State.OPEN, warned_at__isnull=True, warn_at=duty.warn_at)
        if Duty.objects.filter(still).update(warned_at=duty.warn_at):
            publish(DutyWarned(duty.pk, duty.rule, duty.subject))


def _lapse(duty: Duty, now: datetime) -> None:
    system = Actor.system(duty.county_code)
    with unit_of_work(actor=system, now=now):
        still = Q(pk=duty.pk, state=Duty.State.OPEN, due_at=duty.due_at)
        if Duty.objects.filter(still).update(state=Duty.State.LAPSED, lapsed_at=duty.due_at):
            record(actor=system, verb="duties.lapse", subject=duty.subject, rule=duty.rule, due_at=duty.due_at)
            publish(DutyLapsed(duty.pk, duty.rule, duty.subject))


def _settle_calendar(duty: Duty, now: datetime) -> None:
    """A year's calendar may have been published since: a provisional moment becomes the true one."""
    if _settled(duty) is None:
        return
    system = Actor.system(duty.county_code)
    with unit_of_work(actor=system, now=now):
        row = _locked(Q(pk=duty.pk, state=Duty.State.OPEN, provisional=True)).first()
        settled = _settled(row) if row else None
        if row is None or settled is None:
            return
        before, (due_at, provisional, receipt) = row.due_at, settled
        reason = "工作日历已公布，按公布的日历重算"
        _change(row, DutyChange.Kind.RECALCULATED, system.name, now, reason, due_at=due_at)
        row.provisional, row.receipt = provisional, receipt
        _reset(row, now)
        record(actor=system, verb="duties.recalculate", subject=row.subject, rule=row.rule, due_at=due_at)
        _announce(row, before)


def _settled(duty: Duty) -> tuple[datetime, bool, dict[str, Any]] | None:
    """What the calendars published so far make of a provisional moment; None while that is nothing new."""
    due_at, provisional, receipt = _recounted(duty, duty.receipt.get("term", ""))
    return None if provisional and due_at == duty.due_at else (due_at, provisional, receipt)
