"""What a helper process does inside a house: `python -m tests.faults.acts WHAT …`; answers with one line of JSON.

wait NAME USER COMMAND ARGUMENTS   say "ready", wait for a line, then run one command as an officer
write THREADS EACH                 say "ready", wait for a line, then receive complaints from several threads at once
drain SECONDS …                    deliver what is pending as if SECONDS had passed, and say how many, each time
drain-and-die POINT                deliver, and die by SIGKILL at a point of the first delivery
chains                             subjects whose trail is not an unbroken chain
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from anxin.foundation.access.actor import Actor  # noqa: E402
from anxin.foundation.access.selectors import actor_for_user, user_named  # noqa: E402
from anxin.foundation.audit import trail  # noqa: E402
from anxin.foundation.audit.commands import call  # noqa: E402
from anxin.foundation.audit.models import Entry  # noqa: E402
from anxin.foundation.kernel.errors import AnxinError  # noqa: E402
from anxin.foundation.outbox import worker  # noqa: E402
from anxin.foundation.outbox.models import Delivery  # noqa: E402
from anxin.journeys import complaint  # noqa: E402
from tests.faults.county import COUNTY, TOWN  # noqa: E402


def act(username: str, command: str, arguments: str) -> dict[str, Any]:
    """Run one command as an officer when told to: {"done"} or {"refused", "message"}."""
    user = user_named(username)
    assert user is not None
    actor = actor_for_user(user, timezone.localdate())
    at_the_mark()
    try:
        return {"done": call(command, actor=actor, now=timezone.now(), **json.loads(arguments))}
    except AnxinError as error:
        return {"refused": type(error).__name__, "message": str(error)}


def write(threads: str, each: str) -> list[str]:
    """Numbers of the complaints that several threads hand in at the same moment."""
    numbers: list[str] = []
    faults: list[BaseException] = []
    barrier = threading.Barrier(int(threads) + 1)

    def writer(name: str) -> None:
        barrier.wait()
        try:
            for n in range(int(each)):
                answer = call(
                    "intake.receive", actor=Actor.public(COUNTY), now=timezone.now(), channel="qr",
                    employer=f"{name}号厂", place=TOWN, people=2, amount="1200.50", phone="13800000000",
                    name="写信人", idempotency_key=f"{name}-{n}",
                )  # fmt: skip
                numbers.append(answer["number"])
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    crew = [threading.Thread(target=writer, args=(f"{os.getpid()}-{n}",)) for n in range(int(threads))]
    for one in crew:
        one.start()
    at_the_mark()
    barrier.wait()
    for one in crew:
        one.join()
    if faults:
        raise faults[0]
    return numbers


def at_the_mark() -> None:
    """Say that everything is loaded and wait for the starting shot."""
    print("ready", flush=True)
    sys.stdin.readline()


def drain(*later: str) -> list[int]:
    """Deliver everything, seen from later moments, in seconds; returns the numbers of events."""
    now = timezone.now()
    return [worker.drain(now=now + timedelta(seconds=float(seconds)), limit=100_000) for seconds in later]


def die() -> None:
    """Die on the spot."""
    os.kill(os.getpid(), signal.SIGKILL)


def drain_and_die(point: str) -> list[int]:
    """Deliver, and die: `in-handler` as it ends, `before-receipt` before it counts, `after-receipt` when it does."""
    create, send = Delivery.objects.create, complaint.send

    def dying_send(**values: Any) -> Any:
        sent = send(**values)
        if point == "in-handler":
            die()
        return sent

    def dying_create(**values: Any) -> Delivery:
        if point == "before-receipt":
            die()
        transaction.on_commit(die)
        return create(**values)

    complaint.send = dying_send
    Delivery.objects.create = dying_create  # type: ignore[method-assign]
    return drain("0")


def chains() -> list[str]:
    """Subjects whose entries have a gap, do not name the digest of the one before, or do not bear their own."""
    broken, last = set(), dict[str, tuple[int, str]]()
    for row in Entry.objects.order_by("subject", "seq"):
        seq, before = last.get(row.subject, (0, trail.GENESIS))
        if (row.seq, row.previous, row.digest) != (seq + 1, before, trail.digest(row)):
            broken.add(row.subject)
        last[row.subject] = row.seq, row.digest
    return sorted(broken)


ACTS: dict[str, Callable[..., Any]] = {
    "wait": act, "write": write, "drain": drain, "drain-and-die": drain_and_die, "chains": chains,
}  # fmt: skip

if __name__ == "__main__":
    print(json.dumps(ACTS[sys.argv[1]](*sys.argv[2:]), ensure_ascii=False), flush=True)
