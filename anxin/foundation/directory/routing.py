"""The routing table, sector × territory → lead and assisting units. Pure: the table comes from the packs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from anxin.foundation.directory.codes import normal
from anxin.foundation.policy import current
from anxin.foundation.policy.book import BadPack

ANY = "any"
FALLBACK = "fallback"


@dataclass(frozen=True)
class Territory:
    """The place of a matter, as routing sees it."""

    code: str
    name: str
    kind: str
    county_code: str
    town_code: str


@dataclass(frozen=True)
class Seat:
    """A unit, as routing sees it. `sector` lists sector codes separated by spaces."""

    code: str
    name: str
    kind: str
    place: str
    sector: str


@dataclass(frozen=True)
class Suggestion:
    """A lead unit with the rule that names it; `inputs` is all the rule was judged by."""

    unit_code: str
    unit_name: str
    assisting: tuple[str, ...]
    rule: str
    reason: str
    pack: str
    version: str
    inputs: dict[str, Any] = field(default_factory=dict)

    def receipt(self) -> dict[str, Any]:
        """The suggestion as JSON, to be stored beside the decision."""
        return {**asdict(self), "assisting": list(self.assisting)}


def route(territory: Territory, seats: Sequence[Seat], *, sector: str, on: date, people: int) -> Suggestion:
    """The first rule that fits and whose lead exists; otherwise the fallback. Raises `BadPack` when that fails too."""
    book = current.book()
    table = book.section("routing", place=territory.code, on=on)
    inputs: dict[str, Any] = {"place": territory.code, "sector": sector, "people": people, "on": on.isoformat()}
    for rule in [*table.get("rules", ()), {"id": FALLBACK, **table.get(FALLBACK, {})}]:
        if not _fits(rule, territory, sector, people):
            continue
        lead = _find(str(rule.get("lead", "office")), territory, seats, sector)
        if lead is None:
            continue
        assisting = _assisting(rule, lead, territory, seats, sector)
        reason = _reason(rule, lead, assisting, territory)
        codes = tuple(seat.code for seat in assisting)
        source = book.source("routing", "rules" if rule["id"] != FALLBACK else FALLBACK, territory.code)
        return Suggestion(lead.code, lead.name, codes, rule["id"], reason, source, _version(table), inputs)
    raise BadPack(
        f"没有适用于“{territory.name}”的规则，兜底单位也不存在",
        file=f"{book.pack_for(territory.code)}/routing.toml",
        fix="请在 routing.toml 补上规则，或在 organisation.toml 补上治欠办",
    )


def _fits(rule: Mapping[str, Any], territory: Territory, sector: str, people: int) -> bool:
    sectors = rule.get("sector", ANY)
    wanted = (sectors,) if isinstance(sectors, str) else tuple(sectors)
    if ANY not in wanted and sector not in wanted:
        return False
    if not rule.get("people_min", 0) <= people <= rule.get("people_max", people):
        return False
    return _there(rule.get("place", ANY), territory)


def _there(where: str | Sequence[str], territory: Territory) -> bool:
    """`where` is "any", "county" (no town known), "town" (inside some town), a kind of place, or place codes."""
    if where == ANY:
        return True
    if where == "county":
        return not territory.town_code
    if where == "town":
        return bool(territory.town_code)
    codes = (where,) if isinstance(where, str) else where
    around = {territory.code, territory.town_code}
    return any(code == territory.kind or (code.isdigit() and normal(code) in around) for code in codes)


def _find(name: str, territory: Territory, seats: Sequence[Seat], sector: str) -> Seat | None:
    """A unit by its full code, or by its kind: the one of the town before that of the county, then by code."""
    if name.startswith(territory.county_code):
        return next((seat for seat in seats if seat.code == name), None)
    found = [seat for seat in seats if seat.kind == name and _serves(seat, territory, sector)]
    return min(found, key=lambda seat: (seat.place != territory.town_code, seat.code), default=None)


def _serves(seat: Seat, territory: Territory, sector: str) -> bool:
    if seat.kind == "regulator":
        return sector in seat.sector.split()
    if seat.kind == "town":
        return bool(territory.town_code) and seat.place == territory.town_code
    return seat.place in (territory.town_code, normal(territory.county_code))


def _assisting(
    rule: Mapping[str, Any], lead: Seat, territory: Territory, seats: Sequence[Seat], sector: str
) -> list[Seat]:
    found = [_find(str(name), territory, seats, sector) for name in rule.get("assist", ())]
    return [seat for seat in dict.fromkeys(found) if seat is not None and seat != lead]


def _reason(rule: Mapping[str, Any], lead: Seat, assisting: Sequence[Seat], territory: Territory) -> str:
    """The rule's sentence, with {place}, {lead} and {assist} filled in."""
    text = str(rule.get("reason") or "没有适用的流转规则，由{lead}承接后再行指定")
    names = "、".join(seat.name for seat in assisting) or "无"
    for key, value in (("{place}", territory.name), ("{lead}", lead.name), ("{assist}", names)):
        text = text.replace(key, value)
    return text


def _version(table: Mapping[str, Any]) -> str:
    """A fingerprint of the whole table: two suggestions with one version were judged by the same rules."""
    text = json.dumps(table, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
