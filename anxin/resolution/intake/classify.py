"""What is a message about? Weighted words of the county's pack, nothing learned, every answer with its reason. Pure.

A word may hold one gap: "拖欠…工资" is found where both parts stand within a few characters in one sentence. A word of
the subject counts double, because the subject says what the message is about and the text says everything else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

GAP = "…"
OTHER = "other"
_SPAN = 16
_SUBJECT = 2


@dataclass(frozen=True)
class Verdict:
    """The kind of a message, whether it only asks, and the sentence that says why."""

    kind: str
    consultation: bool
    reason: str


def classify(text: str, words: Mapping[str, Any], *, subject: str = "") -> Verdict:
    """The first kind, in the order given, whose words reach the floor; otherwise "other".

    Wages come first in the packs: a message that speaks of unpaid work and of other things must not be lost.
    `words`: {"floor": n, "consultation_floor": n, "consultation": {word: weight}, "kinds": {kind: {word: weight}}}.
    """
    for kind, table in words["kinds"].items():
        score, found = _weigh(subject, text, table)
        if score >= words["floor"]:
            return Verdict(kind, False, f"含有{_quoted(found)}")
    asked, questions = _weigh(subject, text, words["consultation"])
    if asked >= words["consultation_floor"]:
        return Verdict(OTHER, True, f"属于询问：含有{_quoted(questions)}")
    return Verdict(OTHER, False, "没有足够的关键词")


def _quoted(found: list[str]) -> str:
    return "、".join(f"“{word}”" for word in found)


def _weigh(subject: str, text: str, table: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Total weight and the words that spoke for it."""
    total, found = 0, []
    for word, weight in table.items():
        pattern = _pattern(word)
        share = int(weight) * (_SUBJECT if pattern.search(subject) else 1 if pattern.search(text) else 0)
        total += share
        if share > 0:
            found.append(word)
    return total, found


@cache
def _pattern(word: str) -> re.Pattern[str]:
    """`^` and `$` bind a word to the beginning or the end, `…` stands for a few characters of the same sentence."""
    head, tail = word.startswith("^"), word.endswith("$")
    parts = word.removeprefix("^").removesuffix("$").split(GAP)
    body = rf"[^。！？；!?;]{{0,{_SPAN}}}?".join(re.escape(part) for part in parts)
    return re.compile(("^" if head else "") + body + (r"[？?！!。]*$" if tail else ""))
