"""Consequences: each happens once, whatever dies in between, and one that fails stops nothing but itself."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.unit import OutsideCommand, unit_of_work
from anxin.foundation.outbox import bus, worker
from anxin.foundation.outbox.models import Delivery, Event, Heartbeat, JobRun
from anxin.foundation.outbox.worker import LEASE, MAX_ATTEMPTS, drain, run_jobs
from tests.specs.case_desk import COUNTY
from tests.specs.drill import MatterBegan, MatterHandedUp

NOW = datetime(2023, 11, 1, 1, tzinfo=UTC)
SYSTEM = Actor(None, None, "系统", COUNTY)
Connect = Callable[..., None]

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process died here."""


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Replaces the house's consequences by those of a test."""
    before = {kind: bus.handlers_of(bus.name_of(kind)) for kind in bus.event_types()}
    yield lambda routes: bus.connect(routes)
    bus.connect(before)


def publish(happened: Any, *, now: datetime = NOW) -> None:
    with unit_of_work(actor=SYSTEM, now=now):
        bus.publish(happened)


def mark(name: str) -> None:
    """Something a handler does in the database, so that it can be undone."""
    Heartbeat.objects.create(worker=f"{name}-{Heartbeat.objects.count()}", at=NOW)


def marks() -> int:
    return Heartbeat.objects.count()


def state(number: int = 0) -> str:
    return Event.objects.order_by("pk")[number].state


def marking(happened: Any, *, actor: Actor, now: datetime) -> None:
    mark("marking")


def also_marking(happened: Any, *, actor: Actor, now: datetime) -> None:
    mark("also")


def failing(happened: Any, *, actor: Actor, now: datetime) -> None:
    mark("failing")
    raise ValueError("坏了")


def dying(happened: Any, *, actor: Actor, now: datetime) -> None:
    raise Killed


def ringing(happened: MatterBegan, *, actor: Actor, now: datetime) -> None:
    mark("ringing")
    publish(MatterBegan(happened.matter_id + 1), now=now)


def test_every_handler_hears_an_event_once_however_often_it_is_drained(connect):
    connect({MatterBegan: [marking, also_marking]})
    publish(MatterBegan(1))
    assert drain(now=NOW) == 1
    assert drain(now=NOW) == 0
    assert (marks(), state(), Delivery.objects.count()) == (2, "done", 2)


def test_the_handler_hears_what_was_said_and_acts_for_the_county(connect):
    heard: list[Any] = []
    connect({MatterBegan: [lambda happened, *, actor, now: heard.append((happened, actor.county, now))]})
    publish(MatterBegan(7))
    drain(now=NOW + timedelta(minutes=1))
    assert heard == [(MatterBegan(7), COUNTY, NOW + timedelta(minutes=1))]


def test_an_event_nobody_listens_to_is_kept_and_done(connect):
    connect({})
    publish(MatterBegan(1))
    assert (state(), drain(now=NOW)) == ("done", 0)


def test_what_a_refused_command_published_was_never_said(connect):
    connect({MatterBegan: [marking]})
    with pytest.raises(ValueError), unit_of_work(actor=SYSTEM, now=NOW):
        bus.publish(MatterBegan(1))
        raise ValueError
    assert not Event.objects.exists()


def test_events_are_published_inside_commands_only():
    with pytest.raises(OutsideCommand):
        bus.publish(MatterBegan(1))


def test_a_handler_that_fails_is_tried_again_later_and_keeps_no_other_from_hearing_once(connect, caplog):
    connect({MatterBegan: [marking, failing, also_marking]})
    publish(MatterBegan(1))
    drain(now=NOW)
    row = Event.objects.get()
    assert (marks(), row.state, row.attempts, row.error) == (2, "pending", 1, "ValueError: 坏了")
    assert row.next_at == NOW + timedelta(minutes=2)
    assert drain(now=NOW + timedelta(minutes=1)) == 0, "not before its time"
    connect({MatterBegan: [marking, also_marking]})  # the fault has been repaired; the others do not hear twice
    drain(now=NOW + timedelta(minutes=2))
    assert (marks(), state()) == (2, "done")


def test_one_that_keeps_failing_is_declared_dead_and_the_others_go_on(connect, caplog):
    connect({MatterBegan: [failing], MatterHandedUp: [marking]})
    publish(MatterBegan(1))
    publish(MatterHandedUp(2))
    now = NOW
    for _ in range(MAX_ATTEMPTS):
        drain(now=now)
        now = Event.objects.order_by("pk")[0].next_at
    dead = Event.objects.order_by("pk")[0]
    assert (dead.state, dead.attempts, state(1), marks()) == ("dead", MAX_ATTEMPTS, "done", 1)
    assert drain(now=now + timedelta(days=9)) == 0, "the dead stay dead until somebody looks"


