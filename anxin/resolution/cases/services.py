"""Every change of a case. Each function is one act of one person; the table in `lifecycle` says what it may follow."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import command, record
from anxin.foundation.directory import selectors as directory
from anxin.foundation.duties import services as duties
from anxin.foundation.duties.services import Owner
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.foundation.kernel.lifecycle import Step
from anxin.foundation.kernel.money import Money, yuan
from anxin.foundation.outbox.bus import publish
from anxin.foundation.policy.current import book
from anxin.foundation.workdays.calendar import end_of_day, local
from anxin.registry.employers import selectors as employers
from anxin.registry.wages import selectors as wage_reader
from anxin.registry.wages import services as wages
from anxin.resolution.cases.events import CaseOpened, WorkerAnswered
from anxin.resolution.cases.figures import (
    WorkerLine,
    announce_joint,
    chosen_lines,
    establish,
    join,
    judge,
    lines_of,
    lines_of_complaint,
    list_workers,
    sum_up,
)
from anxin.resolution.cases.lifecycle import CASE
from anxin.resolution.cases.models import Assignment, Assisting, Call, Case, CaseSource
from anxin.resolution.cases.moving import (
    add_helper,
    clock,
    find,
    finish,
    for_change,
    hand_to,
    is_live,
    label,
    lock_in_order,
    note_call,
    open_case,
    owner_of,
    reclock,
    save,
    settle_from,
    stop_helping,
    take,
    told,
)
from anxin.resolution.cases.routing import suggest
from anxin.resolution.intake import selectors as intake
from anxin.resolution.intake import services as intake_services
from anxin.resolution.intake.checks import MOST_PEOPLE

Text = Annotated[str, Field(min_length=2, max_length=2000)]
Reason = Annotated[str, Field(min_length=2, max_length=500)]
Note = Annotated[str, Field(max_length=500)]
Short = Annotated[str, Field(max_length=60)]
Heads = Annotated[int, Field(ge=1, le=MOST_PEOPLE)]
Seen = int | None
Method = Literal["bank", "cash", "advance", "other"]
Answer = Literal["received", "partial", "none"]


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@command(may="cases:open", zh="登记案件")
def open_(
    *,
    actor: Actor,
    now: datetime,
    complaint: int,
    number: Annotated[str, Field(max_length=40)],
    place: Annotated[str, Field(max_length=12)],
    town: Annotated[str, Field(max_length=12)] = "",
    channel: Annotated[str, Field(max_length=20)] = "",
    sector: Annotated[str, Field(max_length=20)] = "",
    employer: int | None = None,
    employer_name: Annotated[str, Field(max_length=120)] = "",
    project: int | None = None,
    people: Heads = 1,
    amount_fen: Annotated[int, Field(ge=0)] = 0,
    lines: list[dict[str, Any]] | None = None,
    received_at: datetime | None = None,
) -> dict[str, Any]:
    """Turn a complaint about wages into a case; its clocks start at the moment of receipt.

    The case bears the number of its complaint, so the worker has one number to remember.
    """
    opened_at = received_at or now
    case = Case(
        number=number,
        county_code=actor.county,
        place_code=place,
        town_code=town,
        channel=channel,
        sector=sector,
        category=Case.Category.PROJECT if project else Case.Category.ENTERPRISE,
        employer_id=employer,
        employer_name=employer_name,
        project_id=project,
        people=people,
        due_fen=amount_fen,
        opened_at=opened_at,
        touched_by=actor.name,
        touched_at=now,
    )
    listed = lines_of_complaint(case, lines or [])
    began = judge(case, now)
    case.save(force_insert=True)
    CaseSource.objects.create(case=case, complaint_id=complaint)
    list_workers(case, actor, now, listed)
    duties.start([clock(case, "dispatch", opened_at)])
    record(
        actor=actor, verb="cases.open", subject=case, first=True, complaint=complaint, people=people,
        amount=yuan(amount_fen), channel=channel,
    )  # fmt: skip
    publish(CaseOpened(case.pk, case.number, complaint))
    if began:
        announce_joint(case)
    return told(case)


# ── who handles it ───────────────────────────────────────────────────────────────────────────────────────────────────


@command(may="cases:dispatch", zh="流转")
def dispatch(
    *, actor: Actor, now: datetime, case: int, unit: str = "", note: Note = "", seen: Seen = None
) -> dict[str, Any]:
    """统一流转: give the case to the unit that will act. Without `unit` the routing table's suggestion is taken."""
    row, step = take(actor, case, "dispatch", seen)
    suggestion = suggest(row, now)
    hand_to(row, unit or suggestion["unit"], actor, now, "dispatch", note, suggestion)
    if unit in ("", suggestion["unit"]):
        for helper in suggestion["assisting"]:
            add_helper(row, helper, suggestion["reason"], now)
    since = row.reopened_at or row.opened_at
    return finish(row, step, actor, now, note=note, unit=row.unit_name, starts=settle_from(row, since))


