"""`anxin replay FILE.toml … [--json] [--trace]`: play scenarios and check their expectations."""

from __future__ import annotations

import json
import tempfile
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from anxin.entrances.commands import player, scenario
from anxin.entrances.commands.trace import Trace

UNMET = 1


class Command(BaseCommand):
    """Plays stories on a fresh in-memory database; exits 0 when all hold, 1 when one does not, 2 on bad input."""

    help = "在全新的内存数据库中演练情景文件，核对每一步的预期"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE.toml", help="情景文件")
        parser.add_argument("--json", action="store_true", help="只在标准输出打印一份 JSON")
        parser.add_argument("--trace", action="store_true", help="打印每个操作、事件、后续处理、职责和通知")

    def handle(self, *, files: list[str], json: bool, trace: bool, **options: Any) -> None:
        stories = [scenario.read(file) for file in files]
        _fresh_database()
        for story in stories:
            player.check(story)
        out = self.stderr if json else self.stdout
        witness = Trace((lambda line: out.write(line, style_func=str)) if trace else None)
        with tempfile.TemporaryDirectory(prefix="anxin-replay-") as folder:
            settings.MEDIA_ROOT = folder
            outcomes = [self._play(story, witness, quiet=json) for story in stories]
        if json:
            self.stdout.write(_document(outcomes))
        else:
            passed = sum(outcome.passed for outcome in outcomes)
            self.stdout.write(f"共 {len(outcomes)} 个情景，通过 {passed} 个，未通过 {len(outcomes) - passed} 个")
        if not all(outcome.passed for outcome in outcomes):
            raise SystemExit(UNMET)

    def _play(self, story: scenario.Story, trace: Trace, *, quiet: bool) -> player.Outcome:
        if trace.write:
            trace.write(f"【{story.title}】{story.file}")
        outcome = player.play(story, Trace(trace.write))
        if not quiet:
            word = "通过  " if outcome.passed else "未通过"
            self.stdout.write(f"{word}  {story.title}（{outcome.steps} 步）  {story.file}")
            for failure in outcome.failures:
                self.stdout.write(f"        {story.file}:{failure.line}：{failure.because}")
        return outcome


def _document(outcomes: list[player.Outcome]) -> str:
    return json.dumps({"scenarios": [outcome.as_json() for outcome in outcomes]}, ensure_ascii=False, indent=2)


def _fresh_database() -> None:
    """Build the tables in memory; refuses to go on over a database that lasts."""
    if connection.vendor != "sqlite" or not connection.is_in_memory_db():  # type: ignore[attr-defined]
        raise CommandError("情景只能在内存数据库中演练，请运行 anxin replay", returncode=2)
    call_command("migrate", verbosity=0, interactive=False)
