"""Half-open spans of days: the start belongs to the period, the end does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from anxin.foundation.kernel.errors import BadInput


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` up to, not including, `end`; `end` None means still running."""

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise BadInput("结束日期不能早于开始日期")

    def __contains__(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)

    @property
    def days(self) -> int | None:
        """How many days it holds; None while it is open."""
        return None if self.end is None else (self.end - self.start).days

    def overlaps(self, other: Period) -> bool:
        """Whether some day lies in both."""
        return self.intersection(other) is not None

    def intersection(self, other: Period) -> Period | None:
        """The days that lie in both; None when there are none."""
        start = max(self.start, other.start)
        ends = [end for end in (self.end, other.end) if end is not None]
        end = min(ends) if ends else None
        return Period(start, end) if end is None or start < end else None