@command(may="cases:redispatch", zh="二次分派")
def redispatch(
    *, actor: Actor, now: datetime, case: int, unit: str, reason: Reason, seen: Seen = None
) -> dict[str, Any]:
    """二次分派: the first receiver passes the case to the body that will act; the worker's clocks run on."""
    row, step = take(actor, case, "redispatch", seen)
    if unit == row.unit_code:
        raise BadInput(fields={"unit": f"案件已由{row.unit_name}承办，请选择其他单位"})
    hand_to(row, unit, actor, now, "redispatch", reason, {})
    row.withdrawal_genuine = False
    out = finish(row, step, actor, now, reason=reason, unit=row.unit_name)
    moved = ("contact", "settle", "reply", "instalment_check")
    duties.move(actor=actor, subject=label(row), rules=moved, owner=owner_of(row), now=now, reason=reason)
    if step.target == "dispatched" and not is_live(row, "contact"):
        duties.start([clock(row, "contact", now)])
    return out


@command(may="cases:handle", zh="退回")
def return_(*, actor: Actor, now: datetime, case: int, reason: Reason, seen: Seen = None) -> dict[str, Any]:
    """退回: not ours, with a reason; the case is back at the dispatch desk."""
    row, step = take(actor, case, "return", seen)
    Assignment.objects.create(case=row, at=now, verb="return", from_unit=row.unit_name, reason=reason, by=actor.name)
    row.returned_times += 1
    row.unit_code = row.unit_kind = row.unit_name = ""
    return finish(row, step, actor, now, reason=reason)


@command(may="cases:dispatch", zh="并案")
def merge(
    *, actor: Actor, now: datetime, case: int, into: int, reason: Reason, same_people: bool = True
) -> dict[str, Any]:
    """并案: the same matter twice; all sources move to the case that stays, nothing is deleted.

    With `same_people` nobody is counted twice; otherwise the people and sums of both stand, and joint handling is
    judged by them.
    """
    if case == into:
        raise BadInput(fields={"into": "不能并入自身，请选择另一件案件"})
    lock_in_order(case, into)
    row, step = take(actor, case, "merge", None)
    target = find(actor, into)
    if not target.is_open:
        raise Refused(f"{target.number} {CASE.states[target.stage]}，不能并入")
    CaseSource.objects.filter(case=row).update(case=target, from_case=row.number)
    join(target, row, actor, now, same_people=same_people)
    save(target, actor, now)
    row.outcome, row.ended_at, row.merged_into = Case.Outcome.MERGED, now, target
    out = finish(row, step, actor, now, reason=reason, into=target.number, same_people=same_people)
    duties.cancel_all(subject=label(row), at=now)
    stop_helping(row, now)
    record(actor=actor, verb="cases.absorb", subject=target, number=row.number, reason=reason, people=target.people)
    return out


# ── contact, verification, mediation ─────────────────────────────────────────────────────────────────────────────────


@command(may="cases:handle", zh="登记联系")
def contact(
    *, actor: Actor, now: datetime, case: int, summary: Text, person: Short = "", seen: Seen = None
) -> dict[str, Any]:
    """受理告知: the worker was reached and told who handles the matter; this stops the contact clock."""
    row, step = take(actor, case, "contact", seen)
    note_call(row, Call.Kind.CONTACT, actor, now, summary, person, reached=True)
    return finish(row, step, actor, now, summary=summary)


@command(may="cases:call", zh="登记通话")
def log_call(
    *,
    actor: Actor,
    now: datetime,
    case: int,
    summary: Text,
    kind: Literal["contact", "employer", "callback"] = "contact",
    person: Short = "",
    reached: bool = True,
) -> dict[str, Any]:
    """A call that moves no step: nobody answered, or the employer was asked."""
    row = find(actor, case, lead=False)
    note_call(row, kind, actor, now, summary, person, reached)
    record(actor=actor, verb="cases.log_call", subject=row, kind=kind, reached=reached, summary=summary)
    return told(row)


