"""Writing wages: what is due, what is paid, what the workers say.

The plain functions run inside commands of rooms above, which check reach and leave the trace; all amounts in fen.
A wage outside the actor's county is `Denied`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from anxin.foundation.access.actor import Actor
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.foundation.kernel.money import LIMIT, yuan
from anxin.foundation.policy.current import book
from anxin.registry.employers.selectors import in_county as employers_in_county
from anxin.registry.projects.selectors import in_county as projects_in_county
from anxin.registry.wages.models import Answer, Confirmation, Payment, Wage
from anxin.registry.workers.selectors import in_county as workers_in_county

DUE_FIELDS = [
    "employer", "employer_name", "project", "period_from", "period_to", "due_fen", "basis", "verified", "answer",
    "headcount", "confirmed_heads",
]  # fmt: skip
MONEY_FIELDS = ["paid_fen", "answer", "confirmed_heads"]


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


def set_due(*, actor: Actor, now: datetime, rows: Iterable[Due], ensured: Collection[int] = ()) -> list[int]:
    """Record or correct what is due; ids in the order given. A few statements for the whole list.

    `ensured` are workers of the actor's county whom the caller has just found or created, and who are not looked up
    again. Raises `BadInput` with fields such as "0.amount" (positions from 0) for a negative sum or one below what was
    already paid, an empty period, or an unknown worker, employer or project.
    """
    given = list(rows)
    old = {row.pk: row for row in _locked(actor, {d.wage for d in given if d.wage is not None})}
    names = _check_due(actor.county, given, old, set(ensured))
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

    Raises `BadInput` for a sum that is not positive, more than is outstanding, a day after today, a day before the
    period of a wage and, where a wage has none, a day longer ago than the pack's `wage.oldest_payment_years`.
    """
    wages = {row.pk: row for row in _locked(actor, (pk for pk, _ in rows))}
    if fault := _day_fault(paid_on, timezone.localtime(now).date(), actor.county, wages.values()):
        raise BadInput(fields={"paid_on": fault})
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
    Wage.objects.bulk_update(wages.values(), MONEY_FIELDS)
    return [row.pk for row in made]


def _day_fault(paid_on: date, today: date, county: str, wages: Iterable[Wage]) -> str:
    if paid_on > today:
        return "兑付日期不能晚于今天"
    begun = [row.period_from for row in wages]
    latest = max((day for day in begun if day), default=paid_on)
    if paid_on < latest:
        return f"兑付日期不能早于工资期间的起始日 {latest:%Y-%m-%d}，请核对年月日"
    years = int(book().ruling("wage.oldest_payment_years", county, today).value)
    if None in begun and (paid_on.year + years, paid_on.month, paid_on.day) < (today.year, today.month, today.day):
        return f"兑付日期早于 {years} 年前，请核对年份"
    return ""


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
        _paid(wages[row.wage_id], -row.amount_fen)
    Payment.objects.filter(pk__in=wanted).update(voided_at=now, void_reason=reason)
    Wage.objects.bulk_update(wages.values(), MONEY_FIELDS)
    return sum(row.amount_fen for row in found)


def void_down_to(*, actor: Actor, now: datetime, wage_ids: Iterable[int], fen: int, reason: str) -> int:
    """Only `fen` of what was booked on the wages came: void the newest payments first, and book anew what did come of
    the last one voided, so that what is paid is exactly `fen`. Returns the sum in fen that is outstanding again.

    Raises `BadInput` for a negative sum or one above what is booked.
    """
    wages = {row.pk: row for row in _locked(actor, wage_ids)}
    booked = sum(row.paid_fen for row in wages.values())
    if not 0 <= fen <= booked:
        raise BadInput(fields={"amount": f"实际到账金额不能小于 0，也不能超过已登记兑付的 {yuan(booked)} 元"})
    over, gone, anew = booked - fen, [], []
    for payment in Payment.objects.filter(wage__in=wages, voided_at=None).order_by("-pk") if over else ():
        if not over:
            break
        lost = min(payment.amount_fen, over)
        over -= lost
        gone.append(payment.pk)
        _paid(wages[payment.wage_id], -lost)
        if payment.amount_fen > lost:
            anew.append(_rest(payment, payment.amount_fen - lost, actor, now))
    Payment.objects.filter(pk__in=gone).update(voided_at=now, void_reason=reason)
    Payment.objects.bulk_create(anew)
    Wage.objects.bulk_update(wages.values(), MONEY_FIELDS)
    return booked - fen


