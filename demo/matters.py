"""What people complain about: who, where, how many, how much, in which words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from anxin.foundation.access.actor import Actor
from anxin.foundation.kernel.money import yuan
from demo.names import Human, Inventor
from demo.people import Staff
from demo.register import TOWN, ZONE, Firm, Register

CHANNELS = {"hotline": 38, "qr": 24, "wechat": 12, "walk_in": 12, "alert_110": 7, "petition": 7}
PUBLIC = ("qr", "wechat")
SOURCE = {"hotline": "RX", "alert_110": "JQ", "petition": "XF"}
TOWNS = {
    "330784001000": 9, "330784002000": 7, "330784003000": 8, "330784105000": 5, "330784106000": 3, "330784107000": 2,
    "330784108000": 9, "330784109000": 3, "330784110000": 5, "330784111000": 3, "330784112000": 8, "330784113000": 5,
    "330784114000": 5, TOWN: 16,
}  # fmt: skip
WORDS = (
    "{firm}从{month}月起没有发工资，问了几次老板都说再等等。",
    "我们{people}个人在{firm}做工，工资说好月底结，到现在没有拿到。",
    "老板电话不接了，{firm}欠我们工资{amount}元，请帮忙催一下。",
    "{firm}停工了，工资没有结清，一共{amount}元左右。",
    "我从{firm}辞工快一个月了，最后一个月的工资一直不给。",
    "计件单都在，{firm}的老板说货款没到，工资要往后拖，{people}个人都等着用钱。",
)
SITE_WORDS = (
    "在工地上干了两个多月，班组长说总包没有拨款，{people}个人的工资一直没有发。",
    "工程已经完工，{firm}还欠我们工资{amount}元。",
    "包工头说{firm}没有结账，我们{people}个工人没有拿到钱。",
)


@dataclass
class Matter:
    """One complaint before anybody has made it. `owed` is what each worker is really owed, in fen."""

    channel: str
    place: str
    sector: str
    workers: list[Human]
    owed: list[int]
    employer: str = ""
    employer_id: int | None = None
    project: int | None = None
    text: str = ""
    listed: bool = False
    known_amount: bool = True
    anonymous: bool = False
    since: date | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def total(self) -> str:
        """Everything owed, in yuan."""
        return yuan(sum(self.owed))

    def said(self, number: int) -> dict[str, Any]:
        """The arguments of intake.receive."""
        given: dict[str, Any] = {
            "channel": self.channel, "place": self.place, "sector": self.sector, "people": len(self.workers),
            "employer": self.employer, "text": self.text, "since": self.since, "confirm_new": True,
        }  # fmt: skip
        if self.employer_id:
            given["employer_id"] = self.employer_id
        if self.project:
            given["project"] = str(self.project)
        if self.known_amount:
            given["amount"] = self.total
        if self.anonymous:
            given["anonymous"] = True
        else:
            given |= {"name": self.workers[0].name, "phone": self.workers[0].phone}
        if self.listed:
            given["workers"] = [
                {"name": human.name, "phone": human.phone, "amount": yuan(fen)}
                for human, fen in zip(self.workers, self.owed, strict=True)
            ]
        if self.channel in SOURCE:
            given["source_number"] = f"{SOURCE[self.channel]}{number:06d}"
        return given | self.extra

    def verified(self) -> list[dict[str, Any]]:
        """The list of workers as an officer establishes it."""
        return [
            {"name": human.name, "phone": human.phone, "id_number": human.id_number, "amount": yuan(fen)}
            for human, fen in zip(self.workers, self.owed, strict=True)
        ]


def receiver(channel: str, staff: Staff) -> Actor:
    """Who types a complaint in."""
    if channel in PUBLIC:
        return staff.public
    post = {"hotline": "hotline_operator", "walk_in": "arrears_office"}.get(channel, "dispatcher")
    return staff.of(post)


class Source:
    """Draws matters."""

    def __init__(self, rng: Random, inventor: Inventor, register: Register, today: date) -> None:
        self.rng, self.inventor, self.register, self.today = rng, inventor, register, today
        self.unlisted = {town: [inventor.firm("manufacturing") for _ in range(6)] for town in TOWNS}

    def child(self) -> Random:
        """Chance for one story alone, so that stories do not disturb one another."""
        return Random(self.rng.random())

    def draw(self) -> Matter:
        """Somebody's complaint, with the county's weights."""
        rng = self.rng
        kind = rng.choices(("zone", "town", "site"), (42, 40, 18))[0]
        channel = rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]
        people = self._people()
        matter = Matter(channel, ZONE, "manufacturing", self.crew(people), self.owed(people))
        if kind == "zone":
            self.of_firm(matter, rng.choice(self.register.zone))
        elif kind == "town":
            matter.place = rng.choices(list(TOWNS), list(TOWNS.values()))[0]
            matter.employer = rng.choice(self.unlisted[matter.place])
        else:
            self._of_site(matter)
        matter.listed = channel in ("qr", "walk_in") and people <= 8 and rng.random() < 0.5
        matter.known_amount = matter.listed or rng.random() < 0.8
        matter.anonymous = not matter.listed and people == 1 and rng.random() < 0.04
        matter.since = (self.today - timedelta(days=rng.randint(120, 240))).replace(day=1)
        words = SITE_WORDS if kind == "site" else WORDS
        matter.text = rng.choice(words).format(
            firm=matter.employer, people=people, amount=matter.total, month=matter.since.month
        )
        return matter

    def crew(self, people: int) -> list[Human]:
        """That many workers."""
        return [self.inventor.human() for _ in range(people)]

    def owed(self, people: int) -> list[int]:
        """What each is owed, in fen."""
        usual = self.rng.choice((2800, 3600, 4200, 5000, 6500, 9000))
        return [max(300, round(usual * self.rng.uniform(0.06, 0.17)) * 10) * 100 for _ in range(people)]

    @staticmethod
    def of_firm(matter: Matter, firm: Firm) -> None:
        """Let the complaint be about a registered employer."""
        matter.employer, matter.employer_id = firm.name, firm.id
        matter.place, matter.sector = firm.place, firm.sector

    def _of_site(self, matter: Matter) -> None:
        site = self.rng.choice(self.register.sites)
        firm = self.rng.choice(site.employers)
        matter.employer, matter.employer_id, matter.project = firm.name, firm.id, site.id
        matter.place, matter.sector = site.place, site.sector

    def _people(self) -> int:
        low, high = self.rng.choices(((1, 1), (2, 5), (6, 9), (10, 24), (25, 60)), (56, 29, 11, 3, 1))[0]
        return self.rng.randint(low, high)


def arrivals(rng: Random, number: int, end: datetime, days: int) -> list[datetime]:
    """Moments of the day as people report: mostly in working hours, more on working days, more of late."""
    hours = (1, 0, 0, 0, 0, 1, 3, 8, 18, 22, 18, 10, 8, 14, 18, 16, 13, 10, 9, 9, 8, 6, 4, 2)
    found: list[datetime] = []
    while len(found) < number:
        back = int(days * rng.random() ** 1.15)
        day = end - timedelta(days=back)
        if day.weekday() >= 5 and rng.random() < 0.4:
            continue
        at = day.replace(hour=rng.choices(range(24), hours)[0], minute=rng.randint(0, 59), second=rng.randint(0, 59))
        if end - timedelta(days=days) <= at < end - timedelta(minutes=5):
            found.append(at)
    return sorted(found)
