"""Events go up by name; the room that publishes never learns who listens."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TypeVar, dataclass_transform

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.unit import Unit, current
from anxin.foundation.outbox.models import Event

MAX_DEPTH = 8
T = TypeVar("T")
Handler = Callable[..., None]

_types: dict[str, type[Any]] = {}
_routes: dict[str, tuple[Handler, ...]] = {}
_at_once: dict[str, tuple[Handler, ...]] = {}
_cause: ContextVar[Event | None] = ContextVar("cause", default=None)
_depth: ContextVar[int] = ContextVar("depth", default=0)


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
    """Store an event in the running command's transaction; raises `ChainTooLong` in a ring.

    What must stand or fall with the act itself happens here and now; the rest is delivered after the commit.
    """
    depth = _depth.get()
    if depth > MAX_DEPTH:
        raise ChainTooLong(f"{name_of(type(happened))} is step {depth} of a chain that began with {_cause.get()}")
    unit = current()
    unit.gather(_write, (happened, _cause.get(), depth))
    for handler in _at_once.get(name_of(type(happened)), ()):
        with caused_by(_cause.get(), depth + 1):
            handler(happened, actor=Actor.system(unit.actor.county), now=unit.now)


@contextmanager
def caused_by(cause: Event | None, depth: int) -> Iterator[None]:
    """While this lasts, published events are consequences of `cause`, `depth` steps after the act of a person."""
    tokens = _cause.set(cause), _depth.set(depth)
    try:
        yield
    finally:
        _cause.reset(tokens[0])
        _depth.reset(tokens[1])


def connect(
    routes: Mapping[type[Any], Sequence[Handler]], at_once: Mapping[type[Any], Sequence[Handler]] | None = None
) -> None:
    """Make the tables of consequences known; called once by journeys. Without `at_once` that table stays."""
    _routes.clear()
    _routes.update({name_of(cls): tuple(handlers) for cls, handlers in routes.items()})
    if at_once is not None:
        _at_once.clear()
        _at_once.update({name_of(cls): tuple(handlers) for cls, handlers in at_once.items()})


def only(handler: Handler, **wanted: Collection[Any]) -> Handler:
    """A handler for events whose fields have one of the values: `only(tell_unit, verb=("dispatch",))`."""

    @functools.wraps(handler)
    def run(happened: Any, *, actor: Actor, now: datetime) -> None:
        handler(happened, actor=actor, now=now)

    run.wants = lambda happened: all(getattr(happened, name) in values for name, values in wanted.items())  # type: ignore[attr-defined]
    return run


def hearers(happened: Any) -> list[Handler]:
    """The handlers that this one event concerns."""
    handlers = handlers_of(name_of(type(happened)))
    return [handler for handler in handlers if getattr(handler, "wants", _always)(happened)]


def _always(happened: Any) -> bool:
    return True


def handlers_of(name: str) -> tuple[Handler, ...]:
    return _routes.get(name, ())


def event_types() -> tuple[type[Any], ...]:
    """Every kind of event that a room has registered."""
    return tuple(_types.values())


def revive(row: Event) -> Any:
    """The dataclass that was published."""
    return _types[row.name](**row.payload)


def _write(unit: Unit, items: list[Any]) -> None:
    Event.objects.bulk_create([_row(happened, cause, depth, unit) for happened, cause, depth in items])


def _row(happened: Any, cause: Event | None, depth: int, unit: Unit) -> Event:
    name = name_of(type(happened))
    state = Event.State.PENDING if hearers(happened) else Event.State.DONE
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
