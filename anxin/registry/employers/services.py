"""Writing the register: one employer, many by import, and the grid that looks after them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import command, record
from anxin.foundation.directory.selectors import places_under
from anxin.foundation.directory.services import initials
from anxin.foundation.kernel import identifiers
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.registry.employers.models import Employer
from anxin.registry.employers.names import folded, normal
from anxin.registry.employers.selectors import editable

MOST_ROWS = 5000
BATCH = 500  # keeps one statement well under SQLite's limit of bound values
COLUMNS = {
    "name": "单位名称", "credit_code": "统一社会信用代码", "sector": "行业", "scale": "规模", "headcount": "用工人数",
    "place": "所在区划", "grid": "网格代码", "phone": "电话", "legal_representative": "法定代表人",
}  # fmt: skip
HEADERS = {zh: name for name, zh in COLUMNS.items()}
SCALES = {label: value for value, label in Employer.Scale.choices} | {"规上": "above", "规下": "below", "": "unknown"}
LONGEST = {"name": 120, "sector": 40, "phone": 40, "legal_representative": 40}

Name = Annotated[str, Field(min_length=2, max_length=120)]
Short = Annotated[str, Field(max_length=40)]
Scale = Literal["above", "below", "unknown"]
Headcount = Annotated[int, Field(ge=0, le=1_000_000)]


@command(may="registry:edit", zh="登记用人单位")
def register(
    *,
    actor: Actor,
    now: datetime,
    name: Name,
    place: str = "",
    credit_code: str = "",
    grid: str = "",
    sector: Short = "",
    scale: Scale = "unknown",
    headcount: Headcount | None = None,
    phone: Short = "",
    legal_representative: Short = "",
    verified: bool = False,
) -> dict[str, Any]:
    """A new employer of the actor's county; `place` may be the town or village, else the county itself.

    Raises `Refused` when the credit code, or the name without a code, is registered already.
    """
    atlas = Atlas(actor.county)
    where = atlas.place(place)
    row = Employer(
        **_named(name),
        credit_code=_field("credit_code", identifiers.credit_code, credit_code) if credit_code else None,
        sector=sector,
        scale=scale,
        headcount=headcount,
        place_id=where,
        county_code=actor.county,
        town_code=atlas.town_of(where),
        grid_code=atlas.grid(grid) if grid else atlas.grid_at(where),
        phone=phone,
        legal_representative=legal_representative,
        verified=verified,
        registered_at=now,
    )
    _refuse_twin(row)
    row.save()
    record(actor=actor, verb="employers.register", subject=row, first=True, name=row.name, credit_code=row.credit_code)
    return {"id": row.pk, "name": row.name}


@command(may="registry:edit", zh="修改用人单位")
def update(
    *,
    actor: Actor,
    now: datetime,
    employer: int,
    name: Name | None = None,
    place: str | None = None,
    credit_code: str | None = None,
    sector: Short | None = None,
    scale: Scale | None = None,
    headcount: Headcount | None = None,
    phone: Short | None = None,
    legal_representative: Short | None = None,
    verified: bool | None = None,
) -> dict[str, Any]:
    """Change what is given, leave the rest; a new place takes the employer out of a grid it no longer lies in."""
    row = _own(actor, employer)
    given = {
        "sector": sector, "scale": scale, "headcount": headcount, "phone": phone,
        "legal_representative": legal_representative, "verified": verified,
    }  # fmt: skip
    values: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if name is not None:
        values |= _named(name)
    if credit_code is not None:
        code = _field("credit_code", identifiers.credit_code, credit_code) if credit_code else None
        values["credit_code"] = code
    if place is not None:
        values |= _moved(row, place)
    old = {key: getattr(row, key) for key, value in values.items() if getattr(row, key) != value}
    for key, value in values.items():
        setattr(row, key, value)
    _refuse_twin(row)
    if old:
        row.save(update_fields=list(old))
    record(actor=actor, verb="employers.update", subject=row, old=old, new={key: values[key] for key in old})
    return {"id": row.pk, "changed": sorted(old)}


@command(may="registry:edit", zh="划入网格")
def assign_grid(
    *, actor: Actor, now: datetime, employers: Annotated[list[int], Field(min_length=1, max_length=500)], grid: str
) -> dict[str, Any]:
    """Put employers under a grid of the county; the town of the grid becomes theirs. Raises `Denied` out of reach."""
    atlas = Atlas(actor.county)
    code = atlas.grid(grid)
    rows = list(Employer.objects.filter(editable(actor), pk__in=employers))
    if len(rows) != len(set(employers)):
        raise Denied()
    for row in rows:
        record(actor=actor, verb="employers.assign_grid", subject=row, old=row.grid_code, new=code)
    Employer.objects.filter(pk__in=employers).update(grid_code=code, place=code, town_code=atlas.town_of(code))
    return {"employers": sorted(row.pk for row in rows), "grid": code}


@command(may="registry:edit", zh="导入用人单位")
def import_(
    *,
    actor: Actor,
    now: datetime,
    rows: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST_ROWS)],
) -> dict[str, Any]:
    """Take in a list whose columns are named in English or as the Chinese headers of `COLUMNS`.

    Rows with the same credit code are one employer; blanks are filled from later rows, nothing known is overwritten.
    Returns {total, created, updated, unchanged, merged, rejected: [{row, column, reason}]}; rows count from 1.
    """
    batch = Batch(actor, now)
    for number, row in enumerate(rows, 1):
        batch.take(number, row)
    return {"total": len(rows)} | batch.store()


@dataclass
class Atlas:
    """The places of one county, read once."""

    county: str
    towns: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for code, town, kind in places_under(self.county).values_list("code", "town_code", "kind"):
            self.towns[code], self.kinds[code] = town, kind

    def place(self, code: str) -> str:
        """The full code of a place of the county, "" for the county itself; raises `BadInput`."""
        full = _field("place", identifiers.place_code, code or self.county)
        if full not in self.towns:
            raise BadInput(fields={"place": f"本县没有代码为 {full} 的区划，请核对"})
        return full

    def grid(self, code: str) -> str:
        """The full code of a grid of the county; raises `BadInput`."""
        full = _field("grid", identifiers.place_code, code)
        if not self.grid_at(full):
            raise BadInput(fields={"grid": f"本县没有代码为 {full} 的网格，请核对"})
        return full

    def grid_at(self, code: str) -> str:
        """The place itself when it is a grid, else ""."""
        return code if self.kinds.get(code, "").startswith("grid_") else ""

    def town_of(self, code: str) -> str:
        return self.towns.get(code, "")


class Batch:
    """One import: what is known already, what the rows add, and what had to be left out."""

    def __init__(self, actor: Actor, now: datetime) -> None:
        self.actor, self.now, self.atlas = actor, now, Atlas(actor.county)
        self.rejected: list[dict[str, Any]] = []
        self.merged = 0
        self.by_code: dict[str, Employer] = {}
        self.by_name: dict[str, list[Employer]] = {}
        self.touched: dict[int, set[str]] = {}
        self.taken: dict[int, Employer] = {}
        self.may_edit = set(Employer.objects.filter(editable(actor)).values_list("pk", flat=True))
        for row in Employer.objects.filter(county_code=actor.county):
            self._know(row)

    def take(self, number: int, raw: Mapping[str, Any]) -> None:
        """Merge one row into what is known, or reject it with its column and reason."""
        try:
            new = self._read(raw)
            known = self._find(new)
            if known is not None and known.pk is not None and known.pk not in self.may_edit:
                raise BadInput(fields={"place": "该单位已登记在其他镇街（网格），请由所在镇街维护"})
        except BadInput as fault:
            for name, reason in (fault.fields or {"": fault.message}).items():
                self.rejected.append({"row": number, "column": COLUMNS.get(name, name), "reason": reason})
            return
        if known is None:
            self._know(new)
            self.taken[id(new)] = new
            return
        if id(known) in self.taken:
            self.merged += 1
        self.taken[id(known)] = known
        self._fill(known, new)

    def store(self) -> dict[str, Any]:
        """Write everything in a few statements, leave a trace on each changed employer and report."""
        created = [row for row in self.taken.values() if row.pk is None]
        updated = [row for row in self.taken.values() if row.pk is not None and id(row) in self.touched]
        seen = len(self.taken) - len(created) - len(updated)
        names = sorted({name.removesuffix("_id") for row in updated for name in self.touched[id(row)]})
        Employer.objects.bulk_create(created, batch_size=BATCH)
        if names:
            Employer.objects.bulk_update(updated, names, batch_size=BATCH)
        for row in created:
            record(actor=self.actor, verb="employers.import", subject=row, first=True, name=row.name)
        for row in updated:
            filled = {name: getattr(row, name) for name in sorted(self.touched[id(row)])}
            record(actor=self.actor, verb="employers.import", subject=row, new=filled)
        report = {"created": len(created), "updated": len(updated), "unchanged": seen, "merged": self.merged}
        summary = report | {"rejected": len(self.rejected)}
        batch = f"employers.Import:{self.actor.county}"
        record(actor=self.actor, verb="employers.import", subject=batch, report=summary)
        return report | {"rejected": self.rejected}

    def _know(self, row: Employer) -> None:
        if row.credit_code:
            self.by_code[row.credit_code] = row
        self.by_name.setdefault(row.normal_name, []).append(row)

    def _find(self, new: Employer) -> Employer | None:
        """The same employer as known so far: by credit code, else by a name one of the two has no code for."""
        if new.credit_code and new.credit_code in self.by_code:
            return self.by_code[new.credit_code]
        alike = self.by_name.get(new.normal_name, [])
        if new.credit_code:
            return next((row for row in alike if not row.credit_code), None)
        if len(alike) > 1:
            raise BadInput(fields={"credit_code": "本县有多家同名单位，请填写统一社会信用代码"})
        return alike[0] if alike else None

    def _fill(self, known: Employer, new: Employer) -> None:
        """Take over from `new` what `known` leaves blank."""
        blank = {"scale": Employer.Scale.UNKNOWN}
        for name in ("credit_code", "sector", "scale", "headcount", "phone", "legal_representative"):
            empty, value = blank.get(name), getattr(new, name)
            if getattr(known, name) in (None, "", empty) and value not in (None, "", empty):
                self._set(known, name, value)
        county = self.atlas.place("")
        if known.place_id == county != new.place_id or (not known.grid_code and new.grid_code):
            for name in ("place_id", "town_code", "grid_code"):
                self._set(known, name, getattr(new, name))
        if known.credit_code:
            self.by_code[known.credit_code] = known

    def _set(self, row: Employer, name: str, value: Any) -> None:
        setattr(row, name, value)
        self.touched.setdefault(id(row), set()).add(name)

    def _read(self, raw: Mapping[str, Any]) -> Employer:
        cells = _cells(raw)
        if len(folded(cells["name"])) < 2:
            raise BadInput(fields={"name": "请填写单位名称，至少 2 个字"})
        for name, longest in LONGEST.items():
            if len(cells[name]) > longest:
                raise BadInput(fields={name: f"太长，请不超过 {longest} 个字"})
        where = self.atlas.grid(cells["grid"]) if cells["grid"] and not cells["place"] else None
        where = where or self.atlas.place(cells["place"])
        code = cells["credit_code"]
        return Employer(
            **_named(cells["name"]),
            credit_code=_field("credit_code", identifiers.credit_code, code) if code else None,
            sector=cells["sector"],
            scale=_scale(cells["scale"]),
            headcount=_headcount(cells["headcount"]),
            place_id=where,
            county_code=self.actor.county,
            town_code=self.atlas.town_of(where),
            grid_code=self.atlas.grid(cells["grid"]) if cells["grid"] else self.atlas.grid_at(where),
            phone=cells["phone"],
            legal_representative=cells["legal_representative"],
            registered_at=self.now,
        )


def _named(name: str) -> dict[str, str]:
    """The name and what is derived from it; raises `BadInput` when nothing but punctuation is left."""
    key = normal(name)
    if len(key) < 2:
        raise BadInput(fields={"name": "请填写单位名称，至少 2 个字"})
    return {"name": name.strip(), "normal_name": key, "initials": initials(folded(name))}


def _refuse_twin(row: Employer) -> None:
    """One credit code is one employer; without a code, one name is."""
    others = Employer.objects.filter(county_code=row.county_code).exclude(pk=row.pk)
    if row.credit_code:
        twin = others.filter(credit_code=row.credit_code).first()
        if twin is not None:
            raise Refused(f"该统一社会信用代码已登记为“{twin.name}”（编号 {twin.pk}）", fix="请直接选用该单位")
        return
    twin = others.filter(normal_name=row.normal_name).first()
    if twin is not None:
        raise Refused(
            f"本县已登记“{twin.name}”（编号 {twin.pk}）", fix="请直接选用；确为另一单位的，请填写统一社会信用代码"
        )


def _moved(row: Employer, place: str) -> dict[str, str]:
    atlas = Atlas(row.county_code)
    where = atlas.place(place)
    town = atlas.town_of(where)
    grid = atlas.grid_at(where) or (row.grid_code if town == row.town_code else "")
    return {"place_id": where, "town_code": town, "grid_code": grid}


def _own(actor: Actor, employer: int) -> Employer:
    row = Employer.objects.select_for_update().filter(editable(actor), pk=employer).first()
    if row is None:
        raise Denied()
    return row


def _field(name: str, check: Callable[[str], str], text: str) -> str:
    """Run a check of the kernel and say which field its refusal belongs to."""
    try:
        return check(text)
    except BadInput as fault:
        raise BadInput(fields={name: fault.message}) from None


def _cells(raw: Mapping[str, Any]) -> dict[str, str]:
    """The cells of a row by English name, as stripped text; a column nobody knows is refused."""
    cells = dict.fromkeys(COLUMNS, "")
    for header, value in raw.items():
        name = HEADERS.get(str(header).strip(), str(header).strip())
        if name not in COLUMNS:
            raise BadInput(fields={name: f"没有这一列，可用的列：{'、'.join(HEADERS)}"})
        cells[name] = "" if value is None else str(value).strip()
    return cells


def _scale(text: str) -> str:
    value = SCALES.get(text, text)
    if value not in Employer.Scale.values:
        raise BadInput(fields={"scale": f"只能是：{'、'.join(label for label in SCALES if label)}"})
    return value


def _headcount(text: str) -> int | None:
    if not text:
        return None
    digits = text.removesuffix(".0")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 6):
        raise BadInput(fields={"headcount": "请填写整数"})
    return int(digits)
