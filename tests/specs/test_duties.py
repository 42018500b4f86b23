"""Clocks: when they warn and lapse, who may stop or move them, and that nothing that was once owed is overwritten."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from anxin.foundation.access.actor import Actor, Scope
from anxin.foundation.audit.commands import ask, call
from anxin.foundation.audit.models import Entry
from anxin.foundation.audit.unit import unit_of_work
from anxin.foundation.directory.services import load_organisation, save_units
from anxin.foundation.duties import services
from anxin.foundation.duties.models import Duty, DutyChange
from anxin.foundation.duties.services import Owner, Start
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.foundation.outbox.models import Event, JobRun
from anxin.foundation.outbox.worker import run_jobs
from anxin.foundation.policy.current import using
from anxin.foundation.workdays.calendar import CHINA
from tests.specs import drill

ROOT = Path(__file__).resolve().parents[2]

SUBJECT = "specs.Matter:1"
CLOCKS = """
[clock.workdays]
zh = "三个工作日"
unit = "workday"
ends = "end_of_day"
[[clock.workdays.versions]]
from = 2020-01-01
value = 3
basis = "演练"
status = "verified"
[clock.days]
zh = "七天"
unit = "day"
ends = "end_of_day"
[[clock.days.versions]]
from = 2020-01-01
value = 7
basis = "演练"
status = "verified"
"""
RULES = """
[report]
zh = "反馈"
post = "town_handler"
at = "unit"
posts = { town = "town_handler", police = "police_liaison" }
clock = "clock.workdays"
[finish]
zh = "办结"
post = "town_handler"
at = "county"
clock = "clock.days"
"""
POSTS = """
[police_liaison]
zh = "公安联络员"
scope = "unit"
permissions = []
[grid_officer]
zh = "网格员"
scope = "grid"
permissions = []
"""
YEAR = 'year = 2030\nbasis = "演练"\nstatus = "verified"\noff = [2030-01-01, 2030-01-02]\nworked = []\nstatutory = []\n'
TOWN = Owner(drill.COUNTY, f"{drill.COUNTY}101000", "990201101-town", "town")
MAY = frozenset({"duties:pause", "duties:extend", "duties:hand_over", "duties:see"})

pytestmark = pytest.mark.django_db


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


BEGUN = at("2023-11-01T09:00:00")  # a Wednesday


def office(*permissions: str) -> Actor:
    held = frozenset(permissions) or MAY
    return Actor(1, 1, "陈主任", drill.COUNTY, ("arrears_office",), held, (Scope("county", "990201000000"),))


UNITS = [
    {"code": "990201-police", "name": "演练县公安局", "kind": "police"},
    {"code": "990201-mediation", "name": "演练县调解中心", "kind": "mediation"},
]


def organise() -> None:
    """The places and units of the drill county, with a police and a mediation centre."""
    load_organisation(county=drill.COUNTY, now=BEGUN)
    save_units(county=drill.COUNTY, rows=UNITS)


@pytest.fixture(autouse=True)
def county(tmp_path: Path) -> Iterator[Path]:
    """The drill county with a clock of working days and one of days, under the calendars of the nation."""
    drill.write_pack(tmp_path)
    pack = tmp_path / f"cn-{drill.COUNTY}"
    (pack / "parameters" / "more.toml").write_text(CLOCKS, encoding="utf-8")
    for name, more in (("duties.toml", RULES), ("roles.toml", POSTS), ("pack.toml", 'extends = "cn"\n')):
        with (pack / name).open("a", encoding="utf-8") as file:
            file.write(more)
    with using([tmp_path]):
        yield tmp_path


def begin(
    rule: str, when: datetime = BEGUN, *, owner: Owner = TOWN, subject: str = SUBJECT, keep: bool = False, **given: Any
) -> Duty:
    with unit_of_work(actor=office(), now=when):
        (duty,) = services.start([Start(rule, subject, "演练", owner, when, **given)], keep=keep)
    return duty


def discharge(rule: str, when: datetime) -> Duty:
    with unit_of_work(actor=office(), now=when):
        services.discharge(subject=SUBJECT, rules=[rule], at=when)
    return Duty.objects.get(subject=SUBJECT, rule=rule)


def now(duty: Duty) -> Duty:
    return Duty.objects.get(pk=duty.pk)


def happened() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("name", flat=True))


# -- running out --------------------------------------------------------------------------------------------------


def test_a_clock_shows_who_owes_what_by_when_and_on_what_basis():
    duty = begin("report", at("2023-09-28T09:00:00"))
    assert (duty.title, duty.post, duty.unit_code, duty.state) == ("反馈", "town_handler", "990201101-town", "open")
    assert duty.due_at == at("2023-10-09T23:59:59"), "a week off, then a make-up Saturday, a make-up Sunday, Monday"
    assert duty.receipt["term"] == "clock.workdays" and duty.receipt["basis"] == "演练"
    assert not duty.provisional


def test_a_duty_of_the_county_is_owed_by_no_unit_and_the_kind_of_unit_may_name_another_post():
    assert (begin("finish").unit_code, begin("finish").town_code) == ("", "")
    police = Owner(drill.COUNTY, "", "990201-police", "police")
    assert begin("report", owner=police).post == "police_liaison"


def test_the_warning_comes_when_the_share_of_the_pack_is_used_and_not_a_second_before():
    duty = begin("drill_answer")
    half = BEGUN + timedelta(hours=12)
    services.tick(now=half - timedelta(seconds=1))
    assert now(duty).warned_at is None and happened() == []
    services.tick(now=half)
    assert now(duty).warned_at == half and happened() == ["duties.DutyWarned"]
    services.tick(now=half + timedelta(hours=1))
    assert happened() == ["duties.DutyWarned"], "one warning is enough"


def test_the_last_second_is_still_in_time():
    duty = begin("drill_answer")
    due = BEGUN + timedelta(days=1)
    services.tick(now=due)
    assert now(duty).state == "open"
    services.tick(now=due + timedelta(seconds=1))
    assert (now(duty).state, now(duty).lapsed_at) == ("lapsed", due)


def test_a_worker_that_slept_three_days_stamps_the_true_moments():
    duty = begin("drill_answer")
    services.tick(now=BEGUN + timedelta(days=4))
    woken = now(duty)
    assert (woken.warned_at, woken.lapsed_at) == (BEGUN + timedelta(hours=12), BEGUN + timedelta(days=1))
    assert happened() == ["duties.DutyWarned", "duties.DutyLapsed"]
    services.tick(now=BEGUN + timedelta(days=5))
    assert happened() == ["duties.DutyWarned", "duties.DutyLapsed"], "nothing lapses twice"


def test_what_is_done_in_time_is_not_late_and_what_is_done_late_stays_late():
    begin("drill_answer")
    done = discharge("drill_answer", BEGUN + timedelta(days=1))
    assert (done.state, done.late, done.ended_at) == ("discharged", False, BEGUN + timedelta(days=1))
    Duty.objects.all().delete()
    begin("drill_answer")
    services.tick(now=BEGUN + timedelta(days=2))
    done = discharge("drill_answer", BEGUN + timedelta(days=3))
    assert (done.state, done.late, done.lapsed_at) == ("discharged", True, BEGUN + timedelta(days=1))


def test_what_is_done_late_is_late_even_if_no_worker_saw_it_lapse():
    begin("drill_answer")
    assert discharge("drill_answer", BEGUN + timedelta(days=1, seconds=1)).late


def test_one_unit_can_be_done_while_the_others_go_on():
    other = begin("report", owner=Owner(drill.COUNTY, "", "990201-police", "police"))
    begin("report")
    with unit_of_work(actor=office(), now=BEGUN):
        assert services.discharge(subject=SUBJECT, rules=["report"], at=BEGUN, unit="990201101-town") == 1
    assert now(other).state == "open"
    assert services.is_live(subject=SUBJECT, rule="report", unit="990201-police")
    assert not services.is_live(subject=SUBJECT, rule="report", unit="990201101-town")


def test_what_lapsed_before_it_was_paused_is_late_and_what_was_paused_in_time_is_not():
    duty = begin("drill_answer")
    services.tick(now=BEGUN + timedelta(days=2))
    paused(duty, BEGUN + timedelta(days=2))
    assert discharge("drill_answer", BEGUN + timedelta(days=3)).late
    Duty.objects.update(subject="specs.Matter:2")
    paused(begin("drill_answer"), BEGUN + timedelta(hours=20))
    assert not discharge("drill_answer", BEGUN + timedelta(days=3)).late


def test_what_ran_out_before_it_was_paused_is_late_even_if_no_worker_saw_it_lapse():
    paused(begin("drill_answer"), BEGUN + timedelta(days=1, seconds=1))
    assert discharge("drill_answer", BEGUN + timedelta(days=3)).late


def test_one_duty_that_is_stuck_is_named_and_does_not_hold_up_the_others():
    stuck, other = begin("drill_answer", due_at=BEGUN + timedelta(hours=1)), begin("drill_answer")
    Duty.objects.filter(pk=stuck.pk).update(county_code="999999")
    run_jobs(now=BEGUN + timedelta(days=2))
    assert (now(stuck).state, now(other).state) == ("open", "lapsed")
    assert happened() == ["duties.DutyWarned", "duties.DutyLapsed"]
    error = JobRun.objects.get(name="duties.tick").error
    assert "1 项职责未能推进" in error and f"#{stuck.pk} 答复 {SUBJECT}" in error and "999999" in error


# -- pausing ------------------------------------------------------------------------------------------------------


def paused(duty: Duty, when: datetime) -> Any:
    return call("duties.pause", actor=office(), now=when, duty=duty.pk, reason="等候鉴定")


def test_a_pause_stops_the_clock_and_what_was_paused_is_given_back():
    duty = begin("drill_answer")
    call("duties.pause", actor=office(), now=BEGUN + timedelta(hours=10), duty=duty.pk, reason="等候鉴定")
    services.tick(now=BEGUN + timedelta(days=9))
    assert now(duty).state == "paused" and happened() == [], "a paused clock neither warns nor lapses"
    call("duties.resume", actor=office(), now=BEGUN + timedelta(hours=15), duty=duty.pk, reason="鉴定完成")
    assert (now(duty).state, now(duty).due_at) == ("open", BEGUN + timedelta(hours=29))


def test_a_pause_of_a_workday_clock_gives_back_working_days():
    duty = begin("report")
    call("duties.pause", actor=office(), now=at("2023-11-02T10:00:00"), duty=duty.pk, reason="等候鉴定")
    call("duties.resume", actor=office(), now=at("2023-11-07T10:00:00"), duty=duty.pk, reason="鉴定完成")
    # Friday, Monday and Tuesday passed: three working days after Monday the 6th
    assert now(duty).due_at == at("2023-11-09T23:59:59")


def test_a_pause_gives_nothing_back_to_what_had_already_lapsed():
    duty = begin("drill_answer")
    services.tick(now=BEGUN + timedelta(days=2))
    call("duties.pause", actor=office(), now=BEGUN + timedelta(days=2), duty=duty.pk, reason="等候鉴定")
    call("duties.resume", actor=office(), now=BEGUN + timedelta(days=5), duty=duty.pk, reason="鉴定完成")
    services.tick(now=BEGUN + timedelta(days=5))
    after = now(duty)
    assert (after.state, after.due_at, after.lapsed_at) == ("lapsed", BEGUN + timedelta(days=1), after.due_at)
    assert happened().count("duties.DutyLapsed") == 1, "nobody is told twice of the same lapse"


def test_what_cannot_be_paused_or_resumed_is_refused():
    duty = begin("drill_answer")
    with pytest.raises(Refused, match="没有暂停"):
        call("duties.resume", actor=office(), now=BEGUN, duty=duty.pk, reason="鉴定完成")
    with pytest.raises(BadInput):
        call("duties.pause", actor=office(), now=BEGUN, duty=duty.pk, reason="")
    discharge("drill_answer", BEGUN)
    with pytest.raises(Refused, match="已完成，不能暂停"):
        call("duties.pause", actor=office(), now=BEGUN, duty=duty.pk, reason="等候鉴定")


# -- extending and handing over -----------------------------------------------------------------------------------


def extended(duty: Duty, due_at: datetime, when: datetime = BEGUN, **given: Any) -> Any:
    said = {"reason": "案情复杂", "approver": "王局长", "document": "永人社延〔2023〕1号"} | given
    return call("duties.extend", actor=office(), now=when, duty=duty.pk, due_at=due_at, **said)


def test_an_extension_names_its_approver_and_keeps_the_old_moment():
    duty = begin("drill_answer")
    later = BEGUN + timedelta(days=5)
    extended(duty, later)
    change = DutyChange.objects.get(duty=duty)
    assert now(duty).due_at == later
    assert (change.kind, change.approver, change.document) == ("extended", "王局长", "永人社延〔2023〕1号")
    assert change.old == {"due_at": (BEGUN + timedelta(days=1)).isoformat()}
    assert change.new == {"due_at": later.isoformat()}


def test_a_moment_is_never_moved_earlier_and_never_without_an_approver():
    duty = begin("drill_answer")
    with pytest.raises(Refused, match="必须晚于原期限"):
        extended(duty, BEGUN + timedelta(hours=23))
    with pytest.raises(BadInput):
        extended(duty, BEGUN + timedelta(days=5), approver="")
    with pytest.raises(Refused, match="必须晚于现在"):
        extended(duty, BEGUN + timedelta(days=2), when=BEGUN + timedelta(days=3))
    assert not DutyChange.objects.exists()


def test_a_lapsed_duty_that_is_extended_runs_and_warns_again():
    duty = begin("drill_answer")
    services.tick(now=BEGUN + timedelta(days=2))
    extended(duty, BEGUN + timedelta(days=10), when=BEGUN + timedelta(days=2))
    assert (now(duty).state, now(duty).warned_at) == ("open", None)
    services.tick(now=BEGUN + timedelta(days=5))
    assert now(duty).warned_at == BEGUN + timedelta(days=5)


def handed_over(duty: Duty, post: str, **given: Any) -> Any:
    return call("duties.hand_over", actor=office(), now=BEGUN, duty=duty.pk, post=post, reason="由治欠办督办", **given)


def moved_to(owner: Owner) -> None:
    with unit_of_work(actor=office(), now=BEGUN):
        services.move(actor=office(), subject=SUBJECT, rules=["report"], owner=owner, now=BEGUN, reason="二次分派")


def test_a_duty_handed_over_keeps_its_moment():
    duty = begin("drill_answer")
    call("duties.hand_over", actor=office(), now=BEGUN, duty=duty.pk, post="arrears_office", reason="由治欠办督办")
    after = now(duty)
    assert (after.post, after.due_at, after.started_at) == ("arrears_office", duty.due_at, duty.started_at)
    assert DutyChange.objects.get(duty=duty).old["post"] == "town_handler"
    with pytest.raises(Refused, match="没有“mayor”这个岗位"):
        call("duties.hand_over", actor=office(), now=BEGUN, duty=duty.pk, post="mayor", reason="由市长督办")


@pytest.mark.parametrize(
    ("post", "unit", "why"),
    [
        ("public", "", "“群众”不能承办职责，请选择县级岗位或承办单位的岗位"),
        ("system", "990201101-town", "“系统”不能承办职责"),
        ("grid_officer", "990201101-town", "“网格员”不能承办职责"),
        ("arrears_office", "nope", "本县没有代码为“nope”的单位，请从单位表中选择"),
        ("town_handler", "990201-mediation", "调解组织不能承办“反馈”，请选择镇街（开发区）或公安机关"),
    ],
)
def test_a_duty_is_not_handed_to_where_nobody_would_see_it(post, unit, why):
    organise()
    duty = begin("report")
    with pytest.raises(Refused, match=why):
        handed_over(duty, post, unit=unit)
    assert (now(duty).post, now(duty).unit_code) == (duty.post, duty.unit_code) and not DutyChange.objects.exists()


def test_a_duty_of_the_county_goes_to_a_post_of_a_unit_only_together_with_the_unit():
    organise()
    duty = begin("finish")
    with pytest.raises(Refused, match="“公安联络员”只办理本单位的事项，请同时选择单位"):
        handed_over(duty, "police_liaison")
    handed_over(duty, "police_liaison", unit="990201-police")
    assert (now(duty).post, now(duty).unit_code) == ("police_liaison", "990201-police")


def test_a_duty_is_handed_to_another_unit_that_can_owe_it():
    organise()
    duty = begin("report")
    handed_over(duty, "police_liaison", unit="990201-police")
    assert (now(duty).post, now(duty).unit_code) == ("police_liaison", "990201-police")


def test_a_kind_of_unit_that_no_post_of_the_rule_serves_can_neither_be_given_the_duty_nor_take_it_over():
    organise()
    centre = Owner(drill.COUNTY, "", "990201-mediation", "mediation")
    with pytest.raises(Refused, match="调解组织不能承办“反馈”，请选择镇街（开发区）或公安机关"):
        begin("report", owner=centre)
    assert not Duty.objects.exists()
    duty = begin("report")
    with pytest.raises(Refused, match="调解组织不能承办“反馈”"):
        moved_to(centre)
    moved_to(Owner(drill.COUNTY, "", "990201-police", "police"))
    assert (now(duty).post, now(duty).unit_code, now(duty).due_at) == ("police_liaison", "990201-police", duty.due_at)


def test_one_can_ask_beforehand_whether_a_kind_of_unit_can_owe_an_act():
    def able(rule: str, kind: str) -> bool:
        return services.can_owe(rule, county=drill.COUNTY, unit_kind=kind, on=BEGUN.date())

    assert able("report", "town") and able("report", "police") and not able("report", "mediation")
    assert able("report", ""), "a matter that no unit has yet is owed by the rule's own post"
    assert able("finish", "mediation"), "what the county owes does not depend on the unit"


def test_in_the_packs_of_the_nation_the_police_assist_but_do_not_settle():
    def police_can(rule: str) -> bool:
        return services.can_owe(rule, county="330784", unit_kind="police", on=BEGUN.date())

    with using([ROOT / "packs"]):
        assert police_can("joint_assist") and not police_can("contact") and not police_can("settle")


def test_each_change_needs_its_permission_and_its_reach():
    duty = begin("drill_answer")
    neighbour = Actor(2, 2, "邻县", "990202", (), MAY, (Scope("county", "990202000000"),))
    acts = {
        "duties.pause": {"reason": "等候鉴定"},
        "duties.resume": {"reason": "鉴定完成"},
        "duties.extend": {"due_at": BEGUN + timedelta(days=5), "reason": "案情复杂", "approver": "王局长"},
        "duties.hand_over": {"post": "arrears_office", "reason": "由治欠办督办"},
    }
    for act, given in acts.items():
        for somebody in (neighbour, office("cases:see")):
            with pytest.raises(Denied):
                call(act, actor=somebody, now=BEGUN, duty=duty.pk, **given)


def test_the_room_of_the_subject_is_told_of_every_moment_that_has_moved():
    duty = begin("drill_answer")
    paused(duty, BEGUN + timedelta(hours=10))
    assert happened() == [], "a pause alone moves no moment"
    call("duties.resume", actor=office(), now=BEGUN + timedelta(hours=15), duty=duty.pk, reason="鉴定完成")
    extended(duty, BEGUN + timedelta(days=5))
    told = [{"duty_id": duty.pk, "rule": "drill_answer", "subject": SUBJECT, "due_at": due.isoformat()}
            for due in (BEGUN + timedelta(hours=29), BEGUN + timedelta(days=5))]  # fmt: skip
    assert list(Event.objects.order_by("pk").values_list("name", "payload")) == [("duties.DutyMoved", t) for t in told]


# -- starting anew -----------------------------------------------------------------------------------------------


def given_back(when: datetime) -> None:
    with unit_of_work(actor=office(), now=when):
        services.cancel(subject=SUBJECT, rules=["drill_answer"], at=when)


def test_a_clock_started_anew_keeps_the_extension_that_was_approved_before_the_return():
    extended(begin("drill_answer"), BEGUN + timedelta(days=9))
    given_back(BEGUN + timedelta(hours=2))
    again = begin("drill_answer", BEGUN + timedelta(hours=3), keep=True)
    assert (now(again).due_at, again.due_at) == (BEGUN + timedelta(days=9), BEGUN + timedelta(days=9))
    assert now(again).warn_at == BEGUN + timedelta(hours=3) + (timedelta(days=9) - timedelta(hours=3)) / 2
    change = DutyChange.objects.get(duty=again)
    assert (change.kind, change.approver, change.document) == ("extended", "王局长", "永人社延〔2023〕1号")
    assert change.old == {"due_at": (BEGUN + timedelta(hours=27)).isoformat()}
    given_back(BEGUN + timedelta(hours=4))
    third = begin("drill_answer", BEGUN + timedelta(hours=5), keep=True)
    assert third.due_at == BEGUN + timedelta(days=9), "nor does a second return lose it"


def test_a_clock_started_anew_runs_by_itself_when_that_is_later_or_nothing_was_extended_or_nobody_asks_to_keep():
    begin("drill_answer", due_at=BEGUN + timedelta(days=30))
    given_back(BEGUN)
    assert begin("drill_answer", keep=True).due_at == BEGUN + timedelta(days=1), "set, but never extended"
    given_back(BEGUN)
    extended(begin("drill_answer"), BEGUN + timedelta(days=2))
    given_back(BEGUN)
    later = BEGUN + timedelta(days=5)
    assert begin("drill_answer", later, keep=True).due_at == later + timedelta(days=1)
    assert begin("drill_answer").due_at == BEGUN + timedelta(days=1)
    assert begin("drill_answer", subject="specs.Matter:2", keep=True).due_at == BEGUN + timedelta(days=1)


# -- changes of class and of calendar -----------------------------------------------------------------------------


def test_a_change_of_class_runs_by_the_other_clock_from_the_same_start():
    duty = begin("finish")
    with unit_of_work(actor=office(), now=at("2023-11-03T09:00:00")) as unit:
        services.reclock(
            actor=office(), subject=SUBJECT, rule="finish", clock="clock.workdays", now=unit.now, reason="改为简易"
        )
    after, change = now(duty), DutyChange.objects.get(duty=duty)
    assert (after.started_at, after.due_at) == (BEGUN, at("2023-11-06T23:59:59"))
    assert after.receipt["term"] == "clock.workdays"
    assert (change.kind, change.reason) == ("reclassified", "改为简易")
    assert change.old["due_at"] == at("2023-11-08T23:59:59").isoformat()


def test_a_change_of_class_does_not_take_back_a_pause():
    duty = begin("finish")
    call("duties.pause", actor=office(), now=at("2023-11-02T10:00:00"), duty=duty.pk, reason="等候鉴定")
    with unit_of_work(actor=office(), now=at("2023-11-03T09:00:00")) as unit:
        services.reclock(
            actor=office(), subject=SUBJECT, rule="finish", clock="clock.workdays", now=unit.now, reason="改为简易"
        )
    assert now(duty).state == "paused"
    call("duties.resume", actor=office(), now=at("2023-11-07T10:00:00"), duty=duty.pk, reason="鉴定完成")
    assert now(duty).due_at == at("2023-11-09T23:59:59"), "three working days had been paused"
    with unit_of_work(actor=office(), now=at("2023-11-08T09:00:00")) as unit:
        services.reclock(
            actor=office(), subject=SUBJECT, rule="finish", clock="clock.days", now=unit.now, reason="改回一般"
        )
    assert now(duty).due_at == at("2023-11-13T23:59:59"), "seven days from the start, and the five that were paused"


def reclocked(clock: str, when: datetime) -> None:
    with unit_of_work(actor=office(), now=when):
        services.reclock(actor=office(), subject=SUBJECT, rule="finish", clock=clock, now=when, reason="改类")


def test_a_change_of_class_does_not_take_back_an_extension_nor_the_pause_after_it():
    duty = begin("finish")
    extended(duty, at("2024-03-01T23:59:59"))
    reclocked("clock.workdays", at("2023-11-03T09:00:00"))
    assert now(duty).due_at == at("2024-03-01T23:59:59")
    paused(duty, at("2023-11-06T10:00:00"))
    call("duties.resume", actor=office(), now=at("2023-11-08T10:00:00"), duty=duty.pk, reason="鉴定完成")
    reclocked("clock.days", at("2023-11-09T09:00:00"))
    assert now(duty).due_at == at("2024-03-03T23:59:59"), "and the two days that were paused after it"


def published_2030(county: Path) -> list[Path]:
    published = county / "published" / "cn"
    (published / "calendar").mkdir(parents=True)
    (published / "pack.toml").write_text((ROOT / "packs" / "cn" / "pack.toml").read_text(encoding="utf-8"))
    (published / "calendar" / "2030.toml").write_text(YEAR, encoding="utf-8")
    return [county, published.parent]


def test_a_clock_that_enters_an_unpublished_year_is_provisional_until_the_calendar_comes(county):
    """Every day of an unknown year counts as worked: never later than the true moment."""
    duty = begin("report", at("2029-12-31T09:00:00"))
    assert (duty.provisional, duty.due_at) == (True, at("2030-01-03T23:59:59"))
    services.tick(now=at("2029-12-31T10:00:00"))
    assert now(duty).provisional and not DutyChange.objects.exists(), "still unpublished: nothing to tell"
    with using(published_2030(county)):
        services.tick(now=at("2029-12-31T11:00:00"))
    after, change = now(duty), DutyChange.objects.get(duty=duty)
    assert (after.provisional, after.due_at) == (False, at("2030-01-07T23:59:59")), "3 and 4 January, Monday the 7th"
    assert (change.kind, change.by) == ("recalculated", "系统")
    assert change.old["due_at"] == at("2030-01-03T23:59:59").isoformat()
    moved = Event.objects.get(name="duties.DutyMoved").payload
    assert (moved["duty_id"], moved["due_at"]) == (duty.pk, at("2030-01-07T23:59:59").isoformat())


def meanwhile_done(rule: str, when: datetime, act: Callable[[], Any]) -> None:
    """Let somebody else discharge the duty in a transaction that commits while `act` is under way."""
    written = threading.Event()

    def other() -> None:
        try:
            with unit_of_work(actor=office(), now=when):
                services.discharge(subject=SUBJECT, rules=[rule], at=when)
                written.set()
                time.sleep(0.5)
        finally:
            written.set()
            connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    written.wait()
    act()
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_what_is_done_while_the_calendar_is_read_stays_done(county):
    duty, when = begin("report", at("2029-12-31T09:00:00")), at("2029-12-31T11:00:00")
    with using(published_2030(county)):
        meanwhile_done("report", when, lambda: services.tick(now=when))
    assert now(duty).state == "discharged" and not DutyChange.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_done_while_its_class_changes_stays_done():
    duty, when = begin("finish"), at("2023-11-03T09:00:00")
    meanwhile_done("finish", when, lambda: reclocked("clock.workdays", when))
    assert now(duty).state == "discharged" and not DutyChange.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_done_while_it_is_moved_to_another_unit_stays_where_it_was_done():
    duty = begin("report")
    police = Owner(drill.COUNTY, "", "990201-police", "police")
    meanwhile_done("report", BEGUN, lambda: moved_to(police))
    assert (now(duty).state, now(duty).post) == ("discharged", "town_handler") and not DutyChange.objects.exists()


# -- history ------------------------------------------------------------------------------------------------------


def test_history_grows_and_is_never_overwritten():
    duty = begin("drill_answer")
    call("duties.pause", actor=office(), now=BEGUN + timedelta(hours=1), duty=duty.pk, reason="等候鉴定")
    call("duties.resume", actor=office(), now=BEGUN + timedelta(hours=2), duty=duty.pk, reason="鉴定完成")
    extended(duty, BEGUN + timedelta(days=5))
    extended(duty, BEGUN + timedelta(days=9), reason="再次延期")
    call("duties.hand_over", actor=office(), now=BEGUN, duty=duty.pk, post="arrears_office", reason="由治欠办督办")
    kinds = list(DutyChange.objects.filter(duty=duty).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["paused", "resumed", "extended", "extended", "handed_over"]
    moves = list(DutyChange.objects.filter(duty=duty, kind="extended").order_by("pk"))
    assert moves[0].new["due_at"] == moves[1].old["due_at"], "each change begins where the one before ended"
    assert Entry.objects.filter(subject=SUBJECT).count() == 5


def test_changed_rules_do_not_touch_what_is_already_running(county):
    duty = begin("drill_answer")
    parameters = county / f"cn-{drill.COUNTY}" / "parameters" / "clocks.toml"
    more = '[[clock.drill.versions]]\nfrom = 2023-11-02\nvalue = 5\nbasis = "新规"\nstatus = "verified"\n'
    text = parameters.read_text(encoding="utf-8").replace("[duty.warn_share]", f"{more}[duty.warn_share]")
    parameters.write_text(text, encoding="utf-8")
    with using([county, county]):
        services.tick(now=BEGUN + timedelta(hours=1))
        assert (now(duty).due_at, now(duty).receipt["basis"]) == (BEGUN + timedelta(days=1), "演练")
        assert begin("drill_answer", BEGUN + timedelta(days=1)).receipt["basis"] == "新规"


def test_my_queue_is_soonest_first_and_pages_by_key():
    for hours in (30, 10, 20):
        begin("finish", due_at=BEGUN + timedelta(hours=hours))
    handler = Actor(1, 1, "王调解", drill.COUNTY, ("town_handler",), MAY, (Scope("county", "990201000000"),))
    first = ask("duties.mine", actor=handler, now=BEGUN, limit=2)
    assert [row["due_at"] for row in first["rows"]] == [BEGUN + timedelta(hours=h) for h in (10, 20)]
    assert first["more"]
    last = first["rows"][-1]
    rest = ask("duties.mine", actor=handler, now=BEGUN, limit=2, after_due=last["due_at"], after_id=last["id"])
    assert [row["due_at"] for row in rest["rows"]] == [BEGUN + timedelta(hours=30)] and not rest["more"]
    late = ask("duties.mine", actor=handler, now=BEGUN + timedelta(hours=15), overdue=True)
    assert [row["due_at"] for row in late["rows"]] == [BEGUN + timedelta(hours=10)]
