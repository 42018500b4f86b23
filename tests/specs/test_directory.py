"""The organisation: loading it, finding who is responsible, and terms that end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from anxin.foundation.directory import selectors, services
from anxin.foundation.directory.codes import above, level
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.foundation.policy import current
from anxin.foundation.policy.book import BadPack
from tests.specs.two_counties import EAST, NOW, TODAY, WEST, load, packs, write

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packs")


@pytest.fixture(autouse=True)
def counties(folder: Path, db: None) -> Iterator[None]:
    with packs(folder):
        load()
        yield


def test_loading_again_changes_nothing_and_a_renamed_unit_is_one_change() -> None:
    assert services.load_organisation(county=EAST, now=NOW) == {"places": 0, "units": 0}
    assert services.save_units(county=EAST, rows=[{"code": "water", "name": "东县水利局", "kind": "regulator"}]) == 1
    assert selectors.unit_get(f"{EAST}-water").name == "东县水利局"


def test_places_know_their_county_town_and_parent() -> None:
    grid = selectors.place_get(f"{EAST}101302")
    assert (grid.county_code, grid.town_code, grid.parent_id) == (EAST, f"{EAST}101000", f"{EAST}101301")
    assert selectors.place_get(f"{EAST}101").parent_id == f"{EAST}000000"
    assert selectors.place_get(EAST).town_code == ""


def test_places_under_a_town_leave_out_the_neighbours() -> None:
    codes = [place.code for place in selectors.places_under(f"{EAST}101")]
    assert codes == [f"{EAST}101{end}" for end in ("000", "201", "301", "302")]
    assert selectors.places_under(EAST).count() == 7
    assert [place.name for place in selectors.places_under(EAST, kinds=["zone"])] == ["东开发区"]


def test_a_thousand_grids_take_few_statements(django_assert_max_num_queries) -> None:
    rows = [
        {"code": f"{EAST}{town}{n:03}", "name": f"网格{n}", "kind": "grid_rural"}
        for town in range(110, 116)
        for n in range(1, 501)
    ]
    with django_assert_max_num_queries(40):
        assert services.save_places(rows=rows) == 3000


@pytest.mark.parametrize(
    "row", [{"code": f"{EAST}777", "name": "", "kind": "town"}, {"code": f"{EAST}777", "name": "某镇", "kind": "moon"}]
)
def test_a_place_that_cannot_be_used_is_refused_in_words(row: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="类别"):
        services.save_places(rows=[row])


def test_a_bad_row_in_a_pack_leaves_nothing_behind(tmp_path: Path) -> None:
    write(tmp_path, "990103", "南")
    file = tmp_path / "cn-990103" / "organisation.toml"
    file.write_text(file.read_text().replace('place = "990103102"', 'place = "990103888"'))
    with current.using([tmp_path]), pytest.raises(BadPack, match="990103888000 不存在"):
        services.load_organisation(county="990103", now=NOW)
    assert selectors.places_under("990103").count() == 0


def test_runs_of_grids_are_numbered_and_shared_out_among_their_parents(tmp_path: Path) -> None:
    write(tmp_path, "990103", "南")
    file = tmp_path / "cn-990103" / "organisation.toml"
    run = '[[grids]]\nzone = "990103400"\nkind = "{kind}"\nzh = "{kind}{{n:02d}}"\nfirst = "990103400{first}"\n'
    big = run.format(kind="grid_enterprise", first="201") + "count = 13\n"
    parents = [f"990103400{n}" for n in range(201, 214)]
    small = run.format(kind="grid_small", first="301") + f"count = 91\nparents = {parents}\n"
    rural = run.format(kind="grid_rural", first="101") + "count = 44\n"
    file.write_text(file.read_text() + big + small + rural)
    with current.using([tmp_path]):
        services.load_organisation(county="990103", now=NOW)
    grids = selectors.places_under("990103400")
    counts = [grids.filter(kind=kind).count() for kind in ("grid_rural", "grid_enterprise", "grid_small")]
    assert counts == [44, 13, 91]
    assert all(len(selectors.smaller_grids([parent])) == 7 for parent in parents)
    assert selectors.place_get("990103400391").name == "grid_small91"


@pytest.mark.parametrize("code", ["", "3", "33078", "33078411a", "3307841150000", "３３０７８４"])
def test_a_malformed_place_code_is_bad_input(code: str) -> None:
    with pytest.raises(BadInput):
        selectors.normal(code)


@pytest.mark.parametrize(
    ("code", "rank", "parent"),
    [
        ("330000000000", "province", ""),
        ("330700000000", "city", "330000000000"),
        ("330784000000", "county", "330700000000"),
        ("330784115000", "town", "330784000000"),
        ("330784115201", "village", "330784115000"),
    ],
)
def test_ranks_follow_from_the_digits(code: str, rank: str, parent: str) -> None:
    assert (level(code), above(code)) == (rank, parent)


def test_units_are_found_by_part_of_the_name_and_by_pinyin_initials() -> None:
    assert [u.code for u in selectors.units(EAST, text="水务")] == [f"{EAST}-water"]
    assert [u.code for u in selectors.units(EAST, text="DXLD")] == [f"{EAST}-inspectorate"]


def test_dispatch_choices_start_with_the_town_of_the_matter() -> None:
    codes = [row["code"] for row in selectors.units_for(f"{EAST}102")]
    assert codes[0] == f"{EAST}102-town"
    assert f"{EAST}-legal-aid" not in codes and not any(code.startswith(WEST) for code in codes)


@pytest.mark.parametrize(
    ("place", "sector", "people", "rule", "lead", "assisting"),
    [
        (f"{EAST}101", "water", 3, "water", f"{EAST}-water", (f"{EAST}101-town",)),
        (f"{EAST}101", "hydropower", 3, "town", f"{EAST}101-town", ()),
        (f"{EAST}101201", "other", 3, "town", f"{EAST}101-town", ()),
        (f"{EAST}101", "other", 29, "town", f"{EAST}101-town", ()),
        (f"{EAST}101", "other", 30, "crowd", f"{EAST}-inspectorate", ()),
        (EAST, "catering", 1, "catering", f"{EAST}-commerce", ()),
        (EAST, "other", 1, "fallback", f"{EAST}-office", ()),
        (f"{EAST}400", "other", 1, "fallback", f"{EAST}-office", ()),
        (f"{WEST}102", "water", 1, "water", f"{WEST}-water", (f"{WEST}102-town",)),
    ],
)
def test_routing_names_lead_and_assistants_with_a_reason(
    place: str, sector: str, people: int, rule: str, lead: str, assisting: tuple[str, ...]
) -> None:
    found = selectors.suggest(place, sector, TODAY, people=people)
    assert (found.rule, found.unit_code, found.assisting) == (rule, lead, assisting)
    assert found.pack == f"cn-{place[:6]}" and "{" not in found.reason
    assert selectors.unit_get(lead).name in found.reason or rule == "town"
    assert found == selectors.suggest(place, sector, TODAY, people=people)


def test_a_suggestion_takes_two_queries_and_tells_its_inputs(django_assert_num_queries) -> None:
    with django_assert_num_queries(2):
        found = selectors.suggest(f"{EAST}101", "water", TODAY)
    assert found.receipt()["inputs"] == {
        "place": f"{EAST}101000",
        "sector": "water",
        "people": 0,
        "on": "2023-11-01",
    }


def test_without_rule_and_without_office_the_pack_is_at_fault() -> None:
    services.save_units(county=EAST, rows=[{"code": "office", "name": "东县司法局", "kind": "legal_aid"}])
    with pytest.raises(BadPack, match="治欠办"):
        selectors.suggest(EAST, "other", TODAY)


def test_whoever_left_yesterday_no_longer_acts_but_is_remembered() -> None:
    town, unit = f"{EAST}101", f"{EAST}101-town"
    officer = services.enrol(name="王组长")
    holding = services.appoint(officer=officer, post="town_handler", place=town, unit=unit, from_on=date(2022, 1, 1))
    assert [h.name for h in selectors.holders("town_handler", unit=unit, on=TODAY)] == ["王组长"]
    services.leave(holding=holding, to_on=TODAY)
    assert selectors.holders("town_handler", unit=unit, on=TODAY) == []
    assert selectors.holdings_of(officer, TODAY) == []
    assert [h.name for h in selectors.holders("town_handler", place=town, on=TODAY - timedelta(days=1))] == ["王组长"]


def test_one_officer_does_not_hold_one_post_twice_at_a_time() -> None:
    officer = services.enrol(name="李经办")
    term = {"officer": officer, "post": "town_handler", "place": f"{EAST}101"}
    services.appoint(**term, from_on=date(2023, 1, 1), to_on=date(2023, 6, 1))
    services.appoint(**term, from_on=date(2023, 6, 1))
    with pytest.raises(Refused, match="已担任"):
        services.appoint(**term, from_on=date(2023, 5, 31), to_on=date(2023, 6, 2))


@pytest.mark.parametrize(
    "wrong",
    [
        {"post": "astronaut"},
        {"place": f"{EAST}999"},
        {"unit": f"{WEST}101-town"},
        {"officer": 0},
        {"to_on": date(2023, 1, 1)},
    ],
)
def test_an_appointment_that_cannot_be_is_bad_input(wrong: dict[str, object]) -> None:
    officer = services.enrol(name="赵某")
    term = {"officer": officer, "post": "town_handler", "place": f"{EAST}101", "from_on": date(2023, 1, 1)}
    with pytest.raises(BadInput):
        services.appoint(**{**term, **wrong})  # type: ignore[arg-type]


def test_gaps_are_the_towns_in_which_nobody_holds_the_post_today() -> None:
    def names() -> list[str]:
        return [row["name"] for row in selectors.gaps("town_handler", county=EAST, on=TODAY)]

    assert names() == ["东山镇", "东水镇", "东开发区"]
    rows = [
        {"name": "甲", "post": "town_handler", "place": f"{EAST}101", "from_on": TODAY},
        {"name": "乙", "post": "town_handler", "place": f"{EAST}102", "from_on": TODAY + timedelta(days=1)},
        {"name": "丙", "post": "leader", "place": f"{EAST}400", "from_on": TODAY},
    ]
    assert services.appoint_many(rows=rows) == 3
    assert names() == ["东水镇", "东开发区"]


@pytest.mark.parametrize("find", [selectors.unit_get, selectors.place_get])
def test_what_is_absent_answers_as_what_is_hidden(find) -> None:
    with pytest.raises(Denied):
        find("990199")
