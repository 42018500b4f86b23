"""People and money of a case: who is owed how much, and what follows from the sums."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from anxin.foundation.access.actor import Actor
from anxin.foundation.duties import services as duties
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.foundation.kernel.money import Money, yuan
from anxin.foundation.outbox.bus import publish
from anxin.foundation.policy.current import book
from anxin.foundation.workdays.calendar import local
from anxin.registry.wages import selectors as wage_reader
from anxin.registry.wages import services as wages
from anxin.registry.wages.services import Due
from anxin.registry.workers import services as workers
from anxin.registry.workers.services import Person
from anxin.resolution.cases import thresholds
from anxin.resolution.cases.events import JointHandlingBegan
from anxin.resolution.cases.models import Case, Claim
from anxin.resolution.cases.moving import headline, label


class WorkerLine(BaseModel):
    """One worker's wages as entered by an officer. `amount` in fen, the period is half-open in days."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    amount: Money
    phone: str = ""
    id_number: str = ""
    since: date | None = None
    until: date | None = None


def lines_of(row: Case) -> list[int]:
    """The wages of the lines that count; a line is named by its wage."""
    return list(Claim.objects.filter(case=row, superseded=False).order_by("pk").values_list("wage_id", flat=True))


def chosen_lines(row: Case, claim: int | None) -> list[int]:
    """The line meant, or all of them; raises `Denied` for a line of another case."""
    lines = lines_of(row)
    if claim is None:
        return lines
    if claim not in lines:
        raise Denied
    return [claim]


