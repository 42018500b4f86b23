"""Quiet hours: a phone does not ring at night (`notice.quiet`, two times of the local day)."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from anxin.foundation.policy.current import book
from anxin.foundation.policy.errors import BadPack
from anxin.foundation.workdays.calendar import local

TERM = "notice.quiet"


def not_before(*, county: str, now: datetime) -> datetime:
    """`now`, or the end of the quiet hours that `now` lies in. The start belongs to them, the end does not."""
    here = local(now)
    start, end = _hours(county, now)
    day = here.date() + timedelta(days=1) if start > end and here.time() >= start else here.date()
    inside = start <= here.time() < end if start <= end else here.time() >= start or here.time() < end
    return datetime.combine(day, end, here.tzinfo) if inside else now


def _hours(county: str, now: datetime) -> tuple[time, time]:
    """Equal times mean: no quiet hours."""
    ruling = book().ruling(TERM, place=county, on=local(now).date())
    try:
        start, end = ruling.value
        return time.fromisoformat(start), time.fromisoformat(end)
    except (TypeError, ValueError):
        raise BadPack(
            "应为两个时刻", file=f"{ruling.pack}/parameters", term=TERM, fix='请写作 ["21:00", "08:00"]'
        ) from None
