"""Wages: due, paid, outstanding, confirmed; sums that always add up."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anxin.foundation.audit.commands import REGISTRY, ask, call
from anxin.foundation.audit.unit import unit_of_work
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.foundation.policy import current
from anxin.registry.employers import services as _employers  # noqa: F401  (registers the commands)
from anxin.registry.wages import selectors, services
from anxin.registry.wages.services import Due
from anxin.registry.workers.services import Person, ensure
from tests.specs.registry_county import EAST, NEIGHBOUR, NOW, OFFICE, TOWN_HANDLER, id_number, load

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
WHO: dict[str, Any] = {"actor": OFFICE, "now": NOW}
HOW: dict[str, Any] = WHO | {"paid_on": TODAY, "method": "bank"}


@pytest.fixture(autouse=True)
def county(db: None, tmp_path: Path) -> Iterator[None]:
    """The county under the nation's pack, in the unit of work of whichever command of a case is running."""
    load()
    pack = tmp_path / f"cn-{EAST}"
    pack.mkdir()
    head = f'id = "cn-{EAST}"\nlevel = "county"\nplace = "{EAST}"\nextends = "cn"\nzh = "东县"\n'
    (pack / "pack.toml").write_text(head, encoding="utf-8")
    with current.using([tmp_path]), unit_of_work(**WHO):
        yield


def workers(n: int) -> list[int]:
    return ensure([Person(f"工人{i}", id_number(i), "13800000001") for i in range(n)], county=EAST, now=NOW)


def due(*sums: int) -> list[int]:
    """One line per sum (fen), each of a worker of its own."""
    people = workers(len(sums))
    return services.set_due(**WHO, rows=[Due(worker, fen) for worker, fen in zip(people, sums, strict=True)])


def outstanding(ids: list[int]) -> list[int]:
    return [row["outstanding_fen"] for row in selectors.rows(ids)]


def test_a_line_shows_its_worker_masked_and_its_sums() -> None:
    (worker,) = workers(1)
    firm = call("employers.register", **WHO, name="东县宏达五金厂")["id"]
    month = (date(2023, 9, 1), date(2023, 10, 1))
    ids = services.set_due(
        **WHO, rows=[Due(worker, 1_260_000, *month, employer=firm, basis="工资条", verified=True)], ensured=[worker]
    )
    (row,) = selectors.rows(ids)
    assert row["id_number"].startswith("990101****") and row["phone"] == "138****0001"
    assert (row["name"], row["employer_name"], row["due_fen"], row["verified"]) == (
        "工人0", "东县宏达五金厂", 1_260_000, True,
    )  # fmt: skip
    assert (row["period_from"], row["period_to"]) == (date(2023, 9, 1), date(2023, 10, 1))
    assert row["answer_zh"] == "未确认"


def test_paying_in_parts_until_nothing_is_left() -> None:
    (pk,) = due(1_000)
    services.pay(**HOW, wage_id=pk, fen=400)
    assert outstanding([pk]) == [600]
    with pytest.raises(BadInput, match=r"超过尚欠金额 6\.00 元") as refusal:
        services.pay(**HOW, wage_id=pk, fen=601)
    assert list(refusal.value.fields) == ["amount"]
    services.pay(**HOW, wage_id=pk, fen=600, evidence=7)
    assert outstanding([pk]) == [0]
    assert [(p["amount_fen"], p["evidence"], p["recorded_by"]) for p in selectors.payments([pk])] == [
        (400, None, "王经办"), (600, 7, "王经办"),
    ]  # fmt: skip
    with pytest.raises(Refused, match="已全部兑付"):
        services.pay_all(**HOW, wage_ids=[pk])


@pytest.mark.parametrize("fen", [0, -1])
def test_a_payment_that_is_not_positive_is_refused(fen: int) -> None:
    (pk,) = due(1_000)
    with pytest.raises(BadInput, match="必须大于 0"):
        services.pay(**HOW, wage_id=pk, fen=fen)


def test_nobody_is_paid_tomorrow() -> None:
    (pk,) = due(1_000)
    with pytest.raises(BadInput) as refusal:
        services.pay_all(**(HOW | {"paid_on": TODAY + timedelta(days=1)}), wage_ids=[pk])
    assert list(refusal.value.fields) == ["paid_on"]


def test_nobody_is_paid_before_the_period_began() -> None:
    (worker,) = workers(1)
    (pk,) = services.set_due(**WHO, rows=[Due(worker, 100, date(2012, 9, 1), date(2012, 10, 1))])
    with pytest.raises(BadInput) as refusal:
        services.pay(**(HOW | {"paid_on": date(2012, 8, 31)}), wage_id=pk, fen=1)
    assert refusal.value.fields == {"paid_on": "兑付日期不能早于工资期间的起始日 2012-09-01，请核对年月日"}
    services.pay(**(HOW | {"paid_on": date(2012, 9, 1)}), wage_id=pk, fen=1)


