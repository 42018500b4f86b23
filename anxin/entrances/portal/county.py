"""What the packs of a county tell the public: whom to call, how long each step may take."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from anxin.foundation.directory import selectors as directory
from anxin.foundation.duties.services import moment
from anxin.foundation.policy.current import book

CLOCKS = (
    ("clock.dispatch", "收下，转给负责的单位"),
    ("clock.contact", "负责的单位给您打电话"),
    ("clock.settle", "办出结果（一般的事）"),
    ("clock.settle_complex", "办出结果（复杂的事）"),
    ("clock.settle_hard", "办出结果（很难办的事）"),
    ("clock.reply", "钱付了以后，把结果告诉您"),
    ("clock.confirm", "问您钱到了没有"),
)
_UNITS = {"day": "天", "workday": "个工作日", "hour": "小时"}
_MEANT = {"day": "连周末、节日一起算", "workday": "周末、节日不算"}


def office(county: str) -> dict[str, str]:
    """Whom everybody may call, as {zh, number}: the arrears office, else the first telephone of the county's words."""
    for unit in _units(county):
        if unit.get("kind") == "office" and unit.get("phone"):
            return {"zh": str(unit["name"]), "number": str(unit["phone"])}
    return dict(book().section("words", place=county)["telephones"][0])


def telephones(county: str) -> list[dict[str, Any]]:
    """Groups of telephones: hot lines, offices of the county, towns."""
    units = [unit for unit in _units(county) if unit.get("phone")]
    towns = [unit for unit in units if unit.get("kind") == "town"]
    asked = ("office", "inspectorate", "legal_aid", "mediation")
    offices = [unit for unit in units if unit.get("kind") in asked]
    lines = book().section("words", place=county).get("telephones", [])
    groups = [
        ("随时可以打", [dict(line) for line in lines]),
        ("县（市、区）里的单位", [_line(unit) for unit in offices]),
        ("镇、街道", [_line(unit) for unit in towns]),
    ]
    return [{"zh": zh, "lines": found} for zh, found in groups if found]


def clocks(county: str, on: date) -> list[dict[str, Any]]:
    """How long each step may take: what, how long in words, how days are counted, and the receipt of the ruling."""
    rows = []
    for term, zh in CLOCKS:
        receipt = book().ruling(term, place=county, on=on).receipt()
        length = f"{receipt['value']} {_UNITS.get(receipt['unit'], receipt['unit'])}"
        rows.append(
            {
                "zh": zh,
                "length": length,
                "meant": _MEANT.get(receipt["unit"], ""),
                "basis": receipt["basis"],
                "verified": receipt["status"] == "verified",
            }
        )
    return rows


def call_by(county: str, dispatched_by: datetime) -> datetime:
    """The latest moment of the first call, while the report has not been passed on yet: one clock after the other."""
    at, _, _ = moment(clock="clock.contact", county=county, at=dispatched_by)
    return at


def towns(county: str) -> list[tuple[str, str]]:
    """Code and name of every town, street and zone of the county."""
    found = directory.places_under(county, kinds=["town", "zone"])
    return list(found.order_by("code").values_list("code", "name"))


def matters(county: str, on: date) -> list[tuple[str, str]]:
    """Code of everything one may report, with the words a worker uses for it."""
    found = book().section("intake", place=county, on=on)["matters"]
    return [(code, str(row.get("ask") or row["zh"])) for code, row in found.items()]


def number_template(county: str, on: date) -> str:
    """How the county writes the numbers of reports."""
    return str(book().ruling("number.case", place=county, on=on).value)


def channel(county: str, wanted: str) -> str:
    """The channel of intake, as far as the county's packs know it; else the QR code's, the first of this door."""
    return wanted if wanted in book().section("intake", place=county).get("channels", {}) else "qr"


def _units(county: str) -> list[dict[str, Any]]:
    return list(book().section("organisation", place=county).get("units", []))


def _line(unit: dict[str, Any]) -> dict[str, str]:
    return {"zh": str(unit["name"]), "number": str(unit["phone"])}
