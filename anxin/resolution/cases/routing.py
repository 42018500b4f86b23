"""The routing table's word on a case, with the rule and the sentence, as it is stored beside a dispatch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from anxin.foundation.directory import selectors as directory
from anxin.foundation.workdays.calendar import local
from anxin.resolution.cases.models import Case


def suggest(row: Case, now: datetime) -> dict[str, Any]:
    """Suggested unit, assisting units, the rule's id, reason, pack and version, and the inputs it judged by."""
    found = directory.suggest(row.place_code, row.sector or "unknown", local(now).date(), people=row.people)
    return {
        "unit": found.unit_code,
        "assisting": list(found.assisting),
        "rule": found.rule,
        "reason": found.reason,
        "pack": found.pack,
        "version": found.version,
        "inputs": {"place": row.place_code, "sector": row.sector, "people": row.people},
    }
