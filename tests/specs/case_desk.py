"""A desk in Yongkang for specs of the case: somebody for every post, and a case in whatever stage is wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from anxin.foundation.access.actor import Actor, Scope
from anxin.foundation.access.roles import roles
from anxin.foundation.access.selectors import actor_for_post
from anxin.foundation.audit.commands import call
from anxin.foundation.audit.unit import unit_of_work
from anxin.foundation.directory.services import load_organisation
from anxin.foundation.duties.services import Owner, Start, start
from anxin.foundation.outbox.worker import drain
from anxin.resolution.cases.models import Case

COUNTY, TOWN, UNIT = "330784", "330784115", "330784115-town"
NOW = datetime(2023, 11, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
READY: dict[str, Any] = {
    "order_number": "永人社监令字〔2023〕第0001号",
    "order_due_on": date(2023, 10, 31),
    "order_lapsed": True,
    "withdrawal_reason": "本人来电",
    "withdrawal_genuine": True,
}
"""What fulfils the guards of every step; `pay` books what is outstanding by itself."""

MINIMAL: dict[str, dict[str, Any]] = {
    "dispatch": {},
    "redispatch": {"unit": "330784-economy", "reason": "行业主管部门办理"},
    "return": {"reason": "用工地不在本镇"},
    "contact": {"summary": "已电话告知受理"},
    "verify": {},
    "mediate": {},
    "settle": {"agreement": "永人社调字〔2023〕第0001号"},
    "escalate": {"reason": "单位负责人失联"},
    "decide_hard": {"decision": "公安协助查找负责人"},
    "order": {"order_number": "永人社监令字〔2023〕第0001号", "due_on": date(2023, 11, 10)},
    "refer": {"reference": "永人社移〔2023〕1号"},
    "pay": {"paid_on": date(2023, 11, 1)},
    "dismiss": {"ground": "not_wages", "note": "属于加工款纠纷"},
    "reply": {"text": "工资已全部到账"},
    "close": {},
    "withdraw": {},
    "reopen": {"reason": "本人补交了证据"},
    "merge": {"reason": "同一事项"},
}
"""The least each step asks for; `merge` also wants the case that stays."""


def open_up() -> None:
    """The county's places and units."""
    load_organisation(county=COUNTY, now=NOW)


def holder(post: str, *, unit: str | None = None, place: str | None = None) -> Actor:
    """Somebody who holds a post."""
    return actor_for_post(COUNTY, post, place=place, unit=unit, on=NOW.date())


def everyone() -> Actor:
    """Somebody who may do whatever any post of the county may do."""
    known = frozenset().union(*(role.permissions for role in roles(COUNTY, NOW.date()).values()))
    return Actor(None, None, "全能", COUNTY, ("arrears_office",), known, (Scope("county", f"{COUNTY}000000"),))


def without(permission: str) -> Actor:
    """Somebody who may do everything but this."""
    able = everyone()
    return replace(able, permissions=able.permissions - {permission})


def new_case(**said: Any) -> Case:
    """A complaint of the hotline that has become a case."""
    given = {"channel": "hotline", "employer": "某五金厂", "people": 2, "amount": "9000.00", "place": TOWN} | said
    told = call("intake.receive", actor=holder("hotline_operator"), now=NOW, **given)
    drain(now=NOW)
    return Case.objects.get(number=told["number"])


def put(case: Case, stage: str, **facts: Any) -> Case:
    """The case as it would stand in a stage, with everything a step may require fulfilled; its clocks untouched."""
    unit = {"unit_code": UNIT, "unit_kind": "town", "unit_name": "芝英镇劳动保障所"}
    held = {} if stage == "registered" else unit
    Case.objects.filter(pk=case.pk).update(stage=stage, **READY, **held, **facts)
    case.refresh_from_db()
    return case


def add_papers(case: Case, kinds: set[str]) -> None:
    """Put evidence of these kinds on file."""
    for kind in sorted(kinds):
        call("documents.add", actor=everyone(), now=NOW, subject=f"cases.Case:{case.pk}", kind=kind, text="材料")


def run_clocks(case: Case, rules: set[str]) -> None:
    """Start a clock of each rule on the case."""
    owner = Owner(COUNTY, f"{TOWN}000", UNIT, "town")
    with unit_of_work(actor=Actor.system(COUNTY), now=NOW):
        start(Start(rule, f"cases.Case:{case.pk}", case.number, owner, NOW, due_at=NOW) for rule in sorted(rules))


def take(verb: str, case: Case, *, actor: Actor | None = None, **given: Any) -> Any:
    """One step of the case through the one door, with the least it asks for."""
    asked = {**MINIMAL[verb], **given}
    if verb == "merge" and "into" not in asked:
        asked["into"] = new_case(employer="并入的单位").pk
    return call(f"cases.{verb}", actor=actor or everyone(), now=NOW, case=case.pk, **asked)
