"""`anxin work`: the worker that delivers events and runs scheduled jobs."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from argparse import ArgumentParser
from datetime import datetime, timedelta
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from anxin.entrances.commands.player import register
from anxin.foundation.outbox.worker import beat, drain, run_jobs

log = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds between two looks at the outbox."""

BEAT_EVERY = timedelta(seconds=10)
BATCH = 50
"""Events between two looks at whether to stop."""


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT, then finishes what it holds and leaves."""

    help = "运行后台工作进程：投递事件、到期提醒、定时任务"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="只做一遍就结束")
        parser.add_argument("--name", default=socket.gethostname()[:60], help="工作进程的名称，用于心跳")

    def handle(self, *, once: bool, name: str, **options: Any) -> None:
        register()
        worker = Worker(name)
        if once:
            worker.work()
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, worker.stop)
        log.info("worker %s started", name)
        worker.run()
        log.info("worker %s stopped", name)


class Worker:
    """One process of the outbox. Several may run: leases keep them apart."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.stopping = threading.Event()
        self.beaten: datetime | None = None

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Leave after the events in hand."""
        self.stopping.set()

    def run(self) -> None:
        """Work once a second; a database that is away for a while is waited for."""
        while not self.stopping.is_set():
            try:
                self.work()
            except DatabaseError:
                log.exception("worker %s: the database does not answer", self.name)
                connection.close()
            close_old_connections()
            self.stopping.wait(PAUSE)

    def work(self) -> None:
        """One pass: a sign of life, the jobs whose time has come, then every pending event."""
        now = timezone.now()
        if self.beaten is None or now - self.beaten >= BEAT_EVERY:
            beat(worker=self.name, now=now)
            self.beaten = now
        run_jobs(now=now)
        while drain(now=timezone.now(), limit=BATCH) == BATCH and not self.stopping.is_set():
            continue
