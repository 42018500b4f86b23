"""Numbers without gaps or doubles.

The counter's row is locked from the moment a number is taken until the transaction ends; a transaction that rolls back
gives its number back. So take the number late in a command: whoever else wants one of the same series waits.
"""

from __future__ import annotations

from django.db import connection

TAKE = (
    "INSERT INTO documents_counter (series, value) VALUES (%s, 1) "
    "ON CONFLICT (series) DO UPDATE SET value = documents_counter.value + 1 RETURNING value"
)


class OutsideTransaction(RuntimeError):
    """A number taken outside a transaction could be lost by a crash before it is used: that would be a gap."""


def next_number(*, county: str, series: str, year: int) -> int:
    """The next number, from 1, of a series of a county in a year; one statement. Raises `OutsideTransaction`."""
    if not connection.in_atomic_block:
        raise OutsideTransaction("next_number() works only inside a transaction")
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [f"{county[:6]}:{series}:{year}"])
        return int(cursor.fetchone()[0])