def test_a_ring_of_consequences_ends_after_eight_stops(connect, caplog):
    connect({MatterBegan: [ringing]})
    publish(MatterBegan(0))
    drain(now=NOW)
    depths = list(Event.objects.order_by("pk").values_list("depth", flat=True))
    assert depths == list(range(bus.MAX_DEPTH + 1))
    last = Event.objects.latest("pk")
    assert last.state == "dead" and "ChainTooLong" in last.error
    assert last.cause_id == Event.objects.order_by("-pk")[1].pk
    assert marks() == bus.MAX_DEPTH, "the stop that went too far left nothing"


def test_killed_between_handler_and_receipt_it_happens_once(connect, monkeypatch):
    connect({MatterBegan: [marking]})
    publish(MatterBegan(1))

    def dies(**_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Delivery.objects, "create", dies)
        drain(now=NOW)
    assert (marks(), state()) == (0, "pending")
    assert drain(now=NOW + timedelta(seconds=1)) == 0, "the dead worker's lease still runs"
    drain(now=NOW + LEASE + timedelta(seconds=1))
    assert (marks(), state()) == (1, "done")


def test_killed_after_the_receipt_it_is_not_done_again(connect):
    connect({MatterBegan: [marking, dying]})
    publish(MatterBegan(1))
    with pytest.raises(Killed):
        drain(now=NOW)
    assert marks() == 1
    connect({MatterBegan: [marking, also_marking]})
    drain(now=NOW + LEASE + timedelta(seconds=1))
    assert (marks(), state(), Delivery.objects.count()) == (2, "done", 2)


def test_two_workers_do_not_take_the_same_event(connect):
    seen: list[int] = []

    def other_worker(happened: Any, *, actor: Actor, now: datetime) -> None:
        seen.append(drain(now=now))

    connect({MatterBegan: [other_worker]})
    publish(MatterBegan(1))
    assert (drain(now=NOW), seen) == (1, [0])


def test_events_are_heard_in_the_order_they_happened(connect):
    heard: list[int] = []
    connect({MatterBegan: [lambda happened, *, actor, now: heard.append(happened.matter_id)]})
    publish(MatterBegan(2), now=NOW + timedelta(seconds=5))
    publish(MatterBegan(1), now=NOW)
    publish(MatterBegan(3), now=NOW + timedelta(seconds=5))
    drain(now=NOW + timedelta(minutes=1))
    assert heard == [1, 2, 3]


def test_what_must_stand_or_fall_with_the_act_happens_at_once_and_undoes_it(connect, monkeypatch):
    connect({})
    monkeypatch.setattr(bus, "_at_once", {bus.name_of(MatterBegan): (marking,)})
    publish(MatterBegan(1))
    assert (marks(), state(), drain(now=NOW)) == (1, "done", 0)
    monkeypatch.setattr(bus, "_at_once", {bus.name_of(MatterBegan): (failing,)})
    with pytest.raises(ValueError, match="坏了"):
        publish(MatterBegan(2))
    assert (marks(), Event.objects.count()) == (1, 1)


def test_a_ring_within_one_act_is_refused_with_the_act(connect, monkeypatch):
    def at_once(happened: MatterBegan, *, actor: Actor, now: datetime) -> None:
        bus.publish(MatterBegan(happened.matter_id + 1))

    connect({})
    monkeypatch.setattr(bus, "_at_once", {bus.name_of(MatterBegan): (at_once,)})
    with pytest.raises(bus.ChainTooLong):
        publish(MatterBegan(0))
    assert not Event.objects.exists()


# -- scheduled jobs -----------------------------------------------------------------------------------------------


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A job every ten minutes, and one that always fails."""
    ran: list[str] = []

    def breaks(*, now: datetime) -> None:
        raise ValueError("坏了")

    known = {
        "specs.count": worker.Job("specs.count", timedelta(minutes=10), lambda *, now: ran.append("count")),
        "specs.breaks": worker.Job("specs.breaks", timedelta(minutes=10), breaks),
    }
    monkeypatch.setattr(worker, "JOBS", known)
    return ran


def test_a_job_runs_when_it_is_due_and_a_job_missed_for_days_runs_once(jobs, caplog):
    run_jobs(now=NOW)
    run_jobs(now=NOW + timedelta(minutes=9))
    assert jobs == ["count"]
    run_jobs(now=NOW + timedelta(days=3))
    assert jobs == ["count", "count"]


def test_a_job_that_breaks_leaves_its_error_and_hinders_no_other(jobs, caplog):
    assert run_jobs(now=NOW) == ["specs.count", "specs.breaks"]
    row = JobRun.objects.get(name="specs.breaks")
    assert (row.error, row.next_at) == ("ValueError: 坏了", NOW + timedelta(minutes=10))


def test_a_job_another_worker_is_running_is_left_alone(jobs):
    JobRun.objects.create(name="specs.count", next_at=NOW, lease_until=NOW + LEASE)
    run_jobs(now=NOW)
    assert jobs == []
    run_jobs(now=NOW + LEASE + timedelta(seconds=1))
    assert jobs == ["count"]
