"""Loading the demo county: people, register, ninety days of complaints, the desks of today."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from django.db import connection, transaction

from anxin.foundation.access.actor import Actor
from anxin.foundation.access.selectors import user_named
from anxin.foundation.audit.commands import ask
from anxin.foundation.directory.services import load_organisation
from anxin.foundation.documents.storage import synced_together
from anxin.foundation.kernel.errors import Refused
from anxin.foundation.workdays.calendar import CHINA, local
from demo import lives, written
from demo.lives import Chronicle, Life
from demo.logins import LOGINS
from demo.matters import TOWNS, Source, arrivals
from demo.names import Human, Inventor
from demo.people import Staff, appoint_everybody, open_accounts
from demo.register import fill
from demo.world import Story, World

COUNTY = "330784"
DAYS = 90
TEN = time(10)


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    employers: int
    projects: int
    complaints: int
    consultations: int
    redirected: int


SIZES = {"full": Size(1300, 200, 500, 60, 40), "small": Size(130, 10, 40, 6, 4)}
PATHS = {
    "plain": 33, "quick": 25, "mediated": 11, "instalments": 6, "returned": 4, "placeless": 4, "reopened": 4,
    "withdrawn": 5, "not_withdrawn": 1, "dismissed": 6, "hard": 2, "ordered": 2, "referred": 1, "merged": 5,
}  # fmt: skip


def present(on: date | None, now: datetime) -> datetime:
    """The moment the county has reached: the last full hour of today, ten o'clock of any other day."""
    if on is None or on == local(now).date():
        return local(now).replace(minute=0, second=0, microsecond=0)
    return datetime.combine(on, TEN, CHINA)


def is_loaded() -> bool:
    """Whether this database holds the demo."""
    return user_named(LOGINS[0]["username"]) is not None


def load(moment: datetime, size: Size) -> dict[str, int]:
    """Write the whole county in one transaction: all of it or nothing; returns what was made.

    The day decides who and what; the moment only how far it has come. Raises `Refused` when cases are there already.
    """
    refuse_real_cases(moment)
    with synced_together(), transaction.atomic(), one_breath():
        return _load(moment, size)


def refuse_real_cases(moment: datetime) -> None:
    """Raise `Refused` when the county holds complaints that are not the demo's."""
    system = Actor.system(COUNTY)
    if ask("intake.inbox", actor=system, now=moment, limit=1)["rows"]:
        raise Refused(
            "数据库里已有来件，不能载入演示数据", fix="请另用一个空数据库（ANXIN_DATABASE_URL 或 ANXIN_DATA_DIR）"
        )


def _load(moment: datetime, size: Size) -> dict[str, int]:
    rng = Random(f"{COUNTY} {local(moment).date():%Y-%m-%d}")
    inventor = Inventor(rng)
    start = moment - timedelta(days=DAYS + 30)
    load_organisation(county=COUNTY, now=start)
    officers = appoint_everybody(COUNTY, start, inventor)
    accounts = open_accounts(local(moment).date())
    staff = Staff(COUNTY, local(moment).date())
    clerk = staff.of("arrears_office")
    register = fill(actor=clerk, now=start, inventor=inventor, employers=size.employers, projects=size.projects)
    midnight = local(moment).replace(hour=0, minute=0) + timedelta(days=1)
    source = Source(rng, inventor, register, local(moment).date())
    world = World(start)
    chronicle = Chronicle(world, staff)
    for at, life, path in _lives(chronicle, source, size, midnight):
        world.begin(at, _story(path, life, source))
    for at, story in written.stories(written.Desk(chronicle, source, moment)):
        world.begin(at, story)
    for at, story in _others(chronicle, source, size, midnight):
        world.begin(at, story)
    world.run(moment)
    return {
        "officers": officers, "accounts": accounts, "employers": size.employers, "projects": size.projects,
        "complaints": size.complaints,
    }  # fmt: skip


def _lives(chronicle: Chronicle, source: Source, size: Size, end: datetime) -> Iterator[tuple[datetime, Life, str]]:
    number = size.complaints - len(written.STORIES)
    moments = arrivals(source.rng, number, end, DAYS)
    paths = source.rng.choices(list(PATHS), list(PATHS.values()), k=number)
    for at, path in zip(moments, paths, strict=True):
        yield at, Life(chronicle, source.draw(), source.child()), path


