"""Events go up by name; the room that publishes never learns who listens."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TypeVar, dataclass_transform

from anxin.foundation.audit.unit import Unit, current
from anxin.foundation.outbox.models import Event

MAX_DEPTH = 8
T = TypeVar("T")
Handler = Callable[..., None]

_types: dict[str, type[Any]] = {}
_routes: dict[str, tuple[Handler, ...]] = {}
_cause: ContextVar[Event | None] = ContextVar("cause", default=None)


class ChainTooLong(RuntimeError):
    """Events have caused one another more than eight times in a row; a ring in the routes."""


@dataclass_transform(frozen_default=True)
def event(cls: type[T]) -> type[T]:
    """Register a frozen dataclass of plain values as an event, named `room.ClassName`."""
    frozen = dataclasses.dataclass(frozen=True)(cls)
    _types[name_of(frozen)] = frozen
    return frozen


def name_of(cls: type[Any]) -> str:
    return f"{cls.__module__.split('.')[-2]}.{cls.__name__}"


def publish(happened: Any) -> None:
    """Store an event in the running command's transaction; raises `ChainTooLong` in a ring."""
    cause = _cause.get()
    depth = cause.depth + 1 if cause else 0
    if depth > MAX_DEPTH:
        raise ChainTooLong(f"{name_of(type(happened))} after {cause}")
    current().gather(_write, (happened, cause, depth))


def connect(routes: Mapping[type[Any], Sequence[Handler]]) -> None:
    """Make the one table of consequences known; called once by journeys."""
    _routes.clear()
    _routes.update({name_of(cls): tuple(handlers) for cls, handlers in routes.items()})


def handlers_of(name: str) -> tuple[Handler, ...]:
    return _routes.get(name, ())


def revive(row: Event) -> Any:
    """The dataclass that was published."""
    return _types[row.name](**row.payload)


def _write(unit: Unit, items: list[Any]) -> None:
    Event.objects.bulk_create([_row(happened, cause, depth, unit) for happened, cause, depth in items])


def _row(happened: Any, cause: Event | None, depth: int, unit: Unit) -> Event:
    name = name_of(type(happened))
    state = Event.State.PENDING if handlers_of(name) else Event.State.DONE
    moment: datetime = unit.now
    return Event(
        name=name,
        payload=dataclasses.asdict(happened),
        county_code=unit.actor.county,
        at=moment,
        cause=cause,
        depth=depth,
        state=state,
        next_at=moment,
    )
