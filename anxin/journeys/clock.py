"""What follows when a clock warns or runs out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from anxin.foundation.access.actor import Actor
from anxin.foundation.directory import selectors as directory
from anxin.foundation.duties import selectors as duties
from anxin.foundation.duties.events import DutyLapsed, DutyMoved, DutyWarned
from anxin.foundation.notices.services import To, send
from anxin.foundation.workdays.calendar import local
from anxin.resolution.cases import selectors as case_reader
from anxin.resolution.cases import services as cases
from anxin.resolution.mediation import selectors as mediation_reader
from anxin.resolution.mediation import services as mediation


def warn_the_post(happened: DutyWarned, *, actor: Actor, now: datetime) -> None:
    """80 % of the time is gone: whoever holds the post is told."""
    duty = duties.one(happened.duty_id)
    _tell_holders(duty["post"], duty, "duty_warned", actor, now)


def tell_the_office(happened: DutyLapsed, *, actor: Actor, now: datetime) -> None:
    """The moment has passed: the post and the arrears office are told."""
    duty = duties.one(happened.duty_id)
    _tell_holders(duty["post"], duty, "duty_lapsed", actor, now)
    if duty["post"] != "arrears_office":
        _tell_holders("arrears_office", {**duty, "unit": ""}, "duty_lapsed", actor, now)


def lapse_the_order(happened: DutyLapsed, *, actor: Actor, now: datetime) -> None:
    """An order that was not obeyed in time starts the clock of criminal referral."""
    if case_reader.awaits_order(_case_of(happened.subject)):
        cases.order_lapse(actor=actor, now=now, case=_case_of(happened.subject))


def miss_the_instalment(happened: DutyLapsed, *, actor: Actor, now: datetime) -> None:
    """An instalment that was not booked by its day is shown as missed."""
    if mediation_reader.awaits(duty=happened.duty_id):
        mediation.instalment_miss(actor=actor, now=now, duty=happened.duty_id)


def move_the_order(happened: DutyMoved, *, actor: Actor, now: datetime) -> None:
    """Whoever extends the watch over an order extends the order."""
    if case_reader.is_ordered(_case_of(happened.subject)):
        due_on = local(datetime.fromisoformat(happened.due_at)).date()
        cases.order_move(actor=actor, now=now, case=_case_of(happened.subject), due_on=due_on)


def _case_of(subject: str) -> int:
    return int(subject.partition(":")[2])


def _tell_holders(post: str, duty: dict[str, Any], template: str, actor: Actor, now: datetime) -> None:
    on = local(now).date()
    where = {"unit": duty["unit"]} if duty["unit"] else {"place": actor.county}
    facts = {
        "title": duty["title"],
        "headline": duty["headline"],
        "due": f"{local(duty['due_at']):%Y年%-m月%-d日%H:%M}",
    }
    holders = directory.holders(post, on=on, **where)
    send(
        template=template,
        to=[To(officer=holder.officer_id) for holder in holders],
        facts=facts,
        now=now,
        county=actor.county,
        subject=duty["subject"],
    )
