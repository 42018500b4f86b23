"""`anxin audit verify [--json]`: has anybody changed, removed, inserted or reordered an entry of the trail?"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from anxin.foundation.audit.verification import Verdict, verify

UNSOUND = 1
BAD_INPUT = 2


class Command(BaseCommand):
    """Exit 0: the trail is whole. Exit 1: it is not, the first fault is named. Exit 2: it cannot be read."""

    help = "核对留痕：逐条核对校验值、链条和封签"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
        task = tasks.add_parser("verify", help="核对全部留痕和封签，指出第一处问题")
        task.add_argument("--json", action="store_true", help="只在标准输出打印一份 JSON")

    def handle(self, *, json: bool, **options: Any) -> None:
        try:
            verdict = verify()
        except DatabaseError as error:
            why = " ".join(str(error).split())
            self.stderr.write(f"读不到留痕（{why}）。请检查数据库设置，并运行 anxin migrate", style_func=str)
            raise SystemExit(BAD_INPUT) from None
        self.stdout.write(_document(verdict) if json else _sentences(verdict))
        if not verdict.ok:
            raise SystemExit(UNSOUND)


def _document(verdict: Verdict) -> str:
    return json.dumps(verdict.as_dict(), ensure_ascii=False, indent=2)


def _sentences(verdict: Verdict) -> str:
    fault, newest = verdict.first_fault, verdict.head
    lines = [f"留痕 {verdict.entries} 条（其中 {verdict.unsealed} 条待封存），封签 {verdict.seals} 枚"]
    if newest:
        lines.append(f"最新封签：第 {newest['seq']} 号，校验值 {newest['digest']}")
    lines.append(f"第一处问题：{fault.message}" if fault else "没有发现改动、删除、插入或调换")
    return "\n".join(lines)
