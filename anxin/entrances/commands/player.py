"""The scenario player: a story runs through the same door as every officer's click, under a simulated clock."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.module_loading import autodiscover_modules

from anxin.entrances.commands import expectation
from anxin.entrances.commands.scenario import SHANGHAI, Cast, Step, Story, filled, near, references
from anxin.entrances.commands.trace import Trace
from anxin.foundation.access.actor import Actor
from anxin.foundation.access.roles import roles
from anxin.foundation.access.selectors import actor_for_post
from anxin.foundation.audit.commands import QUERIES, REGISTRY, ask, call
from anxin.foundation.directory.selectors import holders, place_get, unit_get
from anxin.foundation.directory.services import appoint_many, load_organisation
from anxin.foundation.duties.selectors import next_moment
from anxin.foundation.kernel.errors import AnxinError, BadInput
from anxin.foundation.outbox import bus
from anxin.foundation.outbox.worker import JOBS, Job, drain
from anxin.foundation.policy.current import using

PUBLIC, SYSTEM = "public", "system"
DEFAULT_READER = "arrears_office"
"""Who asks when a step does not say."""

AFTER = timedelta(seconds=1)
"""A moment has passed one second later, at the resolution of the files."""

POLLING = timedelta(days=1)
"""Jobs that run more often only poll; they run whenever the clock stops. Others have moments of their own."""

BATCH = 500
MOST_STOPS = 100_000


@dataclass(frozen=True)
class Failure:
    """An expectation that did not hold; `found` and `expected` are JSON values, `because` says it in Chinese."""

    line: int
    found: Any
    expected: Any
    because: str

    def as_json(self) -> dict[str, Any]:
        return {"line": self.line, "found": self.found, "expected": self.expected, "because": self.because}


@dataclass
class Outcome:
    """What came of one story; `steps` counts those that were played."""

    story: Story
    steps: int = 0
    failures: list[Failure] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.failures

    def as_json(self) -> dict[str, Any]:
        failures = [failure.as_json() for failure in self.failures]
        told = {"file": self.story.file, "title": self.story.title, "passed": self.passed}
        return {**told, "steps": self.steps, "failures": failures}


def register() -> None:
    """Import every room's commands and queries, so that stories can name them."""
    autodiscover_modules("services", "selectors")


def check(story: Story) -> None:
    """Refuse a story that names what does not exist; raises `BadScenario` with file and line."""
    register()
    errors = {kind.__name__ for kind in _kinds(AnxinError)}
    fields = {key for kind in bus.event_types() for key in inspect.signature(kind).parameters}
    bound = {key.removesuffix("_id") for key in fields if key.endswith("_id")}
    with using(story.packs):
        posts = _posts(story)
    voices = {played.name for played in story.cast} | posts.keys() | set(posts.values())
    for played in story.cast:
        if played.post not in posts:
            story.bad(played.line, f"没有岗位“{played.post}”{near(played.post, posts)}")
    for step in story.steps:
        registry, word = (REGISTRY, "操作") if step.kind == "do" else (QUERIES, "查询")
        if step.name not in registry:
            story.bad(step.line, f"没有名为“{step.name}”的{word}{near(step.name, registry)}")
        if step.by and step.by not in voices:
            story.bad(step.line, f"没有名为“{step.by}”的演员或岗位{near(step.by, voices)}")
        if step.refused and step.refused not in errors:
            story.bad(step.line, f"没有名为“{step.refused}”的拒绝{near(step.refused, errors)}")
        for name in references([step.given, [expected.value for expected in step.expect]]):
            if name not in bound:
                story.bad(step.line, f"“${name}”在此之前没有出现过{near(name, bound)}")
        bound |= {step.bind} - {""}


def play(story: Story, trace: Trace | None = None) -> Outcome:
    """Play a checked story in a world of its own, which is gone afterwards whatever happened in it."""
    with using(story.packs), transaction.atomic():
        try:
            return _Play(story, trace or Trace()).run()
        finally:
            transaction.set_rollback(True)


class _Halt(Exception):
    """The story cannot go on; the failure is noted."""