def _story(path: str, life: Life, source: Source) -> Story:
    rng = source.rng
    if path == "instalments":
        days = rng.choice(((3, 10), (5, 15), (4,), (7, 14, 21), (10, 30)))
        return lives.instalments(life, days, missed=0 if rng.random() < 0.15 else None)
    if path == "placeless":
        life.matter.sector, life.matter.project = "unknown", None
        return lives.placeless(life, rng.choice(list(TOWNS)))
    if path in ("withdrawn", "not_withdrawn"):
        return lives.withdrawn(life, genuine=path == "withdrawn")
    if path in ("ordered", "referred"):
        return lives.ordered(life, rng.randint(5, 12), "paid" if path == "ordered" else "referred")
    if path == "merged":
        return lives.merged(life, _twin(life, source))
    story: Story = getattr(lives, path)(life)
    return story


def _twin(life: Life, source: Source) -> Life:
    """The same matter told by a second worker through another channel."""
    first = life.matter
    again = source.draw()
    again.channel = "petition" if first.channel == "hotline" else "hotline"
    again.place, again.sector, again.project = first.place, first.sector, first.project
    again.employer, again.employer_id, again.since = first.employer, first.employer_id, first.since
    again.workers, again.owed = first.workers[-1:], first.owed[-1:]
    again.listed, again.anonymous, again.known_amount = False, False, True
    again.text = f"听说已经有人反映过，{first.employer}也欠我的工资。"
    return Life(life.chronicle, again, source.child(), assisted=False)


def _others(chronicle: Chronicle, source: Source, size: Size, end: datetime) -> Iterator[tuple[datetime, Story]]:
    """Questions, and matters for other bodies: no case follows."""
    for at in arrivals(source.rng, size.consultations, end, DAYS):
        yield at, _consultation(chronicle, source.inventor.human(), *source.rng.choice(QUESTIONS))
    for at in arrivals(source.rng, size.redirected, end, DAYS):
        yield at, _redirected(chronicle, source.inventor.human(), *source.rng.choice(ELSEWHERE))


QUESTIONS = (
    ("试用期工资最低可以给多少？", "不得低于约定工资的80%，且不得低于当地最低工资标准。"),
    ("公司说年底一起发工资，合法吗？", "工资至少每月支付一次，按年支付不合法，可以随时投诉。"),
    ("离职后工资什么时候结清？", "解除或终止劳动合同时应当一次付清。"),
    ("没有签合同，能投诉欠薪吗？", "可以。请提供考勤、转账、聊天记录等能证明用工的材料。"),
    ("投诉以后多久会有人联系？", "1天内流转，流转后1天内由承办单位与您联系。"),
)
ELSEWHERE = (
    ("injury", "上班时手被机器压伤，老板不肯报工伤。"),
    ("insurance", "厂里一直没有给我们交社保。"),
    ("contract", "公司突然辞退我，没有给经济补偿。"),
    ("project_payment", "我是做工程的，甲方欠我工程款三十万。"),
)


def _consultation(chronicle: Chronicle, caller: Human, text: str, answer: str) -> Story:
    chronicle.world.do(
        "intake.consult", chronicle.staff.of("hotline_operator"), channel="hotline", text=text, answer=answer,
        name=caller.name, phone=caller.phone,
    )  # fmt: skip
    yield from ()


def _redirected(chronicle: Chronicle, caller: Human, kind: str, text: str) -> Story:
    chronicle.world.do(
        "intake.receive", chronicle.staff.of("hotline_operator"), channel="hotline", kind=kind, text=text,
        name=caller.name, phone=caller.phone, confirm_new=True,
    )  # fmt: skip
    yield from ()


@contextmanager
def one_breath() -> Iterator[None]:
    """One breath: no notices in the log, no collector that looks again at what stays, no savepoints.

    Whatever fails here undoes everything, so a savepoint in every command would only take time.
    """
    before, savepoints = logging.root.manager.disable, connection.features.uses_savepoints
    logging.disable(logging.INFO)
    connection.features.uses_savepoints = False
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        connection.features.uses_savepoints = savepoints
        logging.disable(before)
