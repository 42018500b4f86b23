"""A house of its own: database, data directory, web server and worker as `script/server` starts them, on loopback.

Only processes started here are ended here, each by its own process group.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests import postgres

ROOT = Path(__file__).resolve().parents[2]
COUNTY = "330784"
PATIENCE = 60.0
"""Seconds after which waiting for a condition is a failure."""
GLANCE = 0.02
"""Seconds between two looks at a condition."""


def until(what: str, holds: Callable[[], Any], *, seconds: float = PATIENCE) -> Any:
    """Wait until `holds()` is true and return what it said; fails with `what` after `seconds`."""
    end = time.monotonic() + seconds
    while not (said := holds()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(GLANCE)
    return said


def free_port() -> int:
    """A port of the loopback interface that nobody uses now."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


class House:
    """One installation. `environment` is what every one of its processes gets."""

    def __init__(self, home: Path, url: str, **environment: str) -> None:
        self.home, self.url = home, url
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.running: list[subprocess.Popen[bytes]] = []
        home.mkdir(parents=True, exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANXIN_", "DJANGO_"))}
        self.environment = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "anxin.config.settings",
            "ANXIN_DATA_DIR": str(home),
            "ANXIN_DATABASE_URL": url,
            "ANXIN_SECRET_KEY": "only-for-tests-of-real-processes",
            "ANXIN_COUNTY": COUNTY,
            "ANXIN_DEMO": "0",
            **environment,
        }

    # ── one-off commands ─────────────────────────────────────────────────────────────────────────────────────────

    def run(self, *arguments: str) -> str:
        """Run `python …` to its end and return what it printed; fails with what it complained of."""
        done = subprocess.run([sys.executable, *arguments], env=self.environment, capture_output=True, cwd=ROOT)
        assert done.returncode == 0, done.stderr.decode()[-4000:] or done.returncode
        return done.stdout.decode()

    def anxin(self, *arguments: str) -> str:
        """Run one `anxin` command."""
        return self.run("-m", "anxin", *arguments)

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `python …` beside others, with pipes to talk to it."""
        process = subprocess.Popen(
            [sys.executable, *arguments], env=self.environment, cwd=ROOT, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log("helpers"),
        )  # fmt: skip
        self.running.append(process)
        return process

    # ── server and worker ────────────────────────────────────────────────────────────────────────────────────────

    def start(self, *, worker: bool = True) -> None:
        """Start the web server, and the worker, as `script/server` does; returns when the server answers."""
        self.serve()
        if worker:
            self.work()

    def serve(self) -> None:
        """Start the web server and wait until it answers."""
        log = self._log("web")
        options = ["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "0"]
        options += ["--no-control-socket", "--log-level", "warning", "--bind", f"127.0.0.1:{self.port}"]
        web = self._spawn(["-m", "gunicorn", "anxin.config.wsgi", *options], log)
        until(f"the server answers; see {self.home}/web.log", lambda: web.poll() is not None or self.answers())
        assert web.poll() is None, (self.home / "web.log").read_text()[-4000:]

    def work(self) -> None:
        """Start the worker."""
        self._spawn(["-m", "anxin", "work"], self._log("worker"))

    def answers(self) -> bool:
        """Whether /healthz says 200."""
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                f"{self.address}/healthz", timeout=5
            ):
                return True
        except (OSError, urllib.error.URLError):
            return False

    def kill(self) -> None:
        """SIGKILL to everything that runs, children included: nobody gets to tidy up."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask everything that runs to leave."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        for process in self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        for process in self.running:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    with contextlib.suppress(OSError):
                        pipe.close()
        self.running = []

    def _spawn(self, arguments: list[str], log: Any) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, *arguments], env=self.environment, cwd=ROOT, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        self.running.append(process)
        return process

    def _log(self, name: str) -> Any:
        with open(self.home / f"{name}.log", "ab") as log:
            return os.fdopen(os.dup(log.fileno()), "ab")

    # ── the database as it is on the disk ────────────────────────────────────────────────────────────────────────

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database answers to plain SQL, past the house's own code."""
        with contextlib.closing(connect(self.url)) as connection:
            cursor = connection.cursor()
            cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()]

    def one(self, statement: str) -> Any:
        """The only value of the only row."""
        return self.rows(statement)[0][0]


def connect(url: str) -> Any:
    """A plain connection to the database of a URL."""
    if url.startswith("sqlite:"):
        import sqlite3

        return sqlite3.connect(url.removeprefix("sqlite:///"))
    import psycopg

    return psycopg.connect(url, autocommit=True)


# ── one prepared county, copied for every test ───────────────────────────────────────────────────────────────────────


class Sqlite:
    """Prepared once; every test gets a copy of the file."""

    name = "sqlite"

    def __init__(self, home: Path) -> None:
        self.blank = home / "blank.sqlite3"

    @property
    def url(self) -> str:
        """The database to prepare."""
        return f"sqlite:///{self.blank}"

    def copy(self, home: Path) -> str:
        """A copy of the prepared database, in `home`."""
        home.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(connect(self.url)) as one:
            one.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(self.blank, home / "county.sqlite3")
        return f"sqlite:///{home / 'county.sqlite3'}"

    def crash(self) -> None:
        """There is no server to stop: SQLite dies with the process that uses it."""

    def recover(self) -> None:
        """Nor one to start."""


class Postgresql:
    """A durable cluster; every test gets a copy of the prepared database."""

    name = "postgresql"

    def __init__(self, cluster: str) -> None:
        self.cluster = cluster
        self.socket = Path(unquote(parse_qs(urlsplit(cluster).query)["host"][0]))
        self.copies = 0
        self._ask('CREATE DATABASE "blank"')

    @property
    def url(self) -> str:
        """The database to prepare."""
        return self._named("blank")

    def copy(self, home: Path) -> str:
        """A copy of the prepared database; `home` is not used."""
        self.copies += 1
        self._ask(f'CREATE DATABASE "copy{self.copies}" TEMPLATE "blank"')
        return self._named(f"copy{self.copies}")

    def crash(self) -> None:
        """Stop the server as if the power had gone: no checkpoint, all sessions cut."""
        options = shlex.split((self.socket / "data" / "postmaster.opts").read_text())
        self.options = shlex.join(word for word in options[1:] if word not in ("-D", str(self.socket / "data")))
        self._control("-m", "immediate", "stop")

    def recover(self) -> None:
        """Start the server on what the disk holds."""
        self._control("-l", str(self.socket / "log"), "-o", self.options, "start")

    def _control(self, *arguments: str) -> None:
        program = [str(postgres.programs() / "pg_ctl"), "-D", str(self.socket / "data"), "-w"]
        who: dict[str, Any] = postgres.demoted()
        with open(self.socket / "output", "a+") as output:
            subprocess.run(
                [*program, *arguments], stdout=output, stderr=output, cwd=self.socket, check=True, timeout=60, **who
            )

    def _named(self, database: str) -> str:
        return self.cluster.replace("/anxin?", f"/{database}?")

    def _ask(self, statement: str) -> None:
        with contextlib.closing(connect(self.cluster)) as connection:
            connection.execute(statement)


Engine = Sqlite | Postgresql


@contextlib.contextmanager
def engine_named(name: str, home: Path) -> Iterator[Engine]:
    """The engine of that name."""
    if name == "sqlite":
        yield Sqlite(home)
        return
    with postgres.cluster(durable=True) as url:
        yield Postgresql(url)