def test_without_a_period_a_payment_is_no_older_than_the_pack_says() -> None:
    (pk,) = due(100)
    with pytest.raises(BadInput) as refusal:
        services.pay(**(HOW | {"paid_on": date(2013, 10, 31)}), wage_id=pk, fen=1)
    assert refusal.value.fields == {"paid_on": "兑付日期早于 10 年前，请核对年份"}
    services.pay(**(HOW | {"paid_on": date(2013, 11, 1)}), wage_id=pk, fen=1)


def test_many_are_paid_together_or_not_at_all() -> None:
    ids = due(100, 200, 300)
    with pytest.raises(BadInput, match="第 2 笔超过尚欠金额 2.00 元"):
        services.pay_many(**HOW, rows=[(ids[0], 50), (ids[1], 201)])
    assert outstanding(ids) == [100, 200, 300] and selectors.payments(ids) == []
    with pytest.raises(BadInput, match="第 2 笔"):
        services.pay_many(**HOW, rows=[(ids[0], 60), (ids[0], 60)])
    services.pay_many(**HOW, rows=[(ids[0], 50), (ids[2], 300)])
    assert services.pay_all(**HOW, wage_ids=ids) == 250
    assert outstanding(ids) == [0, 0, 0]


def test_three_hundred_workers_take_few_statements(django_assert_max_num_queries) -> None:
    people = workers(300)
    with django_assert_max_num_queries(10):  # SQLite splits a large insert
        ids = services.set_due(**WHO, rows=[Due(worker, 100) for worker in people])
    with django_assert_max_num_queries(8):
        assert services.pay_all(**HOW, wage_ids=ids) == 30_000
    with django_assert_max_num_queries(4):
        assert services.confirm(**WHO, wage_ids=ids, answer="received", by="callback") == 300
    with django_assert_max_num_queries(2):
        assert selectors.totals(ids)["received"] == len(selectors.rows(ids)) == 300


@pytest.mark.parametrize(
    ("field", "kw"),
    [
        ("0.headcount", {"headcount": 0}),
        ("0.headcount", {"headcount": 2}),
        ("0.amount", {"fen": -5}),
        ("0.amount", {"fen": 10**13}),
        ("0.worker", {"worker": 999_999}),
        ("0.employer", {"employer": 999_999}),
        ("0.project", {"project": 999_999}),
        ("0.period_to", {"period_from": TODAY}),
        ("0.period_to", {"period_from": TODAY, "period_to": TODAY}),
    ],
)
def test_a_bad_line_names_its_row_and_field(field: str, kw: dict[str, Any]) -> None:
    (worker,) = workers(1)
    with pytest.raises(BadInput) as refusal:
        services.set_due(**WHO, rows=[Due(**({"worker": worker, "fen": 1} | kw))])
    assert list(refusal.value.fields) == [field]


def test_correcting_what_is_due_keeps_what_was_paid() -> None:
    (pk,) = due(1_000)
    worker = selectors.rows([pk])[0]["worker"]
    services.pay(**HOW, wage_id=pk, fen=400)
    services.confirm(**WHO, wage_ids=[pk], answer="received", by="self")
    assert services.set_due(**WHO, rows=[Due(worker, 900, wage=pk, verified=True)]) == [pk]
    assert outstanding([pk]) == [500] and selectors.totals([pk])["unconfirmed"] == 1
    with pytest.raises(BadInput, match=r"不能少于已兑付的 4\.00 元"):
        services.set_due(**WHO, rows=[Due(worker, 399, wage=pk)])
    other = workers(2)[1]
    with pytest.raises(BadInput, match="不能更换"):
        services.set_due(**WHO, rows=[Due(other, 900, wage=pk)])


def test_silence_is_not_consent_and_new_money_asks_again() -> None:
    ids = due(100, 200, 300)
    services.pay_many(**HOW, rows=[(ids[0], 100), (ids[1], 150)])
    assert selectors.totals(ids)["unconfirmed"] == 3
    services.confirm(**WHO, wage_ids=ids[:1], answer="received", by="self")
    services.confirm(**WHO, wage_ids=ids[1:2], answer="partial", by="callback", note="还差五十")
    found = selectors.totals(ids)
    assert [found[k] for k in ("received", "partial", "none", "unanswered")] == [1, 1, 0, 1]
    assert found["unconfirmed"] == 2
    services.pay(**HOW, wage_id=ids[1], fen=50)
    assert selectors.totals(ids)["partial"] == 0
    assert [c["answer"] for c in selectors.confirmations(ids)] == ["received", "partial"]


