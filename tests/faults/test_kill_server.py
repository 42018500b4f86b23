"""Everything is killed in the middle of two hundred reports: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

from tests.faults.clients import Crowd
from tests.faults.house import Engine, House

TOTAL, PHONES = 200, 6
LEASE = 121


def test_nothing_is_lost_and_nothing_doubled(engine: Engine, house: House) -> None:
    house.start()
    crowd = Crowd(house.address, TOTAL, PHONES)
    crowd.begin()
    for receipts in (40, 90):
        crowd.reach(receipts)
        failures = crowd.failures
        house.kill()
        crowd.notice(failures)
        house.start()
    if engine.name == "postgresql":
        crowd.reach(140)
        failures = crowd.failures
        engine.crash()
        crowd.notice(failures)
        engine.recover()
    crowd.finish()
    house.stop()
    # What a dead worker held is free when its lease is out.
    house.run("-m", "tests.faults.acts", "drain", str(LEASE))
    everything_is_sound(house, engine)
    every_receipt_exists_once(house, crowd)
    every_consequence_happened_once(house)


def everything_is_sound(house: House, engine: Engine) -> None:
    """The database itself is whole, and so are the chains of the trail."""
    if engine.name == "sqlite":
        assert house.rows("PRAGMA integrity_check") == [("ok",)]
        assert house.rows("PRAGMA foreign_key_check") == []
    assert house.run("-m", "tests.faults.acts", "chains").strip() == "[]"


def every_receipt_exists_once(house: House, crowd: Crowd) -> None:
    """One complaint per report, under the number its reporter holds; numbers without gap."""
    stored = house.rows("SELECT employer_name, number FROM intake_complaint ORDER BY number")
    assert sorted(stored) == sorted((name, number) for name, (number, _) in crowd.receipts.items())
    assert len({number for _, number in stored}) == len({code for _, code in crowd.receipts.values()}) == TOTAL
    serials = [int(number.rpartition("-")[2]) for _, number in stored]
    assert serials == list(range(1, TOTAL + 1)) or serials.count(1) == 2  # twice: a run over midnight
    assert none(house, "SELECT c.id FROM intake_complaint c LEFT JOIN intake_reporter r ON r.complaint_id = c.id "
                       "WHERE r.id IS NULL")  # fmt: skip


def every_consequence_happened_once(house: House) -> None:
    """Every complaint about wages has one case, with its clock, its trail and its message; the others have none."""
    wages = house.one("SELECT count(*) FROM intake_complaint WHERE kind = 'wages'")
    assert wages == TOTAL * 9 // 10
    assert house.one("SELECT count(*) FROM cases_case") == wages
    assert house.one("SELECT count(DISTINCT s.complaint_id) FROM cases_casesource s JOIN intake_complaint c "
                     "ON c.id = s.complaint_id JOIN cases_case k ON k.id = s.case_id AND k.number = c.number "
                     "WHERE c.kind = 'wages'") == wages  # fmt: skip
    for table, marks in (
        ("duties_duty", "rule = 'dispatch' AND state = 'open'"),
        ("audit_entry", "verb = 'cases.open'"),
        ("notices_message", "template = 'complaint_received'"),
    ):
        told = house.rows(f"SELECT subject, count(*) FROM {table} WHERE {marks} GROUP BY subject")
        assert len(told) == wages and {count for _, count in told} == {1}, table
    received = house.rows("SELECT subject, count(*) FROM audit_entry WHERE verb = 'intake.receive' GROUP BY subject")
    assert len(received) == TOTAL and {count for _, count in received} == {1}
    assert none(house, "SELECT id FROM outbox_event WHERE state <> 'done'")
    assert none(house, "SELECT event_id, handler FROM outbox_delivery GROUP BY event_id, handler HAVING count(*) > 1")


def none(house: House, statement: str) -> bool:
    """Whether a look for faults finds nothing."""
    found = house.rows(statement)
    assert not found, found[:5]
    return True
