from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import query
from anxin.foundation.kernel.identifiers import mask_phone
from anxin.foundation.notices.models import Message

Limit = Annotated[int, Field(ge=1, le=200)]


@query(may="duties:see", zh="我的通知")
def mine(*, actor: Actor, now: datetime, limit: Limit = 50) -> list[dict[str, Any]]:
    """My newest messages first."""
    rows = Message.objects.filter(officer_id=actor.officer_id or 0).order_by("-id")[:limit]
    return [_row(row) for row in rows]


@query(may="duties:see", zh="未读通知数")
def unread(*, actor: Actor, now: datetime) -> int:
    """How many of my messages I have not read; one count over a partial index."""
    return Message.objects.filter(officer_id=actor.officer_id or 0, state=Message.State.SENT).count()


@query(may="notices:see", zh="通知发送记录")
def outbox(*, actor: Actor, now: datetime, state: str = "", limit: Limit = 50) -> list[dict[str, Any]]:
    """What the county has sent, will send or could not send, newest first; phone numbers masked."""
    counties = {scope.county for scope in actor.scopes if scope.kind in ("county", "system")}
    rows = Message.objects.filter(county_code__in=counties).select_related("officer").order_by("-id")
    if state:
        rows = rows.filter(state=state)
    return [
        _row(row) | {"to": row.officer.name if row.officer else mask_phone(row.phone), "next_at": row.next_at,
                     "backend": row.backend, "error": row.error}
        for row in rows[:limit]
    ]  # fmt: skip


def notices_for(*, subject: str) -> list[dict[str, Any]]:
    """What was told about one subject, in order. The caller has checked that the subject is in reach."""
    return [_row(row) for row in Message.objects.filter(subject=subject).order_by("id")]


def _row(row: Message) -> dict[str, Any]:
    return {
        "id": row.pk,
        "template": row.template,
        "text": row.text,
        "subject": row.subject,
        "to_kind": row.to_kind,
        "state": row.state,
        "state_zh": row.get_state_display(),
        "created_at": row.created_at,
        "sent_at": row.sent_at,
        "read_at": row.read_at,
    }
