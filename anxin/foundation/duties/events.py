from __future__ import annotations

from anxin.foundation.outbox.bus import event


@event
class DutyWarned:
    """Four fifths (by pack) of a duty's time are gone."""

    duty_id: int
    rule: str
    subject: str


@event
class DutyLapsed:
    """A duty's moment has passed undone."""

    duty_id: int
    rule: str
    subject: str