@command(may="cases:handle", zh="核实")
def verify(
    *,
    actor: Actor,
    now: datetime,
    case: int,
    people: Heads | None = None,
    amount: Money | None = None,
    workers: list[WorkerLine] | None = None,
    note: Note = "",
    seen: Seen = None,
) -> dict[str, Any]:
    """核实: establish how many people are owed how much; with a list of workers the totals are its sums."""
    row, step = take(actor, case, "verify", seen)
    establish(row, actor, now, people, amount, workers)
    row.verified = True
    return finish(row, step, actor, now, note=note, people=row.people, amount=yuan(row.due_fen))


@command(may="cases:handle", zh="更正案情")
def amend(
    *,
    actor: Actor,
    now: datetime,
    case: int,
    reason: Reason,
    people: Heads | None = None,
    amount: Money | None = None,
    workers: list[WorkerLine] | None = None,
    category: Literal["enterprise", "project"] | None = None,
    place: str | None = None,
    employer: int | None = None,
    seen: Seen = None,
) -> dict[str, Any]:
    """Correct facts at any stage before the end; joint handling and severity are judged anew each time."""
    row = open_case(actor, case, seen)
    if category:
        row.category = category
    if place:
        where = directory.place_get(place)
        if where.county_code != row.county_code:
            raise BadInput(fields={"place": "这个地点不属于本县（市、区），请选择本地地点；异地的请转请当地受理"})
        row.place_code, row.town_code = where.code, where.town_code
    if employer:
        names = employers.in_county([employer], row.county_code)
        if employer not in names:
            raise BadInput(fields={"employer": "没有这家用人单位，请先登记"})
        row.employer_id, row.employer_name = employer, names[employer]
    establish(row, actor, now, people, amount, workers)
    save(row, actor, now)
    record(
        actor=actor, verb="cases.amend", subject=row, reason=reason, people=row.people, amount=yuan(row.due_fen),
        category=row.category, employer=row.employer_name,
    )  # fmt: skip
    return told(row)


@command(may="cases:handle", zh="组织调解")
def mediate(*, actor: Actor, now: datetime, case: int, note: Note = "", seen: Seen = None) -> dict[str, Any]:
    """组织调解: both sides are called together."""
    row, step = take(actor, case, "mediate", seen)
    return finish(row, step, actor, now, note=note)


@command(may="cases:handle", zh="达成协议")
def settle(
    *, actor: Actor, now: datetime, case: int, agreement: Annotated[str, Field(max_length=80)], note: Note = ""
) -> dict[str, Any]:
    """达成协议: called by mediation when both sides have agreed. `agreement` is the number of the settlement."""
    row, step = take(actor, case, "settle", None)
    return finish(row, step, actor, now, agreement=agreement, note=note)


@command(may="cases:classify", zh="确定难易")
def classify(
    *, actor: Actor, now: datetime, case: int, grade: Literal["ordinary", "complex", "hard"], reason: Reason
) -> dict[str, Any]:
    """复杂 or 疑难: the settlement clock runs by the grade's own length, from the same start."""
    row = open_case(actor, case, None)
    old, row.grade = row.grade, grade
    reclock(row, actor, now, reason)
    save(row, actor, now)
    record(actor=actor, verb="cases.classify", subject=row, old=old, new=grade, reason=reason)
    return told(row)


# ── hard matters, orders, referral ───────────────────────────────────────────────────────────────────────────────────


@command(may="cases:escalate", zh="转疑难处置")
def escalate(*, actor: Actor, now: datetime, case: int, reason: Reason, seen: Seen = None) -> dict[str, Any]:
    """疑难处置: the town cannot settle it alone; the joint office must decide. A reason is required (M020)."""
    row, step = take(actor, case, "escalate", seen)
    row.grade = Case.Grade.HARD
    reclock(row, actor, now, reason)
    return finish(row, step, actor, now, reason=reason)


@command(may="cases:decide_hard", zh="会办决定")
def decide_hard(*, actor: Actor, now: datetime, case: int, decision: Text, seen: Seen = None) -> dict[str, Any]:
    """疑难事项集中会办: the joint office says who does what; the unit goes on by that."""
    row, step = take(actor, case, "decide_hard", seen)
    return finish(row, step, actor, now, decision=decision)


