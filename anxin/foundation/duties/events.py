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


@event
class DutyMoved:
    """A duty's moment is another one now: extended, resumed after a pause, or counted anew by a published calendar.

    `due_at` is the new moment, ISO 8601 in China time. Not told when the subject's own room changed the clock.
    """

    duty_id: int
    rule: str
    subject: str
    due_at: str
