"""Reading the register: search as one types, one employer, employers outside the grid, and matching of names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from pydantic import Field
from rapidfuzz import fuzz, process

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import query
from anxin.foundation.directory.selectors import place_get
from anxin.foundation.kernel.errors import Denied
from anxin.registry.employers.models import Employer
from anxin.registry.employers.names import core, fragment, normal

PAGE = 50
LONGEST = 120
"""Letters of a search that count; names are no longer."""
ALIKE = 65
"""From this score of rapidfuzz (0 to 100) on, a name is worth showing as "did you mean"."""

Limit = Annotated[int, Field(ge=1, le=200)]


def visible(actor: Actor) -> Q:
    """Rows of the registry an actor may see: those of the own county, whatever the post; nothing for the public."""
    return Q(county_code__in={s.county for s in actor.scopes if s.kind in ("county", "system", "unit", "grid")})


def editable(actor: Actor) -> Q:
    """Rows of the registry an actor may change: a grid or a town its own, a county-level post the county's."""
    found = Q(pk__in=[])
    for scope in actor.scopes:
        if scope.kind == "grid":
            found |= Q(grid_code=scope.place)
        elif scope.kind == "unit" and scope.at_town:
            found |= Q(town_code=scope.place)
        elif scope.kind in ("county", "system", "unit"):
            found |= Q(county_code=scope.county)
    return found


@query(may="registry:see", zh="查找用人单位")
def search(*, actor: Actor, now: datetime, text: str, limit: Limit = 20) -> list[dict[str, Any]]:
    """Employers by fragment of the name, pinyin initials, credit code or id, best first; one query.

    An empty text finds nothing: the register is not handed out whole.
    """
    if not text.strip():
        return []
    found = Employer.objects.filter(visible(actor)).filter(_asked(text)).annotate(rank=_rank(text))
    return [_row(employer) for employer in found.order_by("rank", "normal_name", "id")[:limit]]


@query(may="registry:see", zh="用人单位详情")
def detail(*, actor: Actor, now: datetime, employer: int) -> dict[str, Any]:
    """One employer; raises `Denied` outside the county."""
    row = Employer.objects.select_related("place").filter(visible(actor), pk=employer).first()
    if row is None:
        raise Denied()
    return _row(row) | {
        "place_name": row.place.name,
        "headcount": row.headcount,
        "phone": row.phone,
        "legal_representative": row.legal_representative,
        "standing": row.standing,
        "standing_zh": row.get_standing_display(),
        "registered_at": row.registered_at.isoformat(),
    }


@query(may="registry:see", zh="未入网格的用人单位")
def without_grid(*, actor: Actor, now: datetime, after: int = 0, limit: Limit = PAGE) -> dict[str, Any]:
    """Employers no grid looks after, in the order of their ids; `more` tells whether another page follows."""
    found = Employer.objects.filter(visible(actor), grid_code="", pk__gt=after)
    page = list(found.order_by("pk")[: limit + 1])
    return {"rows": [_row(employer) for employer in page[:limit]], "more": len(page) > limit}


def match(name: str, county: str) -> int | None:
    """The id of the one employer of a county that goes by this name; None when there is none or more than one."""
    found = list(_of(county).filter(normal_name=normal(name)).values_list("pk", flat=True)[:2]) if normal(name) else []
    return found[0] if len(found) == 1 else None


def near(name: str, county: str, limit: int = 5) -> list[dict[str, Any]]:
    """Employers of a county whose names are alike, most alike first, with a score from 0 to 100; three queries."""
    key, where = normal(name), place_get(county[:6]).name
    if not key:
        return []
    names = {pk: core(known, where) for pk, known in _of(county).values_list("pk", "normal_name")}
    best = process.extract(core(key, where), names, scorer=fuzz.WRatio, score_cutoff=ALIKE, limit=limit)
    shown = in_county((pk for _, _, pk in best), county)
    return [{"id": pk, "name": shown[pk], "score": round(score)} for _, score, pk in best]


def in_county(ids: Iterable[int], county: str) -> dict[int, str]:
    """Names by id, of those ids that are employers of the county; for rooms above that were handed ids."""
    return dict(_of(county).filter(pk__in=list(ids)).values_list("pk", "name"))


def _of(county: str) -> QuerySet[Employer]:
    return Employer.objects.filter(county_code=county[:6])


def _asked(text: str) -> Q:
    typed = fragment(text)[:LONGEST]
    found = Q(pk__in=[])
    if typed:
        found |= Q(normal_name__contains=typed)
    if typed.isascii() and typed.isalnum():
        found |= Q(initials__contains=typed) | Q(credit_code__startswith=typed.upper())
    if typed.isascii() and typed.isdecimal() and len(typed) < 18:
        found |= Q(pk=int(typed))
    return found


def _rank(text: str) -> Case:
    typed = fragment(text)
    first = Q(credit_code=typed.upper()) | Q(normal_name=normal(text))
    if typed.isascii() and typed.isdecimal() and len(typed) < 18:
        first |= Q(pk=int(typed))
    return Case(
        When(first, then=Value(0)),
        When(Q(normal_name__startswith=typed) | Q(initials__startswith=typed), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )


def _row(employer: Employer) -> dict[str, Any]:
    return {
        "id": employer.pk,
        "name": employer.name,
        "credit_code": employer.credit_code or "",
        "sector": employer.sector,
        "scale": employer.scale,
        "scale_zh": employer.get_scale_display(),
        "place": employer.place_id,
        "town": employer.town_code,
        "grid": employer.grid_code,
        "verified": employer.verified,
    }