def lines_of_complaint(row: Case, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The listed workers, and one line for those who are counted but not named; the sums become the case's figures.

    What of the total nobody's line explains goes to the unnamed, else in equal parts to the lines without a sum.
    """
    listed = [{**line, "amount_fen": int(line.get("amount_fen") or 0), "headcount": 1} for line in lines]
    if (missing := row.people - len(listed)) > 0:
        listed.append({"name": "", "amount_fen": 0, "headcount": missing})
    rest = max(row.due_fen - sum(line["amount_fen"] for line in listed), 0)
    blank = [line for line in listed if not line["name"]] or [line for line in listed if not line["amount_fen"]]
    for n, line in enumerate(blank):
        line["amount_fen"] += rest // len(blank) + (n < rest % len(blank))
    row.people = row.unconfirmed = sum(line["headcount"] for line in listed)
    row.due_fen = sum(line["amount_fen"] for line in listed)
    return listed


def list_workers(row: Case, actor: Actor, now: datetime, lines: list[dict[str, Any]], verified: bool = False) -> None:
    """Write one wage per line and tie it to the case."""
    named = [line for line in lines if line.get("name")]
    people = [Person(line["name"], line.get("id_number") or "", line.get("phone") or "") for line in named]
    found = workers.ensure(people, county=row.county_code, now=now, strict=verified) if people else []
    by_line = dict(zip((id(line) for line in named), found, strict=True))
    dues = [
        Due(
            worker=by_line.get(id(line)),
            fen=int(line.get("amount_fen") or 0),
            period_from=_day(line.get("since")),
            period_to=_day(line.get("until")),
            employer=row.employer_id,
            employer_name=row.employer_name,
            project=row.project_id,
            verified=verified,
            headcount=line["headcount"],
        )
        for line in lines
    ]
    ids = wages.set_due(actor=actor, now=now, rows=dues, ensured=found)
    Claim.objects.bulk_create([Claim(case=row, wage_id=pk) for pk in ids])


def _day(value: Any) -> date | None:
    """Events carry days as ISO text."""
    return date.fromisoformat(value) if isinstance(value, str) and value else value or None


def establish(
    row: Case,
    actor: Actor,
    now: datetime,
    people: int | None,
    amount: int | None,
    listed: list[WorkerLine] | None,
) -> None:
    """Replace what was claimed by what is known now, sum up, and judge the thresholds."""
    if listed:
        lines = [
            {"name": w.name, "phone": w.phone, "id_number": w.id_number, "amount_fen": w.amount, "since": w.since,
             "until": w.until, "headcount": 1}
            for w in listed
        ]  # fmt: skip
        heads = len({(w.id_number or w.name, w.phone) for w in listed})
        if people is not None and people != heads:
            raise BadInput(fields={"people": f"名单有 {heads} 人，与填写的 {people} 人不一致"})
        if amount is not None and amount != sum(w.amount for w in listed):
            raise BadInput(fields={"amount": f"名单合计 {yuan(sum(w.amount for w in listed))} 元，与填写的金额不一致"})
        _replace(row, actor, now, lines)
    elif people is not None or amount is not None:
        if wage_reader.listed(lines_of(row)):
            raise BadInput(fields={"amount": "本案已有劳动者名单，请修改名单，人数和金额由名单合计得出"})
        fen = row.due_fen if amount is None else amount
        _replace(row, actor, now, [{"name": "", "amount_fen": fen, "headcount": people or row.people}])
    row.withdrawal_genuine = False  # the worker was asked about the matter as it stood before
    if judge(row, now):
        announce_joint(row)
    duties.rename(subject=label(row), headline=headline(row))


def _replace(row: Case, actor: Actor, now: datetime, lines: list[dict[str, Any]]) -> None:
    old = lines_of(row)
    if wage_reader.totals(old)["paid_fen"]:
        raise Refused("已有兑付记录，不能整体替换名单；请在劳动者明细中逐人更正")
    Claim.objects.filter(wage_id__in=old).update(superseded=True)
    list_workers(row, actor, now, lines, verified=True)
    sum_up(row)


def join(target: Case, row: Case, actor: Actor, now: datetime, *, same_people: bool) -> None:
    """Bring the people and money of a merged case to the one that stays.

    Other people: their lines move over. The same people: nothing is counted twice, and while nobody is listed by name
    the larger of the two figures stands.
    """
    mine, theirs = lines_of(target), lines_of(row)
    if not same_people:
        Claim.objects.filter(case=row, superseded=False).update(case=target)
    elif not wage_reader.listed([*mine, *theirs]) and len(mine) == 1:
        larger = Due(
            worker=None,
            wage=mine[0],
            fen=max(target.due_fen, row.due_fen),
            headcount=max(target.people, row.people),
            employer=target.employer_id,
            employer_name=target.employer_name,
            project=target.project_id,
        )
        wages.set_due(actor=actor, now=now, rows=[larger])
    sum_up(target)
    target.withdrawal_genuine = False
    if judge(target, now):
        announce_joint(target)
    duties.rename(subject=label(target), headline=headline(target))


def sum_up(row: Case) -> None:
    """The case's figures are the sums of its workers' figures."""
    total = wage_reader.totals(lines_of(row))
    row.people, row.due_fen, row.paid_fen = total["people"], total["due_fen"], total["paid_fen"]
    row.unconfirmed = total["unconfirmed"]


def judge(row: Case, now: datetime) -> bool:
    """Severity and joint handling on every change of people, amount or category; says whether joint handling began.

    After an approved release it begins anew only when people or amount have grown since.
    """
    on = local(now).date()
    if row.joint_released_fen is not None and row.joint_released_people is not None:
        grown = row.people > row.joint_released_people or row.due_fen > row.joint_released_fen
    else:
        grown = True
    facts: dict[str, Any] = {"category": row.category, "people": row.people, "due_fen": row.due_fen}
    row.severity = thresholds.severity(book(), county=row.county_code, on=on, **facts)
    verdict = thresholds.joint(book(), county=row.county_code, on=on, **facts)
    if not verdict.joint or row.joint or not grown:
        return False
    row.joint, row.joint_reason, row.joint_receipt = True, verdict.reason, verdict.receipt
    return True


def announce_joint(row: Case) -> None:
    publish(JointHandlingBegan(row.pk, row.number, row.joint_reason))
