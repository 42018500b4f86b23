"""Writing wages: what is due, what is paid, what the workers say.

The plain functions run inside commands of rooms above, which check reach and leave the trace; all amounts in fen.
A wage outside the actor's county is `Denied`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import command, record
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.foundation.kernel.money import LIMIT, Money, yuan
from anxin.registry.employers.selectors import in_county as employers_in_county
from anxin.registry.projects.selectors import in_county as projects_in_county
from anxin.registry.wages.models import Confirmation, Payment, Wage
from anxin.registry.wages.selectors import county_level, require_county_level
from anxin.registry.workers.selectors import in_county as workers_in_county

Method = Literal["bank", "cash", "advance", "other"]
Answered = Literal["received", "partial", "none"]
Asked = Literal["self", "callback"]
Ids = Annotated[list[int], Field(min_length=1, max_length=5000)]
DUE_FIELDS = [
    "employer", "employer_name", "project", "period_from", "period_to", "due_fen", "basis", "verified", "answer",
    "headcount",
]  # fmt: skip


@dataclass(frozen=True)
class Due:
    """What a worker is owed, in fen, for a half-open period; `wage` names the line to correct instead of a new one.

    Without a worker the line stands for `headcount` people not listed by name.
    """

    worker: int | None
    fen: int
    period_from: date | None = None
    period_to: date | None = None
    employer: int | None = None
    employer_name: str = ""
    project: int | None = None
    basis: str = ""
    verified: bool = False
    wage: int | None = None
    headcount: int = 1


def set_due(*, actor: Actor, now: datetime, rows: Iterable[Due]) -> list[int]:
    """Record or correct what is due; ids in the order given. A few statements for the whole list.

    Raises `BadInput` with fields such as "0.amount" (positions from 0) for a negative sum or one below what was
    already paid, an empty period, or an unknown worker, employer or project.
    """
    given = list(rows)
    old = {row.pk: row for row in _locked(actor, {d.wage for d in given if d.wage is not None})}
    names = _check_due(actor.county, given, old)
    wages = [_wage(d, actor, now, old, names) for d in given]
    Wage.objects.bulk_create([row for row in wages if row.pk is None])
    if old:
        Wage.objects.bulk_update(old.values(), DUE_FIELDS)
    return [row.pk for row in wages]


def pay(
    *,
    actor: Actor,
    now: datetime,
    wage_id: int,
    fen: int,
    paid_on: date,
    method: str,
    evidence: int | None = None,
) -> int:
    """Record one payment; returns its id. Raises `BadInput` unless 0 < fen <= outstanding."""
    rows = [(wage_id, fen)]
    return pay_many(actor=actor, now=now, rows=rows, paid_on=paid_on, method=method, evidence=evidence)[0]


def pay_all(
    *,
    actor: Actor,
    now: datetime,
    wage_ids: Iterable[int],
    paid_on: date,
    method: str,
    evidence: int | None = None,
) -> int:
    """Pay everything outstanding on the wages; returns the sum in fen. Raises `Refused` when nothing is."""
    rows = [(row.pk, row.outstanding_fen) for row in _locked(actor, wage_ids) if row.outstanding_fen]
    if not rows:
        raise Refused("已全部兑付，没有尚欠金额")
    pay_many(actor=actor, now=now, rows=rows, paid_on=paid_on, method=method, evidence=evidence)
    return sum(fen for _, fen in rows)


def pay_many(
    *,
    actor: Actor,
    now: datetime,
    rows: Sequence[tuple[int, int]],
    paid_on: date,
    method: str,
    evidence: int | None = None,
) -> list[int]:
    """Record payments (wage id, fen); ids in the order given. All of them or none, in a few statements.

    Raises `BadInput` for a sum that is not positive, more than is outstanding, or a day after today.
    """
    if paid_on > timezone.localtime(now).date():
        raise BadInput(fields={"paid_on": "兑付日期不能晚于今天"})
    wages = {row.pk: row for row in _locked(actor, (pk for pk, _ in rows))}
    for position, (pk, fen) in enumerate(rows, 1):
        _take(wages[pk], fen, f"第 {position} 笔" if len(rows) > 1 else "")
    made = [
        Payment(
            wage_id=pk, amount_fen=fen, paid_on=paid_on, method=method, evidence_id=evidence,
            recorded_by=actor.name, recorded_at=now,
        )
        for pk, fen in rows
    ]  # fmt: skip
    Payment.objects.bulk_create(made)
    Wage.objects.bulk_update(wages.values(), ["paid_fen", "answer"])
    return [row.pk for row in made]


def pay_out(
    *, actor: Actor, now: datetime, wage_ids: Iterable[int], fen: int | None, paid_on: date, method: str
) -> int:
    """Spread `fen` over what is outstanding in proportion, to the last fen; None pays everything. Returns the sum.

    Raises `BadInput` for more than is outstanding and `Refused` when nothing is.
    """
    wages = _locked(actor, wage_ids)
    if fen is None:
        return pay_all(actor=actor, now=now, wage_ids=[w.pk for w in wages], paid_on=paid_on, method=method)
    owed = {w.pk: w.outstanding_fen for w in wages if w.outstanding_fen}
    total = sum(owed.values())
    if fen <= 0 or fen > total:
        raise BadInput(fields={"amount": f"兑付金额应大于 0，且不超过尚欠金额 {yuan(total)} 元"})
    rows = [(pk, share) for pk, share in _shares(owed, fen).items() if share]
    pay_many(actor=actor, now=now, rows=rows, paid_on=paid_on, method=method)
    return fen


def _shares(owed: dict[int, int], fen: int) -> dict[int, int]:
    """`fen` split in proportion to `owed`; the fen left over by rounding go to the largest remainders."""
    total = sum(owed.values())
    shares = {pk: fen * part // total for pk, part in owed.items()}
    by_remainder = sorted(owed, key=lambda pk: (-(fen * owed[pk] % total), pk))
    for pk in by_remainder[: fen - sum(shares.values())]:
        shares[pk] += 1
    return shares


def void_all(*, actor: Actor, now: datetime, wage_ids: Iterable[int], reason: str) -> int:
    """Take back every payment booked on the wages, because the workers say it never came; fen outstanding again."""
    live = Payment.objects.filter(wage__in=list(wage_ids), voided_at=None).values_list("pk", flat=True)
    ids = list(live)
    return void(actor=actor, now=now, payment_ids=ids, reason=reason) if ids else 0


def void(*, actor: Actor, now: datetime, payment_ids: Iterable[int], reason: str) -> int:
    """Take back payments that did not arrive; returns the sum in fen that is outstanding again.

    Raises `Denied` for a payment that does not exist and `Refused` for one voided before.
    """
    wanted = set(payment_ids)
    touched = Payment.objects.filter(pk__in=wanted).values_list("wage_id", flat=True)
    wages = {row.pk: row for row in _locked(actor, set(touched))}
    found = list(Payment.objects.filter(pk__in=wanted))
    if not found or len(found) != len(wanted):
        raise Denied()
    if any(row.voided_at for row in found):
        raise Refused("这笔兑付已经作废")
    for row in found:
        wage = wages[row.wage_id]
        wage.paid_fen, wage.answer = wage.paid_fen - row.amount_fen, ""
    Payment.objects.filter(pk__in=wanted).update(voided_at=now, void_reason=reason)
    Wage.objects.bulk_update(wages.values(), ["paid_fen", "answer"])
    return sum(row.amount_fen for row in found)


def confirm(*, actor: Actor, now: datetime, wage_ids: Iterable[int], answer: str, by: str, note: str = "") -> int:
    """Keep what the workers say about the money; returns how many lines were answered. A few statements for all."""
    ids = [row.pk for row in _locked(actor, wage_ids)]
    Confirmation.objects.bulk_create(
        [Confirmation(wage_id=pk, answer=answer, by=by, at=now, note=note, recorded_by=actor.name) for pk in ids]
    )
    return Wage.objects.filter(pk__in=ids).update(answer=answer)


class DueRow(BaseModel):
    """One line of `wages.record_due`; `amount` in yuan."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    worker: int
    amount: Money
    period_from: date | None = None
    period_to: date | None = None
    employer: int | None = None
    employer_name: Annotated[str, Field(max_length=120)] = ""
    project: int | None = None
    basis: Annotated[str, Field(max_length=500)] = ""
    verified: bool = False
    wage: int | None = None


