"""Sealing the trail: what was written since the last seal is bound together, so that nobody rewrites a whole chain."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Max

from anxin.foundation.audit import seals
from anxin.foundation.audit.models import Entry, Seal
from anxin.foundation.audit.trail import GENESIS

SEAL_MINUTES = 5
MOST = 4096
"""Entries under one seal: a backlog becomes several seals, each of which fits into memory."""
PATIENCE = "2s"
"""How long PostgreSQL's writers may have to queue behind us while an older one finishes."""


def seal(*, now: datetime) -> int:
    """Seal every entry committed since the last seal; returns the number of seals made.

    Nothing is sealed twice: within `SEAL_MINUTES` of the last seal nothing happens, and of two workers at once the
    second finds its number taken and leaves. Raises OperationalError when PostgreSQL's writers leave no gap of
    `PATIENCE`; the entries then wait for the next time.
    """
    last = Seal.objects.defer("manifest").order_by("-seq").first()
    if last and abs(now - last.at) < timedelta(minutes=SEAL_MINUTES):
        return 0
    until, made = settled(), 0
    while entries := _waiting(last, until):
        last = _sealed(entries, last, now)
        try:
            with transaction.atomic():
                last.save(force_insert=True)
        except IntegrityError:
            break
        made += 1
    return made


def settled() -> int:
    """The highest id up to which no entry can appear any more; 0 when there is none.

    Ids are given before the commit, so that a lower one may become visible after a higher one; a seal that had passed
    over it would show it as inserted. Age is no help: `at` is the caller's moment, which imports and rehearsals set
    at will. On PostgreSQL a SHARE lock, given back at once, is granted only when no transaction holds an entry that is
    not committed. SQLite has one writer at a time and never gives an id again: what is visible is complete.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
                cursor.execute(f"LOCK TABLE {Entry._meta.db_table} IN SHARE MODE")
        return Entry.objects.aggregate(last=Max("id"))["last"] or 0


def _waiting(last: Seal | None, until: int) -> list[tuple[int, str]]:
    rows = Entry.objects.filter(id__lte=until).order_by("id")
    if last:
        rows = rows.filter(id__gt=last.last_entry)
    return list(rows.values_list("id", "digest")[:MOST])


def _sealed(entries: list[tuple[int, str]], last: Seal | None, now: datetime) -> Seal:
    manifest = seals.pack(entries)
    made = Seal(
        seq=last.seq + 1 if last else 1,
        at=now,
        first_entry=entries[0][0],
        last_entry=entries[-1][0],
        entries=len(entries),
        manifest=manifest,
        root=seals.root(manifest),
        previous=last.digest if last else GENESIS,
    )
    seals.sign(made)
    return made
