"""Numbers of complaints, cases and letters, shaped by a template of the county's pack.

A template names `day`, `year`, `serial` and `place`, for example "W{day:%Y%m%d}-{serial:04d}" or
"永人社调字〔{year}〕第{serial:04d}号". That the serial has no gaps is the business of the documents room.
"""

from __future__ import annotations

import string
from datetime import date

from anxin.foundation.kernel.errors import BadInput

FIELDS = frozenset({"day", "year", "serial", "place"})
_SAMPLE = {"day": date(2023, 1, 1), "year": 2023, "serial": 1, "place": "000000"}


def number(template: str, *, serial: int, day: date, place: str = "") -> str:
    """The number with this serial on this day."""
    check_template(template)
    return template.format(day=day, year=day.year, serial=serial, place=place)


def check_template(template: str) -> None:
    """Raises BadInput when the template cannot make distinct numbers."""
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
        if names <= FIELDS:
            template.format(**_SAMPLE)
    except (ValueError, KeyError, IndexError, AttributeError):
        raise BadInput(
            f"编号模板写法有误：{template}", fix="花括号要成对，日期写作 {day:%Y%m%d}，流水号写作 {serial:04d}"
        ) from None
    if unknown := names - FIELDS:
        raise BadInput(f"编号模板中有不认识的项：{'、'.join(sorted(unknown))}", fix="只能使用 day、year、serial、place")
    if "serial" not in names:
        raise BadInput(f"编号模板缺少流水号：{template}", fix="请加入 {serial}")
