"""Delivering events and running scheduled jobs, each exactly once whatever dies in between."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from anxin.foundation.access.actor import Actor
from anxin.foundation.outbox import bus
from anxin.foundation.outbox.models import Delivery, Event, Heartbeat, JobRun

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 8


def drain(*, now: datetime, limit: int = 500, watch: Callable[[Event], None] | None = None) -> int:
    """Deliver what is pending, oldest first, including what that causes; returns the number of events delivered.

    A handler that fails is tried again later (2, 4, 8 … minutes) and declared dead after eight attempts; the other
    events go on. `watch` sees each event before it is delivered.
    """
    delivered = 0
    while delivered < limit and (row := _claim(now)) is not None:
        if watch:
            watch(row)
        _deliver(row, now)
        delivered += 1
    return delivered


def _claim(now: datetime) -> Event | None:
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    while True:
        row = Event.objects.filter(free, state=Event.State.PENDING, next_at__lte=now).order_by("next_at", "id").first()
        if row is None:
            return None
        mine = Event.objects.filter(free, pk=row.pk, state=Event.State.PENDING).update(lease_until=now + LEASE)
        if mine:
            return row


def _deliver(row: Event, now: datetime) -> None:
    fault = _tell_everyone(row, now)
    if fault is not None:
        attempts = row.attempts + 1
        dead = attempts >= MAX_ATTEMPTS or isinstance(fault, bus.ChainTooLong)
        Event.objects.filter(pk=row.pk).update(
            state=Event.State.DEAD if dead else Event.State.PENDING,
            attempts=attempts,
            next_at=now + timedelta(minutes=2**attempts),
            lease_until=None,
            error=f"{type(fault).__name__}: {fault}"[:2000],
        )
    else:
        Event.objects.filter(pk=row.pk).update(state=Event.State.DONE, lease_until=None)


def _tell_everyone(row: Event, now: datetime) -> Exception | None:
    """Each handler in its own transaction; one that fails keeps no other from hearing. Returns the first fault."""
    first: Exception | None = None
    try:
        actor, happened = Actor.system(row.county_code), bus.revive(row)
    except Exception as fault:
        log.exception("event %s cannot be told", row)
        return fault
    with bus.caused_by(row, row.depth + 1):
        for handler in bus.hearers(happened):
            try:
                _once(row, happened, handler, actor, now)
            except Exception as fault:
                log.exception("event %s failed in %s", row, handler.__name__)
                first = first or fault
    return first


def _once(row: Event, happened: Any, handler: bus.Handler, actor: Actor, now: datetime) -> None:
    """Run one handler and its receipt in one transaction.

    An event that nobody has ever claimed (no lease, no attempt) has no receipts, so it need not be asked for them.
    """
    name = f"{handler.__module__.rsplit('.', 1)[-1]}.{handler.__name__}"
    claimed_before = row.lease_until is not None or row.attempts
    if claimed_before and Delivery.objects.filter(event=row, handler=name).exists():
        return
    try:
        with transaction.atomic():
            handler(happened, actor=actor, now=now)
            Delivery.objects.create(event=row, handler=name, at=now)
    except IntegrityError:
        if not Delivery.objects.filter(event=row, handler=name).exists():
            raise


@dataclass(frozen=True)
class Job:
    """A function that the clock runs; it takes `now` and must be safe to run again."""

    name: str
    every: timedelta
    run: Callable[..., Any]


JOBS: dict[str, Job] = {}


def job(*, minutes: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a scheduled job, named `room.function`."""

    def wrap(fn: Callable[..., Any]) -> Callable[..., Any]:
        name = f"{fn.__module__.split('.')[-2]}.{fn.__name__}"
        JOBS[name] = Job(name, timedelta(minutes=minutes), fn)
        return fn

    return wrap


def run_jobs(*, now: datetime) -> list[str]:
    """Run every job whose time has come; returns their names. A job missed for days runs once, not once per miss."""
    ran = []
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    known = {row.name: row for row in JobRun.objects.all()}
    for planned in JOBS.values():
        row = known.get(planned.name) or JobRun.objects.get_or_create(name=planned.name, defaults={"next_at": now})[0]
        if row.next_at > now:
            continue
        if not JobRun.objects.filter(free, pk=row.pk, next_at__lte=now).update(lease_until=now + LEASE):
            continue
        error = ""
        try:
            planned.run(now=now)
        except Exception as fault:
            log.exception("job %s failed", planned.name)
            error = f"{type(fault).__name__}: {fault}"[:2000]
        JobRun.objects.filter(pk=row.pk).update(next_at=now + planned.every, lease_until=None, last_at=now, error=error)
        ran.append(planned.name)
    return ran


def beat(*, worker: str, now: datetime) -> None:
    """Say that this worker lives; `/readyz` listens."""
    Heartbeat.objects.update_or_create(worker=worker, defaults={"at": now})


def last_beat() -> datetime | None:
    row = Heartbeat.objects.order_by("-at").first()
    return row.at if row else None
