"""A room of three commands, one query and one duty, for specs of the scenario player alone."""

import itertools
from datetime import datetime
from pathlib import Path
from typing import Any

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import call, command, query, record
from anxin.foundation.duties import selectors as duties
from anxin.foundation.duties.events import DutyLapsed
from anxin.foundation.duties.services import Owner, Start, discharge, start
from anxin.foundation.kernel.errors import IllegalTransition, Refused
from anxin.foundation.kernel.money import Money, yuan
from anxin.foundation.outbox.bus import event, publish

COUNTY = "990201"
_numbers = itertools.count(1)
matters: dict[int, dict[str, Any]] = {}


@event
class MatterBegan:
    """Somebody has to answer."""

    matter_id: int


@event
class MatterHandedUp:
    """Nobody answered in time."""

    matter_id: int


@command(may="cases:handle", zh="登记演练事项")
def begin(*, actor: Actor, now: datetime, people: int, amount: Money) -> dict[str, Any]:
    number = next(_numbers)
    matters[number] = {
        "id": number, "stage": "begun", "amount": yuan(amount), "begun_at": now, "by": actor.name,
        "people": [{"name": f"工人{n}", "paid": False} for n in range(people)],
    }  # fmt: skip
    start([Start("drill_answer", f"specs.Matter:{number}", "演练", Owner(COUNTY), now)])
    record(actor=actor, verb="specs.begin", subject=f"specs.Matter:{number}")
    publish(MatterBegan(number))
    return {"id": number, "number": f"演练{number}", "stage": "begun"}


@command(may="cases:handle", zh="答复演练事项")
def answer(*, actor: Actor, now: datetime, matter: int) -> dict[str, Any]:
    row = matters[matter]
    if row["stage"] == "answered":
        raise IllegalTransition("已经答复，不能再次答复")
    if row["stage"] == "handed_up":
        raise Refused("已经上交，不能答复")
    row["stage"] = "answered"
    discharge(subject=f"specs.Matter:{matter}", rules=["drill_answer"], at=now)
    record(actor=actor, verb="specs.answer", subject=f"specs.Matter:{matter}")
    return {"stage": "answered"}


@command(may="cases:escalate", zh="上交演练事项")
def hand_up(*, actor: Actor, now: datetime, matter: int) -> None:
    matters[matter] |= {"stage": "handed_up", "handed_up_at": now}
    record(actor=actor, verb="specs.hand_up", subject=f"specs.Matter:{matter}")
    publish(MatterHandedUp(matter))


@query(may="cases:see", zh="演练事项详情")
def detail(*, actor: Actor, now: datetime, matter: int) -> dict[str, Any]:
    return matters[matter] | {"asked_by": actor.name, "duties": duties.latest_by_rule(subject=f"specs.Matter:{matter}")}


def when_lapsed(happened: DutyLapsed, *, actor: Actor, now: datetime) -> None:
    """What follows when nobody answered."""
    call("specs.hand_up", actor=actor, now=now, matter=int(happened.subject.partition(":")[2]))


ROUTES = {DutyLapsed: [when_lapsed]}

FILES = {
    "pack.toml": f'id = "cn-{COUNTY}"\nlevel = "county"\nplace = "{COUNTY}"\nzh = "演练县"\nmodel = "演练"\n',
    "roles.toml": """
[public]
zh = "群众"
scope = "public"
permissions = []
[system]
zh = "系统"
scope = "system"
permissions = ["cases:escalate"]
[town_handler]
zh = "镇街经办"
scope = "unit"
permissions = ["cases:see", "cases:handle"]
[arrears_office]
zh = "治欠办"
scope = "county"
permissions = ["cases:see"]
""",
    "duties.toml": '[drill_answer]\nzh = "答复"\npost = "town_handler"\nat = "county"\nclock = "clock.drill"\n',
    "parameters/clocks.toml": """
[clock.drill]
zh = "一天内答复"
unit = "day"
ends = "exact"
[[clock.drill.versions]]
from = 2020-01-01
value = 1
basis = "演练"
status = "verified"
[duty.warn_share]
zh = "预警"
unit = "ratio"
[[duty.warn_share.versions]]
from = 2020-01-01
value = 0.5
basis = "演练"
status = "verified"
""",
    "organisation.toml": """
places = [
  { code = "990201", name = "演练县", kind = "county" },
  { code = "990201101", name = "演练镇", kind = "town" },
]
units = [
  { code = "office", name = "演练县治欠办", kind = "office" },
  { code = "990201101-town", name = "演练镇人民政府", kind = "town", place = "990201101" },
]
""",
}


def write_pack(folder: Path) -> None:
    """The pack of the drill county, in `folder`."""
    for name, text in FILES.items():
        file = folder / f"cn-{COUNTY}" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
