"""The worker dies in the middle of a consequence: another takes over when the lease is out, and it happens once."""

from __future__ import annotations

import json
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
    # While the dead worker's lease runs nobody takes its event; when it is out, one does, and then nothing is left.
    told = house.run("-m", "tests.faults.acts", "drain", "0", str(LEASE), str(2 * LEASE))
    assert json.loads(told) == [0, 1, 0]
    assert pending(house) == 0 and messages(house) == 1
    assert house.one("SELECT count(*) FROM outbox_delivery") == 1


def pending(house: House) -> int:
    return int(house.one("SELECT count(*) FROM outbox_event WHERE state = 'pending'"))


def messages(house: House) -> int:
    """Messages to the reporter."""
    return int(house.one("SELECT count(*) FROM notices_message"))
