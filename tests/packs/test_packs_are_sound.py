"""The packs of this repository: sound, complete, and saying what their sources say."""

from datetime import date
from decimal import Decimal

import pytest

from anxin.foundation.policy import check, current

BOOK = current.book()
COUNTIES = ("330784", "330424", "330105")
DAYS = (date(2023, 11, 1), date(2026, 11, 22))
CLOCKS = (
    "dispatch", "contact", "settle", "settle_complex", "settle_hard", "withdrawal_call", "reply", "confirm", "refer",
    "instalment_check", "joint_convene", "joint_assist", "hard_decision",
)  # fmt: skip
POSTS = {
    "public", "system", "hotline_operator", "dispatcher", "town_handler", "regulator_handler", "inspector",
    "arrears_office", "joint_office", "callback_officer", "leader", "grid_officer", "mediator", "police_liaison",
    "legal_aid", "administrator",
}  # fmt: skip
TOWNS = {"330784": 14, "330424": 9, "330105": 18}


def test_no_pack_has_a_fault() -> None:
    assert [fault.message for fault in check.faults(BOOK)] == []


@pytest.mark.parametrize("county", COUNTIES)
@pytest.mark.parametrize("on", DAYS)
def test_every_county_answers_every_clock(county: str, on: date) -> None:
    for clock in CLOCKS:
        ruling = BOOK.ruling(f"clock.{clock}", county, on)
        assert ruling.unit in ("day", "workday", "hour") and ruling.attrs["ends"] in ("exact", "end_of_day")
        assert ruling.value == int(ruling.value) >= 0


@pytest.mark.parametrize("county", COUNTIES)
def test_every_duty_belongs_to_a_post_and_has_a_clock_or_a_date_of_its_own(county: str) -> None:
    duties = BOOK.section("duties", county)
    for name in duties["required"]:
        assert duties[name]["post"] in POSTS
    assert [name for name in duties["required"] if "clock" not in duties[name]] == ["order_watch"]


@pytest.mark.parametrize("county", COUNTIES)
def test_every_post_is_there(county: str) -> None:
    assert set(BOOK.section("roles", county)) == POSTS


@pytest.mark.parametrize("county", COUNTIES)
def test_every_town_has_its_unit(county: str) -> None:
    organisation = BOOK.section("organisation", county)
    towns = {place["code"] for place in organisation["places"] if place["kind"] == "town"}
    assert len(towns) == TOWNS[county]
    assert towns <= {unit["place"] for unit in organisation["units"] if unit["kind"] == "town"}


def clock(name: str, county: str) -> tuple[int, str, str, str]:
    ruling = BOOK.ruling(f"clock.{name}", county, DAYS[0])
    return int(ruling.value), ruling.unit, ruling.attrs["ends"], ruling.pack


def test_yongkang_117() -> None:
    assert clock("dispatch", "330784") == (1, "day", "exact", "cn-330784")
    assert clock("contact", "330784") == (1, "day", "exact", "cn-330784")
    assert clock("settle", "330784") == (7, "day", "end_of_day", "cn-330784")
    settle = BOOK.ruling("clock.settle", "330784", DAYS[0])
    assert settle.status == "unverified" and "自然日" in settle.attrs["note"]


def test_yongkang_steps_in_together() -> None:
    values = [
        BOOK.ruling(f"joint.{key}", "330784", DAYS[0]) for key in ("people", "project_amount", "enterprise_amount")
    ]
    assert [ruling.value for ruling in values] == [10, Decimal(5_000_000), Decimal(500_000)]
    assert {ruling.pack for ruling in values} == {"cn-330784"}


def test_the_development_zone_has_its_grids() -> None:
    places = BOOK.section("organisation", "330784")["places"]
    kinds = [place["kind"] for place in places if place["code"].startswith("330784900")]
    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == {
        "grid_enterprise": 13, "grid_rural": 44, "grid_small": 91, "zone": 1,
    }  # fmt: skip
    small = [place["parent"] for place in places if place["kind"] == "grid_small"]
    assert {small.count(parent) for parent in small} == {7} and len(set(small)) == 13


def test_haiyan_refers_within_ten_working_days() -> None:
    assert clock("refer", "330424") == (10, "workday", "end_of_day", "cn-330424")
    assert clock("settle", "330424")[3] == "cn"


def test_gongshu_accepts_on_the_day() -> None:
    assert clock("dispatch", "330105") == (0, "day", "end_of_day", "cn-330105")
    assert clock("settle_complex", "330105")[:2] == (7, "day")
    assert clock("settle_hard", "330105")[:2] == (10, "day")
    matrix = BOOK.ruling("severity.matrix", "330105", DAYS[0])
    assert [row["level"] for row in matrix.value] == ["critical", "major", "ordinary"]
    assert matrix.status == "unverified"


def test_a_threshold_of_the_criminal_law_is_never_guessed() -> None:
    law = BOOK.packs["cn"].terms["refusal_to_pay.many_workers"]
    assert law.delegated_to == ("province",) and law.versions[0].value is None


def test_matters_that_are_not_ours_say_where_to_go() -> None:
    matters = BOOK.section("intake", "330784")["matters"]
    assert not matters["wages"]["redirect"]
    assert all(matter["receipt"] and matter["office"] for matter in matters.values() if matter["redirect"])
