"""What `anxin replay --trace` prints: everything that happens in a story, with its simulated time, in Chinese."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps

from anxin.entrances.commands.expectation import plain
from anxin.entrances.commands.scenario import SHANGHAI, Step
from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import QUERIES, REGISTRY
from anxin.foundation.duties.selectors import for_subject
from anxin.foundation.kernel.errors import AnxinError
from anxin.foundation.notices.selectors import notices_for

Write = Callable[[str], None]

LONGEST = 200
"""Characters of one line after which it is cut; a trace is read by people."""

ENDED = {"discharged": "完成", "cancelled": "取消", "paused": "暂停", "open": "恢复"}


@dataclass
class Trace:
    """Writes one line for each thing that happens; without `write` it says nothing and asks nothing."""

    write: Write | None = None
    subjects: dict[str, None] = field(default_factory=dict)
    seen: dict[int, dict[str, Any]] = field(default_factory=dict)
    notices: set[int] = field(default_factory=set)

    def step(self, at: datetime, actor: Actor, step: Step, given: Mapping[str, Any]) -> None:
        registered = (REGISTRY if step.kind == "do" else QUERIES)[step.name]
        word = "操作" if step.kind == "do" else "查询"
        self._line(at, word, f"{actor.name} {registered.zh}（{step.name}） {_pairs(given)}")

    def result(self, at: datetime, found: Any) -> None:
        self._line(at, "结果", _pairs(found) if isinstance(found, Mapping) else str(plain(found)))

    def refusal(self, at: datetime, refusal: AnxinError) -> None:
        self._line(at, "拒绝", f"{type(refusal).__name__}：{refusal}")

    def failure(self, at: datetime, because: str) -> None:
        self._line(at, "不符", because)

    def event(self, at: datetime, name: str, payload: Mapping[str, Any]) -> None:
        self._line(at, "事件", f"{name} {_pairs(payload)}")
        if self.write:
            self.subjects |= dict.fromkeys(_subjects(payload))

    def handler(self, at: datetime, name: str) -> None:
        self._line(at, "后续", name)

    def look(self, at: datetime) -> None:
        """Say which duties and notices of the subjects met so far are new or have changed since the last look."""
        for subject in self.subjects:
            for duty in for_subject(subject=subject):
                for when, what in _changes(self.seen.get(duty["id"], {}), duty):
                    self._line(when or at, "职责", what)
                self.seen[duty["id"]] = duty
            for notice in notices_for(subject=subject):
                if notice["id"] not in self.notices:
                    self.notices.add(notice["id"])
                    self._line(notice["created_at"], "通知", f"{notice['template']} {notice['text']}")

    def _line(self, at: datetime, kind: str, text: str) -> None:
        if self.write:
            line = f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}  {kind}  {text.rstrip()}"
            self.write(line if len(line) <= LONGEST else line[:LONGEST] + "…")


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterable[tuple[datetime | None, str]]:
    what = f"“{now['title']}”（{now['rule']}，{now['post']}）"
    until = f"{now['due_at'].astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    if not before:
        yield now["started_at"], f"起算 {what}，限 {until}"
    elif before["due_at"] != now["due_at"]:
        yield None, f"改期 {what}，限 {until}"
    if now["warned_at"] and not before.get("warned_at"):
        yield now["warned_at"], f"提醒 {what}，限 {until}"
    if now["lapsed_at"] and not before.get("lapsed_at"):
        yield now["lapsed_at"], f"超期 {what}"
    if now["state"] != before.get("state", "open") and now["state"] in ENDED:
        yield now["ended_at"], f"{ENDED[now['state']]} {what}{'（已超期）' if now['late'] else ''}"
    if before and before["post"] != now["post"]:
        yield None, f"移交 {what}"


def _subjects(payload: Mapping[str, Any]) -> Iterable[str]:
    """Addresses of what an event is about: its `subject`, and "cases.Case:42" for `case_id = 42`."""
    for key, value in payload.items():
        if key == "subject":
            yield str(value)
        elif key.endswith("_id"):
            noun = key.removesuffix("_id").replace("_", "")
            yield from (f"{model._meta.label}:{value}" for model in apps.get_models() if model._meta.model_name == noun)


def _pairs(values: Mapping[str, Any]) -> str:
    return " ".join(f"{key}={plain(value)}" for key, value in values.items())