@command(may="cases:joint_release", zh="解除联合处置")
def joint_release(
    *,
    actor: Actor,
    now: datetime,
    case: int,
    reason: Reason,
    approver: Annotated[str, Field(min_length=2, max_length=60)],
) -> dict[str, Any]:
    """Joint handling never ends by itself: a named person approves (M098). It begins anew only if the figures grow."""
    row = open_case(actor, case, None)
    if not row.joint:
        raise Refused("本案不在联合处置中")
    row.joint, row.joint_reason = False, ""
    row.joint_released_people, row.joint_released_fen = row.people, row.due_fen
    stop_helping(row, now)
    save(row, actor, now)
    duties.cancel(subject=label(row), rules=("joint_convene", "joint_assist"), at=now)
    record(actor=actor, verb="cases.joint_release", subject=row, reason=reason, approver=approver)
    return told(row)


@command(may="cases:assist", zh="反馈协办情况")
def assist(*, actor: Actor, now: datetime, case: int, report: Text) -> dict[str, Any]:
    """An assisting unit tells what it has done; its own duty ends, the others' go on."""
    row = find(actor, case, lead=False)
    mine = Assisting.objects.filter(
        case=row, to_at__isnull=True, unit_code__in=[s.unit for s in actor.scopes if s.unit]
    ).first()
    if mine is None:
        raise Refused("贵单位不是本案的协办单位，不必反馈")
    mine.report, mine.reported_at = report, now
    mine.save(update_fields=["report", "reported_at"])
    duties.discharge(subject=label(row), rules=("joint_assist",), at=now, unit=mine.unit_code)
    record(actor=actor, verb="cases.assist", subject=row, unit=mine.unit_name, report=report)
    return told(row)


@command(may="cases:order", zh="责令限期改正")
def order(
    *,
    actor: Actor,
    now: datetime,
    case: int,
    order_number: Annotated[str, Field(min_length=4, max_length=60)],
    due_on: date,
    note: Note = "",
    seen: Seen = None,
) -> dict[str, Any]:
    """责令限期改正: an order was served; on its last day an inspector must look. 劳动保障监察条例 art. 18."""
    row, step = take(actor, case, "order", seen)
    if due_on < local(now).date():
        raise BadInput(fields={"due_on": "改正期限不能早于今天"})
    row.order_number, row.order_due_on, row.order_lapsed = order_number, due_on, False
    watch = clock(row, "order_watch", now, due_at=end_of_day(due_on))
    return finish(row, step, actor, now, starts=[watch], order=order_number, due_on=due_on, note=note)


@command(may="cases:lapse", zh="指令书逾期")
def order_lapse(*, actor: Actor, now: datetime, case: int) -> dict[str, Any]:
    """The order's last day has passed unpaid: the clock of criminal referral starts (Haiyan: 10 working days)."""
    row = find(actor, case)
    if row.stage != "ordered" or row.order_lapsed or row.order_due_on is None:
        raise Refused("没有到期未履行的指令书")
    row.order_lapsed = True
    save(row, actor, now)
    duties.start([clock(row, "refer", end_of_day(row.order_due_on))])
    record(actor=actor, verb="cases.order_lapse", subject=row, order=row.order_number, due_on=row.order_due_on)
    return told(row)


@command(may="cases:lapse", zh="指令书期限变更")
def order_move(*, actor: Actor, now: datetime, case: int, due_on: date) -> dict[str, Any]:
    """The watch over the order was extended: the order's last day moves with it."""
    row = find(actor, case)
    row.order_due_on, row.order_lapsed = due_on, False
    save(row, actor, now)
    record(actor=actor, verb="cases.order_move", subject=row, order=row.order_number, due_on=due_on)
    return told(row)


@command(may="cases:refer", zh="移送公安")
def refer(
    *,
    actor: Actor,
    now: datetime,
    case: int,
    reference: Annotated[str, Field(min_length=2, max_length=80)],
    note: Note = "",
) -> dict[str, Any]:
    """移送: a suspected crime of refusing to pay goes to the police. Criminal Law art. 276-1."""
    row, step = take(actor, case, "refer", None)
    return finish(row, step, actor, now, reference=reference, note=note)


