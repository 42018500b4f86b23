from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from anxin.foundation.access.actor import Actor, reach
from anxin.foundation.audit.commands import query
from anxin.foundation.kernel.errors import Denied
from anxin.registry.workers.models import Worker


@query(may="registry:see", zh="劳动者详情")
def detail(*, actor: Actor, now: datetime, worker: int) -> dict[str, Any]:
    """One worker, masked; for county-level posts only. Raises `Denied` out of reach."""
    # A worker has no town and no unit: pointing both at the county column lets only county-level scopes match.
    row = Worker.objects.filter(reach(actor, town="county_code", unit="county_code"), pk=worker).first()
    if row is None:
        raise Denied()
    return _card(row)


def cards(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Masked workers by id, in one query. The caller has checked that their case or wage is in reach."""
    return {row.pk: _card(row) for row in Worker.objects.filter(pk__in=list(ids))}


def in_county(ids: Iterable[int], county: str) -> set[int]:
    """Those of the ids that are workers of the county."""
    return set(Worker.objects.filter(county_code=county[:6], pk__in=list(ids)).values_list("pk", flat=True))


def _card(row: Worker) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "id_number": row.masked_id_number, "phone": row.masked_phone}
