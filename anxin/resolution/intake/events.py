from __future__ import annotations

from typing import Any

from anxin.foundation.outbox.bus import event


@event
class ComplaintReceived:
    """Somebody brings a matter of this office: wages are owed. Amounts in fen; `lines` is one dictionary per worker
    named in the complaint: name, phone, id_number, amount_fen, period_from, period_to (ISO days, both or neither)."""

    complaint_id: int
    number: str
    county: str
    town_code: str
    place_code: str
    employer_id: int | None
    employer_name: str
    project_id: int | None
    sector: str
    people: int
    amount_fen: int | None
    channel: str
    kind: str
    received_at: str
    lines: list[dict[str, Any]]
    headline: str


@event
class ComplaintMerged:
    """Two complaints turned out to be one matter; the second one carries on, with both sources."""

    complaint_id: int
    into_id: int


@event
class ConsultationAnswered:
    """A question was answered; nothing is owed on it."""

    complaint_id: int
    number: str
    county: str
    channel: str
    kind: str
    answered_at: str
