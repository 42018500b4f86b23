"""`anxin demo`: load the synthetic county; `--logins` lists its log-ins."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from anxin.entrances import door
from anxin.entrances.commands.player import register
from anxin.foundation.kernel.errors import Refused
from demo import county
from demo.logins import table

TOLD = {"officers": "名工作人员", "employers": "家用人单位", "projects": "个工程项目", "complaints": "件投诉"}


class Command(BaseCommand):
    """Everything in it is invented; production refuses."""

    help = "载入演示县：虚构的人员、单位和投诉；--logins 列出演示账号"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", type=date.fromisoformat, help="演示到哪一天（YYYY-MM-DD），默认今天")
        parser.add_argument("--size", choices=sorted(county.SIZES), default="full", help="数量：full 或 small")
        parser.add_argument("--logins", action="store_true", help="只列出演示账号")
        parser.add_argument("--force", action="store_true", help="没有 ANXIN_DEMO=1 也载入")

    def handle(self, *, on: date | None, size: str, logins: bool, force: bool, **options: Any) -> None:
        if not (settings.ANXIN_DEMO or force):
            raise Refused(
                "演示数据和演示账号只供试用，正式环境不载入", fix="试用请设 ANXIN_DEMO=1（script/server 会自动设置）"
            )
        if logins:
            self.stdout.write(table())
            return
        if county.is_loaded():
            self.stdout.write("演示县已经载入")
            return
        register()
        began = monotonic()
        made = county.load(county.present(on, door.now()), county.SIZES[size])
        told = "，".join(f"{made[name]} {zh}" for name, zh in TOLD.items())
        self.stdout.write(f"演示县已载入：{told}，用时 {monotonic() - began:.0f} 秒")
