from __future__ import annotations

from typing import Any

from anxin.foundation.audit.models import Entry, Seal


def entries_for(*, subject: str, limit: int = 200) -> list[dict[str, Any]]:
    """The trail of one subject, newest first. The caller has already checked that the subject is in reach."""
    rows = Entry.objects.filter(subject=subject).order_by("-seq")[:limit]
    return [
        {"at": e.at, "verb": e.verb, "actor": e.actor_name, "detail": e.detail, "seq": e.seq, "digest": e.digest}
        for e in rows
    ]


def head() -> dict[str, Any] | None:
    """The newest seal, as bulletins print it: a kept print tells later whether anything before it was redone."""
    newest = Seal.objects.order_by("-seq").values("seq", "at", "last_entry", "digest").first()
    return {**newest} if newest else None
