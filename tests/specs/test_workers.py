"""Workers: the same person once, identities masked, nobody mixed up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anxin.foundation.audit.commands import ask, call
from anxin.foundation.audit.selectors import entries_for
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.registry.workers import selectors, services
from anxin.registry.workers.models import Worker
from anxin.registry.workers.services import Person, ensure
from tests.specs.registry_county import EAST, NEIGHBOUR, NOW, OFFICE, TOWN_HANDLER, WEST, id_number, load

pytestmark = pytest.mark.django_db
PHONE = "13800000001"


@pytest.fixture(autouse=True)
def county(db: None) -> None:
    load()


def register(name: str, **kw: Any) -> int:
    return call("workers.register", actor=OFFICE, now=NOW, name=name, **kw)["id"]


def detail(worker: int, actor: Any = OFFICE) -> dict[str, Any]:
    return ask("workers.detail", actor=actor, now=NOW, worker=worker)


def test_the_same_identity_number_is_the_same_person_and_blanks_are_filled() -> None:
    pk = register("张三", id_number=id_number(1).lower())
    assert register("张三", id_number=id_number(1), phone=PHONE) == pk
    assert detail(pk)["phone"] == "138****0001"


def test_without_a_number_name_and_phone_make_the_person() -> None:
    pk = register("张三", phone=PHONE)
    assert register("张三", phone=f"+86 {PHONE}") == pk
    assert register("李四", phone=PHONE) != pk
    assert register("张三", phone="13800000002") != pk
    assert register("张三", phone=PHONE, id_number=id_number(1)) == pk
    assert register("张三", id_number=id_number(1)) == pk


def test_a_bare_name_is_never_taken_for_somebody_known() -> None:
    assert register("张三") != register("张三")


def test_namesakes_who_share_a_phone_stay_two() -> None:
    first = register("张三", phone=PHONE, id_number=id_number(1))
    assert register("张三", phone=PHONE, id_number=id_number(2)) != first


def test_a_known_number_under_another_name_is_refused_without_telling_whose() -> None:
    register("张三", id_number=id_number(1))
    with pytest.raises(Refused) as refusal:
        register("李四", id_number=id_number(1))
    assert "张" not in str(refusal.value)


def test_a_reported_number_of_another_name_is_kept_apart_and_nothing_is_told() -> None:
    known = register("张三", id_number=id_number(1))
    people = [Person("李四", id_number(1), PHONE), Person("王五", id_number(2)), Person("李四", id_number(1), PHONE)]
    found = ensure(people, county=EAST, now=NOW, strict=False)
    assert found.unlinked == (0, 2) and found[0] == found[2] and known not in found
    assert detail(found[0]) == {"id": found[0], "name": "李四", "id_number": "", "phone": "138****0001"}
    assert detail(found[1])["id_number"] and detail(known)["name"] == "张三"
    assert ensure(people, county=EAST, now=NOW, strict=False) == found


def test_a_reported_number_of_another_name_does_not_reach_a_namesake_with_a_number() -> None:
    register("张三", id_number=id_number(1))
    namesake = register("李四", id_number=id_number(2), phone=PHONE)
    found = ensure([Person("李四", id_number(1), PHONE)], county=EAST, now=NOW, strict=False)
    assert found.unlinked == (0,) and found != [namesake]


def test_two_names_under_one_number_in_one_report_are_two_people() -> None:
    people = [Person("张三", id_number(1)), Person("李四", id_number(1))]
    found = ensure(people, county=EAST, now=NOW, strict=False)
    assert found.unlinked == (1,) and len(set(found)) == 2


def test_a_worker_registered_meanwhile_is_found_not_doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look is from before the other clerk's commit."""
    known, looked = register("张三", id_number=id_number(1)), []

    class Early(services._Known):
        def _index(self, row: Worker) -> None:
            if looked or row.pk is None:
                super()._index(row)

        def take(self, person: Person, now: datetime) -> Worker:
            row = super().take(person, now)
            looked.append(row)
            return row

    monkeypatch.setattr(services, "_Known", Early)
    assert ensure([Person("张三", id_number(1))], county=EAST, now=NOW) == [known] and len(looked) == 2


@pytest.mark.parametrize(
    ("field", "kw"),
    [
        ("name", {"name": " "}),
        ("name", {"name": "张" * 41}),
        ("id_number", {"id_number": "330784199001010011"}),
        ("phone", {"phone": "12345"}),
    ],
)
def test_bad_input_names_its_field(field: str, kw: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refusal:
        register(**({"name": "张三"} | kw))
    assert list(refusal.value.fields) == [field]


def test_identities_leave_the_room_masked_and_never_enter_the_trail() -> None:
    pk = register("张三", id_number=id_number(1), phone=PHONE)
    assert detail(pk) == {
        "id": pk, "name": "张三", "id_number": f"990101********{id_number(1)[-4:]}", "phone": "138****0001",
    }  # fmt: skip
    assert selectors.cards([pk])[pk] == detail(pk)
    assert id_number(1) not in str(entries_for(subject=f"workers.Worker:{pk}"))


def test_detail_is_for_county_level_posts_of_the_county() -> None:
    pk = register("张三")
    for actor in (TOWN_HANDLER, NEIGHBOUR):
        with pytest.raises(Denied):
            detail(pk, actor)
    with pytest.raises(Denied):
        detail(pk + 999)


def test_many_at_once_keep_their_order_in_three_statements() -> None:
    known = register("甲", phone=PHONE)
    people = [Person(f"工人{n}", id_number(n)) for n in range(300)]
    people += [Person("甲", id_number(301), PHONE), Person("工人7", id_number(7)), Person("甲", phone=PHONE)]
    with CaptureQueriesContext(connection) as seen:
        ids = ensure(people, county=EAST, now=NOW)
    said = [q["sql"][:60] for q in seen if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(said) <= 3 + (connection.vendor == "sqlite"), said  # SQLite splits a large insert
    assert ids[300] == ids[302] == known and ids[301] == ids[7] and len(set(ids)) == 301
    assert ensure(people, county=EAST, now=NOW) == ids
    assert selectors.in_county(ids, EAST) == set(ids) and selectors.in_county(ids, WEST) == set()


def test_every_fault_of_every_row_is_told_and_nobody_is_created() -> None:
    with pytest.raises(BadInput) as refusal:
        ensure([Person("好人"), Person("", "1"), Person("乙", phone="2")], county=EAST, now=NOW)
    assert set(refusal.value.fields) == {"1.name", "1.id_number", "2.phone"}
    assert ensure([], county=EAST, now=NOW) == []
