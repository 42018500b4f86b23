"""Clocks: when they warn and lapse, who may stop or move them, and that nothing that was once owed is overwritten."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from anxin.foundation.access.actor import Actor, Scope
from anxin.foundation.audit.commands import ask, call
from anxin.foundation.audit.models import Entry
from anxin.foundation.audit.unit import unit_of_work
from anxin.foundation.duties import services
from anxin.foundation.duties.models import Duty, DutyChange
from anxin.foundation.duties.services import Owner, Start
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.foundation.outbox.models import Event
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
posts = { police = "police_liaison" }
clock = "clock.workdays"
[finish]
zh = "办结"
post = "town_handler"
at = "county"
clock = "clock.days"
"""
POLICE = '[police_liaison]\nzh = "公安联络员"\nscope = "unit"\npermissions = []\n'
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


@pytest.fixture(autouse=True)
def county(tmp_path: Path) -> Iterator[Path]:
    """The drill county with a clock of working days and one of days, under the calendars of the nation."""
    drill.write_pack(tmp_path)
    pack = tmp_path / f"cn-{drill.COUNTY}"
    (pack / "parameters" / "more.toml").write_text(CLOCKS, encoding="utf-8")
    for name, more in (("duties.toml", RULES), ("roles.toml", POLICE), ("pack.toml", 'extends = "cn"\n')):
        with (pack / name).open("a", encoding="utf-8") as file:
            file.write(more)
    with using([tmp_path]):
        yield tmp_path


def begin(rule: str, when: datetime = BEGUN, *, owner: Owner = TOWN, **given: Any) -> Duty:
    with unit_of_work(actor=office(), now=when):
        (duty,) = services.start([Start(rule, SUBJECT, "演练", owner, when, **given)])
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


# -- pausing ------------------------------------------------------------------------------------------------------


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


def test_a_duty_handed_over_keeps_its_moment():
    duty = begin("drill_answer")
    call("duties.hand_over", actor=office(), now=BEGUN, duty=duty.pk, post="arrears_office", reason="由治欠办督办")
    after = now(duty)
    assert (after.post, after.due_at, after.started_at) == ("arrears_office", duty.due_at, duty.started_at)
    assert DutyChange.objects.get(duty=duty).old["post"] == "town_handler"
    with pytest.raises(Refused, match="没有“mayor”这个岗位"):
        call("duties.hand_over", actor=office(), now=BEGUN, duty=duty.pk, post="mayor", reason="由市长督办")


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


def test_a_clock_that_enters_an_unpublished_year_is_provisional_until_the_calendar_comes(county):
    """Every day of an unknown year counts as worked: never later than the true moment."""
    duty = begin("report", at("2029-12-31T09:00:00"))
    assert (duty.provisional, duty.due_at) == (True, at("2030-01-03T23:59:59"))
    services.tick(now=at("2029-12-31T10:00:00"))
    assert now(duty).provisional and not DutyChange.objects.exists(), "still unpublished: nothing to tell"
    published = county / "published" / "cn"
    (published / "calendar").mkdir(parents=True)
    (published / "pack.toml").write_text((ROOT / "packs" / "cn" / "pack.toml").read_text(encoding="utf-8"))
    (published / "calendar" / "2030.toml").write_text(YEAR, encoding="utf-8")
    with using([county, published.parent]):
        services.tick(now=at("2029-12-31T11:00:00"))
    after, change = now(duty), DutyChange.objects.get(duty=duty)
    assert (after.provisional, after.due_at) == (False, at("2030-01-07T23:59:59")), "3 and 4 January, Monday the 7th"
    assert (change.kind, change.by) == ("recalculated", "系统")
    assert change.old["due_at"] == at("2030-01-03T23:59:59").isoformat()


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
