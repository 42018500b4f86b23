"""A handful of stories written by hand, so that every desk shows something recognisable on the first day.

Each is told backwards from the present moment: the hardware firm is at its fifth day whenever the demo is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from anxin.foundation.workdays.calendar import local
from demo.lives import Chronicle, Life, agree, verified
from demo.matters import Matter, Source
from demo.register import TOWN, ZONE
from demo.world import Story

GROUP = "永康市岚砚厨具有限公司"
HARDWARE = "芝英汀禾五金厂"


@dataclass
class Desk:
    """What the stories are made of."""

    chronicle: Chronicle
    source: Source
    moment: datetime

    def ago(self, days: float = 0, hours: float = 0) -> datetime:
        return self.moment - timedelta(days=days, hours=hours)

    def life(self, channel: str, place: str, people: int, *, assisted: bool = True, **given: object) -> Life:
        """A matter with named facts; the rest is drawn."""
        matter = Matter(channel, place, "manufacturing", self.source.crew(people), self.source.owed(people))
        for name, value in given.items():
            setattr(matter, name, value)
        return Life(self.chronicle, matter, self.source.child(), assisted=assisted)


def stories(desk: Desk) -> Iterator[tuple[datetime, Story]]:
    """Every written story with the moment it starts."""
    for start, tell in STORIES:
        at = desk.moment - start
        yield at, tell(desk)


def group(desk: Desk) -> Story:
    """159 workers of a kitchenware firm: joint handling, hard, the decision lies with the leader."""
    life = desk.life(
        "alert_110", "330784900201", 159, assisted=False, employer=GROUP, known_amount=False,
        text="岚砚厨具门口聚集了很多工人，说老板联系不上，八月到十月的工资都没有发，大约一百六十人。",
    )  # fmt: skip
    life.receive()
    world = desk.chronicle.world
    yield desk.ago(days=8, hours=23)
    life.dispatch(note="110转来，涉及人数多，请立即到场")
    yield desk.ago(days=8, hours=22)
    life.contact()
    yield desk.ago(days=8, hours=19)
    meeting = "开发区牵头，监察、经信、公安、属地同时介入，当晚完成登记造册"
    life.do("cases.joint_convene", life.post("joint_office"), decision=meeting)
    yield desk.ago(days=8, hours=4)
    life.verify()
    yield desk.ago(days=7, hours=20)
    life.do("cases.assist", desk.chronicle.staff.handler("330784-inspectorate"), report="已登记工人159名，逐人核对工资")
    yield desk.ago(days=7, hours=2)
    life.do("cases.classify", life.handler(), grade="complex", reason="人数多，金额需逐人核对")
    yield desk.ago(days=5)
    life.do("cases.record_payment", life.handler(), amount="180000.00", method="advance")
    yield desk.ago(days=4, hours=6)
    life.do("cases.escalate", life.handler(), reason="实际控制人失联，设备已抵押，镇街难以单独处置")
    yield desk.ago(days=1, hours=3)
    life.do("cases.log_call", life.handler(), kind="employer", reached=False, summary="拨打实际控制人电话，已停机")
    world.do(
        "duties.hand_over", life.post("joint_office"), duty=life.duty("hard_decision"), post="leader",
        reason="拟动用应急周转金，请分管领导决定",
    )  # fmt: skip


def hardware(desk: Desk) -> Story:
    """Three workers, 12,600 yuan, the fifth day of seven."""
    life = desk.life(
        "hotline", TOWN, 3, employer=HARDWARE, owed=[420000, 420000, 420000], listed=False,
        text="我们三个人在芝英汀禾五金厂做抛光，十月份的工资每人四千二，老板说月底给，一直没有给。",
    )  # fmt: skip
    yield from begin_at(desk, life, dispatched=desk.ago(days=4, hours=22), contacted=desk.ago(days=4, hours=4))
    yield desk.ago(days=2, hours=5)
    life.verify()


def this_morning(desk: Desk) -> Story:
    """A report by QR code within the hour, not yet dispatched."""
    life = desk.life(
        "qr", "330784900305", 2, listed=True,
        employer="永康市澄柚杯业有限公司", text="在杯厂包装车间做了两个月，厂里说下个月一起发，我们要回家了。",
    )  # fmt: skip
    life.receive()
    yield from ()


def about_to_lapse(desk: Desk) -> Story:
    """A call of yesterday, 22 hours old, that nobody has dispatched."""
    life = desk.life(
        "hotline", "330784112000", 4, employer="象珠霁川电动工具厂",
        text="厂里四个人的计件工资没有结，打老板电话不接，明天就要搬厂了。",
    )  # fmt: skip
    life.receive()
    yield from ()


def order_not_obeyed(desk: Desk) -> Story:
    """An order has lapsed unpaid: the clock of referral runs."""
    life = desk.life(
        "petition", "330784900102", 6, employer="永康市黛舟休闲用品有限公司", text="六个人三个月没有工资。"
    )
    yield from verified(life)
    yield life.wait(6, 20, "settle", late=False)
    life.do("cases.classify", life.handler(), grade="hard", reason="单位拒不支付，需依法责令改正")
    inspector = life.post("inspector")
    due_on = local(desk.ago(days=2)).date()
    number = f"永劳监令字〔{due_on.year}〕第901号（演示）"
    life.add(
        "correction_order", f"责令限期改正指令书 {number}：限期支付工资{life.matter.total}元。", "劳动监察", inspector
    )
    life.do("cases.order", inspector, order_number=number, due_on=due_on.isoformat())


def order_running(desk: Desk) -> Story:
    """An order whose last day is near: an inspector must look."""
    life = desk.life("walk_in", "330784900104", 5, employer="永康市沅渡铝制品有限公司", text="五个人两个月工资没有发。")
    yield from verified(life)
    yield life.wait(6, 20, "settle", late=False)
    life.do("cases.classify", life.handler(), grade="hard", reason="单位以货款未到为由拒付")
    inspector = life.post("inspector")
    due_on = local(desk.moment + timedelta(days=1)).date()
    number = f"永劳监令字〔{due_on.year}〕第902号（演示）"
    life.add(
        "correction_order", f"责令限期改正指令书 {number}：限期支付工资{life.matter.total}元。", "劳动监察", inspector
    )
    life.do("cases.order", inspector, order_number=number, due_on=due_on.isoformat())


def missed_instalment(desk: Desk) -> Story:
    """Three instalments: the first came, the second did not, the third is watched by the mediator."""
    life = desk.life(
        "walk_in",
        TOWN,
        7,
        employer="芝英珩岑门业厂",
        text="七个人的工资分了几次都没有给清，要求写个协议。",
        listed=True,
    )
    yield from verified(life)
    yield desk.ago(days=12)
    first, second, third = (
        (local(at).date() - life.today).days
        for at in (desk.ago(days=6), desk.ago(days=1), desk.moment + timedelta(days=4))
    )
    parts = agree(life, (first, second, third))
    yield desk.ago(days=6, hours=2)
    world = desk.chronicle.world
    world.do("mediation.pay_instalment", life.handler(), instalment=parts[0])
    reason = "请驻所调解员跟踪最后一期"
    world.do(
        "duties.hand_over",
        life.post("arrears_office"),
        duty=life.owed("instalment_check")[-1]["id"],
        post="mediator",
        reason=reason,
    )


def awaiting_confirmation(desk: Desk) -> Story:
    """Paid and replied; the workers have not been asked yet."""
    life = desk.life("wechat", ZONE, 3, employer="永康市霁野健身器材有限公司", text="三个人上月工资没发。")
    yield from verified(life)
    yield desk.ago(days=1, hours=5)
    life.pay()
    yield desk.ago(hours=20)
    life.reply()


def awaiting_reply(desk: Desk) -> Story:
    """Paid yesterday in the town of the demo; the worker has not been answered."""
    life = desk.life("hotline", TOWN, 1, employer="芝英翊溪模具厂", text="最后一个月工资没有给。")
    yield from verified(life)
    yield desk.ago(hours=19)
    life.pay()


def building_site(desk: Desk) -> Story:
    """Twelve workers on a site: the housing bureau leads, the town assists, legal aid is asked in."""
    life = desk.life(
        "hotline", TOWN, 12, assisted=False, text="学校工地上十二个木工的工资没有发，班组长说总包没有拨款。"
    )
    site = next(site for site in desk.source.register.sites if site.sector == "construction")
    labour = site.employers[-2]
    life.matter.employer, life.matter.employer_id = labour.name, labour.id
    life.matter.sector, life.matter.project = "construction", site.id
    yield from begin_at(desk, life, dispatched=desk.ago(days=2, hours=3), contacted=desk.ago(days=1, hours=20))
    owed = [duty for duty in life.owed("joint_assist") if duty["unit"] == "330784115-town"]
    desk.chronicle.world.do(
        "duties.hand_over", life.post("arrears_office"), duty=owed[0]["id"], post="legal_aid",
        reason="工人要求申请法律援助，请驻镇法律援助人员介入",
    )  # fmt: skip


def second_site(desk: Desk) -> Story:
    """A small matter of the same bureau, not contacted yet."""
    life = desk.life("qr", "330784003000", 2, text="装修工地，做完一个月了工资没结。")
    site = next(site for site in reversed(desk.source.register.sites) if site.sector == "construction")
    life.matter.employer, life.matter.employer_id = site.employers[-1].name, site.employers[-1].id
    life.matter.sector, life.matter.project = "construction", site.id
    life.receive()
    yield desk.ago(hours=3)
    life.dispatch()


def place_unknown(desk: Desk) -> Story:
    """Nobody knows yet where it was: the arrears office has it."""
    life = desk.life("petition", "", 2, employer="某五金加工厂", text="厂在工业区里，名字记不全，两个人的工资没有给。")
    life.matter.sector = "unknown"
    life.receive()
    yield desk.ago(hours=4)
    life.dispatch()


def not_contacted(desk: Desk) -> Story:
    """Dispatched in time, but nobody has called for more than a day: late."""
    life = desk.life("wechat", "330784900107", 1, employer="永康市菡汐包装厂", text="一个月工资没有给，群里问也不回。")
    life.receive()
    yield desk.ago(days=1, hours=6)
    life.dispatch()


def new_at_zhiying(desk: Desk) -> Story:
    """In the town's inbox since this morning; the call is due by tomorrow."""
    life = desk.life("hotline", TOWN, 2, employer="芝英漪笙杯业厂", text="两个人的加班工资没有算进去，老板不认。")
    life.receive()
    yield desk.ago(hours=2)
    life.dispatch()


