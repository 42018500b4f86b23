"""Writing the organisation: places and units from packs, officers and the posts they take up and leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from pypinyin import Style, lazy_pinyin

from anxin.foundation.directory.codes import above, county_of, normal, town_of, unit_code
from anxin.foundation.directory.models import Holding, Officer, Place, PlaceKind, Unit, UnitKind
from anxin.foundation.kernel.errors import BadInput, Refused
from anxin.foundation.policy import current
from anxin.foundation.policy.book import BadPack

BATCH = 500  # keeps one statement under SQLite's limit of bound values
PLACE_FIELDS = ["name", "kind", "parent_id", "county_code", "town_code"]
UNIT_FIELDS = ["name", "kind", "place_id", "county_code", "sector", "phone", "pinyin"]


def load_organisation(*, county: str, now: datetime) -> dict[str, int]:
    """Write the places and units the packs of a county list in organisation.toml; returns how many rows changed.

    Idempotent: an unchanged row is not written again. Rows the packs no longer list stay, because old
    records name them. Raises `BadPack` for a row that cannot be used; then nothing is written.
    """
    code = county[:6]
    table = current.book().section("organisation", place=code, on=now.date())
    try:
        with transaction.atomic():
            places = save_places(rows=table.get("places", ()))
            return {"places": places, "units": save_units(county=code, rows=table.get("units", ()))}
    except BadInput as fault:
        raise BadPack(fault.message, file=f"{code}/organisation.toml", fix="请改正后重新载入") from fault


def save_places(*, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write places ({code, name, kind, parent?}) in bulk; returns how many were new or changed.

    `parent` defaults to the place one rank up, when that is known. Raises `BadInput` for a row that cannot be used.
    """
    listed = {normal(str(row.get("code", ""))): row for row in rows}
    known = set(Place.objects.values_list("code", flat=True)) | listed.keys()
    return _upsert(Place, [_place(code, row, known) for code, row in sorted(listed.items())], PLACE_FIELDS)


