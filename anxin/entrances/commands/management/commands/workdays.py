"""`anxin workdays add DATE N [--calendar]` and `anxin workdays between DATE DATE`: date arithmetic."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand

from anxin.foundation.kernel.errors import AnxinError, BadInput
from anxin.foundation.policy import current
from anxin.foundation.workdays.calendar import add_days, add_workdays, workdays_between

BAD_INPUT = 2
LONGEST = 3660


class Command(BaseCommand):
    """Exit 0 with the answer; exit 2 for bad input or a year without a published calendar, one line why."""

    help = "工作日与自然日的推算；起始日不计"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
        task = tasks.add_parser("add", help="某日之后第 N 个工作日")
        task.add_argument("day", type=_day, metavar="DATE", help="起始日，例如 2023-11-01")
        task.add_argument("n", type=_count, metavar="N", help="日数；负数向前推")
        task.add_argument("--calendar", action="store_true", help="按自然日计算")
        _common(task)
        task = tasks.add_parser("between", help="两日之间的工作日数（不计起始日，计截止日）")
        task.add_argument("start", type=_day, metavar="DATE")
        task.add_argument("end", type=_day, metavar="DATE")
        _common(task)

    def handle(self, *, task: str, **options: Any) -> None:
        try:
            answer = _add(**options) if task == "add" else _between(**options)
        except AnxinError as error:
            self._refuse(f"{error.message}。{error.fix}" if error.fix else error.message)
        except OverflowError:
            self._refuse("日期超出可以推算的范围")
        self.stdout.write(json.dumps(answer) if options["json"] else str(next(iter(answer.values()))))

    def _refuse(self, why: str) -> NoReturn:
        self.stderr.write(why, style_func=str)
        raise SystemExit(BAD_INPUT)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"日期“{text}”写法有误，应为 2023-11-01 这样的年月日") from None


def _count(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadInput(f"日数“{text}”应为整数") from None


def _common(task: ArgumentParser) -> None:
    task.add_argument("--place", default=settings.ANXIN_COUNTY, help="区划代码")
    task.add_argument("--json", action="store_true", help="只在标准输出打印一份 JSON")


def _add(*, day: date, n: int, calendar: bool, place: str, **_: Any) -> dict[str, Any]:
    if abs(n) > LONGEST:
        raise BadInput(f"一次最多推算 {LONGEST} 日")
    found = add_days(day, n) if calendar else add_workdays(current.book().calendar(place), day, n)
    return {"date": found.isoformat()}


def _between(*, start: date, end: date, place: str, **_: Any) -> dict[str, Any]:
    found = workdays_between(current.book().calendar(place), start, end)
    return {"workdays": found, "days": (end - start).days}
