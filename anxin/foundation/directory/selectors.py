"""Reading the organisation: places, units, who holds which post on a day, and posts nobody holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from anxin.foundation.directory.codes import level, normal, unit_code
from anxin.foundation.directory.models import Holding, Place, PlaceKind, Unit, UnitKind
from anxin.foundation.directory.routing import Seat, Suggestion, Territory, route
from anxin.foundation.kernel.errors import Denied
from anxin.foundation.policy.current import book

__all__ = [
    "Held",
    "Holder",
    "Suggestion",
    "gaps",
    "holders",
    "holdings_of",
    "leading_kinds",
    "normal",
    "place_get",
    "place_known",
    "places_under",
    "smaller_grids",
    "suggest",
    "suggest_many",
    "unit_code",
    "unit_get",
    "units",
    "units_for",
]


UNIT_KINDS = {str(code): str(zh) for code, zh in UnitKind.choices}


@dataclass(frozen=True)
class Holder:
    """Somebody who holds a post on the day asked for."""

    officer_id: int
    name: str
    phone: str
    post: str
    place_code: str
    unit_code: str


@dataclass(frozen=True)
class Held:
    """One post an officer holds on the day asked for."""

    name: str
    post: str
    place_code: str
    unit_code: str


def place_get(code: str) -> Place:
    """The place of a code of 2, 4, 6, 9 or 12 digits; raises `Denied` when there is none."""
    place = Place.objects.filter(code=normal(code)).first()
    if place is None:
        raise Denied()
    return place


def place_known(code: str) -> bool:
    """Whether a place exists: one of the packs (no query), or one that an administrator has added."""
    full = normal(code)
    listed = book().section("organisation", place=full[:6]).get("places", ())
    return any(normal(str(row["code"])) == full for row in listed) or Place.objects.filter(code=full).exists()


def places_under(code: str, *, kinds: Iterable[str] = ()) -> QuerySet[Place]:
    """The places of a county or a town, itself included, in the order of codes; `kinds` narrows."""
    full = normal(code)
    column = {"county": {"county_code": full[:6]}, "town": {"town_code": full}}.get(level(full), {"parent": full})
    found = Place.objects.filter(Q(**column) | Q(code=full))
    wanted = tuple(kinds)
    return found.filter(kind__in=wanted) if wanted else found


def smaller_grids(codes: Iterable[str]) -> list[str]:
    """Codes of the small grids inside the given grids."""
    found = Place.objects.filter(parent__in=list(codes), kind=PlaceKind.GRID_SMALL)
    return list(found.values_list("code", flat=True))


def unit_get(code: str) -> Unit:
    """The unit of a code; raises `Denied` when there is none."""
    unit = Unit.objects.filter(code=code).first()
    if unit is None:
        raise Denied()
    return unit


def units(county: str, *, kinds: Iterable[str] = (), text: str = "") -> QuerySet[Unit]:
    """Units of a county (six digits, or any code inside it), narrowed by kind, part of the name or pinyin initials."""
    found = Unit.objects.filter(county_code=county[:6])
    wanted = tuple(kinds)
    if wanted:
        found = found.filter(kind__in=wanted)
    if text.strip():
        found = found.filter(Q(name__icontains=text.strip()) | Q(pinyin__startswith=text.strip().lower()))
    return found


def office(county: str) -> Unit:
    """The arrears office of a county: whom everybody may call. Raises `Denied` when the packs name none."""
    return _first(county, UnitKind.OFFICE)


def unit_of_kind(kind: str, *, county: str, town: str = "", sector: str = "") -> Unit | None:
    """The one unit of a kind that is concerned: the town's own, the sector's regulator, else the county's first."""
    found = units(county, kinds=[kind]).order_by("code")
    if kind == UnitKind.TOWN:
        return found.filter(place=town).first() if town else None
    if kind == UnitKind.REGULATOR:
        return next((unit for unit in found if sector and sector in unit.sector.split()), None)
    return found.filter(place=normal(county)).first() or found.first()


def breadcrumb(code: str) -> list[str]:
    """Names from the county down to the place itself; no query for places of the packs."""
    wanted = list(dict.fromkeys([normal(code[:6]), normal(code[:9]), normal(code)]))
    listed = book().section("organisation", place=code[:6]).get("places", ())
    names = {normal(str(row["code"])): str(row["name"]) for row in listed}
    if any(place not in names for place in wanted):
        names |= dict(Place.objects.filter(code__in=wanted).values_list("code", "name"))
    return [names[place] for place in wanted if place in names]


