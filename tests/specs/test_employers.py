"""The register of employers: finding, registering, importing, and who may change what."""

from __future__ import annotations

from typing import Any

import pytest

from anxin.foundation.audit.commands import ask, call
from anxin.foundation.audit.selectors import entries_for
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.registry.employers import services  # noqa: F401  (registers the commands)
from anxin.registry.employers.names import fragment, normal
from anxin.registry.employers.selectors import match, near
from tests.specs.registry_county import (
    EAST,
    GRID,
    GRID_OFFICER,
    NEIGHBOUR,
    NOBODY,
    NOW,
    OFFICE,
    OTHER_TOWN,
    OTHER_TOWN_HANDLER,
    TOWN,
    TOWN_HANDLER,
    credit_code,
    load,
)  # fmt: skip

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def county(db: None) -> None:
    load()


def register(name: str, actor: Any = OFFICE, **kw: Any) -> int:
    return call("employers.register", actor=actor, now=NOW, name=name, **kw)["id"]


def search(text: str, actor: Any = OFFICE, **kw: Any) -> list[str]:
    return [row["name"] for row in ask("employers.search", actor=actor, now=NOW, text=text, **kw)]


def detail(employer: int, actor: Any = OFFICE) -> dict[str, Any]:
    return ask("employers.detail", actor=actor, now=NOW, employer=employer)


def import_(rows: list[dict[str, Any]], actor: Any = OFFICE) -> dict[str, Any]:
    return call("employers.import", actor=actor, now=NOW, rows=rows)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("东县宏达五金有限公司", "东县宏达五金有限责任公司"),
        ("东县宏达五金有限公司", " 东县（宏达）五金 有限公司 "),
        ("ABC五金厂", "ＡＢＣ五金厂"),
        ("东县宏达股份有限公司", "东县宏达公司"),
    ],
)
def test_spellings_of_one_name_are_one_name(one: str, other: str) -> None:
    assert normal(one) == normal(other)


def test_a_branch_and_a_factory_keep_their_names() -> None:
    assert normal("甲建设有限公司东县分公司") != normal("甲建设有限公司")
    assert normal("宏达五金厂") != normal("宏达五金有限公司")


@pytest.mark.parametrize(
    "typed", ["宏达五金", "宏达五金有", "宏达五金有限", "宏达五金有限责", "宏达五金公", "宏达五金公司"]
)
def test_a_half_typed_name_finds_its_employer(typed: str) -> None:
    assert fragment(typed) in normal("东县宏达五金有限责任公司")


def test_search_by_fragment_initials_code_and_id() -> None:
    pk = register("东县宏达五金有限公司", credit_code=credit_code(1))
    register("东县大宏塑料厂")
    for text in ("宏达", "五金有限", "dxhd", "DXHDWJ", "hdwj", credit_code(1), credit_code(1).lower()[:8], str(pk)):
        assert search(text)[0] == "东县宏达五金有限公司", text
    assert search("不存在的厂") == [] and search("  ") == [] and search("、") == []


def test_search_shows_the_exact_name_first_then_beginnings_and_keeps_to_the_limit() -> None:
    for name in ("县外东宏厂", "东宏厂二车间", "东宏厂"):
        register(name)
    assert search("东宏厂") == ["东宏厂", "东宏厂二车间", "县外东宏厂"]
    assert search("东宏厂", limit=1) == ["东宏厂"]
    with pytest.raises(BadInput):
        search("东宏厂", limit=0)


def test_search_takes_wildcards_and_long_digits_literally() -> None:
    register("东县百分五金厂")
    for text in ("%", "_", "100%'; --", "9" * 40, "٣"):
        assert search(text) == []


def test_the_neighbour_county_sees_and_changes_nothing() -> None:
    pk = register("东县宏达五金厂")
    assert search("宏达", NEIGHBOUR) == []
    for ask_for in (lambda: detail(pk, NEIGHBOUR), lambda: detail(pk + 999)):
        with pytest.raises(Denied) as refusal:
            ask_for()
        assert "没有找到" in refusal.value.message
    with pytest.raises(Denied):
        call("employers.update", actor=NEIGHBOUR, now=NOW, employer=pk, phone="0579-1")
    with pytest.raises(Denied):
        search("宏达", NOBODY)


