"""The write gate of the embedded database: fair, bounded, and free as soon as its holder is gone."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import DEFAULT_DB_ALIAS, ConnectionHandler, OperationalError

from anxin.config.environment import database
from anxin.foundation.sqlitegate import base
from anxin.foundation.sqlitegate.versions import wal_is_safe

COUNT = """
import sys
import django
from django.conf import settings
from django.db import connection, transaction
from anxin.config.environment import database
settings.configure(USE_TZ=True, DATABASES={"default": database("sqlite:///" + sys.argv[1])})
django.setup()
for _ in range(int(sys.argv[2])):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT n FROM tally")
        n = cursor.fetchone()[0]
        cursor.execute("UPDATE tally SET n = %s", [n + 1])
"""

HOLD = """
import sys
from anxin.foundation.sqlitegate.base import Gate
gate = Gate(sys.argv[1], 5)
gate.take()
print("held", flush=True)
sys.stdin.read()
"""

Wrapper = base.DatabaseWrapper


def wrapper(file: Path | str, **options: object) -> Wrapper:
    settings = database(f"sqlite:///{file}")
    settings["OPTIONS"].update(options)
    return ConnectionHandler({DEFAULT_DB_ALIAS: settings})[DEFAULT_DB_ALIAS]


@pytest.fixture
def connect(tmp_path: Path, django_db_blocker) -> Iterator[Callable[..., Wrapper]]:
    """Opens connections of their own to one file, and closes them at the end."""
    opened: list[Wrapper] = []

    def open_one(**options: object) -> Wrapper:
        opened.append(wrapper(tmp_path / "county.sqlite3", **options))
        opened[-1].inc_thread_sharing()
        return opened[-1]

    with django_db_blocker.unblock():
        yield open_one
        for one in opened:
            one.close()


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts a process that takes the gate of the file and keeps it."""
    started: list[subprocess.Popen[str]] = []

    def hold() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD, str(tmp_path / "county.sqlite3.gate")]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def begin(connection: Wrapper) -> None:
    connection.ensure_connection()
    connection._start_transaction_under_autocommit()


def test_processes_that_write_at_once_lose_nothing(connect, tmp_path):
    with connect().cursor() as cursor:
        cursor.execute("CREATE TABLE tally (n integer)")
        cursor.execute("INSERT INTO tally VALUES (0)")
    command = [sys.executable, "-c", COUNT, str(tmp_path / "county.sqlite3"), "40"]
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [(w.communicate()[1], w.returncode) for w in writers] == [("", 0)] * 4
    with connect().cursor() as cursor:
        cursor.execute("SELECT n FROM tally")
        assert cursor.fetchone() == (160,)


def test_a_killed_holder_frees_the_gate(connect, holder):
    process = holder()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    connection = connect(timeout=5)
    begin(connection)
    assert connection._gate.held
    connection.rollback()


def test_a_gate_that_stays_shut_is_a_locked_database(connect, holder):
    holder()
    with pytest.raises(OperationalError, match="database is locked"):
        begin(connect(timeout=0.1))


def test_a_wait_given_up_does_not_keep_the_gate(connect, holder):
    process = holder()
    impatient, patient = connect(timeout=0.05), connect(timeout=5)
    with pytest.raises(OperationalError):
        begin(impatient)
    process.kill()
    process.wait()
    begin(patient)
    assert patient._gate.held and not impatient._gate.held
    patient.rollback()


def test_the_next_thread_enters_when_the_first_commits(connect):
    first, second = connect(), connect()
    begin(first)
    entered = threading.Event()
    thread = threading.Thread(target=lambda: (begin(second), entered.set()))
    thread.start()
    assert not entered.wait(0.1)
    first.commit()
    assert entered.wait(5)
    thread.join()
    second.rollback()


def test_a_savepoint_keeps_its_turn_at_the_gate_and_a_rollback_ends_it(connect):
    connection = connect()
    begin(connection)
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT inner_step")
        cursor.execute("CREATE TABLE half_done (n integer)")
        cursor.execute("ROLLBACK TO SAVEPOINT inner_step")
    assert connection._gate.held
    connection.rollback()
    assert not connection._gate.held


def test_closing_in_the_middle_opens_the_gate(connect):
    first, second = connect(), connect(timeout=1)
    begin(first)
    first.close()
    begin(second)
    second.rollback()


def test_a_refused_begin_opens_the_gate(connect):
    connection = connect(timeout=1)
    begin(connection)
    connection._gate.drop()
    with pytest.raises(OperationalError):
        begin(connection)
    assert not connection._gate.held
    connection.rollback()


def test_a_database_in_memory_has_no_gate(django_db_blocker):
    with django_db_blocker.unblock():
        connection = wrapper(":memory:")
        begin(connection)
        assert connection._gate is None
        connection.rollback()


def test_the_gate_of_a_uri_lies_beside_its_file():
    assert base.gate_path("file:/data/a%20b.sqlite3?cache=private") == "/data/a b.sqlite3.gate"


def test_only_mended_releases_may_share_a_log():
    assert wal_is_safe((3, 51, 3)) and wal_is_safe((3, 53, 4))
    assert not wal_is_safe((3, 40, 1)) and not wal_is_safe((3, 51, 2))


def test_an_old_sqlite_refuses_to_share_a_log(monkeypatch):
    monkeypatch.setattr(base, "wal_is_safe", lambda: False)
    base.refuse_unsafe_log("PRAGMA journal_mode=WAL", 1)
    base.refuse_unsafe_log("PRAGMA journal_mode=DELETE", 3)
    with pytest.raises(ImproperlyConfigured, match="older than 3.51.3"):
        base.refuse_unsafe_log("PRAGMA journal_mode = WAL; PRAGMA synchronous=FULL", 2)


def test_an_old_sqlite_is_given_a_rollback_journal(monkeypatch, tmp_path):
    monkeypatch.setattr("anxin.config.environment.wal_is_safe", lambda: False)
    assert "journal_mode=DELETE" in database(f"sqlite:///{tmp_path}/a")["OPTIONS"]["init_command"]
