"""Writing the trail: entries are chained per subject by SHA-256."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import connection, models
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.models import Entry
from anxin.foundation.audit.unit import Unit, current

GENESIS = "0" * 64


def label(subject: models.Model | str) -> str:
    """The address of a subject, "cases.Case:42"."""
    return subject if isinstance(subject, str) else f"{subject._meta.label}:{subject.pk}"


def record(*, actor: Actor, verb: str, subject: models.Model | str, first: bool = False, **detail: Any) -> None:
    """Leave a trace of one act. `first` says that the subject was just created, which saves a look-up."""
    unit = current()
    unit.recorded += 1
    unit.gather(_write, (actor, verb, label(subject), first, detail))


def digest(entry: Entry) -> str:
    """The hash that binds an entry to the one before it on the same subject."""
    body = [
        entry.previous,
        entry.subject,
        entry.seq,
        entry.at.timestamp(),
        entry.verb,
        entry.actor_id,
        entry.actor_name,
        entry.county_code,
        entry.detail,
    ]
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _write(unit: Unit, items: list[Any]) -> None:
    known = {subject for *_, subject, first, _ in items if not first}
    _queue_up(known)
    heads = _heads(known)
    rows = []
    for actor, verb, subject, _, detail in items:
        seq, previous = heads.get(subject, (0, GENESIS))
        entry = Entry(
            at=unit.now,
            verb=verb,
            subject=subject,
            seq=seq + 1,
            actor_id=actor.user_id,
            actor_name=actor.name,
            county_code=actor.county,
            detail=json.loads(json.dumps(detail, ensure_ascii=False, default=str)),
            previous=previous,
        )
        entry.digest = digest(entry)
        heads[subject] = (entry.seq, entry.digest)
        rows.append(entry)
    Entry.objects.bulk_create(rows)


def _queue_up(subjects: set[str]) -> None:
    """On PostgreSQL, writers of one chain wait for each other; SQLite has one writer at a time anyway."""
    if not subjects or connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(key) FROM"
            " (SELECT DISTINCT hashtextextended(s, 0) AS key FROM unnest(%s::text[]) AS s ORDER BY 1) AS keys",
            [sorted(subjects)],
        )


def _heads(subjects: set[str]) -> dict[str, tuple[int, str]]:
    """Latest (seq, digest) of each subject, in one query."""
    if not subjects:
        return {}
    if len(subjects) == 1:  # the usual act touches one subject; the plain look-up costs half of the ranked one
        newest = Entry.objects.filter(subject__in=subjects).order_by("-seq").values_list("subject", "seq", "digest")
        return {subject: (seq, hashed) for subject, seq, hashed in newest[:1]}
    ranked = Entry.objects.filter(subject__in=subjects).annotate(
        back=Window(RowNumber(), partition_by="subject", order_by=F("seq").desc())
    )
    return {e.subject: (e.seq, e.digest) for e in ranked.filter(back=1)}
