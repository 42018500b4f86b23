"""Projects and the contract chain under each."""

from __future__ import annotations

from typing import Any

import pytest

from anxin.foundation.audit.commands import ask, call
from anxin.foundation.audit.selectors import entries_for
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.registry.employers import services as _employers  # noqa: F401  (registers the commands)
from anxin.registry.projects import services as _projects  # noqa: F401
from tests.specs.registry_county import GRID, NEIGHBOUR, NOW, OFFICE, OTHER_TOWN_HANDLER, TOWN, TOWN_HANDLER, load

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def county(db: None) -> None:
    load()


def employer(name: str, actor: Any = OFFICE) -> int:
    return call("employers.register", actor=actor, now=NOW, name=name)["id"]


def register(name: str = "东县体育馆工程", actor: Any = OFFICE, **kw: Any) -> int:
    given = {"sector": "construction", "investment": "government"} | kw
    return call("projects.register", actor=actor, now=NOW, name=name, **given)["id"]


def add(project: int, who: int, role: str, actor: Any = OFFICE, **kw: Any) -> int:
    given = {"project": project, "employer": who, "role": role} | kw
    return call("projects.add_participant", actor=actor, now=NOW, **given)["id"]


def detail(project: int, actor: Any = OFFICE) -> dict[str, Any]:
    return ask("projects.detail", actor=actor, now=NOW, project=project)


def shape(chain: list[dict[str, Any]]) -> list[Any]:
    return [(node["role"], node["employer_name"], shape(node["children"])) for node in chain]


def test_the_chain_runs_from_the_owner_to_the_crew() -> None:
    owner, general, labour, crew = (employer(n) for n in ("东县城投", "甲建设", "乙劳务", "丙班组"))
    pk = register(owner=owner, general_contractor=general, place=GRID, contract="5000000.00", code="许2023-1")
    under = add(pk, labour, "labour")
    add(pk, crew, "crew", parent=under)
    row = detail(pk)
    assert shape(row["chain"]) == [
        ("owner", "东县城投", [("general_contractor", "甲建设", [("labour", "乙劳务", [("crew", "丙班组", [])])])])
    ]
    assert (row["contract_fen"], row["town"], row["investment_zh"]) == (500_000_000, TOWN, "政府投资")
    assert len(entries_for(subject=f"projects.Project:{pk}")) == 3


def test_a_late_owner_and_general_contractor_slip_in_above() -> None:
    crew, general, owner = (employer(n) for n in ("丙班组", "甲建设", "东县城投"))
    pk = register()
    add(pk, crew, "crew")
    add(pk, general, "general_contractor")
    add(pk, owner, "owner")
    row = detail(pk)
    assert shape(row["chain"]) == [("owner", "东县城投", [("general_contractor", "甲建设", [("crew", "丙班组", [])])])]
    assert (row["owner"], row["general_contractor"]) == (owner, general)


def test_a_chain_that_cannot_exist_is_refused() -> None:
    general, crew, other = (employer(n) for n in ("甲建设", "丙班组", "丁建设"))
    pk, elsewhere = register(general_contractor=general), register("东县二期工程")
    under = add(pk, crew, "crew")
    far = add(elsewhere, crew, "crew")
    with pytest.raises(Refused, match="施工班组不能作为专业分包单位"):
        add(pk, other, "subcontractor", parent=under)
    with pytest.raises(BadInput, match="不在该项目"):
        add(pk, other, "crew", parent=far)
    with pytest.raises(Refused, match="只有一个"):
        add(pk, other, "general_contractor")
    with pytest.raises(Refused, match="已是本项目"):
        add(pk, crew, "crew")
    with pytest.raises(Refused):
        add(pk, other, "owner", parent=under)


def test_an_unlawful_chain_can_be_recorded_as_it_is() -> None:
    first, second = employer("甲分包"), employer("乙分包")
    pk = register()
    under = add(pk, first, "subcontractor")
    add(pk, second, "subcontractor", parent=under)
    assert shape(detail(pk)["chain"]) == [("subcontractor", "甲分包", [("subcontractor", "乙分包", [])])]


@pytest.mark.parametrize(
    ("field", "kw"),
    [
        ("name", {"name": "（）（）"}),
        ("place", {"place": "990102"}),
        ("place", {"place": "990101999"}),
        ("contract", {"contract": "0"}),
        ("contract", {"contract": "1.234"}),
        ("owner", {"owner": 999_999}),
        ("finished_on", {"started_on": "2023-05-02", "finished_on": "2023-05-01"}),
        ("investment", {"investment": "foreign"}),
    ],
)
def test_bad_input_names_its_field(field: str, kw: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refusal:
        register(**kw)
    assert list(refusal.value.fields) == [field]


def test_employers_of_the_neighbour_cannot_take_part() -> None:
    stranger = employer("西县建设", NEIGHBOUR)
    with pytest.raises(BadInput) as refusal:
        register(general_contractor=stranger)
    assert list(refusal.value.fields) == ["general_contractor"]


def test_one_permit_is_one_project() -> None:
    register(code="许2023-1")
    with pytest.raises(Refused, match="东县体育馆工程"):
        register("另一工程", code="许2023-1")
    register("西县工程", NEIGHBOUR, code="许2023-1")


def test_search_by_fragment_initials_permit_and_id(django_assert_max_num_queries) -> None:
    pk = register(code="许2023-1")
    register("东县老体育馆工程改造")
    for text in ("体育馆工程", "dxty", "许2023", str(pk)):
        with django_assert_max_num_queries(1):
            assert ask("projects.search", actor=OFFICE, now=NOW, text=text)[0]["id"] == pk, text
    for text, who in (("体育馆", NEIGHBOUR), (" ", OFFICE), ("%", OFFICE)):
        assert ask("projects.search", actor=who, now=NOW, text=text) == []


def test_reach() -> None:
    pk, who = register(place=GRID), employer("甲建设")
    add(pk, who, "general_contractor", TOWN_HANDLER)
    assert detail(pk, OTHER_TOWN_HANDLER)["id"] == pk
    with pytest.raises(Denied):
        add(pk, who, "crew", OTHER_TOWN_HANDLER)
    for project, actor in ((pk, NEIGHBOUR), (pk + 999, OFFICE)):
        with pytest.raises(Denied):
            detail(project, actor)