def test_money_that_never_arrived_is_outstanding_again() -> None:
    (pk,) = due(1_000)
    first = services.pay(**HOW, wage_id=pk, fen=400)
    second = services.pay(**HOW, wage_id=pk, fen=600)
    services.confirm(**WHO, wage_ids=[pk], answer="none", by="self")
    assert services.void(**WHO, payment_ids=[second], reason="银行退回") == 600
    assert outstanding([pk]) == [600] and [p["voided"] for p in selectors.payments([pk])] == [False, True]
    assert selectors.totals([pk])["unconfirmed"] == 1
    with pytest.raises(Refused, match="已经作废"):
        services.void(**WHO, payment_ids=[first, second], reason="再退一次")
    with pytest.raises(Denied):
        services.void(**WHO, payment_ids=[second + 999], reason="没有这笔")
    assert outstanding([pk]) == [600]


def test_one_sum_for_all_is_shared_in_proportion_to_the_last_fen() -> None:
    ids = due(100, 100, 101)
    assert services.pay_out(**HOW, wage_ids=ids, fen=200) == 200
    assert [row["paid_fen"] for row in selectors.rows(ids)] == [67, 66, 67]
    for fen in (0, 102):
        with pytest.raises(BadInput):
            services.pay_out(**HOW, wage_ids=ids, fen=fen)
    assert services.pay_out(**HOW, wage_ids=ids, fen=None) == 101
    assert services.void_all(**WHO, wage_ids=ids, reason="没有收到") == 301
    assert services.void_all(**WHO, wage_ids=ids, reason="没有收到") == 0
    assert outstanding(ids) == [100, 100, 101]


def unconfirmed(ids: list[int]) -> int:
    return selectors.totals(ids)["unconfirmed"]


def test_one_of_nine_unlisted_workers_answers_for_one_only() -> None:
    (pk,) = services.set_due(**WHO, rows=[Due(None, 900, headcount=9)])
    services.pay_all(**HOW, wage_ids=[pk])
    said: dict[str, Any] = WHO | {"wage_ids": [pk], "by": "self"}
    services.confirm(**said, answer="received", heads=1)
    assert unconfirmed([pk]) == 8 and selectors.unanswered([pk]) == [pk]
    services.confirm(**said, answer="received", heads=7)
    services.confirm(**said, answer="none", heads=2)
    assert unconfirmed([pk]) == 2 and selectors.totals([pk])["none"] == 1
    services.confirm(**said, answer="received")
    assert unconfirmed([pk]) == 0 and selectors.totals([pk])["received"] == 1
    with pytest.raises(BadInput) as refusal:
        services.confirm(**said, answer="received", heads=0)
    assert list(refusal.value.fields) == ["heads"]


def test_new_money_a_voided_payment_and_another_sum_ask_the_whole_group_again() -> None:
    (pk,) = services.set_due(**WHO, rows=[Due(None, 900, headcount=9)])
    changes = [
        lambda: services.pay(**HOW, wage_id=pk, fen=500),
        lambda: services.void_all(**WHO, wage_ids=[pk], reason="没有收到"),
        lambda: services.set_due(**WHO, rows=[Due(None, 800, headcount=9, wage=pk)]),
        lambda: services.set_due(**WHO, rows=[Due(None, 800, headcount=8, wage=pk)]),
    ]
    for change in changes:
        services.confirm(**WHO, wage_ids=[pk], answer="received", by="self", heads=4)
        change()
        found = selectors.totals([pk])
        assert found["unconfirmed"] == found["people"] and found["unanswered"] == 1


def test_when_only_part_came_the_books_say_exactly_that_part() -> None:
    ids = due(1_000, 1_000)
    services.pay(**HOW, wage_id=ids[0], fen=700, evidence=7)
    services.pay_many(**HOW, rows=[(ids[1], 300), (ids[0], 300)])
    assert services.void_down_to(**WHO, wage_ids=ids, fen=601, reason="只到了一部分") == 699
    assert selectors.totals(ids)["paid_fen"] == 601
    assert [row["paid_fen"] for row in selectors.rows(ids)] == [601, 0]
    *_, rest = selectors.payments(ids)
    assert (rest["amount_fen"], rest["evidence"], rest["paid_on"], rest["voided"]) == (601, 7, TODAY, False)
    assert services.void_down_to(**WHO, wage_ids=ids, fen=601, reason="没有变化") == 0
    assert len(selectors.payments(ids)) == 4
    for fen in (-1, 602):
        with pytest.raises(BadInput, match="6.01 元"):
            services.void_down_to(**WHO, wage_ids=ids, fen=fen, reason="写错了")
    assert services.void_down_to(**WHO, wage_ids=ids, fen=0, reason="一分没到") == 601