@command(may="wages:record", zh="登记应发工资")
def record_due(
    *, actor: Actor, now: datetime, rows: Annotated[list[DueRow], Field(min_length=1, max_length=5000)]
) -> dict[str, Any]:
    """Record or correct what is due to workers; see `set_due`."""
    _require_reach(actor, [row.wage for row in rows if row.wage is not None])
    dues = [Due(fen=row.amount, **row.model_dump(exclude={"amount"})) for row in rows]
    ids = set_due(actor=actor, now=now, rows=dues)
    for pk, due in zip(ids, dues, strict=True):
        record(actor=actor, verb="wages.record_due", subject=_subject(pk), first=due.wage is None, due_fen=due.fen)
    return {"ids": ids}


@command(may="wages:record", zh="登记兑付")
def record_payment(
    *,
    actor: Actor,
    now: datetime,
    wage: int,
    amount: Money,
    paid_on: date,
    method: Method,
    evidence: int | None = None,
) -> dict[str, Any]:
    """Record one payment, `amount` in yuan; see `pay`."""
    _require_reach(actor, [wage])
    made = pay(actor=actor, now=now, wage_id=wage, fen=amount, paid_on=paid_on, method=method, evidence=evidence)
    record(actor=actor, verb="wages.record_payment", subject=_subject(wage), payment=made, amount_fen=amount)
    return {"id": made}


@command(may="wages:record", zh="作废兑付")
def void_(
    *, actor: Actor, now: datetime, payments: Ids, reason: Annotated[str, Field(min_length=2, max_length=200)]
) -> dict[str, Any]:
    """Take back payments that did not arrive; see `void`."""
    touched = dict(Payment.objects.filter(pk__in=payments).values_list("pk", "wage_id"))
    _require_reach(actor, touched.values())
    fen = void(actor=actor, now=now, payment_ids=payments, reason=reason)
    for pk, wage in touched.items():
        record(actor=actor, verb="wages.void", subject=_subject(wage), payment=pk, reason=reason)
    return {"outstanding_again_fen": fen}