def seventh_day(desk: Desk) -> Story:
    """The last of seven days ends tonight."""
    life = desk.life("hotline", "330784900330", 4, employer="永康市玹霄车业配件有限公司", text="四个人工资拖了两个月。")
    yield from begin_at(desk, life, dispatched=desk.ago(days=6, hours=20), contacted=desk.ago(days=6, hours=4))
    yield desk.ago(days=4)
    life.verify()


def past_seven_days(desk: Desk) -> Story:
    """A day and more beyond the seventh."""
    life = desk.life("petition", "330784108000", 3, employer="古山苒禺压铸厂", text="三个人半年的工资只给了零头。")
    yield from begin_at(desk, life, dispatched=desk.ago(days=8, hours=20), contacted=desk.ago(days=8, hours=4))
    yield desk.ago(days=6)
    life.verify()
    at = life.wait(10, 20)
    desk.chronicle.world.do(
        "mediation.convene", life.handler(), case=life.case, held_at=max(at, desk.ago(days=5)).isoformat(),
        place="古山镇调解室", mediator=life.handler().name,
    )  # fmt: skip


def withdrawal(desk: Desk) -> Story:
    """The employer says it is settled; the call-back officer has to ask the worker."""
    life = desk.life("hotline", "330784002000", 1, employer="西城箬橡家具厂", text="辞工一个月，工资没有结。")
    yield from verified(life)
    yield desk.ago(hours=3)
    life.do("cases.request_withdrawal", life.handler(), reason="单位称已当面付清，投诉人要求撤回")


def begin_at(desk: Desk, life: Life, *, dispatched: datetime, contacted: datetime) -> Story:
    """Received, dispatched and contacted at given moments."""
    life.receive()
    yield dispatched
    life.dispatch()
    yield contacted
    life.contact()


STORIES: tuple[tuple[timedelta, Callable[[Desk], Story]], ...] = (
    (timedelta(days=9), group),
    (timedelta(days=5), hardware),
    (timedelta(minutes=40), this_morning),
    (timedelta(hours=22), about_to_lapse),
    (timedelta(days=24), order_not_obeyed),
    (timedelta(days=16), order_running),
    (timedelta(days=17), missed_instalment),
    (timedelta(days=5, hours=3), awaiting_confirmation),
    (timedelta(days=4, hours=2), awaiting_reply),
    (timedelta(days=2, hours=6), building_site),
    (timedelta(hours=6), second_site),
    (timedelta(hours=7), place_unknown),
    (timedelta(days=1, hours=12), not_contacted),
    (timedelta(hours=5), new_at_zhiying),
    (timedelta(days=7), seventh_day),
    (timedelta(days=9), past_seven_days),
    (timedelta(days=3), withdrawal),
)
