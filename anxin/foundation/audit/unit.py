"""The unit of work: one transaction, whose trail and events are written together at its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from anxin.foundation.access.actor import Actor

Writer = Callable[["Unit", list[Any]], None]


@dataclass
class Unit:
    """What one outermost command has gathered so far."""

    actor: Actor
    now: datetime
    recorded: int = 0
    gathered: dict[Writer, list[Any]] = field(default_factory=lambda: defaultdict(list))

    def gather(self, writer: Writer, item: Any) -> None:
        """Keep `item` until the end of the unit, when `writer` stores all of its kind in one statement."""
        self.gathered[writer].append(item)

    def flush(self) -> None:
        for writer, items in self.gathered.items():
            writer(self, items)


_current: ContextVar[Unit | None] = ContextVar("unit", default=None)


class OutsideCommand(RuntimeError):
    """Something tried to record or publish outside the one door for change."""


def current() -> Unit:
    """The running unit; raises `OutsideCommand` when there is none."""
    unit = _current.get()
    if unit is None:
        raise OutsideCommand("record() and publish() work only inside a @command")
    return unit


@contextmanager
def unit_of_work(*, actor: Actor, now: datetime) -> Iterator[Unit]:
    """Open the outermost transaction, or join the one that is open."""
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    unit = Unit(actor, now)
    token = _current.set(unit)
    try:
        with transaction.atomic():
            yield unit
            unit.flush()
    finally:
        _current.reset(token)
