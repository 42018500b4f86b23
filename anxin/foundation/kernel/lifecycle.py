"""A lifecycle is a table, and this module is its only interpreter (pure Python).

Buttons, diagrams, checks and duties are read from the table; nobody else decides which step may follow which.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from anxin.foundation.kernel.errors import IllegalTransition, Refused

Guard = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table: who may take which step, what it asks for and whose clocks it moves."""

    verb: str
    sources: frozenset[str]
    target: str
    zh: str
    may: str
    asks: tuple[str, ...] = ()  # parameters that the form of this step shows
    needs: tuple[str, ...] = ()  # kinds of evidence that must be on file
    guards: tuple[Guard, ...] = ()
    holds: tuple[Guard, ...] = ()  # must hold once the form's answers are written; never blocks the button
    starts: tuple[str, ...] = ()  # duty rules whose clock begins
    discharges: tuple[str, ...] = ()  # duty rules whose clock is stopped, done
    cancels: tuple[str, ...] = ()  # duty rules that have lost their object
    basis: str = ""
    button: bool = True  # False: only another command or an event takes this step


def step(verb: str, source: str | Iterable[str], target: str, **kw: Any) -> Step:
    """A row; `source` may be one state or several."""
    return Step(verb, frozenset([source] if isinstance(source, str) else source), target, **kw)


@dataclass(frozen=True, slots=True)
class Offer:
    """A step that this actor may take now, or the sentence that says why not yet."""

    step: Step
    blocked: str = ""


@dataclass(frozen=True)
class Lifecycle:
    """States with their Chinese names, and the steps between them."""

    name: str
    initial: str
    finals: frozenset[str]
    states: Mapping[str, str]
    steps: tuple[Step, ...] = field(default=())

    def offered(self, state: str) -> list[Step]:
        return [s for s in self.steps if state in s.sources]

    def find(self, verb: str, state: str) -> Step:
        """The row for `verb` in `state`; raises `IllegalTransition` with what is possible instead."""
        for row in self.offered(state):
            if row.verb == verb:
                return row
        wanted = next((s.zh for s in self.steps if s.verb == verb), verb)
        possible = "、".join(s.zh for s in self.offered(state) if s.button) or "无"
        raise IllegalTransition(f"当前状态“{self.states[state]}”不能{wanted}，现在可以：{possible}")

    def check(self, row: Step, subject: Any, evidence: Collection[str], names: Mapping[str, str]) -> None:
        """Raise `Refused` while evidence is missing or a guard says no."""
        if missing := [names.get(kind, kind) for kind in row.needs if kind not in evidence]:
            raise Refused(f"不能{row.zh}：缺少材料“{'、'.join(missing)}”，请先上传")
        for guard in row.guards:
            guard(subject)

    def offers(
        self,
        state: str,
        subject: Any,
        *,
        may: Callable[[str], bool],
        evidence: Collection[str],
        names: Mapping[str, str],
    ) -> list[Offer]:
        """Buttons for the page: every permitted step of the state, with the reason when it is blocked."""
        out = []
        for row in self.offered(state):
            if not row.button or not may(row.may):
                continue
            try:
                self.check(row, subject, evidence, names)
            except Refused as refusal:
                out.append(Offer(row, refusal.message))
            else:
                out.append(Offer(row))
        return out

    def faults(self) -> list[str]:
        """Unreachable states, dead ends, ambiguous verbs, unknown states: each is a fault of the table."""
        seen: set[str] = set()
        frontier = [self.initial]
        while frontier:
            state = frontier.pop()
            if state not in seen:
                seen.add(state)
                frontier += [s.target for s in self.offered(state)]
        out = [f"unreachable state: {s}" for s in sorted(set(self.states) - seen)]
        out += [f"unknown state: {s}" for s in sorted(seen - set(self.states))]
        out += [f"dead end: {s}" for s in sorted(set(self.states) - self.finals) if not self.offered(s)]
        for state in sorted(self.states):
            verbs = [s.verb for s in self.offered(state)]
            out += [f"ambiguous verb in {state}: {v}" for v in sorted({v for v in verbs if verbs.count(v) > 1})]
        return out

    def mermaid(self) -> str:
        """The table as a state diagram with Chinese labels."""
        rows = [
            f"    {source} --> {s.target}: {s.zh}" for s in self.steps for source in self.states if source in s.sources
        ]
        names = [f"    {code}: {zh}" for code, zh in self.states.items()]
        finals = [f"    {code} --> [*]" for code in self.states if code in self.finals]
        return "\n".join(["stateDiagram-v2", *names, f"    [*] --> {self.initial}", *rows, *finals])
