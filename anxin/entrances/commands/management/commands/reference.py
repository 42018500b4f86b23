"""`anxin reference [--check]`: write docs/reference from the registries, or say whether it is current."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from anxin.entrances.commands import reference

STALE = 1


class Command(BaseCommand):
    """Writes the reference pages; with --check it only looks and exits 1 when one is out of date."""

    help = "由登记的操作、查询和流程生成 docs/reference"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="只核对是否最新，不写文件")

    def handle(self, *, check: bool, **options: Any) -> None:
        if not check:
            changed = reference.write()
            self.stdout.write(f"已更新：{'、'.join(changed)}" if changed else "已是最新")
        elif old := reference.stale():
            self.stderr.write(f"不是最新：{'、'.join(old)}，请运行 anxin reference")
            raise SystemExit(STALE)