@dataclass
class _Play:
    story: Story
    trace: Trace
    outcome: Outcome = field(init=False)
    clock: datetime = field(init=False)
    actors: dict[str, Actor] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    touched: dict[str, dict[str, Any]] = field(default_factory=dict)
    schedule: dict[str, datetime] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    found: Any = None

    def __post_init__(self) -> None:
        self.outcome = Outcome(self.story)
        self.clock = self.story.start

    def run(self) -> Outcome:
        load_organisation(county=self.story.county, now=self.story.start)
        self._engage()
        self.schedule = {job.name: self.story.start + job.every for job in JOBS.values() if job.every >= POLLING}
        with _overhearing(self._hear, self._handle):
            try:
                for step in self.story.steps:
                    self.outcome.steps += 1
                    self._advance(step)
                    self._take(step)
            except _Halt:
                pass
        return self.outcome

    # -- people -------------------------------------------------------------------------------------------------

    def _engage(self) -> None:
        """One holder for each post, for the whole county, and the named actors at their places; all take office."""
        county, on = self.story.county, self.story.start.astimezone(SHANGHAI).date()
        posts = _posts(self.story)
        cast = {post: self._default(post, county, on) for post in posts}
        cast |= {played.name: self._named(played, county, on) for played in self.story.cast}
        named = {who: actor for who, actor in cast.items() if not {PUBLIC, SYSTEM} & {*actor.posts}}
        appoint_many(rows=[_holding(actor, on) for actor in named.values()])
        cast |= {who: replace(actor, officer_id=_officer(actor, on)) for who, actor in named.items()}
        self.actors = {zh: cast[post] for post, zh in posts.items()} | cast

    def _named(self, played: Cast, county: str, on: date) -> Actor:
        try:
            place = place_get(played.at).code if played.at else None
            unit = unit_get(played.unit).code if played.unit else None
        except AnxinError:
            self.story.bad(played.line, f"没有代码为“{played.unit or played.at}”的区划或单位")
        try:
            return actor_for_post(county, played.post, played.name, place, unit, on=on)
        except BadInput as refusal:
            self.story.bad(played.line, refusal.message)

    def _default(self, post: str, county: str, on: date) -> Actor:
        if post in (PUBLIC, SYSTEM):
            return Actor.public(county) if post == PUBLIC else Actor.system(county)
        return actor_for_post(county, post, on=on)

    def _actor(self, step: Step) -> Actor:
        if not step.by and DEFAULT_READER not in self.actors:
            self.story.bad(step.line, f"缺少 by：本地没有默认查询的岗位 {DEFAULT_READER}")
        return self.actors[step.by or DEFAULT_READER]

    # -- the clock ----------------------------------------------------------------------------------------------

    def _advance(self, step: Step) -> None:
        """Stop at every moment that makes something due before the step, in order, and at the step itself."""
        for _ in range(MOST_STOPS):
            moment = self._next()
            if moment is None or moment >= step.at:
                self._stop(step.at, step)
                return
            self._stop(moment, step)
        self._fail(step.line, "时钟停不下来：同一件事反复到期", "时钟走到这一步")
        raise _Halt

    def _next(self) -> datetime | None:
        """The next moment something falls due; what is overdue already waits one second, never less."""
        duty = next_moment(after=self.clock)
        moments = [*self.schedule.values()] + ([duty + AFTER] if duty else [])
        first = min(moments, default=None)
        return first if first is None or first > self.clock else self.clock + AFTER

    def _stop(self, at: datetime, step: Step) -> None:
        self.clock = at
        for job in JOBS.values():
            if job.name not in self.schedule:
                self._job(job)
            elif self.schedule[job.name] <= at:
                self.schedule[job.name] = at + job.every
                self._job(job)
        self._drain(step)

    def _job(self, job: Job) -> None:
        try:
            with transaction.atomic():
                job.run(now=self.clock)
        except Exception as fault:
            self.faults.append(f"定时任务 {job.name} 出错：{_said(fault)}")

    def _drain(self, step: Step) -> None:
        """Deliver events and what they cause, at the present moment; a handler that fails ends the story."""
        while drain(now=self.clock, limit=BATCH) == BATCH:
            continue
        self.trace.look(self.clock)
        for fault in self.faults:
            self._fail(step.line, fault, "后续处理完成")
        if self.faults:
            raise _Halt

    # -- what happens -------------------------------------------------------------------------------------------

    def _hear(self, happened: Any) -> None:
        """Remember which case, complaint, … an event was about, so that `$case` means the latest."""
        payload = vars(happened)
        for key, value in payload.items():
            if key.endswith("_id") and value not in (None, ""):
                self.touched[key.removesuffix("_id")] = {"id": value}
        self.trace.event(self.clock, bus.name_of(type(happened)), payload)

    def _handle(self, name: str, run: Callable[[], None]) -> None:
        self.trace.handler(self.clock, name)
        try:
            run()
        except Exception as fault:
            self.faults.append(f"后续处理 {name} 出错：{_said(fault)}")
            raise

    def _take(self, step: Step) -> None:
        actor, given = self._actor(step), self._resolve(step.given, step)
        self.trace.step(self.clock, actor, step, given)
        try:
            with transaction.atomic():
                found = (call if step.kind == "do" else ask)(step.name, actor=actor, now=self.clock, **given)
        except AnxinError as refusal:
            self._refused(step, refusal)
        except Exception as fault:
            self._fail(step.line, _said(fault), step.refused or "办理成功")
            raise _Halt from fault
        else:
            self._done(step, found)
        self._drain(step)
        self._compare(step)

    def _refused(self, step: Step, refusal: AnxinError) -> None:
        self.trace.refusal(self.clock, refusal)
        names = [kind.__name__ for kind in type(refusal).__mro__]
        if step.refused in names:
            return
        self._fail(step.line, _said(refusal), step.refused or "办理成功")
        raise _Halt

    def _done(self, step: Step, found: Any) -> None:
        self.trace.result(self.clock, found)
        self.found = found
        if step.bind:
            self.results[step.bind] = found
        if step.refused:
            self._fail(step.line, "没有被拒绝", step.refused)

    def _compare(self, step: Step) -> None:
        for wanted in step.expect:
            value = self._resolve(wanted.value, step)
            try:
                found = expectation.walk(self.found, wanted.key.split("."))
            except expectation.Absent as absent:
                self._fail(wanted.line, str(absent), expectation.plain(value), key=wanted.key)
                continue
            if not expectation.agrees(found, value):
                self._fail(wanted.line, expectation.plain(found), expectation.plain(value), key=wanted.key)

    # -- names --------------------------------------------------------------------------------------------------

    def _resolve(self, value: Any, step: Step) -> Any:
        """A value with every `$name.key` replaced by what it stands for."""
        return filled(value, lambda name, path: self._look_up(name, path, step))

    def _look_up(self, name: str, path: list[str], step: Step) -> Any:
        known = {**self.touched, **self.results}
        if name not in known:
            self._fail(step.line, f"没有“${name}”{near(name, known)}", f"${name} 已经出现")
            raise _Halt
        try:
            return expectation.walk(known[name], path)
        except expectation.Absent as absent:
            self._fail(step.line, f"“${name}”：{absent}", f"${'.'.join([name, *path])} 有值")
            raise _Halt from None

    def _fail(self, line: int, found: Any, expected: Any, *, key: str = "") -> None:
        subject = f"{key} " if key else ""
        because = f"{subject}应为 {_shown(expected)}，实为 {_shown(found)}"
        failure = Failure(line, found, expected, because)
        self.outcome.failures.append(failure)
        self.trace.failure(self.clock, failure.because)


