"""Writing messages inside commands, sending them by a job, reading them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import command, record
from anxin.foundation.kernel.errors import BadInput, Denied
from anxin.foundation.kernel.identifiers import mobile
from anxin.foundation.notices import backends, quiet
from anxin.foundation.notices.models import Message
from anxin.foundation.notices.texts import filled, text_of
from anxin.foundation.outbox.worker import job
from anxin.foundation.workdays.calendar import local

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
LEASE = timedelta(minutes=2)
BATCH = 500


@dataclass(frozen=True)
class To:
    """One recipient: an officer by id, or a phone."""

    officer: int | None = None
    phone: str = ""


def send(
    *, template: str, to: Iterable[To], facts: Mapping[str, Any], now: datetime, county: str, subject: str = ""
) -> list[Message]:
    """Write one message to each recipient, in the running transaction and in one statement; a job sends them.

    An officer's message is in his inbox at once. A phone's waits for the job, and in the quiet hours for their end. A
    number that is none is kept as failed: the act it tells of must not fail because of it. Raises when the wording is
    unknown or asks for a fact that is not given.
    """
    text = text_of(template, county=county, on=local(now).date())
    words = filled(text, facts)
    people = list(dict.fromkeys(to))
    phones = any(person.officer is None for person in people)
    later = quiet.not_before(county=county, now=now) if phones and not text.urgent else now
    base = {"template": template, "text": words, "county_code": county[:6], "subject": subject, "created_at": now}
    return Message.objects.bulk_create([_message(person, base, now=now, later=later) for person in people])


def _message(to: To, base: dict[str, Any], *, now: datetime, later: datetime) -> Message:
    if to.officer is not None:
        return Message(
            **base, to_kind=Message.To.OFFICER, officer_id=to.officer, backend=backends.INBOX, next_at=now,
            state=Message.State.SENT, sent_at=now,
        )  # fmt: skip
    row = Message(**base, to_kind=Message.To.PHONE, phone=to.phone[:20], backend=backends.for_phones(), next_at=later)
    try:
        row.phone = mobile(to.phone)
    except BadInput as fault:
        row.state, row.error = Message.State.FAILED, fault.message
    return row


@job(minutes=1)
def deliver(*, now: datetime) -> None:
    """Send what is due, oldest first; what fails is tried again after 2, 4, 8 … minutes, five times in all."""
    due = Message.objects.filter(state=Message.State.QUEUED, next_at__lte=now).order_by("next_at", "id")
    for row in due[:BATCH]:
        claim = Message.objects.filter(pk=row.pk, state=Message.State.QUEUED, next_at=row.next_at)
        if claim.update(next_at=now + LEASE, attempts=row.attempts + 1):
            _deliver(row, row.attempts + 1, now)


def _deliver(row: Message, attempts: int, now: datetime) -> None:
    """Hand over outside any transaction: the row's claim holds others off while a slow gateway answers."""
    mine = Message.objects.filter(pk=row.pk, state=Message.State.QUEUED)
    try:
        with transaction.atomic():
            backends.BACKENDS[row.backend](row)
            mine.update(state=Message.State.SENT, sent_at=now)
    except Exception as fault:
        log.warning("message %s was not sent: %s", row.pk, type(fault).__name__)
        state = Message.State.FAILED if attempts >= MAX_ATTEMPTS else Message.State.QUEUED
        mine.update(state=state, next_at=now + timedelta(minutes=2**attempts), error=f"{fault!r}"[:300])


@command(may="duties:see", zh="阅读通知")
def read(*, actor: Actor, now: datetime, message: int) -> dict[str, Any]:
    """Mark one of my own messages as read; doing it twice changes nothing."""
    row = Message.objects.select_for_update().filter(pk=message, officer_id=actor.officer_id or 0).first()
    if row is None:
        raise Denied()
    if row.read_at is None:
        row.state, row.read_at = Message.State.READ, now
        row.save(update_fields=["state", "read_at"])
    record(actor=actor, verb="notices.read", subject=row)
    return {"id": row.pk, "subject": row.subject, "state": row.state}
