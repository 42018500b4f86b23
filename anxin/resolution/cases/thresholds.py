"""Judging people and amount against the county's thresholds. Pure: facts in, verdict with its receipt out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from anxin.foundation.kernel.money import fen, yuan
from anxin.foundation.policy.book import PolicyBook
from anxin.foundation.policy.errors import NotInForce, UnknownTerm


@dataclass(frozen=True)
class Verdict:
    """Whether all departments step in together, the sentence that says why, and the rulings it rests on."""

    joint: bool
    reason: str = ""
    receipt: dict[str, Any] = field(default_factory=dict)


def joint(book: PolicyBook, *, county: str, on: date, category: str, people: int, due_fen: int) -> Verdict:
    """Ten persons, or the amount for an enterprise or a project: reaching the number counts, one fen less does not.

    Source: Yongkang development zone's rule and 浙政办发〔2017〕80号; a county without the terms has no joint handling.
    """
    try:
        heads = book.ruling("joint.people", place=county, on=on)
        money = book.ruling(f"joint.{category}_amount", place=county, on=on)
    except (UnknownTerm, NotInForce):
        return Verdict(False)
    reasons = []
    if people >= int(heads.value):
        reasons.append(f"涉及 {people} 人，达到 {int(heads.value)} 人")
    if due_fen >= fen(money.value):
        kind = "工程项目" if category == "project" else "企业"
        reasons.append(f"{kind}欠薪 {yuan(due_fen)} 元，达到 {yuan(fen(money.value))} 元")
    if not reasons:
        return Verdict(False)
    return Verdict(True, "；".join(reasons), {"people": heads.receipt(), "amount": money.receipt()})


def severity(book: PolicyBook, *, county: str, on: date, category: str, people: int, due_fen: int) -> str:
    """The first level of the county's matrix that people or amount reach; "" where the county has none.

    The matrix runs from gravest to lightest; a level without numbers takes what is left.
    """
    try:
        matrix = book.ruling("severity.matrix", place=county, on=on).value
    except (UnknownTerm, NotInForce):
        return ""
    return next((str(level["level"]) for level in matrix if _reaches(level, category, people, due_fen)), "")


def _reaches(level: dict[str, Any], category: str, people: int, due_fen: int) -> bool:
    limits = {key for key in level if key == "people" or key.endswith("_amount")}
    if not limits:
        return True
    amount = level.get(f"{category}_amount")
    return people >= level.get("people", people + 1) or (amount is not None and due_fen >= fen(amount))