@command(may="intake:identity", zh="查看反映人身份")
def show_identity(*, actor: Actor, now: datetime, case: int, reason: Reason) -> dict[str, Any]:
    """Names and phones of those who reported, for the unit that must call them; each showing is in the trail."""
    row = find(actor, case)
    sources = CaseSource.objects.filter(case=row).order_by("pk").values_list("complaint_id", flat=True)
    people = [intake_services.identity_of(actor=actor, now=now, complaint=pk, reason=reason) for pk in sources]
    record(actor=actor, verb="cases.show_identity", subject=row, reason=reason)
    return {"id": row.pk, "number": row.number, "people": people}


# ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@command(may="cases:handle", zh="登记兑付")
def record_payment(
    *,
    actor: Actor,
    now: datetime,
    case: int,
    amount: Money | None = None,
    claim: int | None = None,
    paid_on: date | None = None,
    method: Method = "bank",
    seen: Seen = None,
) -> dict[str, Any]:
    """Money that came: to one worker (`claim`), or spread over all in proportion when no worker is named."""
    row = open_case(actor, case, seen)
    if row.stage == "registered":
        raise Refused("案件还没有流转，请先流转并核实应付金额，再登记兑付")
    chosen = chosen_lines(row, claim)
    paid = wages.pay_out(
        actor=actor, now=now, wage_ids=chosen, fen=amount, paid_on=paid_on or local(now).date(), method=method
    )
    sum_up(row)
    save(row, actor, now)
    record(
        actor=actor, verb="cases.record_payment", subject=row, amount=yuan(paid), outstanding=yuan(row.outstanding_fen),
        method=method,
    )  # fmt: skip
    return told(row)


@command(may="cases:handle", zh="确认兑付")
def pay(
    *,
    actor: Actor,
    now: datetime,
    case: int,
    paid_on: date | None = None,
    method: Method = "bank",
    note: Note = "",
    seen: Seen = None,
) -> dict[str, Any]:
    """确认兑付: the proof is on file and every worker's sum is paid.

    What is still outstanding is booked as paid on `paid_on`, since the proof covers the whole; without `paid_on`
    everything must have been booked before.
    """
    row, step = take(actor, case, "pay", seen)
    if paid_on is not None and row.outstanding_fen:
        wages.pay_out(actor=actor, now=now, wage_ids=lines_of(row), fen=None, paid_on=paid_on, method=method)
        sum_up(row)
    row.outcome = Case.Outcome.PAID
    return finish(row, step, actor, now, note=note, paid=yuan(row.paid_fen))


@command(may="cases:confirm", zh="回访到账")
def confirm(
    *,
    actor: Actor,
    now: datetime,
    case: int,
    answer: Answer,
    claim: int | None = None,
    amount: Money | None = None,
    note: Note = "",
    seen: Seen = None,
) -> dict[str, Any]:
    """The call-back officer has asked the worker (or, without `claim`, every worker not yet asked).

    `amount` is what came when the answer is "partial".
    """
    row = for_change(actor, case, seen)
    chosen = chosen_lines(row, claim) if claim is not None else wage_reader.unanswered(lines_of(row))
    if not chosen:
        raise Refused("每个人都已经回答过；有变化的，请逐人登记")
    note_call(row, Call.Kind.CALLBACK, actor, now, note or "回访是否收到钱", "", reached=True)
    return _answered(row, actor, now, answer, chosen, by="callback", note=note, amount=amount)


@command(may="cases:answer", zh="回答钱到了吗")
def answer(
    *,
    actor: Actor,
    now: datetime,
    number: str,
    receipt: str,
    answer: Answer,
    amount: Money | None = None,
    note: Note = "",
) -> dict[str, Any]:
    """钱到了吗: the worker's own word, given with the receipt code. "Partly" and "no" reopen the case at once.

    The word counts for the speaker only: for the line with the speaker's phone or unmistakable name, or for one head of
    a group nobody has listed. A speaker whom no line fits is called back (`matched` is false).
    """
    complaint = intake.opened_by(actor=actor, now=now, number=number, receipt=receipt)
    source = CaseSource.objects.filter(complaint_id=complaint["id"]).first()
    if source is None:
        raise Denied
    row = Case.objects.select_for_update().get(pk=source.case_id)
    if row.stage not in ("paid", "replied", "closed"):
        raise Refused("办理单位还没有登记兑付，您不用回答；如有变化我们会联系您")
    chosen = [] if source.answer == answer else _own_lines(row, complaint)
    matched = bool(chosen) or source.answer == answer
    CaseSource.objects.filter(pk=source.pk).update(answer=answer)
    if not matched and not is_live(row, "confirm"):
        duties.start([clock(row, "confirm", now)])
    out = _answered(row, actor, now, answer, chosen, by="self", note=note, amount=amount)
    return {**out, "matched": matched}


