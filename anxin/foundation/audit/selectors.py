from __future__ import annotations

from typing import Any

from anxin.foundation.audit.models import Entry


def entries_for(*, subject: str, limit: int = 200) -> list[dict[str, Any]]:
    """The trail of one subject, newest first. The caller has already checked that the subject is in reach."""
    rows = Entry.objects.filter(subject=subject).order_by("-seq")[:limit]
    return [
        {"at": e.at, "verb": e.verb, "actor": e.actor_name, "detail": e.detail, "seq": e.seq, "digest": e.digest}
        for e in rows
    ]
