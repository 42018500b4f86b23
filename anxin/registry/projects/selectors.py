from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from django.db.models import Case, IntegerField, Q, Value, When
from pydantic import Field

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import query
from anxin.foundation.kernel.errors import Denied
from anxin.registry.employers.names import folded
from anxin.registry.employers.selectors import visible
from anxin.registry.projects.models import Participation, Project

LONGEST = 160
"""Letters of a search that count; names are no longer."""

Limit = Annotated[int, Field(ge=1, le=200)]


@query(may="registry:see", zh="查找工程项目")
def search(*, actor: Actor, now: datetime, text: str, limit: Limit = 20) -> list[dict[str, Any]]:
    """Projects by fragment of the name, pinyin initials, permit number or id, best first; one query."""
    typed, text = folded(text)[:LONGEST], text.strip()[:LONGEST]
    if not typed:
        return []
    asked = Q(normal_name__contains=typed) | Q(code__istartswith=text)
    if typed.isascii() and typed.isalnum():
        asked |= Q(initials__contains=typed)
    exact = Q(normal_name=typed) | Q(code__iexact=text)
    if typed.isascii() and typed.isdecimal() and len(typed) < 18:
        asked |= Q(pk=int(typed))
        exact |= Q(pk=int(typed))
    rank = Case(
        When(exact, then=Value(0)),
        When(Q(normal_name__startswith=typed) | Q(initials__startswith=typed), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    found = Project.objects.filter(visible(actor)).filter(asked).annotate(rank=rank)
    return [_row(project) for project in found.order_by("rank", "normal_name", "id")[:limit]]


@query(may="registry:see", zh="工程项目详情")
def detail(*, actor: Actor, now: datetime, project: int) -> dict[str, Any]:
    """One project with its contract chain as a tree; two queries. Raises `Denied` outside the county."""
    row = Project.objects.select_related("place").filter(visible(actor), pk=project).first()
    if row is None:
        raise Denied()
    return _row(row) | {
        "place_name": row.place.name,
        "started_on": row.started_on.isoformat() if row.started_on else "",
        "finished_on": row.finished_on.isoformat() if row.finished_on else "",
        "chain": chain(row.pk),
    }


def chain(project: int) -> list[dict[str, Any]]:
    """The contract chain of a project: roots, each with its `children`; one query. The caller has checked reach."""
    rows = Participation.objects.filter(project=project).select_related("employer").order_by("pk")
    nodes = {row.pk: _node(row) for row in rows}
    roots: list[dict[str, Any]] = []
    for row in rows:
        siblings = nodes[row.parent_id]["children"] if row.parent_id else roots
        siblings.append(nodes[row.pk])
    return roots


def in_county(ids: Iterable[int], county: str) -> dict[int, str]:
    """Names by id, of those ids that are projects of the county; for rooms above that were handed ids."""
    return dict(Project.objects.filter(county_code=county[:6], pk__in=list(ids)).values_list("pk", "name"))


def _node(row: Participation) -> dict[str, Any]:
    return {
        "id": row.pk,
        "role": row.role,
        "role_zh": row.get_role_display(),
        "employer": row.employer_id,
        "employer_name": row.employer.name,
        "children": [],
    }


def _row(row: Project) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "code": row.code or "",
        "sector": row.sector,
        "investment": row.investment,
        "investment_zh": row.get_investment_display(),
        "contract_fen": row.contract_fen,
        "place": row.place_id,
        "town": row.town_code,
        "owner": row.owner_id,
        "general_contractor": row.general_contractor_id,
    }
