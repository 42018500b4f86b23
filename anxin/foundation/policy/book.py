"""All packs of one deployment. Pure: reads files once, never the clock, never the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from anxin.foundation.policy.errors import (
    Ambiguous,
    BadPack,
    NotInForce,
    OutOfRange,
    PolicyError,
    Undelegated,
    UnknownPlace,
    UnknownTerm,
    Unsigned,
)
from anxin.foundation.policy.packs import LEVELS, Pack, Term, Version, folders_of, identity, read_pack
from anxin.foundation.workdays.calendar import Calendar

__all__ = [
    "Ambiguous",
    "BadPack",
    "Link",
    "NotInForce",
    "OutOfRange",
    "PolicyBook",
    "PolicyError",
    "Ruling",
    "Undelegated",
    "UnknownPlace",
    "UnknownTerm",
    "Unsigned",
    "plain",
]

_PLACE_LENGTHS = (2, 4, 6, 9, 12)


@dataclass(frozen=True, slots=True)
class Link:
    """What one pack says about a term: a step in the chain of authority."""

    pack: str
    zh: str
    level: str
    term: Term | None
    version: Version | None
    used: bool

    def as_dict(self, unit: str) -> dict[str, Any]:
        """Plain values for JSON."""
        said: dict[str, Any] = {"pack": self.pack, "zh": self.zh, "level": self.level, "used": self.used}
        if self.term and self.term.delegated_to:
            said["delegated_to"] = list(self.term.delegated_to)
        if version := self.version:
            said |= {"from": version.start.isoformat(), "basis": version.basis, "status": version.status}
            if version.value is not None:
                said["value"] = plain(version.value, self.term.unit or unit if self.term else unit)
            if version.low is not None:
                said["range"] = [plain(version.low, unit), plain(version.high, unit)]
            if version.note:
                said["note"] = version.note
        return said


@dataclass(frozen=True, slots=True)
class Ruling:
    """What holds here, on this day, and who says so; its receipt is stored beside every decision."""

    term: str
    value: Any
    unit: str
    basis: str
    pack: str
    status: str
    on: date
    zh: str
    since: date
    attrs: Mapping[str, Any] = field(default_factory=dict)
    chain: tuple[Link, ...] = ()

    def receipt(self) -> dict[str, Any]:
        """The ruling without its chain, as plain JSON values; amounts are strings in yuan."""
        return {
            "term": self.term,
            "zh": self.zh,
            "value": plain(self.value, self.unit),
            "unit": self.unit,
            "basis": self.basis,
            "pack": self.pack,
            "status": self.status,
            "on": self.on.isoformat(),
            "from": self.since.isoformat(),
            "attrs": plain(dict(self.attrs)),
        }


class PolicyBook:
    """Packs by id, with their chains of authority."""

    def __init__(self, packs: Mapping[str, Pack], faults: Sequence[PolicyError] = ()) -> None:
        self.packs = dict(packs)
        self.faults: list[PolicyError] = [*faults, *(fault for pack in packs.values() for fault in pack.faults)]
        self._chains = {pack: self._chain(pack) for pack in self.packs}
        self._by_place = self._places()
        self.faults += self._unlawful()
        self._rule = lru_cache(maxsize=65536)(self._find)
        self._sections = lru_cache(maxsize=1024)(self._merge)
        self._calendars: dict[str, Calendar] = {}

    @classmethod
    def load(cls, roots: Sequence[Path], *, strict: bool = True) -> PolicyBook:
        """Reads every pack under the roots; a later root lays its files over packs of the same id.

        Raises the first fault unless `strict` is off, when `faults` holds them all.
        """
        folders: dict[str, list[Path]] = {}
        faults: list[PolicyError] = []
        for root in roots:
            seen: dict[str, Path] = {}
            for folder in folders_of(Path(root)):
                pack = identity(folder)
                if pack in seen:
                    faults.append(
                        Ambiguous(
                            f"{seen[pack].name} 与 {folder.name} 都自称 {pack}",
                            file=folder.name,
                            fix="请改正其中一个的 id",
                        )
                    )
                    continue
                seen[pack] = folder
                folders.setdefault(pack, []).append(folder)
        book = cls({pack: read_pack(where) for pack, where in folders.items()}, faults)
        if strict:
            for fault in book.faults:
                if not isinstance(fault, Unsigned):
                    raise fault
        return book

    # -- asking -------------------------------------------------------------------------------------------------

    def ruling(self, term: str, place: str, on: date) -> Ruling:
        """The value in force at the place on the day. Raises UnknownTerm, UnknownPlace or NotInForce."""
        return self._rule(term, self.pack_for(place), on)

    def section(self, name: str, place: str, on: date | None = None) -> dict[str, Any]:
        """A file of tables merged along the chain: the nearest pack wins per top key, tables merge one level.

        Entries with `off = true` are left out; with `on`, so are those outside their own `from` and `to`. The result
        is shared between callers: do not change it.
        """
        return self._sections(name, self.pack_for(place), on)

    def source(self, name: str, key: str, place: str) -> str:
        """The pack that has the last word on one top key of a section."""
        for pack in self.chain(self.pack_for(place)):
            if key in self.packs[pack].sections.get(name, {}):
                return pack
        raise UnknownTerm(f"没有哪个政策包在 {name}.toml 中写有 {key}", term=key, fix=f"请在 {name}.toml 中补充")

    def calendar(self, place: str) -> Calendar:
        """All published years."""
        pack = self.pack_for(place)
        if pack not in self._calendars:
            years = [year for link in self.chain(pack) for year in self.packs[link].years.values()]
            self._calendars[pack] = Calendar.of(
                (year.year for year in years),
                off=(day for year in years for day in year.off),
                worked=(day for year in years for day in year.worked),
                statutory=(day for year in years for day in year.statutory),
            )
        return self._calendars[pack]

    def documents(self, place: str, key: str) -> Path:
        """The letter template `documents/<key>.typ` of the nearest pack that has one."""
        for pack in self.chain(self.pack_for(place)):
            if path := self.packs[pack].files.get(f"documents/{key}.typ"):
                return path
        raise UnknownTerm(f"没有名为 {key} 的文书模板", term=key, fix=f"请在政策包中补充 documents/{key}.typ")

    def pack_for(self, place: str) -> str:
        """The pack in charge of a place code (2 to 12 digits) or named by its own id."""
        if place in self.packs:
            return place
        if place.isascii() and place.isdigit() and len(place) in _PLACE_LENGTHS:
            code = place.ljust(6, "0")[:6]
            short = code[:2] if code[2:] == "0000" else code[:4] if code[4:] == "00" else code
            if pack := self._by_place.get(short):
                return pack
        known = "、".join(f"{pack.zh}（{pack.place}）" for pack in self.packs.values())
        raise UnknownPlace(f"没有管辖 {place} 的政策包", fix=f"现有：{known}；新增地区请运行 anxin policy new")

    def chain(self, pack: str) -> tuple[str, ...]:
        """From the pack itself up to the nation."""
        return self._chains[pack]

    def terms(self, place: str) -> list[str]:
        """Every term known at the place, sorted."""
        return sorted({key for pack in self.chain(self.pack_for(place)) for key in self.packs[pack].terms})

    def unit(self, term: str, pack: str) -> str:
        """The unit of a term as seen from a pack: its own, or the nearest above."""
        return next((t.unit for t in self._said(term, pack) if t.unit), "")

    # -- building -----------------------------------------------------------------------------------------------

    def _chain(self, pack: str) -> tuple[str, ...]:
        out: list[str] = []
        here = pack
        while here:
            if here not in self.packs:
                self.faults.append(
                    BadPack(
                        f"extends 指向不存在的 {here}",
                        file=f"{out[-1]}/pack.toml",
                        fix="请改正 extends，或补上该政策包",
                    )
                )
                break
            if here in out:
                self.faults.append(
                    BadPack(f"extends 首尾相接：{' → '.join(out)}", file=f"{pack}/pack.toml", fix="请改正 extends")
                )
                break
            out.append(here)
            here = self.packs[here].extends
        ranks = [LEVELS.index(self.packs[p].level) for p in out]
        if any(lower <= upper for lower, upper in zip(ranks, ranks[1:], strict=False)):
            self.faults.append(
                BadPack("extends 必须指向更高一级的政策包", file=f"{pack}/pack.toml", fix="请核对 level 与 extends")
            )
        return tuple(out)

    def _places(self) -> dict[str, str]:
        places: dict[str, str] = {}
        for pack in self.packs.values():
            if other := places.get(pack.place):
                self.faults.append(
                    Ambiguous(
                        f"{pack.place} 已由 {other} 管辖", file=f"{pack.id}/pack.toml", fix="一地只能有一个政策包"
                    )
                )
            places.setdefault(pack.place, pack.id)
        return places

    def _said(self, term: str, pack: str) -> list[Term]:
        return [found for link in self.chain(pack) if (found := self.packs[link].terms.get(term))]

    def _find(self, key: str, pack: str, on: date) -> Ruling:
        said = self._said(key, pack)
        if not said:
            raise UnknownTerm(
                f"{' → '.join(self.chain(pack))} 都没有这一条目", term=key, fix="请核对条目名称，或在 parameters 中补充"
            )
        decided = next(((t, v) for t in said if (v := t.on(on)) and v.value is not None), None)
        if decided is None:
            raise NotInForce(
                f"{self.packs[pack].zh}在{on}没有生效的取值",
                file=said[0].file,
                term=key,
                fix=f"请由{self._who(said)}确定并填入政策包",
            )
        # A pack whose own value is not in force yet has no say on unit and manner either; one that only renames has.
        term, version = decided
        at = said.index(term)
        speaking = [t for t in said[:at] if not t.versions] + said[at:]
        attrs = {name: value for t in reversed(speaking) for name, value in t.attrs.items()}
        if version.note:
            attrs["note"] = version.note
        return Ruling(
            term=key,
            value=version.value,
            unit=next((t.unit for t in speaking if t.unit), ""),
            basis=version.basis,
            pack=term.pack,
            status=version.status,
            on=on,
            zh=next((t.zh for t in speaking if t.zh), key),
            since=version.start,
            attrs=attrs,
            chain=tuple(self._link(key, link, on, term.pack) for link in reversed(self.chain(pack))),
        )

    def _who(self, said: Sequence[Term]) -> str:
        names = {"nation": "国家", "province": "省级", "city": "市级", "county": "县级"}
        levels = said[-1].delegated_to or (self.packs[said[-1].pack].level,)
        return "或".join(names.get(level, level) for level in levels)

    def _link(self, key: str, pack: str, on: date, used: str) -> Link:
        term = self.packs[pack].terms.get(key)
        version = term.on(on) if term else None
        return Link(pack, self.packs[pack].zh, self.packs[pack].level, term, version, pack == used)

    def _merge(self, name: str, pack: str, on: date | None) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for link in reversed(self.chain(pack)):
            for key, value in self.packs[link].sections.get(name, {}).items():
                above = merged.get(key)
                both = isinstance(above, dict) and isinstance(value, dict)
                merged[key] = {**above, **value} if both else value  # type: ignore[dict-item]
        alive = {key: value for key, value in merged.items() if _alive(value, on)}
        return {
            key: [item for item in value if _alive(item, on)] if isinstance(value, list) else value
            for key, value in alive.items()
        }

    def _unlawful(self) -> list[PolicyError]:
        """A pack may fill only what was delegated to its level, and only inside the range."""
        faults: list[PolicyError] = []
        for pack in self.packs.values():
            for term in pack.terms.values():
                above = self._said(term.key, pack.id)[1:]
                if not above or not (term.versions or term.attrs or term.unit):
                    continue
                if pack.level not in above[0].delegated_to:
                    faults.append(self._undelegated(pack, term, above[0]))
                    continue
                faults += [fault for law in above for fault in _outside(term, law)]
        return faults

    def _undelegated(self, pack: Pack, term: Term, law: Term) -> PolicyError:
        names = {"nation": "国家", "province": "省级", "city": "市级", "county": "县级"}
        to = "、".join(names.get(level, level) for level in law.delegated_to)
        says = f"{law.pack}（{law.file}）" + (f"只授权{to}确定" if to else "已作规定，没有授权下级")
        return Undelegated(f"{says}，{names[pack.level]}不能另定", file=term.file, term=term.key, fix="请删去该条目")


def _outside(term: Term, law: Term) -> list[PolicyError]:
    """Every version against every range that is in force during some day of its life."""
    faults: list[PolicyError] = []
    for version, until in term.lives():
        for frame, frame_until in law.lives():
            if frame.low is None or frame.high is None or version.value is None:
                continue
            if (until and until <= frame.start) or (frame_until and frame_until <= version.start):
                continue
            if not (isinstance(version.value, Decimal) and frame.low <= version.value <= frame.high):
                faults.append(
                    OutOfRange(
                        f"{version.start}起取 {plain(version.value)}，超出{frame.basis}规定的 "
                        f"{plain(frame.low)}..{plain(frame.high)}",
                        file=term.file,
                        term=term.key,
                        fix="请改为幅度以内的数值",
                    )
                )
    return faults


def _alive(entry: Any, on: date | None) -> bool:
    if not isinstance(entry, dict):
        return True
    if entry.get("off") is True:
        return False
    if on is None:
        return True
    start, end = entry.get("from"), entry.get("to")
    return not (isinstance(start, date) and on < start) and not (isinstance(end, date) and end <= on)


def plain(value: Any, unit: str = "") -> Any:
    """JSON values: yuan as a string with two decimals, other numbers as numbers, days in ISO form."""
    if isinstance(value, Decimal):
        if unit == "CNY":
            return f"{value:.2f}"
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value
