"""`anxin intake FILE`: take over a file of messages exported by a hotline or a message board."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from anxin.foundation.access.selectors import actor_for_post
from anxin.foundation.kernel.errors import BadInput
from anxin.resolution.intake import services

POST, NAME = "arrears_office", "命令行导入"
"""Whoever has the machine acts for the office that may import; the trail says that it was done from the shell."""

COUNTS = {
    "accepted": "登记",
    "duplicate": "此前已登记",
    "merged": "合并",
    "redirected": "引导到其他部门",
    "answered": "按咨询登记",
}


class Command(BaseCommand):
    help = "导入其他平台导出的来件（xlsx 或 csv）；重复导入不会重复登记"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="xlsx 或 csv 文件")
        parser.add_argument("--place", default=settings.ANXIN_COUNTY, help="区划代码，不填为本地")
        parser.add_argument("--channel", default="hotline", help="渠道，默认 hotline")
        parser.add_argument("--dry-run", action="store_true", help="只检查，不登记")
        parser.add_argument("--json", action="store_true", help="输出一个 JSON 文档")

    def handle(self, *args: Any, **options: Any) -> None:
        place, now = options["place"], timezone.now()
        out = services.import_file(
            actor=actor_for_post(place, POST, NAME, on=timezone.localdate(now)),
            now=now,
            content=_content(options["file"]),
            channel=options["channel"],
            place=place,
            dry_run=options["dry_run"],
        )
        if options["json"]:
            self.stdout.write(json.dumps(out, ensure_ascii=False))
            return
        if options["dry_run"]:
            self.stdout.write("只检查，没有登记：")
        self.stdout.write("，".join(f"{zh} {out[name]} 件" for name, zh in COUNTS.items()))
        for fault in out["rejected"]:
            self.stdout.write(f"第{fault['row']}行“{fault['column']}”：{fault['reason']}")
        for hint in out["hints"]:
            self.stdout.write(f"第{'、'.join(map(str, hint['rows']))}行：{hint['reason']}")


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as fault:
        raise BadInput(f"文件读不出来：{path}（{fault.strerror}）") from None
