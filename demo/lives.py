"""How complaints go on: each function is a stretch of a story, each `yield` the moment at which it continues."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from anxin.foundation.access.actor import Actor
from anxin.foundation.duties.selectors import for_subject, latest_by_rule
from anxin.foundation.kernel.money import yuan
from anxin.foundation.workdays.calendar import end_of_day, local
from demo.matters import PUBLIC, Matter, receiver
from demo.people import Staff
from demo.world import Story, World

Part = Generator[datetime, None, Any]
OPENING, CLOSING = 8, 18
SHORTEST = timedelta(hours=23)
"""No clock but that of the whole case is shorter, so an act within it keeps its moment and need not ask for it."""

LATE = 0.035
"""Share of acts that come after their moment."""

PROOF = "{firm}于{day}通过银行转账支付{people}名劳动者工资共{amount}元，转账凭证号{number}。（演示材料）"
CONTACT = (
    "已电话告知受理，核对了人数和工资月份，约定带考勤和工资条到所里登记。",
    "联系上投诉人，说明办理程序和期限，已要求单位两日内提供工资表。",
    "已与投诉人通话，情况属实，单位负责人同意当面核对。",
    "已告知投诉人由我单位承办，留了办公电话，提醒保留聊天记录。",
)
REPORTS = (
    "已派员到场，单位账目已核对",
    "已约谈负责人，暂无逃匿迹象",
    "已掌握厂房设备和应收货款情况，配合属地处置",
    "已核对考勤和工资表，人数金额属实",
)
REPLY = (
    "您反映的工资{amount}元，单位已于{day}通过银行转账付清，请查收。",
    "经核实并督促，{firm}已支付拖欠的工资共{amount}元。感谢您的信任。",
)


@dataclass
class Chronicle:
    """What all lives share: the clock, the people, and chance."""

    world: World
    staff: Staff
    serial: int = 0

    def number(self) -> int:
        """A serial number for source numbers and slips."""
        self.serial += 1
        return self.serial

    def soon(self, rng: Random, low: float, high: float) -> datetime:
        """A moment some hours from now, moved into working hours."""
        now = self.world.clock
        at = now + timedelta(hours=rng.uniform(low, high))
        if local(at).hour >= CLOSING or local(at).hour < OPENING:
            morning = local(at) + timedelta(days=1 if local(at).hour >= CLOSING else 0)
            at = morning.replace(hour=OPENING, minute=rng.randint(5, 59), second=rng.randint(0, 59))
        return at


@dataclass
class Life:
    """One complaint and its case, acted upon by the right people."""

    chronicle: Chronicle
    matter: Matter
    rng: Random
    complaint: int = 0
    number: str = ""
    receipt: str = ""
    case: int = 0
    unit: str = ""
    assisted: bool = True

    @property
    def today(self) -> date:
        return local(self.chronicle.world.clock).date()

    def do(self, name: str, actor: Actor, **given: Any) -> Any:
        """A command on the case."""
        return self.chronicle.world.do(name, actor, case=self.case, **given)

    def handler(self) -> Actor:
        """Somebody of the unit the case is with."""
        return self.chronicle.staff.handler(self.unit)

    def post(self, post: str, unit: str = "", place: str = "") -> Actor:
        return self.chronicle.staff.of(post, unit, place)

    def due(self, rule: str) -> datetime:
        """When the newest duty of a rule falls due."""
        found: datetime = latest_by_rule(subject=f"cases.Case:{self.case}")[rule]["due_at"]
        return found

    def owed(self, rule: str) -> list[dict[str, Any]]:
        """Every duty of a rule ever owed on the case, in order."""
        return [duty for duty in for_subject(subject=f"cases.Case:{self.case}") if duty["rule"] == rule]

    def duty(self, rule: str) -> int:
        """The id of the newest duty of a rule."""
        return int(self.owed(rule)[-1]["id"])

    def lives(self, duty: int, rule: str) -> bool:
        """Whether a duty is still owed."""
        return any(one["id"] == duty and one["state"] in ("open", "lapsed") for one in self.owed(rule))

    def wait(self, low: float, high: float, rule: str = "", *, late: bool | None = None) -> datetime:
        """Some hours from now, before the duty of `rule` falls due unless late (None: by chance)."""
        missed = self.rng.random() < LATE if late is None else late
        at = self.chronicle.soon(self.rng, low, high)
        if not rule or (rule != "settle" and not missed and at - self.chronicle.world.clock < SHORTEST):
            return at
        return self._until(at, self.due(rule), missed)

    def _until(self, at: datetime, by: datetime, missed: bool) -> datetime:
        now = self.chronicle.world.clock
        if missed:
            return max(by, now) + timedelta(hours=self.rng.uniform(0.5, 30))
        return at if at < by else now + max(by - now, timedelta(minutes=5)) * self.rng.uniform(0.3, 0.9)

    # ── receipt ──────────────────────────────────────────────────────────────────────────────────────────────────

    def receive(self) -> None:
        """The complaint comes in and becomes a case."""
        world, staff = self.chronicle.world, self.chronicle.staff
        said = self.matter.said(self.chronicle.number())
        told = world.do("intake.receive", receiver(self.matter.channel, staff), **said)
        self.complaint, self.number, self.receipt = told["id"], told["number"], told["receipt"]
        self.case = world.case_of(self.complaint)
        if self.assisted and "joint_convene" in latest_by_rule(subject=f"cases.Case:{self.case}"):
            world.begin(world.clock + timedelta(minutes=5), joint(self))

    def dispatch(self, unit: str = "", note: str = "") -> None:
        """统一流转, by the routing table unless a unit is named."""
        self.unit = self.do("cases.dispatch", self.post("dispatcher"), unit=unit, note=note)["unit"]

    def redispatch(self, unit: str, reason: str) -> None:
        """二次分派 by whoever has it."""
        self.unit = self.do("cases.redispatch", self.handler(), unit=unit, reason=reason)["unit"]

    def contact(self) -> None:
        """The worker is called."""
        person = "" if self.matter.anonymous else self.matter.workers[0].name
        self.do("cases.contact", self.handler(), summary=self.rng.choice(CONTACT), person=person)

    def verify(self) -> None:
        """The list of workers is established."""
        self.do("cases.verify", self.handler(), workers=self.matter.verified(), note="已核对工资表和考勤")

    # ── money and the end ────────────────────────────────────────────────────────────────────────────────────────

    def proof(self, amount: str = "") -> None:
        """The slip goes on file."""
        text = PROOF.format(
            firm=self.matter.employer or "用人单位", day=f"{self.today:%Y-%m-%d}", people=len(self.matter.workers),
            amount=amount or self.matter.total, number=f"YS{self.chronicle.number():08d}",
        )  # fmt: skip
        self.add("payment_proof", text, "银行回单")

    def add(self, kind: str, text: str, source: str, actor: Actor | None = None) -> None:
        """Evidence in words."""
        self.chronicle.world.do(
            "documents.add", actor or self.handler(), subject=f"cases.Case:{self.case}", kind=kind, text=text,
            source=source,
        )  # fmt: skip

    def pay(self) -> None:
        """Everything is paid, with proof."""
        self.proof()
        self.do("cases.pay", self.handler(), paid_on=self.today.isoformat(), note="已付清")

    def reply(self, text: str = "") -> None:
        """The worker is told."""
        words = text or self.rng.choice(REPLY).format(
            amount=self.matter.total, day=f"{self.today:%m月%d日}", firm=self.matter.employer or "用人单位"
        )
        self.do("cases.reply", self.handler(), text=words)

    def confirm(self, answer: str = "received") -> None:
        """The worker says whether the money came: with the code, or when called back."""
        one = len(self.matter.workers) == 1
        if self.matter.channel in PUBLIC and one and not self.matter.anonymous:
            self.chronicle.world.do(
                "cases.answer", self.chronicle.staff.public, number=self.number, receipt=self.receipt, answer=answer
            )
            return
        note = "工资已到账，没有其他要求" if answer == "received" else "还没有收到，卡里没有入账"
        self.do("cases.confirm", self.post("callback_officer"), answer=answer, note=note)

    def close(self) -> None:
        """销号."""
        self.do("cases.close", self.handler(), note="已兑付、已回复、已回访")


# ── stretches ────────────────────────────────────────────────────────────────────────────────────────────────────────


def begin(life: Life) -> Part:
    """Received, dispatched, contacted."""
    life.receive()
    yield life.wait(0.2, 9, "dispatch")
    life.dispatch()
    yield life.wait(0.5, 16, "contact")
    life.contact()


def verified(life: Life) -> Part:
    """As far as the established list."""
    yield from begin(life)
    yield life.wait(2, 40, "settle", late=False)
    life.verify()


def paid(life: Life, low: float = 6, high: float = 96) -> Part:
    """From verification to the number struck off."""
    yield life.wait(low, high, "settle")
    life.pay()
    yield from told(life)


def told(life: Life) -> Part:
    """From payment to the number struck off: replied, confirmed by the worker, closed."""
    yield life.wait(1, 26, "reply")
    life.reply()
    yield life.wait(1, 30, "confirm", late=False)
    life.confirm()
    yield life.wait(0.5, 8, "confirm")
    life.close()


def plain(life: Life) -> Story:
    """Established, paid, closed."""
    yield from verified(life)
    yield from paid(life)


def quick(life: Life) -> Story:
    """One call to the employer is enough; a sum that was told is not established again."""
    yield from begin(life)
    if not life.matter.known_amount:
        yield life.wait(1, 10, "settle", late=False)
        life.verify()
    yield life.wait(1, 20, "settle", late=False)
    life.pay()
    yield from told(life)


def mediated(life: Life) -> Story:
    """Both sides meet; without agreement first, then the employer pays."""
    yield from verified(life)
    yield from meeting(life)
    yield from paid(life, 12, 60)


def meeting(life: Life) -> Part:
    """A session is called and fails."""
    at = life.wait(18, 40)
    session = life.chronicle.world.do(
        "mediation.convene", life.handler(), case=life.case, held_at=at.isoformat(), place="镇街调解室",
        mediator=life.handler().name,
    )["id"]  # fmt: skip
    yield at + timedelta(hours=1.5)
    life.chronicle.world.do(
        "mediation.conclude", life.handler(), session=session, outcome="failed", notes="单位同意付款，金额还要核对"
    )


def agree(life: Life, days: tuple[int, ...]) -> list[int]:
    """A settlement to be paid on those days from now; answers with the ids of the instalments."""
    longest = max(days)
    if longest > 4:
        life.do(
            "cases.classify", life.handler(), grade="hard" if longest > 18 else "complex",
            reason="双方同意分期支付，按复杂（疑难）案件期限办理",
        )  # fmt: skip
    total = sum(life.matter.owed)
    shares = [total // len(days)] * (len(days) - 1)
    promises = [
        {"due_on": (life.today + timedelta(days=day)).isoformat(), "amount": yuan(part)}
        for day, part in zip(days, [*shares, total - sum(shares)], strict=True)
    ]
    made = life.chronicle.world.do("mediation.agree", life.handler(), case=life.case, instalments=promises)
    return list(made["instalments"])


def instalments(life: Life, days: tuple[int, ...], missed: int | None = None) -> Story:
    """Settled, and paid part by part; one part may stay away."""
    yield from verified(life)
    yield life.wait(8, 30, "settle", late=False)
    signed = life.today
    parts = agree(life, days)
    for n, (part, day) in enumerate(zip(parts, days, strict=True)):
        morning = end_of_day(signed + timedelta(days=day)) - timedelta(hours=life.rng.uniform(6, 14))
        if n == missed:
            yield end_of_day(signed + timedelta(days=day)) + timedelta(hours=40)
        else:
            yield max(morning, life.chronicle.world.clock + timedelta(hours=1))
        life.chronicle.world.do("mediation.pay_instalment", life.handler(), instalment=part)
    life.proof()
    life.do("cases.pay", life.handler(), note="各期均已付清")
    yield from told(life)


def returned(life: Life) -> Story:
    """The first unit is the wrong one and says so."""
    life.receive()
    yield life.wait(0.2, 6, "dispatch", late=False)
    wrong = life.rng.choice(("330784-transport", "330784-water", "330784-commerce"))
    life.dispatch(unit=wrong, note="按投诉人所述行业流转")
    yield life.wait(0.5, 5, "contact", late=False)
    life.do("cases.return", life.handler(), reason="经了解不是我单位主管的行业，请流转属地")
    yield life.wait(0.3, 4, "dispatch", late=False)
    life.dispatch()
    yield life.wait(0.5, 14, "contact", late=False)
    life.contact()
    yield life.wait(2, 30, "settle", late=False)
    life.verify()
    yield from paid(life)


def placeless(life: Life, town: str) -> Story:
    """Nobody said where: the arrears office finds out and passes it on."""
    life.matter.place = ""
    life.receive()
    yield life.wait(0.2, 6, "dispatch", late=False)
    life.dispatch()
    yield life.wait(0.5, 6, "contact", late=False)
    life.do("cases.amend", life.handler(), reason="已查明用工地点", place=town)
    life.redispatch(f"{town[:9]}-town", "用工地点已查明，由属地办理")
    yield life.wait(0.5, 10, "contact", late=False)
    life.contact()
    yield life.wait(2, 30, "settle", late=False)
    life.verify()
    yield from paid(life)


def reopened(life: Life) -> Story:
    """The money had not come after all."""
    yield from verified(life)
    yield life.wait(6, 60, "settle", late=False)
    life.pay()
    yield life.wait(1, 20, "reply", late=False)
    life.reply()
    yield life.wait(2, 40, "confirm", late=False)
    life.confirm("none")
    yield life.wait(4, 40, "settle", late=False)
    life.pay()
    yield from told(life)


def withdrawn(life: Life, genuine: bool) -> Story:
    """Somebody says the worker wants no more; somebody independent asks."""
    yield from begin(life)
    yield life.wait(4, 40, "settle", late=False)
    life.do("cases.request_withdrawal", life.handler(), reason="投诉人来电称单位已当面结清，不再投诉")
    yield life.wait(1, 14, "withdrawal_call")
    summary = "本人确认已拿到工资，自愿撤回" if genuine else "本人表示没有同意撤回，工资还没有拿到"
    life.do("cases.call_independently", life.post("callback_officer"), reached=True, genuine=genuine, summary=summary)
    yield life.wait(1, 10, "settle", late=False)
    if genuine:
        life.do("cases.withdraw", life.handler(), note="已独立核实")
        return
    life.verify()
    yield from paid(life)


def dismissed(life: Life) -> Story:
    """Not a matter of wages, or no facts."""
    yield from begin(life)
    yield life.wait(6, 70, "settle", late=False)
    ground, note = life.rng.choice(
        (
            ("no_facts", "经查没有用工事实，双方是承揽关系，已告知诉讼途径"),
            ("already_paid", "工资已在投诉前付清，有签收单"),
            ("other_body", "劳动合同争议已在仲裁审理，依法不重复处理"),
        )
    )
    life.do("cases.dismiss", life.handler(), ground=ground, note=note)
    yield life.wait(1, 24, "reply")
    life.reply(f"经核实：{note}。如不同意，可以向劳动仲裁机构申请仲裁。")
    yield life.wait(0.5, 10)
    life.do("cases.close", life.handler(), note="已回复")


def hard(life: Life) -> Story:
    """The town cannot settle it alone; the joint office decides."""
    yield from verified(life)
    yield life.wait(10, 60, "settle", late=False)
    life.do("cases.escalate", life.handler(), reason="单位停产、负责人失联，镇街难以单独处置")
    yield life.wait(20, 90, "hard_decision", late=False)
    decision = "由属地牵头处置厂房设备，法院优先执行，工资先行兑付"
    life.do("cases.decide_hard", life.post("joint_office"), decision=decision)
    yield life.wait(30, 200, "settle")
    life.pay()
    yield from told(life)


def ordered(life: Life, days: int, ending: str) -> Story:
    """An order to correct: obeyed ("paid"), or not obeyed and referred ("referred")."""
    yield from verified(life)
    yield life.wait(6, 50, "settle", late=False)
    life.do("cases.classify", life.handler(), grade="hard", reason="单位拒不支付，需依法责令改正")
    inspector = life.post("inspector")
    number = f"永劳监令字〔{life.today.year}〕第{900 + life.chronicle.number() % 100}号（演示）"
    life.add(
        "correction_order", f"责令限期改正指令书 {number}：限期支付工资{life.matter.total}元。", "劳动监察", inspector
    )
    due_on = life.today + timedelta(days=days)
    life.do("cases.order", inspector, order_number=number, due_on=due_on.isoformat())
    if ending == "paid":
        yield end_of_day(due_on) - timedelta(hours=life.rng.uniform(8, 60))
        life.pay()
        yield from told(life)
        return
    yield end_of_day(due_on) + timedelta(hours=life.rng.uniform(60, 100))
    life.add("service_proof", "留置送达，有见证人签名和照片。", "送达回证", inspector)
    life.add("referral_file", "案件移送书及证据目录一份。", "移送材料", inspector)
    life.do(
        "cases.refer",
        inspector,
        reference=f"永劳监移字〔{life.today.year}〕第{life.chronicle.number() % 100:02d}号（演示）",
    )


def merged(life: Life, twin: Life) -> Story:
    """The same matter comes a second time by another channel, and is merged."""
    life.receive()
    yield life.wait(0.3, 2, "dispatch", late=False)
    twin.receive()
    yield life.wait(0.2, 2, "dispatch", late=False)
    life.chronicle.world.do(
        "intake.merge", life.post("dispatcher"), complaint=twin.complaint, into=life.complaint,
        reason="同一单位、同一月份、同一批工人，与先到的一件是同一事项",
    )  # fmt: skip
    life.dispatch()
    yield life.wait(0.5, 14, "contact", late=False)
    life.contact()
    yield life.wait(2, 30, "settle", late=False)
    life.verify()
    yield from paid(life)


def joint(life: Life) -> Story:
    """联合处置, beside the life itself: the joint office meets, the departments that assist report."""
    yield life.wait(1, 20, "joint_convene")
    if life.lives(life.duty("joint_convene"), "joint_convene"):
        life.do("cases.joint_convene", life.post("joint_office"), decision="属地牵头，监察、公安、主管部门同时介入")
    for duty in life.owed("joint_assist"):
        yield life.wait(1, 14, "joint_assist")
        if life.lives(duty["id"], "joint_assist"):
            life.do("cases.assist", life.chronicle.staff.handler(duty["unit"]), report=life.rng.choice(REPORTS))
