from __future__ import annotations

from anxin.foundation.outbox.bus import event


@event
class CaseOpened:
    """A complaint has become a case."""

    case_id: int
    number: str
    complaint_id: int


@event
class CaseMoved:
    """A case has taken a step of its lifecycle."""

    case_id: int
    number: str
    verb: str
    source: str
    target: str
    unit: str


@event
class JointHandlingBegan:
    """People or amount have reached the county's thresholds: every department concerned steps in."""

    case_id: int
    number: str
    reason: str


@event
class WorkerAnswered:
    """A worker, or the call-back officer for the worker, has said whether the money came."""

    case_id: int
    number: str
    answer: str
