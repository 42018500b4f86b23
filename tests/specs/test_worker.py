"""The worker process: it does what is due, shows that it lives, and leaves when asked."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError

from anxin.entrances.commands.management.commands import work
from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.unit import unit_of_work
from anxin.foundation.outbox import bus
from anxin.foundation.outbox.worker import JOBS, last_beat
from anxin.foundation.policy.current import using
from tests.specs import drill

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def heard(db: None, tmp_path: Path) -> Iterator[list[int]]:
    """Numbers of the matters whose beginning was heard, after two of them were published."""
    numbers: list[int] = []

    def hear(happened: drill.MatterBegan, *, actor: Actor, now: object) -> None:
        numbers.append(happened.matter_id)

    before = {kind: bus.handlers_of(bus.name_of(kind)) for kind in bus.event_types()}
    bus.connect({drill.MatterBegan: [hear]})
    drill.write_pack(tmp_path)
    with using([tmp_path]):
        now = work.timezone.now()
        with unit_of_work(actor=Actor.system(drill.COUNTY), now=now):
            bus.publish(drill.MatterBegan(1))
            bus.publish(drill.MatterBegan(2))
        yield numbers
    bus.connect(before)


def test_one_pass_delivers_runs_jobs_and_beats(heard, monkeypatch):
    ran = []
    monkeypatch.setattr("anxin.foundation.outbox.worker.JOBS", {"specs.job": job(ran)})
    call_command("work", once=True)
    assert heard == [1, 2] and len(ran) == 1
    assert last_beat() is not None
    call_command("work", once=True)
    assert heard == [1, 2] and len(ran) == 1


def job(ran: list[object]) -> object:
    kind = type(next(iter(JOBS.values())))
    return kind("specs.job", work.timedelta(hours=1), lambda *, now: ran.append(now))


@pytest.mark.django_db
def test_a_database_that_is_away_for_a_moment_is_waited_for(monkeypatch):
    worker = work.Worker("specs")
    passes = []

    def once() -> None:
        passes.append(1)
        if len(passes) == 1:
            raise DatabaseError("gone")
        worker.stop(signal.SIGTERM, None)

    monkeypatch.setattr(worker, "work", once)
    monkeypatch.setattr(work, "PAUSE", 0)
    monkeypatch.setattr(work.connection, "close", lambda: None)
    monkeypatch.setattr(work, "close_old_connections", lambda: None)
    worker.run()
    assert len(passes) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path, number):
    environment = {**os.environ, "ANXIN_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "anxin.config.settings"}
    environment |= {"ANXIN_DATABASE_URL": f"sqlite:///{tmp_path}/county.sqlite3", "PYTHONPATH": str(ROOT)}
    anxin = [sys.executable, "-m", "anxin"]
    subprocess.run([*anxin, "migrate", "-v0"], env=environment, check=True, timeout=120)
    process = subprocess.Popen([*anxin, "work"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        assert "started" in process.stderr.readline()
        process.send_signal(number)
        _, told = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0, told
    assert "stopped" in told and "Traceback" not in told