def test_registering_places_it_and_leaves_a_trace() -> None:
    pk = register("东县宏达五金厂", place=GRID, scale="above", headcount="120")
    row = detail(pk)
    assert (row["place"], row["town"], row["grid"]) == (GRID, TOWN, GRID)
    assert (row["scale_zh"], row["headcount"], row["standing"], row["verified"]) == ("规模以上", 120, "neutral", False)
    assert [e["verb"] for e in entries_for(subject=f"employers.Employer:{pk}")] == ["employers.register"]


def test_a_credit_code_or_a_name_without_one_is_registered_once() -> None:
    register("东县宏达五金厂", credit_code=credit_code(1))
    with pytest.raises(Refused, match="东县宏达五金厂"):
        register("另一名称", credit_code=credit_code(1))
    with pytest.raises(Refused, match="请直接选用"):
        register("东县（宏达）五金厂")
    assert register("东县宏达五金厂", credit_code=credit_code(2))
    call("employers.register", actor=NEIGHBOUR, now=NOW, name="东县宏达五金厂", credit_code=credit_code(1))


@pytest.mark.parametrize(
    ("field", "kw"),
    [
        ("name", {"name": "厂"}),
        ("name", {"name": "（、）"}),
        ("credit_code", {"credit_code": credit_code(1)[:-1] + "?"}),
        ("place", {"place": "990102"}),
        ("place", {"place": "城东"}),
        ("grid", {"grid": TOWN}),
        ("headcount", {"headcount": -1}),
        ("scale", {"scale": "huge"}),
    ],
)
def test_bad_input_names_its_field_in_chinese(field: str, kw: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refusal:
        register(**({"name": "东县宏达五金厂"} | kw))
    assert list(refusal.value.fields) == [field]
    assert search("宏达") == []


def test_update_changes_what_is_given_and_records_old_and_new() -> None:
    pk = register("东县宏达五金厂", place=GRID, phone="1")
    out = call("employers.update", actor=OFFICE, now=NOW, employer=pk, phone="2", place=OTHER_TOWN, verified=True)
    assert out["changed"] == ["grid_code", "phone", "place_id", "town_code", "verified"]
    row = detail(pk)
    assert (row["phone"], row["town"], row["grid"], row["name"]) == ("2", OTHER_TOWN, "", "东县宏达五金厂")
    assert entries_for(subject=f"employers.Employer:{pk}")[0]["detail"]["old"]["phone"] == "1"
    other = register("东县别家五金厂")
    with pytest.raises(Refused):
        call("employers.update", actor=OFFICE, now=NOW, employer=other, name="东县宏达五金厂")


def test_towns_and_grids_change_only_their_own() -> None:
    pk = register("东县宏达五金厂", place=GRID)
    for actor in (TOWN_HANDLER, GRID_OFFICER):
        call("employers.update", actor=actor, now=NOW, employer=pk, phone=actor.scopes[0].kind)
    with pytest.raises(Denied):
        call("employers.update", actor=OTHER_TOWN_HANDLER, now=NOW, employer=pk, phone="3")
    assert search("宏达", OTHER_TOWN_HANDLER) == ["东县宏达五金厂"]


def test_employers_outside_the_grid_are_listed_until_assigned() -> None:
    first, second = register("东县甲五金厂", place=TOWN), register("东县乙五金厂")
    page = ask("employers.without_grid", actor=OFFICE, now=NOW, limit=1)
    assert [row["id"] for row in page["rows"]] == [first] and page["more"]
    rest = ask("employers.without_grid", actor=OFFICE, now=NOW, after=first)
    assert [row["id"] for row in rest["rows"]] == [second] and not rest["more"]
    call("employers.assign_grid", actor=OFFICE, now=NOW, employers=[first, second], grid=GRID)
    assert ask("employers.without_grid", actor=OFFICE, now=NOW)["rows"] == []
    assert (detail(second)["grid"], detail(second)["town"]) == (GRID, TOWN)
    with pytest.raises(Denied):
        call("employers.assign_grid", actor=OTHER_TOWN_HANDLER, now=NOW, employers=[first], grid=GRID)
    with pytest.raises(BadInput):
        call("employers.assign_grid", actor=OFFICE, now=NOW, employers=[first], grid=TOWN)


def test_import_merges_one_credit_code_into_one_employer_and_reports() -> None:
    report = import_(
        [
            {"单位名称": "东县宏达五金厂", "统一社会信用代码": credit_code(1), "规模": "规上"},
            {"单位名称": "宏达五金厂", "统一社会信用代码": credit_code(1), "用工人数": "35", "网格代码": GRID},
            {"单位名称": "东县二号厂", "统一社会信用代码": "91990101000000000?"},
            {"单位名称": "东县三号厂", "用工人数": "许多"},
            {"单位名称": "东县四号厂", "所在区划": "990102"},
            {"单位名称": "", "电话": "1"},
            {"单位名称": "东县五号厂", "老板": "张三"},
            {"name": "东县六号厂", "headcount": 12.0},
        ]
    )
    assert (report["total"], report["created"], report["merged"], report["updated"]) == (8, 2, 1, 0)
    assert [(r["row"], r["column"]) for r in report["rejected"]] == [
        (3, "统一社会信用代码"), (4, "用工人数"), (5, "所在区划"), (6, "单位名称"), (7, "老板"),
    ]  # fmt: skip
    assert all(r["reason"] for r in report["rejected"])
    (found,) = ask("employers.search", actor=OFFICE, now=NOW, text="宏达")
    assert (found["name"], found["scale"], found["grid"]) == ("东县宏达五金厂", "above", GRID)
    assert detail(found["id"])["headcount"] == 35
    assert entries_for(subject=f"employers.Import:{EAST}")[0]["detail"]["report"]["created"] == 2


def test_importing_again_changes_nothing_and_never_overwrites() -> None:
    pk = register("东县宏达五金有限公司", phone="1")
    rows = [
        {"name": "东县宏达五金有限责任公司", "credit_code": credit_code(1), "phone": "2", "sector": "manufacturing"}
    ]
    assert import_(rows)["updated"] == 1
    row = detail(pk)
    assert (row["phone"], row["credit_code"], row["sector"]) == ("1", credit_code(1), "manufacturing")
    again = import_(rows)
    assert (again["created"], again["updated"], again["unchanged"], again["rejected"]) == (0, 0, 1, [])


def test_import_leaves_alone_what_belongs_to_another_town() -> None:
    pk = register("东县宏达五金厂", place=TOWN)
    report = import_([{"name": "东县宏达五金厂", "phone": "9"}], OTHER_TOWN_HANDLER)
    assert [r["row"] for r in report["rejected"]] == [1] and detail(pk)["phone"] == ""


def test_import_asks_for_the_code_when_two_share_the_name() -> None:
    for n in (1, 2):
        register("东县宏达五金厂", credit_code=credit_code(n))
    (fault,) = import_([{"name": "东县宏达五金厂", "phone": "9"}])["rejected"]
    assert fault["column"] == "统一社会信用代码"


def test_a_county_is_imported_in_few_statements(django_assert_max_num_queries) -> None:
    rows = [{"name": f"东县{n}号五金厂", "credit_code": credit_code(n), "place": TOWN} for n in range(1300)]
    with django_assert_max_num_queries(50):  # SQLite splits a large insert
        assert import_(rows)["created"] == 1300
    with django_assert_max_num_queries(1):
        assert search("1299号") == ["东县1299号五金厂"]


def test_match_is_certain_or_silent_and_near_gives_hints() -> None:
    pk = register("东县宏达五金有限公司", credit_code=credit_code(1))
    register("东县远方食品厂")
    assert match("东县宏达五金有限责任公司", EAST) == pk
    assert match("宏达", EAST) is None and match("", EAST) is None and match("东县宏达五金有限公司", "990102") is None
    assert [hint["id"] for hint in near("东县宏达五金加工厂", EAST)] == [pk]
    assert near("", EAST) == [] and near("东县兴旺五金厂", EAST) == []
    register("东县宏达五金有限公司", credit_code=credit_code(2))
    assert match("东县宏达五金有限公司", EAST) is None
