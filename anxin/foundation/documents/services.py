"""Taking evidence in, issuing letters and voiding them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from pydantic import Field

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import command, record
from anxin.foundation.documents import files, letters, storage
from anxin.foundation.documents.models import Evidence, Letter
from anxin.foundation.documents.numbers import next_number
from anxin.foundation.documents.subjects import Subject, check_reach
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.foundation.outbox.worker import job
from anxin.foundation.workdays.calendar import CHINA, local

DEFAULT_LIMIT = 50 * 1024 * 1024
"""Bytes of one file; a minute of video from a phone. ANXIN_UPLOAD_LIMIT in the settings overrides it."""

Kind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Reason = Annotated[str, Field(min_length=2, max_length=500)]


@command(may="documents:add", zh="补充证据")
def add(
    *,
    actor: Actor,
    now: datetime,
    subject: Subject,
    kind: Kind,
    file: Any = None,
    text: str = "",
    source: Annotated[str, Field(max_length=120)] = "",
    note: Annotated[str, Field(max_length=500)] = "",
    taken_at: datetime | None = None,
) -> dict[str, Any]:
    """Attach a file, or words kept as a text file, to a subject in the actor's reach.

    `file` is an upload (`name`, `size`, `read`) or {name, content}. Raises `BadInput` on what cannot be stored.
    """
    check_reach(actor, subject)
    row = store_evidence(
        actor=actor, now=now, subject=subject, kind=kind, file=file, text=text, source=source, note=note,
        taken_at=taken_at,
    )  # fmt: skip
    return {"id": row.pk, "kind": row.kind, "name": row.name, "sha256": row.sha256, "size": row.size, "mime": row.mime}


def store_evidence(
    *,
    actor: Actor,
    now: datetime,
    subject: str,
    kind: str,
    file: Any = None,
    text: str = "",
    source: str = "",
    note: str = "",
    taken_at: datetime | None = None,
) -> Evidence:
    """The same inside another command, which has checked the reach itself."""
    taken = taken_at.replace(tzinfo=CHINA) if taken_at and taken_at.tzinfo is None else taken_at
    if taken and taken > now:
        raise BadInput(fields={"taken_at": "取得时间不能晚于现在，请核对"})
    checked = files.checked(files.received(file, text, limit=_limit()))
    row = Evidence.objects.create(
        subject=subject,
        kind=kind,
        path=storage.store(checked.content, folder="evidence", suffix=checked.suffix),
        name=checked.name,
        sha256=checked.sha256,
        size=len(checked.content),
        mime=checked.mime,
        source=source,
        taken_at=taken,
        added_at=now,
        added_by=actor.name,
        note=note,
    )
    record(
        actor=actor, verb="documents.add", subject=subject, evidence=row.pk, kind=kind, name=row.name,
        sha256=row.sha256, received_sha256=checked.received_sha256,
    )  # fmt: skip
    return row


@command(may="documents:issue", zh="出具文书")
def issue(*, actor: Actor, now: datetime, template: str, subject: Subject, facts: dict[str, Any]) -> dict[str, Any]:
    """Issue a numbered letter as PDF. Raises `BadInput` naming every mandatory fact that is missing."""
    check_reach(actor, subject)
    row = store_letter(actor=actor, now=now, template=template, subject=subject, facts=facts)
    return {"id": row.pk, "number": row.number, "template": row.template, "title": row.title, "sha256": row.sha256}


def store_letter(*, actor: Actor, now: datetime, template: str, subject: str, facts: dict[str, Any]) -> Letter:
    """The same inside another command, which has checked the reach itself."""
    model = letters.template_of(template, place=actor.county)
    plain = letters.plain_facts(facts)
    letters.check_facts(model, plain)
    day = local(now).date()
    serial = next_number(county=actor.county, series=f"letter:{model.series}", year=day.year)
    mark = letters.number_of(model, place=actor.county, serial=serial, day=day)
    content = letters.pdf(model, plain, number=mark, now=now)
    row = Letter.objects.create(
        county_code=actor.county,
        template=model.key,
        title=model.title,
        series=model.series,
        year=day.year,
        serial=serial,
        number=mark,
        subject=subject,
        facts=plain,
        path=storage.store(content, folder="letters", suffix="pdf"),
        sha256=storage.digest(content),
        issued_at=now,
        issued_by=actor.name,
    )
    record(actor=actor, verb="documents.issue", subject=subject, letter=row.pk, number=mark, sha256=row.sha256)
    return row


@command(may="documents:issue", zh="作废文书")
def void(*, actor: Actor, now: datetime, letter: int, reason: Reason) -> dict[str, Any]:
    """Take a letter out of force; its number stays used, the PDF stays on file."""
    row = Letter.objects.select_for_update().filter(pk=letter).first()
    if row is None:
        raise Denied()
    check_reach(actor, row.subject)
    if row.state == Letter.State.VOID:
        raise Refused(f"{row.number}已经作废，不必再次作废")
    row.state, row.voided_at, row.void_reason = Letter.State.VOID, now, reason
    row.save(update_fields=["state", "voided_at", "void_reason"])
    record(actor=actor, verb="documents.void", subject=row.subject, letter=row.pk, number=row.number, reason=reason)
    return {"id": row.pk, "number": row.number, "state": row.state}


@job(minutes=60)
def tidy(*, now: datetime) -> None:
    """Remove what transactions that were rolled back have left on disk."""
    storage.tidy(now=now, wanted=_has_row)


def _has_row(path: str) -> bool:
    return Evidence.objects.filter(path=path).exists() or Letter.objects.filter(path=path).exists()


def _limit() -> int:
    return int(getattr(settings, "ANXIN_UPLOAD_LIMIT", DEFAULT_LIMIT))
