"""The worker dies in the middle of a consequence: another takes over when the lease is out, and it happens once."""

from __future__ import annotations

import signal

import pytest

from tests.faults.house import House
from tests.faults.test_parallel_writers import helper, shot

LEASE = 121
"""Seconds after which an event that a dead worker held is free again."""


@pytest.mark.parametrize("point", ["in-handler", "before-receipt", "after-receipt"])
def test_a_consequence_happens_exactly_once(house: House, point: str) -> None:
    shot([helper(house, "write", "1", "1")])
    assert pending(house) == 1 and messages(house) == 0
    dead = helper(house, "drain-and-die", point)
    dead.communicate(timeout=60)
    assert dead.returncode == -signal.SIGKILL
    assert pending(house) == 1
    assert messages(house) == (1 if point == "after-receipt" else 0), "half a consequence was stored"
    assert drained(house, 0) == 0, "an event was taken from a worker whose lease still runs"
    assert drained(house, LEASE) == 1
    assert pending(house) == 0 and messages(house) == 1
    assert house.one("SELECT count(*) FROM outbox_delivery") == 1
    assert drained(house, 2 * LEASE) == 0 and messages(house) == 1


def drained(house: House, seconds: int) -> int:
    """Events delivered by a new worker, as if so many seconds had passed."""
    return int(house.run("-m", "tests.faults.acts", "drain", str(seconds)))


def pending(house: House) -> int:
    return int(house.one("SELECT count(*) FROM outbox_event WHERE state = 'pending'"))


def messages(house: House) -> int:
    """Messages to the reporter."""
    return int(house.one("SELECT count(*) FROM notices_message"))
