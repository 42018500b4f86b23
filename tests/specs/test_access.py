"""Who sees what: every kind of scope over rows of two counties."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations, product
from pathlib import Path

import pytest
from django.db.models import Q

from anxin.foundation.access.actor import Actor, Scope, reach, require
from anxin.foundation.access.selectors import actor_for_post, actor_for_user, user_named
from anxin.foundation.access.services import create_user
from anxin.foundation.directory import services as directory
from anxin.foundation.kernel.errors import BadInput, Denied
from tests.specs.two_counties import EAST, TODAY, WEST, load, packs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packs")


@pytest.fixture(autouse=True)
def counties(folder: Path) -> Iterator[None]:
    with packs(folder):
        yield


def rows() -> list[dict[str, str]]:
    """One row per county, level, leading unit and assisting unit."""
    found = []
    for county in (EAST, WEST):
        places = [("", ""), (f"{county}101000", ""), (f"{county}102000", "")]
        places += [(f"{county}101000", f"{county}101{grid}") for grid in ("201", "301", "302")]
        seats = ["", f"{county}101-town", f"{county}102-town", f"{county}-water"]
        for (town, grid), lead, assist in product(places, seats, ["", f"{county}-legal-aid", f"{county}-water"]):
            found.append({"county_code": county, "town_code": town, "grid": grid, "unit_code": lead, "assist": assist})
    return found


ROWS = rows()

SEES = {
    "county": (Scope("county", f"{EAST}000000"), lambda r: r["county_code"] == EAST),
    "system": (Scope("system", f"{EAST}000000"), lambda r: r["county_code"] == EAST),
    "post of the whole county": (Scope("unit", f"{EAST}000000"), lambda r: r["county_code"] == EAST),
    "town": (
        Scope("unit", f"{EAST}101000", f"{EAST}101-town"),
        lambda r: r["town_code"] == f"{EAST}101000" or r["unit_code"] == f"{EAST}101-town",
    ),
    "regulator": (
        Scope("unit", f"{EAST}000000", f"{EAST}-water"),
        lambda r: f"{EAST}-water" in (r["unit_code"], r["assist"]),
    ),
    "grid": (Scope("grid", f"{EAST}101201"), lambda r: r["grid"] == f"{EAST}101201"),
    "case": (
        Scope("case", f"{EAST}000000", f"{EAST}-legal-aid"),
        lambda r: f"{EAST}-legal-aid" in (r["unit_code"], r["assist"]),
    ),
    "case without a unit": (Scope("case", f"{EAST}000000"), lambda r: False),
    "public": (Scope("public", f"{EAST}000000"), lambda r: False),
    "village without a unit": (Scope("unit", f"{EAST}101201"), lambda r: False),
}


def who(*scopes: Scope) -> Actor:
    return Actor(1, 1, "某人", EAST, ("x",), frozenset({"cases:see"}), scopes)


def fits(q: Q, row: dict[str, str]) -> bool:
    """Evaluate a reach by hand; it may hold nothing but `or` over equalities."""
    assert q.connector == "OR" and not q.negated or len(q.children) == 1
    verdicts = []
    for child in q.children:
        if isinstance(child, Q):
            verdicts.append(fits(child, row))
        elif child != ("pk__in", []):
            column, value = child
            assert "__" not in column and value != ""
            verdicts.append(row[column] == value)
    return any(verdicts)


def seen(q: Q) -> list[str]:
    return ["/".join(row.values()) for row in ROWS if fits(q, row)]


@pytest.mark.parametrize("kind", SEES)
def test_each_scope_sees_its_rows_and_no_other(kind: str) -> None:
    scope, sees = SEES[kind]
    expected = ["/".join(row.values()) for row in ROWS if sees(row)]
    assert seen(reach(who(scope), grid="grid", assisting="assist")) == expected


@pytest.mark.parametrize(("one", "other"), list(combinations(SEES, 2)))
def test_two_posts_see_what_either_sees(one: str, other: str) -> None:
    (first, sees), (second, also) = SEES[one], SEES[other]
    expected = ["/".join(row.values()) for row in ROWS if sees(row) or also(row)]
    assert seen(reach(who(first, second), grid="grid", assisting="assist")) == expected


def test_without_a_scope_or_without_a_grid_column_nothing_is_seen() -> None:
    assert not any(fits(reach(who()), row) for row in ROWS)
    assert not any(fits(reach(who(SEES["grid"][0])), row) for row in ROWS)


def test_the_columns_are_the_ones_of_the_queried_model() -> None:
    q = reach(who(SEES["town"][0]), county="case__county", town="case__town", unit="case__unit")
    assert {child for child in q.children if child[0] != "pk__in"} == {
        ("case__unit", f"{EAST}101-town"),
        ("case__town", f"{EAST}101000"),
    }


POSTS = ["leader", "town_handler", "regulator_handler", "grid_officer", "legal_aid"]


@pytest.mark.parametrize("county", [EAST, WEST])
@pytest.mark.parametrize("post", POSTS)
def test_a_default_holder_sees_the_whole_county_and_nothing_of_the_other(post: str, county: str) -> None:
    actor = actor_for_post(county, post, on=TODAY)
    assert [fits(reach(actor), row) for row in ROWS] == [row["county_code"] == county for row in ROWS]


@pytest.mark.parametrize("where", [f"{EAST}101", f"{EAST}101000", f"{EAST}101201"])
def test_a_named_actor_at_a_town_brings_the_towns_unit(where: str) -> None:
    actor = actor_for_post(EAST, "town_handler", name="王调解", place=where, on=TODAY)
    assert (actor.name, actor.county, actor.user_id) == ("王调解", EAST, None)
    assert actor.scopes == (Scope("unit", f"{EAST}101000", f"{EAST}101-town"),)
    assert actor.may("cases:handle") and not actor.may("cases:reply")


def test_an_actor_of_a_named_unit_or_grid_has_that_unit_or_grid() -> None:
    water = actor_for_post(EAST, "regulator_handler", unit=f"{EAST}-water", on=TODAY)
    assert water.scopes == (Scope("unit", f"{EAST}000000", f"{EAST}-water"),)
    town = actor_for_post(EAST, "town_handler", unit=f"{EAST}102-town", on=TODAY)
    assert town.scopes == (Scope("unit", f"{EAST}102000", f"{EAST}102-town"),)
    grid = actor_for_post(EAST, "grid_officer", place=f"{EAST}101201", on=TODAY)
    assert grid.scopes == (Scope("grid", f"{EAST}101201"),)


@pytest.mark.parametrize("wrong", [{"post": "astronaut"}, {"place": f"{WEST}101"}, {"place": "12x"}])
def test_an_impossible_actor_is_bad_input(wrong: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        actor_for_post(EAST, **{"post": "town_handler", "on": TODAY, **wrong})  # type: ignore[arg-type]


def test_public_and_system() -> None:
    public, system = Actor.public(EAST), Actor.system(f"{EAST}000000")
    assert public.may("intake:receive") and not public.may("cases:see")
    assert system.may("cases:see") and not system.may("cases:order")
    assert (system.county, system.scopes) == (EAST, (Scope("system", f"{EAST}000000"),))


def test_hidden_and_absent_are_one_refusal() -> None:
    with pytest.raises(Denied) as forbidden:
        require(Actor.public(EAST), "cases:see")
    assert str(forbidden.value) == str(Denied())


@pytest.fixture
def officer(db: None) -> int:
    load()
    return directory.enrol(name="王经办")


def actor_of(officer: int, *, days: int = 0) -> Actor:
    create_user(username="wang", password=None, officer=officer)
    user = user_named("wang")
    assert user is not None
    return actor_for_user(user, TODAY + timedelta(days=days))


def test_posts_held_today_make_the_actor(officer: int, django_assert_num_queries) -> None:
    term = {"officer": officer, "from_on": TODAY - timedelta(days=9)}
    directory.appoint(**term, post="town_handler", place=f"{EAST}101", unit=f"{EAST}101-town")
    directory.appoint(**term, post="leader", place=EAST, to_on=TODAY)
    create_user(username="wang", password=None, officer=officer)
    user = user_named("wang")
    assert user is not None
    with django_assert_num_queries(1):
        actor = actor_for_user(user, TODAY)
    assert (actor.name, actor.county, actor.posts) == ("王经办", EAST, ("town_handler",))
    assert actor.scopes == (Scope("unit", f"{EAST}101000", f"{EAST}101-town"),)
    yesterday = actor_for_user(user, TODAY - timedelta(days=1))
    assert yesterday.posts == ("town_handler", "leader")


@pytest.mark.parametrize("days", [-1, 5])
def test_before_and_after_the_term_an_account_may_nothing(officer: int, days: int) -> None:
    directory.appoint(officer=officer, post="leader", place=EAST, from_on=TODAY, to_on=TODAY + timedelta(days=5))
    actor = actor_of(officer, days=days)
    assert (actor.permissions, actor.scopes, actor.county) == (frozenset(), (), "")


def test_a_disabled_account_may_nothing(officer: int) -> None:
    directory.appoint(officer=officer, post="leader", place=EAST, from_on=TODAY)
    create_user(username="wang", password=None, officer=officer)
    user = user_named("wang")
    assert user is not None
    user.is_active = False
    assert actor_for_user(user, TODAY).permissions == frozenset()


def test_a_grid_officer_reaches_the_small_grids_inside(officer: int) -> None:
    directory.appoint(officer=officer, post="grid_officer", place=f"{EAST}101301", from_on=TODAY)
    assert actor_of(officer).scopes == (Scope("grid", f"{EAST}101301"), Scope("grid", f"{EAST}101302"))


def test_a_county_post_held_at_a_town_still_reaches_the_county(officer: int) -> None:
    directory.appoint(officer=officer, post="leader", place=f"{EAST}101", from_on=TODAY)
    assert actor_of(officer).scopes == (Scope("county", f"{EAST}000000"),)
