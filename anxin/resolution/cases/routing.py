"""The routing table's word on a case, with the rule and the sentence, as it is stored beside a dispatch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from anxin.foundation.directory import selectors as directory
from anxin.foundation.workdays.calendar import local
from anxin.resolution.cases.models import Case


def suggest(row: Case, now: datetime) -> dict[str, Any]:
    """Suggested unit, assisting units, the rule's id, reason, pack and version, and the inputs it judged by."""
    return suggest_many([row], now)[0]


def suggest_many(rows: Sequence[Case], now: datetime) -> list[dict[str, Any]]:
    """The same for a board of cases; two queries however many."""
    asked = [(row.place_code, row.sector or "unknown", row.people) for row in rows]
    found = directory.suggest_many(asked, local(now).date()) if asked else []
    return [
        {
            "unit": suggestion.unit_code,
            "unit_name": suggestion.unit_name,
            "assisting": list(suggestion.assisting),
            "rule": suggestion.rule,
            "reason": suggestion.reason,
            "pack": suggestion.pack,
            "version": suggestion.version,
            "inputs": {"place": row.place_code, "sector": row.sector, "people": row.people},
        }
        for row, suggestion in zip(rows, found, strict=True)
    ]