def test_people_nobody_has_listed_are_counted_and_a_worker_of_two_months_is_one() -> None:
    (worker,) = workers(1)
    months = [Due(worker, 100, date(2023, m, 1), date(2023, m + 1, 1)) for m in (8, 9)]
    ids = services.set_due(**WHO, rows=[*months, Due(None, 0, headcount=3)])
    found = selectors.totals(ids)
    assert (found["people"], found["lines"], found["unconfirmed"]) == (4, 3, 4)
    assert selectors.rows(ids)[2]["name"] == "未列名（3 人）" and selectors.unlisted(ids) == ids[2:]
    services.set_due(**WHO, rows=[Due(None, 500, headcount=2, wage=ids[2])])
    services.confirm(**WHO, wage_ids=ids[:2], answer="received", by="self")
    found = selectors.totals(ids)
    assert (found["people"], found["due_fen"], found["unconfirmed"]) == (3, 700, 2)
    assert selectors.belonging_to(ids, name="别人", phone="13800000001") == ids[:2]
    assert selectors.belonging_to(ids, name="工人0", phone="") == ids[:2]
    assert selectors.belonging_to(ids, name="别人", phone="") == []


def test_nobody_changes_wages_but_through_their_case() -> None:
    assert [name for name in REGISTRY if name.startswith("wages.")] == []
    book = current.book()
    for post, role in book.section("roles", place="330784").items():
        assert not {"wages:record", "wages:confirm"} & set(role["permissions"]), post


def test_the_neighbour_cannot_touch_a_line_even_from_inside_a_command() -> None:
    (pk,) = due(1_000)
    with pytest.raises(Denied):
        services.pay(**(HOW | {"actor": NEIGHBOUR}), wage_id=pk, fen=1)
    with pytest.raises(BadInput):
        services.set_due(actor=NEIGHBOUR, now=NOW, rows=[Due(workers(1)[0], 5)])


def test_one_worker_over_all_employers() -> None:
    ids = due(100, 200)
    worker = selectors.rows(ids)[1]["worker"]
    services.set_due(**WHO, rows=[Due(worker, 50, date(2023, 9, 1), date(2023, 10, 1))])
    found = ask("wages.of_worker", **WHO, worker=worker)
    assert (found["totals"]["people"], found["totals"]["lines"], found["totals"]["due_fen"]) == (1, 2, 250)
    assert found["rows"][1]["period_to"] == "2023-10-01"
    for actor, who in ((TOWN_HANDLER, worker), (NEIGHBOUR, worker), (OFFICE, worker + 999)):
        with pytest.raises(Denied):
            ask("wages.of_worker", actor=actor, now=NOW, worker=who)
    assert selectors.totals([])["outstanding_fen"] == 0


steps = st.lists(
    st.tuples(
        st.integers(0, 3), st.sampled_from(["pay", "all", "void", "part", "due", "confirm"]), st.integers(-2, 900)
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sums=st.lists(st.integers(1, 800), min_size=1, max_size=4), walk=steps)
def test_whatever_happens_the_totals_are_the_sum_of_their_parts(
    sums: list[int], walk: list[tuple[int, str, int]]
) -> None:
    ids = due(*sums)
    for at, verb, fen in walk:
        with contextlib.suppress(BadInput, Refused):
            _step(ids, ids[at % len(ids)], verb, fen)
        _sums_hold(ids)


def _step(ids: list[int], pk: int, verb: str, fen: int) -> None:
    if verb == "pay":
        services.pay(**HOW, wage_id=pk, fen=fen)
    elif verb == "all":
        services.pay_all(**HOW, wage_ids=ids)
    elif verb == "void":
        standing = [p["id"] for p in selectors.payments([pk]) if not p["voided"]]
        services.void(**WHO, payment_ids=standing[:1], reason="银行退回") if standing else None
    elif verb == "part":
        services.void_down_to(**WHO, wage_ids=ids, fen=fen, reason="只到了一部分")
        assert selectors.totals(ids)["paid_fen"] == fen
    elif verb == "due":
        services.set_due(**WHO, rows=[Due(selectors.rows([pk])[0]["worker"], fen, wage=pk)])
    else:
        services.confirm(**WHO, wage_ids=[pk], answer="received", by="self")


def _sums_hold(ids: list[int]) -> None:
    rows, found = selectors.rows(ids), selectors.totals(ids)
    standing = [p for p in selectors.payments(ids) if not p["voided"]]
    for row in rows:
        assert row["paid_fen"] == sum(p["amount_fen"] for p in standing if p["wage"] == row["id"])
        assert row["outstanding_fen"] >= 0
    for key in ("due_fen", "paid_fen", "outstanding_fen"):
        assert found[key] == sum(row[key] for row in rows)
    assert found["lines"] == len(rows) == sum(found[k] for k in ("received", "partial", "none", "unanswered"))
