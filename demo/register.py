"""Some 1,300 employers and 200 projects with their contract chains, through the register's own commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import call
from anxin.foundation.audit.unit import unit_of_work
from anxin.foundation.directory.models import PlaceKind
from anxin.foundation.directory.selectors import normal, places_under
from anxin.registry.employers.selectors import match
from demo.names import Inventor

ZONE = "330784900000"
TOWN = "330784115000"
GAPS = 12
BUILDERS = {
    "置业": 16, "城市建设投资": 8, "建设集团": 24, "建筑工程": 24, "市政园林": 12, "消防工程": 14, "幕墙装饰": 14,
    "土石方工程": 14, "建筑劳务": 60, "施工班组": 40,
}  # fmt: skip
HEADS = {"owner": ("置业", "城市建设投资"), "general_contractor": ("建设集团", "建筑工程", "市政园林")}
CHAIN = {
    "subcontractor": ("消防工程", "幕墙装饰", "土石方工程"), "labour": ("建筑劳务",), "crew": ("施工班组",),
}  # fmt: skip
WORKS = {
    "construction": ("厂房新建工程", "安置小区", "商品住宅项目", "学校扩建工程", "标准厂房二期", "农贸市场改造"),
    "transport": ("公路改建工程", "桥梁加固工程"),
    "water": ("河道整治工程", "水库除险加固工程"),
}  # fmt: skip


@dataclass
class Firm:
    """An employer of the register as complaints name it."""

    id: int
    name: str
    sector: str
    place: str


@dataclass
class Site:
    """A project with somebody who hires on it."""

    id: int
    sector: str
    place: str
    employers: list[Firm] = field(default_factory=list)


@dataclass
class Register:
    """What complaints can be about."""

    zone: list[Firm] = field(default_factory=list)
    town: list[Firm] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)


def fill(*, actor: Actor, now: datetime, inventor: Inventor, employers: int, projects: int) -> Register:
    """Register everything; `employers` counts builders too."""
    builders = _builders(inventor, employers)
    rows = [*builders, *_makers(actor.county, inventor, employers - len(builders))]
    _above_size(rows, inventor, round(len(rows) * 165 / 1300))
    with unit_of_work(actor=actor, now=now):
        call("employers.import", actor=actor, now=now, rows=rows)
        firms = [_firm(row, actor.county) for row in rows]
        found = Register(
            zone=[firm for firm in firms if firm.sector != "construction" and firm.place != TOWN],
            town=[firm for firm in firms if firm.place == TOWN],
        )
        kinds = {kind: [firm for firm in firms if kind in firm.name] for kind in BUILDERS}
        towns = list(places_under(actor.county, kinds=[PlaceKind.TOWN, PlaceKind.ZONE]).order_by("code"))
        for n in range(projects):
            found.sites.append(_site(n, kinds, towns, actor=actor, now=now, inventor=inventor))
    return found


def _builders(inventor: Inventor, employers: int) -> list[dict[str, Any]]:
    share = min(1.0, employers / 1300)
    return [
        _row(inventor, inventor.named(kind if kind == "施工班组" else f"{kind}有限公司"), "construction")
        for kind, number in BUILDERS.items()
        for _ in range(max(2, round(number * share)))
    ]


def _makers(county: str, inventor: Inventor, number: int) -> list[dict[str, Any]]:
    """The firms of the zone; half of the gaps are new in the zone, half lie where there are no grids."""
    sectors = inventor.rng.choices(("manufacturing", "services", "catering"), (86, 9, 5), k=number)
    rows = [_row(inventor, inventor.firm(sector), sector) for sector in sectors]
    for row in rows[:GAPS]:
        row |= {"grid": "", "place": ZONE}
    for row in rows[: GAPS // 2]:
        row |= {"place": TOWN}
    return rows


def _row(inventor: Inventor, name: str, sector: str) -> dict[str, Any]:
    rng = inventor.rng
    small = rng.random() < 0.8
    grid = f"{ZONE[:9]}{rng.randint(301, 391)}" if small else f"{ZONE[:9]}{rng.randint(101, 144)}"
    return {
        "name": name,
        "credit_code": "" if name.endswith("班组") else inventor.credit_code(),
        "sector": sector,
        "scale": "规下",
        "headcount": round(3 * (1 + rng.expovariate(0.18))),
        "place": "",
        "grid": grid,
        "phone": f"0579-8{rng.randint(100, 999):03d}{rng.randint(0, 999):03d}0",
        "legal_representative": inventor.name(),
    }


def _above_size(rows: list[dict[str, Any]], inventor: Inventor, number: int) -> None:
    for row in inventor.rng.sample([row for row in rows if not row["name"].endswith("班组")], number):
        row |= {"scale": "规上", "headcount": round(80 * (1 + inventor.rng.expovariate(0.5)))}


def _firm(row: dict[str, Any], county: str) -> Firm:
    pk = match(row["name"], county)
    if pk is None:
        raise LookupError(row["name"])
    return Firm(pk, row["name"], row["sector"], row["grid"] or row["place"])


def _site(
    n: int, kinds: dict[str, list[Firm]], towns: list[Any], *, actor: Actor, now: datetime, inventor: Inventor
) -> Site:
    rng = inventor.rng
    town = rng.choice(towns)
    sector = rng.choices(("construction", "transport", "water"), (86, 8, 6))[0]
    heads = {role: rng.choice(kinds[rng.choice(names)]) for role, names in HEADS.items()}
    started = (now - timedelta(days=rng.randint(0, 500))).date()
    made = call(
        "projects.register", actor=actor, now=now,
        name=f"{town.name}{inventor.brand()}{rng.choice(WORKS[sector])}", sector=sector,
        investment=rng.choice(("government", "soe", "private", "private", "village")), place=town.code,
        code=f"DEMO{started:%Y%m%d}{n:04d}", contract=f"{rng.randint(80, 30000)}0000.00", started_on=started,
        owner=heads["owner"].id, general_contractor=heads["general_contractor"].id,
    )  # fmt: skip
    site = Site(made["id"], sector, normal(town.code), [heads["general_contractor"]])
    parent = None
    for role, names in CHAIN.items():
        firm = rng.choice(kinds[rng.choice(names)])
        entry = call(
            "projects.add_participant", actor=actor, now=now, project=site.id, employer=firm.id, role=role,
            parent=parent,
        )  # fmt: skip
        parent = entry["id"] if role == "labour" else None
        site.employers.append(firm)
    return site
