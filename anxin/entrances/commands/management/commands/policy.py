"""`anxin policy explain | check | diff | new`: what holds where, who says so, and whether the packs are sound."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from anxin.foundation.kernel.errors import AnxinError, BadInput
from anxin.foundation.policy import check, diff, explain, new
from anxin.foundation.policy.book import PolicyBook
from anxin.foundation.policy.errors import NotInForce, PolicyError
from anxin.foundation.policy.packs import folders_of, identity, read_pack

NO = 1
BAD_INPUT = 2


class Command(BaseCommand):
    """Exit 0: answered, sound. Exit 1: no value in force, or faults found. Exit 2: bad input, one line why."""

    help = "政策包：解释取值及其授权链、检查、对比、新建"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
        task = tasks.add_parser("explain", help="解释一个条目在某地某日的取值及其授权链")
        task.add_argument("term", help="条目，例如 clock.settle")
        task.add_argument("--place", default=settings.ANXIN_COUNTY, help="区划代码，2至12位")
        task.add_argument("--on", type=_day, help="日期，例如 2023-11-01；默认今天")
        _common(task)
        task = tasks.add_parser("check", help="检查政策包：格式、授权、幅度、重叠、岗位、必备规则")
        task.add_argument("path", nargs="?", help="一个政策包，或放有政策包的文件夹")
        _common(task)
        task = tasks.add_parser("diff", help="对比两地的做法")
        task.add_argument("left", help="区划代码")
        task.add_argument("right", help="区划代码")
        task.add_argument("--on", type=_day, help="日期；默认今天")
        _common(task)
        task = tasks.add_parser("new", help="新建一个带注释的政策包")
        task.add_argument("code", help="区划代码，例如 330783")
        task.add_argument("--extends", required=True, help="上一级政策包，例如 cn-33")
        task.add_argument("--zh", default="", help="地区名称")
        task.add_argument("--into", help="放在哪个文件夹；默认与现有政策包同处")
        _common(task)

    def handle(self, *, task: str, **options: Any) -> None:
        try:
            getattr(self, f"_{task}")(**options)
        except AnxinError as error:
            self._refuse(_line(error), NO if isinstance(error, NotInForce) else BAD_INPUT)
        except OSError as error:
            self._refuse(f"无法读写 {error.filename}：{error.strerror}", BAD_INPUT)

    def _explain(self, *, term: str, place: str, on: date | None, packs: list[str], json: bool, **_: Any) -> None:
        ruling = _book(packs).ruling(term, place=place, on=on or timezone.localdate())
        self._say(explain.as_dict(ruling) if json else explain.as_text(ruling))

    def _check(self, *, path: str | None, packs: list[str], json: bool, **_: Any) -> None:
        for folder in [path, *packs]:
            if folder and not Path(folder).is_dir():
                raise BadInput(f"找不到政策包文件夹 {folder}", fix="请核对路径")
        checked, found = _checked(path, packs)
        if json:
            self._say({"ok": not found, "packs": checked, "faults": [_fault(f) for f in found]})
        elif found:
            self._say("\n".join(_line(fault) for fault in found) + f"\n共 {len(found)} 处问题")
        else:
            self._say(f"{len(checked)} 个政策包没有问题")
        if found:
            raise SystemExit(NO)

    def _diff(self, *, left: str, right: str, on: date | None, packs: list[str], json: bool, **_: Any) -> None:
        book = _book(packs)
        found = diff.compare(book, left, right, on or timezone.localdate())
        self._say(found if json else diff.as_text(book, found))

    def _new(
        self, *, code: str, extends: str, zh: str, into: str | None, packs: list[str], json: bool, **_: Any
    ) -> None:
        where = Path(into) if into else Path(settings.ANXIN_PACKS[-1])
        folder = new.create(_book(packs), code, extends=extends, into=where, zh=zh)
        written = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        if json:
            self._say({"pack": folder.name, "folder": str(folder), "files": written})
        else:
            self._say(f"已建立 {folder}：{'、'.join(written)}\n填好后运行：anxin policy check {folder}")

    def _refuse(self, why: str, code: int) -> NoReturn:
        self.stderr.write(why, style_func=str)
        raise SystemExit(code)

    def _say(self, answer: dict[str, Any] | str) -> None:
        self.stdout.write(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, indent=2))


def _common(task: ArgumentParser) -> None:
    task.add_argument("--packs", action="append", default=[], metavar="DIR", help="另加一个政策包文件夹，可多次使用")
    task.add_argument("--json", action="store_true", help="只在标准输出打印一份 JSON")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"日期“{text}”写法有误，应为 2023-11-01 这样的年月日") from None


def _checked(path: str | None, packs: list[str]) -> tuple[list[str], list[PolicyError]]:
    """The packs looked at and their faults. A folder that holds its own national pack is judged by itself."""
    try:
        if path is None:
            book = _book(packs, strict=False)
            return sorted(book.packs), check.faults(book)
        only = sorted(identity(folder) for folder in folders_of(Path(path)))
        alone = any(read_pack([folder]).level == "nation" for folder in folders_of(Path(path)))
        roots = [Path(path).resolve(), *(Path(root).resolve() for root in packs)]
        book = PolicyBook.load(roots, strict=False) if alone else _book([*packs, path], strict=False)
        return only, check.faults(book, only)
    except PolicyError as fault:
        return [], [fault]


def _book(packs: list[str], *, strict: bool = True) -> PolicyBook:
    """The packs of the deployment with the added folders laid over them."""
    named: list[Path] = [*settings.ANXIN_PACKS, *map(Path, packs)]
    roots = dict.fromkeys(root.resolve() for root in named)
    return PolicyBook.load(_without_doubles(list(roots)), strict=strict)


def _without_doubles(roots: list[Path]) -> list[Path]:
    """A pack named by its own folder is not laid over itself when its parent is a root already."""
    return [root for root in roots if root.parent not in roots or not (root / "pack.toml").is_file()]


def _line(error: AnxinError) -> str:
    return f"{error.message}。{error.fix}" if error.fix else error.message


def _fault(fault: PolicyError) -> dict[str, str]:
    return {
        "kind": type(fault).__name__,
        "file": fault.file,
        "term": fault.term,
        "message": fault.what,
        "fix": fault.fix,
    }