def _own_lines(row: Case, complaint: dict[str, Any]) -> list[int]:
    """The speaker's own wages; the unlisted group while nobody is listed by that phone or name."""
    lines = lines_of(row)
    own = wage_reader.belonging_to(lines, name=complaint["name"], phone=complaint["phone"])
    return own or wage_reader.unlisted(lines)[:1]


def _answered(
    row: Case,
    actor: Actor,
    now: datetime,
    answer: str,
    chosen: list[int],
    *,
    by: str,
    note: str,
    amount: int | None,
) -> dict[str, Any]:
    if chosen:
        if answer != "received":
            came = (amount or 0) if answer == "partial" else 0
            said = "劳动者反映没有收到" if answer == "none" else "劳动者反映只收到一部分"
            wages.void_down_to(actor=actor, now=now, wage_ids=chosen, fen=came, reason=said)
        heads = 1 if by == "self" else None
        wages.confirm(actor=actor, now=now, wage_ids=chosen, answer=answer, by=by, note=note, heads=heads)
        sum_up(row)
    record(actor=actor, verb="cases.answer", subject=row, answer=answer, by=by, note=note, lines=len(chosen))
    publish(WorkerAnswered(row.pk, row.number, answer))
    if answer != "received" and row.stage in ("paid", "replied", "closed"):
        said = "只收到一部分" if answer == "partial" else "没收到"
        return _reopen(row, CASE.find("reopen", row.stage), actor, now, f"劳动者反映{said}。{note}".strip())
    save(row, actor, now)
    return told(row)


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@command(may="cases:handle", zh="不予支持")
def dismiss(
    *,
    actor: Actor,
    now: datetime,
    case: int,
    ground: Annotated[str, Field(max_length=40)],
    note: Text,
    seen: Seen = None,
) -> dict[str, Any]:
    """The claim is not one for this procedure; a human says so with a reason, and the worker is answered."""
    row, step = take(actor, case, "dismiss", seen)
    grounds = book().section("words", place=row.county_code, on=local(now).date())["grounds"]
    if ground not in grounds:
        raise BadInput(fields={"ground": f"只能是：{'、'.join(f'{code}（{zh}）' for code, zh in grounds.items())}"})
    row.outcome = Case.Outcome.DISMISSED
    return finish(row, step, actor, now, ground=ground, note=note)


@command(may="cases:reply", zh="回复")
def reply(*, actor: Actor, now: datetime, case: int, text: Text, seen: Seen = None) -> dict[str, Any]:
    """回复: the worker is told the result; only then may the number be struck off."""
    row, step = take(actor, case, "reply", seen)
    row.reply = text
    return finish(row, step, actor, now, text=text)


@command(may="cases:close", zh="销号")
def close(*, actor: Actor, now: datetime, case: int, note: Note = "", seen: Seen = None) -> dict[str, Any]:
    """销号: replied, paid with proof, and every worker has confirmed."""
    row, step = take(actor, case, "close", seen)
    row.ended_at = now
    out = finish(row, step, actor, now, note=note)
    duties.cancel_all(subject=label(row), at=now)
    stop_helping(row, now)
    return out


@command(may="cases:reopen", zh="重新办理")
def reopen(*, actor: Actor, now: datetime, case: int, reason: Reason, seen: Seen = None) -> dict[str, Any]:
    """The matter is not done after all; it goes back to the same unit and counts as rework."""
    row, step = take(actor, case, "reopen", seen)
    return _reopen(row, step, actor, now, reason)


def _reopen(row: Case, step: Step, actor: Actor, now: datetime, reason: str) -> dict[str, Any]:
    row.reopened_times += 1
    row.reopened_at = now
    row.outcome, row.ended_at = Case.Outcome.NONE, None
    row.withdrawal_reason, row.withdrawal_genuine = "", False
    CaseSource.objects.filter(case=row).update(answer="")  # what was said of the old payment says nothing of the next
    out = finish(row, step, actor, now, reason=reason, starts=settle_from(row, now))
    duties.cancel(subject=label(row), rules=("withdrawal_call",), at=now)
    if row.joint:
        announce_joint(row)
    return out