def _rest(payment: Payment, fen: int, actor: Actor, now: datetime) -> Payment:
    """What arrived of a payment, as a payment of its own on the same day and by the same way."""
    return Payment(
        wage_id=payment.wage_id, amount_fen=fen, paid_on=payment.paid_on, method=payment.method,
        evidence_id=payment.evidence_id, recorded_by=actor.name, recorded_at=now,
    )  # fmt: skip


def confirm(
    *,
    actor: Actor,
    now: datetime,
    wage_ids: Iterable[int],
    answer: str,
    by: str,
    note: str = "",
    heads: int | None = None,
) -> int:
    """Keep what the workers say about the money; returns how many lines were answered. A few statements for all.

    On a line that stands for people not listed the answer is that of `heads` of them, of all when None: those who have
    received add up to `confirmed_heads`, and the line itself counts as received only when everybody has said so.
    Raises `BadInput` for fewer than one head.
    """
    if heads is not None and heads < 1:
        raise BadInput(fields={"heads": "回答的人数至少为 1"})
    rows = _locked(actor, wage_ids)
    Confirmation.objects.bulk_create(
        [Confirmation(wage_id=r.pk, answer=answer, by=by, at=now, note=note, recorded_by=actor.name) for r in rows]
    )
    groups = [row for row in rows if row.worker_id is None]
    for row in groups:
        _answer(row, answer, min(heads or row.headcount, row.headcount))
    if groups:
        Wage.objects.bulk_update(groups, ["answer", "confirmed_heads"])
    if len(groups) < len(rows):
        Wage.objects.filter(pk__in=[row.pk for row in rows if row.worker_id is not None]).update(answer=answer)
    return len(rows)


def _answer(group: Wage, answer: str, heads: int) -> None:
    if answer == Answer.RECEIVED:
        group.confirmed_heads = min(group.confirmed_heads + heads, group.headcount)
        group.answer = answer if group.confirmed_heads == group.headcount else group.answer
    else:
        group.confirmed_heads = min(group.confirmed_heads, group.headcount - heads)
        group.answer = answer


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


def _take(wage: Wage, fen: int, where: str) -> None:
    if fen <= 0:
        raise BadInput(fields={"amount": f"{where}兑付金额必须大于 0"})
    if fen > wage.outstanding_fen:
        raise BadInput(fields={"amount": f"{where}超过尚欠金额 {yuan(wage.outstanding_fen)} 元"})
    _paid(wage, fen)


def _paid(wage: Wage, fen: int) -> None:
    """More or less money on a line: whatever was said about it before is about another sum."""
    wage.paid_fen, wage.answer, wage.confirmed_heads = wage.paid_fen + fen, "", 0


def _check_due(county: str, rows: list[Due], old: dict[int, Wage], ensured: set[int]) -> dict[int, str]:
    """Raise `BadInput` with every fault of every row; returns the names of the employers mentioned."""
    asked = {d.worker for d in rows if d.worker is not None} - ensured
    workers = ensured | (workers_in_county(asked, county) if asked else set())
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
    if (row.due_fen, row.headcount) != (due.fen, due.headcount):
        row.due_fen, row.answer, row.confirmed_heads = due.fen, "", 0
    row.employer_id, row.project_id = due.employer, due.project
    row.employer_name = due.employer_name or names.get(due.employer or 0, "")
    row.period_from, row.period_to = due.period_from, due.period_to
    row.basis, row.verified, row.headcount = due.basis, due.verified, due.headcount
    return row