def _shown(value: Any) -> str:
    return f"“{value}”" if isinstance(value, str) else str(value)


def _said(fault: Exception) -> str:
    """An error in one line; the fields of bad input are named."""
    fields = fault.fields if isinstance(fault, BadInput) else {}
    details = "；".join(f"{key}：{message}" for key, message in fields.items())
    return f"{type(fault).__name__}：{details or fault}"


def _kinds(kind: type[AnxinError]) -> Iterator[type[AnxinError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)


def _holding(actor: Actor, on: date) -> dict[str, Any]:
    """The row of the directory that lets an actor receive what is sent to the post."""
    (scope,) = actor.scopes
    return {"name": actor.name, "post": actor.posts[0], "place": scope.place, "unit": scope.unit, "from_on": on}


def _officer(actor: Actor, on: date) -> int | None:
    (scope,) = actor.scopes
    found = holders(actor.posts[0], on=on, place=scope.place, unit=scope.unit)
    return next((holder.officer_id for holder in found if holder.name == actor.name), None)


def _posts(story: Story) -> dict[str, str]:
    """Post codes of the county with their Chinese names."""
    known = roles(story.county, story.start.astimezone(SHANGHAI).date())
    return {post: role.zh for post, role in known.items()}


@contextmanager
def _overhearing(hear: Callable[[Any], None], handle: Callable[[str, Callable[[], None]], None]) -> Iterator[None]:
    """While a story plays, every event is heard first by the player, and every handler runs under its eyes."""

    def listener(happened: Any, *, actor: Actor, now: datetime) -> None:
        hear(happened)

    def watched(handler: bus.Handler) -> bus.Handler:
        @functools.wraps(handler)
        def run(happened: Any, *, actor: Actor, now: datetime) -> None:
            name = f"{handler.__module__.rsplit('.', 1)[-1]}.{handler.__name__}"
            handle(name, lambda: handler(happened, actor=actor, now=now))

        return run

    before = {kind: bus.handlers_of(bus.name_of(kind)) for kind in bus.event_types()}
    bus.connect({kind: (listener, *map(watched, handlers)) for kind, handlers in before.items()})
    try:
        yield
    finally:
        bus.connect(before)
