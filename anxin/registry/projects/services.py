"""Writing projects and their contract chains."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import command, record
from anxin.foundation.directory.selectors import place_get
from anxin.foundation.directory.services import initials
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.foundation.kernel.money import Money
from anxin.registry.employers.names import folded
from anxin.registry.employers.selectors import editable
from anxin.registry.employers.selectors import in_county as employers_in_county
from anxin.registry.projects.models import Participation, Project

Role = Participation.Role
RANK = {role: rank for rank, role in enumerate(Role.values)}
HEADS = {Role.OWNER.value: "owner", Role.GENERAL_CONTRACTOR.value: "general_contractor"}


@command(may="registry:edit", zh="登记工程项目")
def register(
    *,
    actor: Actor,
    now: datetime,
    name: Annotated[str, Field(min_length=2, max_length=160)],
    sector: Annotated[str, Field(min_length=1, max_length=40)],
    investment: Literal["government", "soe", "private", "village"],
    place: str = "",
    code: Annotated[str, Field(max_length=60)] = "",
    contract: Money | None = None,
    owner: int | None = None,
    general_contractor: int | None = None,
    started_on: date | None = None,
    finished_on: date | None = None,
) -> dict[str, Any]:
    """A project of the actor's county with the head of its chain; `contract` in yuan.

    Raises `Refused` when the permit number is registered already.
    """
    if started_on and finished_on and finished_on < started_on:
        raise BadInput(fields={"finished_on": "完工日期不能早于开工日期"})
    if contract == 0:
        raise BadInput(fields={"contract": "合同金额必须大于 0，不清楚请留空"})
    _check_employers(actor.county, owner=owner, general_contractor=general_contractor)
    _refuse_twin(actor.county, code)
    row = Project(
        **_named(name),
        **_located(actor.county, place),
        code=code or None,
        sector=sector,
        investment=investment,
        contract_fen=contract,
        owner_id=owner,
        general_contractor_id=general_contractor,
        started_on=started_on,
        finished_on=finished_on,
        registered_at=now,
    )
    row.save()
    head = Participation.objects.create(project=row, employer_id=owner, role=Role.OWNER) if owner else None
    if general_contractor:
        Participation.objects.create(
            project=row, employer_id=general_contractor, role=Role.GENERAL_CONTRACTOR, parent=head
        )
    record(actor=actor, verb="projects.register", subject=row, first=True, name=row.name, code=row.code)
    return {"id": row.pk, "name": row.name}


@command(may="registry:edit", zh="增加参建单位")
def add_participant(
    *,
    actor: Actor,
    now: datetime,
    project: int,
    employer: int,
    role: Literal["owner", "general_contractor", "subcontractor", "labour", "crew"],
    parent: int | None = None,
) -> dict[str, Any]:
    """Hang an employer into the chain; without `parent` under the general contractor, else under the owner.

    Raises `Refused` when the role is taken or the parent stands lower in the chain, `Denied` out of reach.
    """
    row = Project.objects.select_for_update().filter(editable(actor), pk=project).first()
    if row is None:
        raise Denied()
    _check_employers(row.county_code, employer=employer)
    known = list(Participation.objects.filter(project=row).order_by("pk"))
    _refuse_taken(known, employer, role)
    above = _parent(known, role, parent)
    entry = Participation.objects.create(project=row, employer_id=employer, role=role, parent=above)
    if role in HEADS:
        _put_at_head(row, entry, known)
    record(
        actor=actor, verb="projects.add_participant", subject=row,
        employer=employer, role=role, parent=above.pk if above else None,
    )  # fmt: skip
    return {"id": entry.pk, "parent": above.pk if above else None}


def _parent(known: list[Participation], role: str, parent: int | None) -> Participation | None:
    """Who engaged the newcomer; raises `BadInput` for somebody who cannot have."""
    if parent is None:
        return _nearest_head(known, role)
    found = next((row for row in known if row.pk == parent), None)
    if found is None:
        raise BadInput(fields={"parent": "上级发包方不在该项目的参建单位中，请先登记"})
    if RANK[found.role] > RANK[role] or role == Role.OWNER:
        zh, own = found.get_role_display(), Role(role).label
        raise Refused(f"{zh}不能作为{own}的上级发包方", fix="请核对参建角色和上级")
    return found


def _nearest_head(known: list[Participation], role: str) -> Participation | None:
    heads = [row for row in known if row.role in HEADS and RANK[row.role] < RANK[role]]
    return max(heads, key=lambda row: RANK[row.role], default=None)


def _put_at_head(row: Project, entry: Participation, known: list[Participation]) -> None:
    """A head that comes late: the project names it, and what hung nowhere or too high hangs under it."""
    setattr(row, f"{HEADS[entry.role]}_id", entry.employer_id)
    row.save(update_fields=[HEADS[entry.role]])
    moved = [k.pk for k in known if RANK[k.role] > RANK[entry.role] and k.parent_id in (None, entry.parent_id)]
    Participation.objects.filter(pk__in=moved).update(parent=entry)


def _refuse_taken(known: list[Participation], employer: int, role: str) -> None:
    zh = Role(role).label
    if any(row.employer_id == employer and row.role == role for row in known):
        raise Refused(f"该单位已是本项目的{zh}")
    if role in HEADS and any(row.role == role for row in known):
        raise Refused(f"本项目已登记{zh}，一个项目只有一个{zh}")


def _refuse_twin(county: str, code: str) -> None:
    twin = Project.objects.filter(county_code=county, code=code).first() if code else None
    if twin is not None:
        raise Refused(f"该施工许可证号已登记为“{twin.name}”（编号 {twin.pk}）", fix="请直接选用该项目")


def _check_employers(county: str, **ids: int | None) -> None:
    given = {name: pk for name, pk in ids.items() if pk is not None}
    known = employers_in_county(given.values(), county) if given else {}
    faults = {name: "没有这家用人单位，请先登记" for name, pk in given.items() if pk not in known}
    if faults:
        raise BadInput(fields=faults)


def _named(name: str) -> dict[str, str]:
    key = folded(name)
    if len(key) < 2:
        raise BadInput(fields={"name": "请填写项目名称，至少 2 个字"})
    return {"name": name, "normal_name": key, "initials": initials(key)}


def _located(county: str, code: str) -> dict[str, str]:
    try:
        place = place_get(code or county)
    except Denied:
        place = None
    if place is None or place.county_code != county:
        raise BadInput(fields={"place": f"本县没有代码为 {code or county} 的区划，请核对"})
    grid = place.code if place.kind.startswith("grid_") else ""
    return {"place_id": place.code, "county_code": county, "town_code": place.town_code, "grid_code": grid}