@command(may="wages:confirm", zh="登记到账确认")
def confirm_(
    *,
    actor: Actor,
    now: datetime,
    wages: Ids,
    answer: Answered,
    by: Asked,
    note: Annotated[str, Field(max_length=500)] = "",
) -> dict[str, Any]:
    """Keep the workers' answers to "钱到了吗"; see `confirm`."""
    _require_reach(actor, wages)
    answered = confirm(actor=actor, now=now, wage_ids=wages, answer=answer, by=by, note=note)
    for pk in sorted(set(wages)):
        record(actor=actor, verb="wages.confirm", subject=_subject(pk), answer=answer, by=by)
    return {"answered": answered}


def _locked(actor: Actor, ids: Iterable[int]) -> list[Wage]:
    """The wages, held until the transaction ends, in one order so that two writers cannot lock each other out."""
    wanted = set(ids)
    if not wanted:
        return []
    found = Wage.objects.select_for_update().filter(county_code=actor.county, pk__in=wanted).order_by("pk")
    rows = list(found)
    if len(rows) != len(wanted):
        raise Denied()
    return rows


def _require_reach(actor: Actor, ids: Iterable[int]) -> None:
    """Direct commands on existing lines are for county-level posts; units act through their cases."""
    require_county_level(actor)
    wanted = set(ids)
    if wanted and Wage.objects.filter(county_level(actor), pk__in=wanted).count() != len(wanted):
        raise Denied()


def _take(wage: Wage, fen: int, where: str) -> None:
    if fen <= 0:
        raise BadInput(fields={"amount": f"{where}兑付金额必须大于 0"})
    if fen > wage.outstanding_fen:
        raise BadInput(fields={"amount": f"{where}超过尚欠金额 {yuan(wage.outstanding_fen)} 元"})
    wage.paid_fen, wage.answer = wage.paid_fen + fen, ""


def _check_due(county: str, rows: list[Due], old: dict[int, Wage]) -> dict[int, str]:
    """Raise `BadInput` with every fault of every row; returns the names of the employers mentioned."""
    workers = workers_in_county({d.worker for d in rows if d.worker is not None}, county)
    employers = _named({d.employer for d in rows if d.employer is not None}, county, employers_in_county)
    projects = _named({d.project for d in rows if d.project is not None}, county, projects_in_county)
    faults: dict[str, str] = {}
    for position, due in enumerate(rows):
        known = old.get(due.wage) if due.wage is not None else None
        checks = {
            "amount": _amount_fault(due.fen, known.paid_fen if known else 0),
            "headcount": _headcount_fault(due),
            "period_to": _period_fault(due.period_from, due.period_to),
            "worker": "" if due.worker is None or due.worker in workers else "没有这名劳动者，请先登记",
            "employer": "" if due.employer is None or due.employer in employers else "没有这家用人单位，请先登记",
            "project": "" if due.project is None or due.project in projects else "没有这个工程项目，请先登记",
            "wage": "应发工资的劳动者不能更换" if known and known.worker_id != due.worker else "",
        }
        faults |= {f"{position}.{name}": zh for name, zh in checks.items() if zh}
    if faults:
        raise BadInput(fields=faults)
    return employers


def _named(ids: set[int], county: str, look_up: Any) -> dict[int, str]:
    return look_up(ids, county) if ids else {}


def _amount_fault(fen: int, paid: int) -> str:
    if fen < 0:
        return "应发金额不能小于 0"
    if fen >= LIMIT:
        return "金额过大，请核对是否多写了位数（单位是元）"
    return f"应发金额不能少于已兑付的 {yuan(paid)} 元" if fen < paid else ""


def _headcount_fault(due: Due) -> str:
    if due.headcount < 1:
        return "人数至少为 1"
    return "已列名的劳动者一人一行" if due.worker is not None and due.headcount > 1 else ""


def _period_fault(start: date | None, end: date | None) -> str:
    if (start is None) != (end is None):
        return "工资期间的起止日期须同时填写，不清楚的都不填"
    return "工资期间的截止日须晚于起始日" if start and end and end <= start else ""


def _wage(due: Due, actor: Actor, now: datetime, old: dict[int, Wage], names: dict[int, str]) -> Wage:
    known = old.get(due.wage) if due.wage is not None else None
    row = known or Wage(worker_id=due.worker, county_code=actor.county, recorded_at=now, recorded_by=actor.name)
    if row.due_fen != due.fen:
        row.due_fen, row.answer = due.fen, ""
    row.employer_id, row.project_id = due.employer, due.project
    row.employer_name = due.employer_name or names.get(due.employer or 0, "")
    row.period_from, row.period_to = due.period_from, due.period_to
    row.basis, row.verified, row.headcount = due.basis, due.verified, due.headcount
    return row


def _subject(wage: int) -> str:
    return f"wages.Wage:{wage}"
