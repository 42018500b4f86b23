"""A simulated clock over the real commands.

A story is a generator: it acts, and yields the moment at which it goes on. The world wakes the stories in the order of
their moments; between two of them it stops wherever a duty warns or lapses, as a worker that never sleeps would.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import connection

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import call
from anxin.foundation.duties.selectors import next_moment
from anxin.foundation.outbox import worker
from anxin.resolution.cases.selectors import open_for_complaint

Story = Generator[datetime, None, None]
AFTER = timedelta(seconds=1)
"""A moment has passed one second later."""

LOOK = timedelta(hours=2)
"""How often it is asked what falls due next, and waiting messages are sent. No clock of the packs is that short."""


class World:
    """The clock, and everything that is still to happen."""

    def __init__(self, start: datetime) -> None:
        self.clock = self.looked = start
        self.coming: datetime | None = None
        self.agenda: list[tuple[datetime, int, Story]] = []
        self.order = count()

    def begin(self, at: datetime, story: Story) -> None:
        """Let a story start at a moment."""
        heapq.heappush(self.agenda, (at, next(self.order), story))

    def run(self, until: datetime) -> None:
        """Play every story as far as it comes until the moment; what lies later does not happen."""
        while self.agenda and self.agenda[0][0] <= until:
            at, _, story = heapq.heappop(self.agenda)
            self._go_to(max(at, self.clock))
            following = next(story, None)
            if following is not None:
                self.begin(following, story)
        self.looked = until - LOOK
        self.coming = None
        self._go_to(until)

    def do(self, name: str, actor: Actor, /, **given: Any) -> Any:
        """A command at the present moment, and everything that follows from it."""
        found = call(name, actor=actor, now=self.clock, **given)
        self._drain()
        return found

    def case_of(self, complaint: int) -> int:
        """The case that a complaint has become."""
        case = open_for_complaint(complaint)
        if case is None:
            raise LookupError(f"no case for complaint {complaint}")
        return case

    def _go_to(self, at: datetime) -> None:
        """Let the time pass; stop wherever something falls due."""
        look = at - self.looked >= LOOK
        if look or (self.coming is not None and self.coming + AFTER <= at):
            self._pass_moments(at)
        self.clock = at
        if look:
            worker.JOBS["notices.deliver"].run(now=at)
            self.looked = at

    def _pass_moments(self, at: datetime) -> None:
        before = None
        while (moment := next_moment(after=self.clock)) is not None and moment + AFTER <= at and moment != before:
            self.clock, before = max(moment + AFTER, self.clock), moment
            self._jobs()
        self.coming = moment

    def _jobs(self) -> None:
        worker.JOBS["duties.tick"].run(now=self.clock)
        self._drain()

    def _drain(self) -> None:
        """Deliver what is pending and what that causes; counting first spares the worker a look that finds nothing."""
        while number := _pending():
            worker.drain(now=self.clock, limit=number)


def _pending() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM outbox_event WHERE state = 'pending'")
        return int(cursor.fetchone()[0])