def _first(county: str, kind: str) -> Unit:
    unit = unit_of_kind(kind, county=county)
    if unit is None:
        raise Denied()
    return unit


LEADING = (UnitKind.TOWN, UnitKind.REGULATOR, UnitKind.INSPECTORATE, UnitKind.OFFICE)


def leading_kinds() -> dict[str, str]:
    """The kinds of units that can be in charge of a case, with their names."""
    return {str(kind): str(kind.label) for kind in LEADING}


def units_for(place_code: str, *, text: str = "") -> list[dict[str, Any]]:
    """Choices of the dispatch form: units that can lead a case at a place, its own town first."""
    place = place_get(place_code)
    rank = Case(
        When(place=place.town_code, then=Value(0)),
        *(When(kind=kind, then=Value(n)) for n, kind in enumerate((UnitKind.REGULATOR, UnitKind.INSPECTORATE), 1)),
        When(kind=UnitKind.OFFICE, then=Value(3)),
        default=Value(4),
        output_field=IntegerField(),
    )
    found = units(place.county_code, kinds=LEADING, text=text).order_by(rank, "code")
    return [dict(row) for row in found.values("code", "name", "kind", "sector", "phone", "pinyin")]


def suggest(place_code: str, sector: str, on: date, people: int = 0) -> Suggestion:
    """Who should lead and who assist, by the routing table of the place's packs; two queries.

    `people` is the number of persons concerned. Deterministic: same inputs, packs and units, same answer.
    Raises `Denied` for an unknown place and `BadPack` when neither a rule nor the fallback finds a unit.
    """
    return suggest_many([(place_code, sector, people)], on)[0]


def suggest_many(asked: Sequence[tuple[str, str, int]], on: date) -> list[Suggestion]:
    """The same for many matters of one county, each (place, sector, people), in the order given; two queries."""
    places = {place.code: place for place in Place.objects.filter(code__in={normal(code) for code, _, _ in asked})}
    counties = {place.county_code for place in places.values()}
    rows = Unit.objects.filter(county_code__in=counties).values("code", "name", "kind", "place_id", "sector")
    seats = [Seat(r["code"], r["name"], r["kind"], r["place_id"], r["sector"]) for r in rows]
    found = []
    for code, sector, people in asked:
        place = places.get(normal(code))
        if place is None:
            raise Denied()
        territory = Territory(place.code, place.name, place.kind, place.county_code, place.town_code)
        ours = [seat for seat in seats if seat.code.startswith(place.county_code)]
        found.append(route(territory, ours, sector=sector, on=on, people=people))
    return found


def holders(post: str, *, on: date, place: str = "", unit: str = "") -> list[Holder]:
    """Who holds a post on a day, in a unit or for exactly one place; at least one of the two is given."""
    found = _on(on).filter(post=post)
    if unit:
        found = found.filter(unit=unit)
    if place or not unit:
        found = found.filter(place=normal(place))
    rows = found.order_by("id").values_list(
        "officer_id", "officer__name", "officer__phone", "post", "place_id", "unit_id"
    )
    return [Holder(o, name, phone, p, where, seat or "") for o, name, phone, p, where, seat in rows]


def holdings_of(officer_id: int, on: date) -> list[Held]:
    """The posts one officer holds on a day; one query."""
    rows = _on(on).filter(officer=officer_id).order_by("id")
    values = rows.values_list("officer__name", "post", "place_id", "unit_id")
    return [Held(name, post, place, unit or "") for name, post, place, unit in values]


def gaps(
    post: str, *, county: str, on: date, kinds: Iterable[str] = (PlaceKind.TOWN, PlaceKind.ZONE)
) -> list[dict[str, Any]]:
    """Places of the given kinds in which nobody holds the post on the day."""
    held = _on(on).filter(post=post, place=OuterRef("pk"))
    found = Place.objects.filter(county_code=county[:6], kind__in=list(kinds)).filter(~Exists(held))
    return [dict(row) for row in found.order_by("code").values("code", "name", "kind", "town_code")]


def _on(day: date) -> QuerySet[Holding]:
    return Holding.objects.filter(Q(to_on=None) | Q(to_on__gt=day), from_on__lte=day)
