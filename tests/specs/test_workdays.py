"""Day arithmetic over the published calendars, against two independent libraries and its own laws."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anxin.foundation.policy import current
from anxin.foundation.workdays.calendar import (
    CHINA,
    MissingCalendar,
    add_days,
    add_workdays,
    due,
    shifted,
    workdays_between,
)

CALENDAR = current.book().calendar("330784")
YEARS = (2023, 2024, 2025, 2026)
DAYS = st.dates(date(2023, 1, 1), date(2025, 12, 31))
LENGTHS = st.integers(0, 100)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def every_day() -> list[date]:
    first = date(YEARS[0], 1, 1)
    return [first + timedelta(days=n) for n in range((date(YEARS[-1], 12, 31) - first).days + 1)]


def test_every_day_agrees_with_chinesecalendar() -> None:
    assert [d for d in every_day() if CALENDAR.is_workday(d) != chinese_calendar.is_workday(d)] == []


def test_every_day_agrees_with_holidays() -> None:
    other = holidays.country_holidays("CN", years=YEARS)
    assert [d for d in every_day() if CALENDAR.is_workday(d) != other.is_working_day(d)] == []


def test_working_days_a_year() -> None:
    counted = [sum(CALENDAR.is_workday(d) for d in every_day() if d.year == year) for year in YEARS]
    assert counted == [249, 251, 248, 248]


def test_statutory_days_a_year() -> None:
    assert [sum(d.year == year for d in CALENDAR.statutory) for year in YEARS] == [11, 11, 13, 13]
    assert date(2023, 1, 21) not in CALENDAR.statutory and date(2025, 10, 6) in CALENDAR.statutory


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        ("2023-12-29", 2, "2024-01-03"),
        ("2024-02-05", 5, "2024-02-18"),
        ("2024-02-08", 1, "2024-02-09"),
        ("2025-01-24", 5, "2025-02-07"),
        ("2026-01-05", 60, "2026-04-03"),
        ("2023-01-13", 10, "2023-02-01"),
    ],
)
def test_known_vectors(start: str, length: int, expected: str) -> None:
    assert add_workdays(CALENDAR, date.fromisoformat(start), length) == date.fromisoformat(expected)


@given(DAYS, st.integers(0, 30), LENGTHS)
def test_monotone(day: date, later: int, length: int) -> None:
    assert add_workdays(CALENDAR, day, length) <= add_workdays(CALENDAR, day + timedelta(days=later), length)
    assert add_workdays(CALENDAR, day, length) < add_workdays(CALENDAR, day, length + 1)


@given(DAYS, LENGTHS, LENGTHS)
def test_additive(day: date, one: int, other: int) -> None:
    assert add_workdays(CALENDAR, add_workdays(CALENDAR, day, one), other) == add_workdays(CALENDAR, day, one + other)


@given(DAYS, LENGTHS)
def test_inverse(day: date, length: int) -> None:
    end = add_workdays(CALENDAR, day, length)
    assert workdays_between(CALENDAR, day, end) == length
    assert workdays_between(CALENDAR, end, day) == -length
    first = add_workdays(CALENDAR, day, 1)
    assert add_workdays(CALENDAR, add_workdays(CALENDAR, first, length), -length) == first


@given(DAYS, LENGTHS, st.dates(date(2023, 1, 1), date(2026, 12, 31)))
def test_unrelated_holidays_change_nothing(day: date, length: int, holiday: date) -> None:
    end = add_workdays(CALENDAR, day, length)
    if not day < holiday <= end:
        other = replace(CALENDAR, days={**CALENDAR.days, holiday: False})
        assert add_workdays(other, day, length) == end


def test_a_year_without_a_calendar_raises_and_says_what_to_do() -> None:
    with pytest.raises(MissingCalendar, match="2027") as refusal:
        add_workdays(CALENDAR, date(2026, 12, 31), 1)
    assert "2027.toml" in refusal.value.fix


def test_a_provisional_moment_is_never_later_than_the_true_one() -> None:
    found = due(CALENDAR, at("2026-12-30T10:00"), 3, "workday", "end_of_day", provisional_ok=True)
    assert (found.at, found.provisional) == (at("2027-01-02T23:59:59"), True)
    known = replace(
        CALENDAR, years=CALENDAR.years - {2025}, days={d: w for d, w in CALENDAR.days.items() if d.year != 2025}
    )
    for length in range(30):
        guess = due(known, at("2024-12-25T10:00"), length, "workday", provisional_ok=True)
        assert guess.at <= due(CALENDAR, at("2024-12-25T10:00"), length, "workday").at


@pytest.mark.parametrize(
    ("start", "length", "unit", "ends", "expected"),
    [
        ("2023-11-01T09:00", 1, "day", "exact", "2023-11-02T09:00"),
        ("2023-11-01T09:00", 7, "day", "end_of_day", "2023-11-08T23:59:59"),
        ("2023-11-01T16:30", 0, "day", "end_of_day", "2023-11-01T23:59:59"),
        ("2023-11-03T16:30", 1, "workday", "exact", "2023-11-06T16:30"),
        ("2023-11-04T16:30", 0, "workday", "end_of_day", "2023-11-04T23:59:59"),
        ("2023-01-13T09:00", 10, "workday", "end_of_day", "2023-02-01T23:59:59"),
        ("2023-11-01T16:30", 24, "hour", "exact", "2023-11-02T16:30"),
    ],
)
def test_moments(start: str, length: int, unit: str, ends: str, expected: str) -> None:
    assert due(CALENDAR, at(start), length, unit, ends).at == at(expected)  # type: ignore[arg-type]


def test_the_day_begins_in_china() -> None:
    found = due(CALENDAR, datetime(2023, 11, 1, 17, 0, tzinfo=UTC), 0, "day", "end_of_day")
    assert found.at == at("2023-11-02T23:59:59")


def test_a_moment_without_zone_and_a_negative_length_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        due(CALENDAR, datetime(2023, 11, 1), 1, "day")
    with pytest.raises(ValueError, match="negative"):
        due(CALENDAR, at("2023-11-01T09:00"), -1, "day")


def test_a_pause_moves_the_moment_by_what_passed() -> None:
    pause, end = at("2023-01-19T10:00"), at("2023-01-28T15:00")
    assert shifted(CALENDAR, at("2023-01-20T12:00"), pause, end, "hour") == at("2023-01-29T17:00")
    assert shifted(CALENDAR, at("2023-01-20T23:59:59"), pause, end, "day") == at("2023-01-29T23:59:59")
    assert shifted(CALENDAR, at("2023-01-20T23:59:59"), pause, end, "workday") == at("2023-01-29T23:59:59")


def test_calendar_days() -> None:
    assert add_days(date(2024, 2, 28), 2) == date(2024, 3, 1)
