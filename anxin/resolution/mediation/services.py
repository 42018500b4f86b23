"""Bringing both sides together, writing down what they agree, and watching that it is paid."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import command, record
from anxin.foundation.documents import services as documents
from anxin.foundation.duties import services as duties
from anxin.foundation.duties.services import Owner, Start
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.foundation.kernel.money import Money, in_words, yuan
from anxin.foundation.workdays.calendar import end_of_day, local
from anxin.resolution.cases import moving
from anxin.resolution.cases import selectors as case_reader
from anxin.resolution.cases import services as cases
from anxin.resolution.mediation.models import Instalment, Session, Settlement

Text = Annotated[str, Field(max_length=2000)]


class Promise(BaseModel):
    """One instalment as agreed: a day and a sum in fen."""

    due_on: date
    amount: Money


@command(may="mediation:handle", zh="约定调解")
def convene(
    *,
    actor: Actor,
    now: datetime,
    case: int,
    held_at: datetime,
    place: Annotated[str, Field(min_length=2, max_length=120)],
    mediator: Annotated[str, Field(min_length=2, max_length=60)],
) -> dict[str, Any]:
    """Call both sides to a session; a case that is contacted or verified moves to mediation."""
    row = moving.find(actor, case)
    if held_at < now:
        raise BadInput(fields={"held_at": "调解时间已经过去，请填写将来的时间"})
    if row.stage in ("contacted", "verified"):
        cases.mediate(actor=actor, now=now, case=case, note=f"{local(held_at):%Y-%m-%d %H:%M} 在{place}调解")
    elif row.stage != "mediating":
        raise Refused(f"案件“{row.get_stage_display()}”，不能约定调解")
    session = Session.objects.create(case=row, held_at=held_at, place=place, mediator=mediator, by=actor.name)
    record(actor=actor, verb="mediation.convene", subject=row, held_at=held_at, place=place, mediator=mediator)
    return {"id": session.pk, "case": case, "held_at": held_at}


@command(may="mediation:handle", zh="登记调解结果")
def conclude(
    *, actor: Actor, now: datetime, session: int, outcome: Literal["failed", "absent"], notes: Text = ""
) -> dict[str, Any]:
    """A session without agreement; an agreement is recorded by `agree`."""
    row = _session(actor, session)
    if row.outcome != Session.Outcome.PLANNED:
        raise Refused(f"这次调解已登记结果：{row.get_outcome_display()}")
    row.outcome, row.notes = outcome, notes
    row.save(update_fields=["outcome", "notes"])
    record(actor=actor, verb="mediation.conclude", subject=row.case, outcome=outcome, notes=notes)
    return {"id": row.pk, "outcome": row.outcome}


@command(may="mediation:handle", zh="签订调解协议")
def agree(
    *,
    actor: Actor,
    now: datetime,
    case: int,
    instalments: Annotated[list[Promise], Field(min_length=1, max_length=36)],
    signed_on: date | None = None,
    session: int | None = None,
    terms: Annotated[str, Field(max_length=1000)] = "",
) -> dict[str, Any]:
    """The settlement: its instalments must add up to what is outstanding, and each becomes a duty to check."""
    row = moving.find(actor, case)
    signed = signed_on or local(now).date()
    _check(row.outstanding_fen, instalments, signed)
    held = _session(actor, session) if session is not None else None
    if held is not None and held.case_id != row.pk:
        raise BadInput(fields={"session": "这次调解不是本案的，请选择本案的调解"})
    letter = documents.issue(
        actor=actor, now=now, template="settlement", subject=f"cases.Case:{row.pk}",
        facts=_facts(row, actor, now, instalments, signed, terms),
    )  # fmt: skip
    settlement = Settlement.objects.create(
        case=row, session=held, letter_id=letter["id"], number=letter["number"], total_fen=row.outstanding_fen,
        signed_on=signed, terms=terms,
    )  # fmt: skip
    if held is not None:
        held.outcome = Session.Outcome.AGREED
        held.save(update_fields=["outcome"])
    _replace(row.pk, now)
    cases.settle(actor=actor, now=now, case=case, agreement=settlement.number)
    _watch(settlement, row, now, instalments)
    record(
        actor=actor, verb="mediation.agree", subject=row, agreement=settlement.number, total=yuan(settlement.total_fen),
        instalments=len(instalments),
    )  # fmt: skip
    return {"id": settlement.pk, "number": settlement.number, "letter": letter["id"],
            "instalments": [i.pk for i in settlement.instalments.order_by("due_on")]}  # fmt: skip


@command(may="mediation:handle", zh="登记分期兑付")
def pay_instalment(
    *,
    actor: Actor,
    now: datetime,
    instalment: int,
    paid_on: date | None = None,
    method: Literal["bank", "cash", "advance", "other"] = "bank",
) -> dict[str, Any]:
    """An instalment came: it is booked to the workers and its watch ends."""
    row = Instalment.objects.select_for_update().filter(pk=instalment).select_related("settlement").first()
    if row is None:
        raise Denied
    case = moving.find(actor, row.settlement.case_id)
    if row.state == Instalment.State.PAID:
        raise Refused("这一期已经登记兑付")
    cases.record_payment(
        actor=actor, now=now, case=case.pk, amount=yuan(row.amount_fen), paid_on=paid_on, method=method
    )
    row.state, row.paid_on = Instalment.State.PAID, paid_on or local(now).date()
    row.save(update_fields=["state", "paid_on"])
    if row.duty_id:
        duties.discharge_one(duty=row.duty_id, at=now)
    record(actor=actor, verb="mediation.pay_instalment", subject=case, due_on=row.due_on, amount=yuan(row.amount_fen))
    return {"id": row.pk, "state": row.state}


@command(may="mediation:miss", zh="分期随案件兑付")
def instalments_paid(*, actor: Actor, now: datetime, case: int) -> dict[str, Any]:
    """The whole case was confirmed as paid: what was promised in instalments is paid too."""
    row = moving.find(actor, case)
    due = Instalment.objects.filter(settlement__case=row).exclude(state=Instalment.State.PAID)
    count = due.update(state=Instalment.State.PAID, paid_on=case_reader.last_paid_on(case) or local(now).date())
    record(actor=actor, verb="mediation.instalments_paid", subject=row, instalments=count)
    return {"case": row.pk, "instalments": count}


@command(may="mediation:miss", zh="分期逾期")
def instalment_miss(*, actor: Actor, now: datetime, duty: int) -> dict[str, Any]:
    """The day of an instalment has passed unpaid; the page shows it red and the handler decides the next step."""
    row = Instalment.objects.select_related("settlement").filter(duty_id=duty, state=Instalment.State.AWAITED).first()
    if row is None:
        raise Refused("没有待兑付的分期")
    row.state = Instalment.State.MISSED
    row.save(update_fields=["state"])
    record(
        actor=actor, verb="mediation.instalment_miss", subject=f"cases.Case:{row.settlement.case_id}",
        due_on=row.due_on, amount=yuan(row.amount_fen),
    )  # fmt: skip
    return {"id": row.pk, "state": row.state}


@command(may="mediation:miss", zh="分期到账撤销")
def instalments_unpaid(*, actor: Actor, now: datetime, case: int) -> dict[str, Any]:
    """The worker says that the money did not come: promises booked as kept stand as missed again."""
    paid = Instalment.objects.filter(settlement__case_id=case, state=Instalment.State.PAID)
    count = paid.update(state=Instalment.State.MISSED, paid_on=None)
    record(actor=actor, verb="mediation.instalments_unpaid", subject=f"cases.Case:{case}", instalments=count)
    return {"case": case, "instalments": count}


def _session(actor: Actor, pk: int) -> Session:
    row = Session.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        raise Denied
    moving.find(actor, row.case_id)
    return row


def _check(outstanding: int, instalments: list[Promise], signed: date) -> None:
    total = sum(i.amount for i in instalments)
    days = [i.due_on for i in instalments]
    if outstanding <= 0:
        raise Refused("本案没有尚欠金额，请先核实应付金额")
    if total != outstanding:
        raise BadInput(fields={"instalments": f"各期合计 {yuan(total)} 元，应等于尚欠 {yuan(outstanding)} 元"})
    if any(i.amount <= 0 for i in instalments):
        raise BadInput(fields={"instalments": "每期金额必须大于 0"})
    if len(set(days)) != len(days):
        raise BadInput(fields={"instalments": "两期不能在同一天"})
    if min(days) < signed:
        raise BadInput(fields={"instalments": "兑付日期不能早于签订日期"})


def _replace(case: int, now: datetime) -> None:
    """Promises of an earlier agreement that were not kept give way to the new ones; nobody watches them any more."""
    states = (Instalment.State.AWAITED, Instalment.State.MISSED)
    old = list(Instalment.objects.select_for_update().filter(settlement__case_id=case, state__in=states))
    Instalment.objects.filter(pk__in=[i.pk for i in old]).update(state=Instalment.State.REPLACED)
    duties.cancel_these(duties=[i.duty_id for i in old if i.duty_id], at=now)


def _watch(settlement: Settlement, row: Any, now: datetime, instalments: list[Promise]) -> None:
    """One duty an instalment: on its day somebody must look whether the money came."""
    owner = Owner(row.county_code, row.town_code, row.unit_code, row.unit_kind)
    agreed = sorted(instalments, key=lambda i: i.due_on)
    watches = duties.start(
        Start("instalment_check", f"cases.Case:{row.pk}", moving.headline(row), owner, now, due_at=end_of_day(i.due_on))
        for i in agreed
    )
    Instalment.objects.bulk_create(
        Instalment(settlement=settlement, due_on=i.due_on, amount_fen=i.amount, duty_id=duty.pk)
        for i, duty in zip(agreed, watches, strict=True)
    )


def _facts(
    row: Any, actor: Actor, now: datetime, instalments: list[Promise], signed: date, terms: str
) -> dict[str, Any]:
    """What the settlement prints; the annex lists each worker and adds up to the total."""
    page = case_reader.detail(actor=actor, now=now, case=row.pk)
    return {
        "case_number": row.number,
        "employer": row.employer_name or "（单位名称待核实）",
        "people": row.people,
        "total": yuan(row.outstanding_fen),
        "total_in_words": in_words(row.outstanding_fen),
        "signed_on": signed.isoformat(),
        "unit": row.unit_name,
        "mediator": actor.name,
        "terms": terms,
        "workers": [
            {"name": w["name"], "id_number": w["id_number"], "amount": yuan(w["outstanding_fen"])}
            for w in page["workers"]
            if w["outstanding_fen"]
        ],
        "instalments": [
            {"due_on": i.due_on.isoformat(), "amount": yuan(i.amount)}
            for i in sorted(instalments, key=lambda i: i.due_on)
        ],
    }