def save_units(*, county: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write units ({code, name, kind, place?, sector?, phone?}) in bulk; returns how many were new or changed.

    `place` defaults to the county; `sector` is one code or a list. Raises `BadInput` for a row that cannot be used.
    """
    units = [_unit(county[:6], row) for row in rows]
    known = set(Place.objects.filter(county_code=county[:6]).values_list("code", flat=True))
    for unit in units:
        if unit.place_id not in known:
            raise BadInput(fields={"place": f"单位“{unit.name}”所在区划 {unit.place_id} 不存在，请先列出该区划"})
    return _upsert(Unit, units, UNIT_FIELDS)


def enrol(*, name: str, phone: str = "") -> int:
    """A new officer; returns its id. Raises `BadInput` without a name."""
    if not name.strip():
        raise BadInput(fields={"name": "请填写姓名"})
    return Officer.objects.create(name=name.strip(), phone=phone.strip()).pk


def appoint(*, officer: int, post: str, place: str, from_on: date, unit: str = "", to_on: date | None = None) -> int:
    """Let an officer hold a post from `from_on` up to, not including, `to_on`; returns the id of the holding.

    Raises `BadInput` for an unknown officer, post, place or unit or an empty term, `Refused` when the officer
    holds it already.
    """
    where = normal(place)
    _check_appointment(post=post, place=where, unit=unit, from_on=from_on, to_on=to_on)
    if not Officer.objects.filter(pk=officer).exists():
        raise BadInput(fields={"officer": "没有这位工作人员"})
    term = Q(to_on=None) | Q(to_on__gt=from_on)
    if to_on is not None:
        term &= Q(from_on__lt=to_on)
    if Holding.objects.filter(term, officer=officer, post=post, place=where, unit=unit or None).exists():
        raise Refused("该工作人员在这段时间已担任这一岗位", fix="请先结束原任职，或调整起止日期")
    row = Holding(officer_id=officer, post=post, place_id=where, unit_id=unit or None, from_on=from_on, to_on=to_on)
    row.save()
    return row.pk


def appoint_many(*, rows: Iterable[Mapping[str, Any]]) -> int:
    """Enrol and appoint many at once ({name, phone?, post, place, unit?, from_on, to_on?}); returns how many.

    For loading a whole county; the posts must exist in its packs. Raises `BadInput`; then nothing is written.
    """
    listed = list(rows)
    for place, post in {(normal(row["place"]), row["post"]) for row in listed}:
        _check_post(post, place)
    with transaction.atomic():
        people = [Officer(name=row["name"], phone=row.get("phone", "")) for row in listed]
        Officer.objects.bulk_create(people, batch_size=BATCH)
        Holding.objects.bulk_create(
            [_holding(person, row) for person, row in zip(people, listed, strict=True)], batch_size=BATCH
        )
    return len(listed)


def leave(*, holding: int, to_on: date) -> None:
    """End a holding: from `to_on` on the officer no longer acts. Raises `BadInput` before its start or when absent."""
    if not Holding.objects.filter(pk=holding, from_on__lt=to_on).update(to_on=to_on):
        raise BadInput(fields={"to_on": "没有这条任职，或截止日不晚于起始日"})


def initials(name: str) -> str:
    """Lower-case pinyin initials of a Chinese name: 芝英镇 → zyz."""
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()[:80]


def _place(code: str, row: Mapping[str, Any], known: set[str]) -> Place:
    if not row.get("name") or row.get("kind") not in PlaceKind.values:
        raise BadInput(fields={"kind": f"区划 {code} 须写明名称和类别，类别只能是：{'、'.join(PlaceKind.values)}"})
    parent = normal(str(row["parent"])) if row.get("parent") else _nearest(code, known)
    if parent is not None and parent not in known:
        raise BadInput(fields={"parent": f"区划 {code} 的上级 {parent} 不存在，请先列出上级"})
    return Place(
        code=code,
        name=row["name"],
        kind=row["kind"],
        parent_id=parent,
        county_code=county_of(code),
        town_code=town_of(code),
    )


def _nearest(code: str, known: set[str]) -> str | None:
    while code := above(code):
        if code in known:
            return code
    return None


def _unit(county: str, row: Mapping[str, Any]) -> Unit:
    name, kind = row.get("name", ""), row.get("kind")
    if not name or not row.get("code") or kind not in UnitKind.values:
        raise BadInput(fields={"kind": f"单位“{name}”须写明代码、名称和类别，类别只能是：{'、'.join(UnitKind.values)}"})
    sector = row.get("sector", "")
    return Unit(
        code=unit_code(county, str(row["code"])),
        name=name,
        kind=kind,
        place_id=normal(str(row.get("place", county))),
        county_code=county,
        sector=sector if isinstance(sector, str) else " ".join(sector),
        phone=str(row.get("phone", "")),
        pinyin=initials(name),
    )


def _holding(person: Officer, row: Mapping[str, Any]) -> Holding:
    return Holding(
        officer=person,
        post=row["post"],
        place_id=normal(row["place"]),
        unit_id=row.get("unit") or None,
        from_on=row["from_on"],
        to_on=row.get("to_on"),
    )


def _check_appointment(*, post: str, place: str, unit: str, from_on: date, to_on: date | None) -> None:
    if to_on is not None and to_on <= from_on:
        raise BadInput(fields={"to_on": "任职截止日须晚于起始日"})
    if not Place.objects.filter(code=place).exists():
        raise BadInput(fields={"place": f"没有代码为 {place} 的区划"})
    if unit and not Unit.objects.filter(code=unit, county_code=place[:6]).exists():
        raise BadInput(fields={"unit": f"本县没有代码为 {unit} 的单位"})
    _check_post(post, place)


def _check_post(post: str, place: str) -> None:
    if post not in current.book().section("roles", place=place):
        raise BadInput(fields={"post": f"本县的 roles.toml 没有岗位“{post}”"})


def _upsert(model: type[Place] | type[Unit], rows: Sequence[Place | Unit], fields: list[str]) -> int:
    """Write the rows that differ from what is stored; one look-up and one statement per batch."""
    columns = ["pk", *fields]
    stored: set[tuple[Any, ...]] = set()
    for start in range(0, len(rows), BATCH):
        codes = [row.pk for row in rows[start : start + BATCH]]
        stored |= set(model._default_manager.filter(pk__in=codes).values_list(*columns))
    names = [name.removesuffix("_id") for name in fields]
    changed: list[Any] = [row for row in rows if tuple(getattr(row, name) for name in columns) not in stored]
    model._default_manager.bulk_create(
        changed, batch_size=BATCH, update_conflicts=True, unique_fields=["code"], update_fields=names
    )
    return len(changed)
