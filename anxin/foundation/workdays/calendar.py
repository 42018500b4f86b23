"""When is a period over? Day arithmetic over the State Council's holiday notices.

The start day is not counted. A year without a published calendar raises MissingCalendar: Monday to Friday is never
assumed, because a make-up Saturday or a long holiday would move a legal deadline.
Source: 行政处罚法 §85, 劳动保障监察条例 §17, and the yearly notices cited in packs/cn/calendar.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from anxin.foundation.kernel.errors import AnxinError

CHINA = ZoneInfo("Asia/Shanghai")
END_OF_DAY = time(23, 59, 59)

Unit = Literal["day", "workday", "hour"]
Ends = Literal["exact", "end_of_day"]


class MissingCalendar(AnxinError):
    """The holiday notice of a year is not in the packs yet."""

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(
            f"{year}年的工作日安排尚未发布，不能推算",
            fix=f"请在国务院办公厅公布后补充 packs/cn/calendar/{year}.toml",
        )


@dataclass(frozen=True, slots=True)
class Calendar:
    """Published years. `days` holds what differs from the week (True = worked), `statutory` the days paid threefold."""

    days: Mapping[date, bool]
    years: frozenset[int]
    statutory: frozenset[date] = field(default_factory=frozenset)

    @classmethod
    def of(
        cls,
        years: Iterable[int],
        *,
        off: Iterable[date] = (),
        worked: Iterable[date] = (),
        statutory: Iterable[date] = (),
    ) -> Calendar:
        """From plain lists; a day in both lists is the caller's fault and is reported by the policy check."""
        return cls({**dict.fromkeys(off, False), **dict.fromkeys(worked, True)}, frozenset(years), frozenset(statutory))

    def is_workday(self, day: date) -> bool:
        """Whether offices work on this day. Raises MissingCalendar for an unpublished year."""
        named = self.days.get(day)
        if named is not None:
            return named
        if day.year not in self.years:
            raise MissingCalendar(day.year)
        return day.weekday() < 5


@dataclass(frozen=True, slots=True)
class Due:
    """A moment by which something is owed; provisional while a year on the way has no calendar."""

    at: datetime
    provisional: bool = False


def local(moment: datetime) -> datetime:
    """An aware moment in China time, where days begin and end."""
    if moment.tzinfo is None:
        raise ValueError("a moment must be aware")
    return moment.astimezone(CHINA)


def end_of_day(day: date) -> datetime:
    """The last second of a day in China."""
    return datetime.combine(day, END_OF_DAY, CHINA)


def add_days(day: date, n: int) -> date:
    """Calendar days; the start day is not counted."""
    return day + timedelta(days=n)


def add_workdays(cal: Calendar, day: date, n: int) -> date:
    """The n-th working day after `day` (before it when n is negative); n = 0 is the day itself, worked or not."""
    step = timedelta(days=1 if n > 0 else -1)
    for _ in range(abs(n)):
        day += step
        while not cal.is_workday(day):
            day += step
    return day


def workdays_between(cal: Calendar, start: date, end: date) -> int:
    """Working days after `start` up to and including `end`; negative when `end` comes first."""
    if end < start:
        return -workdays_between(cal, end, start)
    return sum(cal.is_workday(start + timedelta(days=i)) for i in range(1, (end - start).days + 1))


def due(
    cal: Calendar,
    start: datetime,
    length: int,
    unit: Unit,
    ends: Ends = "exact",
    *,
    provisional_ok: bool = False,
) -> Due:
    """The moment a period that starts at `start` (aware) is over, in China time.

    `ends` "exact" keeps the clock time of the start; "end_of_day" gives the whole last day. With `provisional_ok`
    every day of an unpublished year counts as worked: the earliest possible moment, never later than the true one.
    """
    if length < 0:
        raise ValueError("a period has no negative length")
    began = local(start)
    if unit == "hour":
        return Due(began + timedelta(hours=length))
    day, provisional = began.date(), False
    if unit == "day":
        day = add_days(day, length)
    elif unit == "workday":
        day, provisional = _workdays_or_earliest(cal, day, length, provisional_ok)
    else:
        raise ValueError(f"unknown unit {unit}")
    clock = began.time() if ends == "exact" else END_OF_DAY
    return Due(datetime.combine(day, clock, CHINA), provisional)


def shifted(cal: Calendar, due_at: datetime, paused_at: datetime, resumed_at: datetime, unit: Unit) -> datetime:
    """A due moment after a pause. Working days move by the working days that passed, moments at the end of a day by
    the days that passed, all others by the time that passed; an unpublished year counts as worked.
    """
    moment, paused, resumed = local(due_at), local(paused_at).date(), local(resumed_at).date()
    if unit == "workday":
        passed = sum(_worked_or_unknown(cal, add_days(paused, i)) for i in range(1, (resumed - paused).days + 1))
        day, _ = _workdays_or_earliest(cal, moment.date(), passed, provisional_ok=True)
        return datetime.combine(day, moment.time(), CHINA)
    if moment.time() == END_OF_DAY and unit == "day":
        return moment + (resumed - paused)
    return moment + (resumed_at - paused_at)


def _workdays_or_earliest(cal: Calendar, day: date, n: int, provisional_ok: bool) -> tuple[date, bool]:
    try:
        return add_workdays(cal, day, n), False
    except MissingCalendar:
        if not provisional_ok:
            raise
    for _ in range(n):
        day += timedelta(days=1)
        while not _worked_or_unknown(cal, day):
            day += timedelta(days=1)
    return day, True


def _worked_or_unknown(cal: Calendar, day: date) -> bool:
    try:
        return cal.is_workday(day)
    except MissingCalendar:
        return True
