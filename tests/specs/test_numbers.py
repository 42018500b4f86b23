"""Numbers of letters and complaints: no gap, no double, whoever writes at the same time and whatever fails."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from anxin.foundation.documents.models import Counter
from anxin.foundation.documents.numbers import OutsideTransaction, next_number

WRITERS = 50
EACH = 4


class Broken(Exception):
    """The command after the number failed."""


def together(work: Callable[[int], None]) -> list[BaseException]:
    """Run `work` in fifty threads that start at the same moment; returns what they raised."""
    start, faults = threading.Barrier(WRITERS), []

    def run(position: int) -> None:
        start.wait()
        try:
            work(position)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


@pytest.mark.django_db(transaction=True)
def test_fifty_writers_get_every_number_once_and_failures_leave_no_gap():
    kept: list[int] = []

    def work(position: int) -> None:
        for turn in range(EACH):
            try:
                with transaction.atomic():
                    taken = next_number(county="330784", series="case:20231101", year=2023)
                    if (position + turn) % 5 == 0:
                        raise Broken
            except Broken:
                continue
            kept.append(taken)

    assert together(work) == []
    assert sorted(kept) == list(range(1, len(kept) + 1))
    assert len(kept) == WRITERS * EACH * 4 // 5
    assert Counter.objects.get().value == len(kept)


@pytest.mark.django_db
def test_each_county_series_and_year_counts_for_itself():
    def take(county: str, series: str, year: int) -> int:
        return next_number(county=county, series=series, year=year)

    assert [take("330784", "letter:settlement", 2023) for _ in range(3)] == [1, 2, 3]
    assert take("330424", "letter:settlement", 2023) == 1
    assert take("330784", "letter:acceptance", 2023) == 1
    assert take("330784", "letter:settlement", 2024) == 1
    assert take("330784115000", "letter:settlement", 2023) == 4, "a place inside the county shares its series"


@pytest.mark.django_db
def test_a_number_costs_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        next_number(county="330784", series="case:20231101", year=2023)


@pytest.mark.django_db(transaction=True)
def test_a_number_outside_a_transaction_is_refused():
    with pytest.raises(OutsideTransaction):
        next_number(county="330784", series="case:20231101", year=2023)
    assert not Counter.objects.exists()