@command(may="cases:request_withdrawal", zh="登记撤回请求")
def request_withdrawal(*, actor: Actor, now: datetime, case: int, reason: Reason) -> dict[str, Any]:
    """Somebody says the worker no longer wants the case. Nothing stops until an independent officer has called."""
    row = open_case(actor, case, None, lead=False)
    if row.stage == "registered":
        raise Refused("案件尚未流转，请先流转再登记撤回请求")
    row.withdrawal_reason, row.withdrawal_genuine = reason, False
    save(row, actor, now)
    if not is_live(row, "withdrawal_call"):
        duties.start([clock(row, "withdrawal_call", now)])
    record(actor=actor, verb="cases.request_withdrawal", subject=row, reason=reason)
    return told(row)


@command(may="cases:call_independently", zh="独立核实撤回")
def call_independently(
    *, actor: Actor, now: datetime, case: int, reached: bool, genuine: bool, summary: Text
) -> dict[str, Any]:
    """The independent call: by nobody of the handling unit. An unreached worker has not consented."""
    row = open_case(actor, case, None)
    if not row.withdrawal_reason:
        raise Refused("本案没有撤回请求")
    if row.unit_code in {s.unit for s in actor.scopes if s.unit}:
        raise Refused("承办单位不能核实自己案件的撤回，请由回访岗核实")
    note_call(row, Call.Kind.INDEPENDENT, actor, now, summary, "", reached)
    if reached:
        row.withdrawal_genuine = genuine
        duties.discharge(subject=label(row), rules=("withdrawal_call",), at=now)
        if not genuine:
            row.withdrawal_reason = ""
    save(row, actor, now)
    record(actor=actor, verb="cases.call_independently", subject=row, reached=reached, genuine=genuine, summary=summary)
    return told(row)


@command(may="cases:withdraw", zh="撤回结案")
def withdraw(*, actor: Actor, now: datetime, case: int, note: Note = "", seen: Seen = None) -> dict[str, Any]:
    """撤回结案: the worker, asked by somebody independent, wants no more."""
    row, step = take(actor, case, "withdraw", seen)
    row.outcome, row.ended_at = Case.Outcome.WITHDRAWN, now
    out = finish(row, step, actor, now, note=note, reason=row.withdrawal_reason)
    duties.cancel_all(subject=label(row), at=now)
    stop_helping(row, now)
    return out


# ── joint handling ───────────────────────────────────────────────────────────────────────────────────────────────────


@command(may="cases:joint_start", zh="启动联合处置")
def joint_start(*, actor: Actor, now: datetime, case: int) -> dict[str, Any]:
    """联合处置: the joint office must convene, and each department of the pack's list gets its part (M098)."""
    row = open_case(actor, case, None)
    if not row.joint:
        raise Refused("本案没有达到联合处置的门槛，不必启动")
    units = book().section("duties", place=row.county_code, on=local(now).date())["joint_convene"].get("units", [])
    starts = [] if is_live(row, "joint_convene") else [clock(row, "joint_convene", now)]
    for kind in units:
        unit = directory.unit_of_kind(kind, county=row.county_code, town=row.town_code, sector=row.sector)
        if unit is None or unit.code == row.unit_code:
            continue
        add_helper(row, unit.code, row.joint_reason, now)
        if not duties.is_live(subject=label(row), rule="joint_assist", unit=unit.code):
            owner = Owner(row.county_code, row.town_code, unit.code, unit.kind)
            starts.append(clock(row, "joint_assist", now, owner=owner))
    duties.start(starts)
    save(row, actor, now)
    record(actor=actor, verb="cases.joint_start", subject=row, reason=row.joint_reason, receipt=row.joint_receipt)
    return told(row)


@command(may="cases:joint", zh="登记联合处置会商")
def joint_convene(*, actor: Actor, now: datetime, case: int, decision: Text) -> dict[str, Any]:
    """The joint office has met on this case."""
    row = open_case(actor, case, None)
    if not row.joint:
        raise Refused("本案不在联合处置中")
    save(row, actor, now)
    duties.discharge(subject=label(row), rules=("joint_convene",), at=now)
    record(actor=actor, verb="cases.joint_convene", subject=row, decision=decision)
    return told(row)
