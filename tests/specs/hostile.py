"""Values no form should be able to send, and a watch over everything the house keeps."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from anxin.foundation.kernel.errors import AnxinError

LONG = 1024 * 1024
HOSTILE: dict[str, Any] = {
    "nothing": None,
    "empty": "",
    "blank": " \u3000\t",
    "nul": "张\x00三",
    "nul-number": "330784\x00",
    "surrogate": "张\ud800三",
    "emoji": "😀👨‍👩‍👧‍👦",
    "rtl": "\u202e\u2066abc\u200f",
    "long": "长" * LONG,
    "long-digits": "9" * 5000,
    "sql": "'; DROP TABLE cases_case; --",
    "like": "%_\\%",
    "html": "<script>alert(1)</script>",
    "template": "{{ 7*7 }}{% load x %}${7*7}{0.__class__}",
    "format": "{min_length}{0}%s%(a)s",
    "full-width": "１２３４",
    "arabic-digits": "١٢٣",
    "superscript": "²",
    "zero": 0,
    "minus": -1,
    "minus-text": "-1",
    "int32": 2**31,
    "int63": 2**63 - 1,
    "int64": 2**63,
    "huge": 10**400,
    "huge-text": str(2**63),
    "beyond-digits": 10**5000,
    "float": 1.5,
    "nan": float("nan"),
    "inf": float("inf"),
    "nan-text": "NaN",
    "inf-text": "1e400",
    "decimal-nan": Decimal("sNaN"),
    "decimal-huge": Decimal("1e400"),
    "decimal-small": Decimal("1e-400"),
    "third-decimal": "0.001",
    "mills": Decimal("0.001"),
    "true": True,
    "yes": "yes",
    "first-day": "0001-01-01",
    "last-day": "9999-12-31",
    "first-moment": "0001-01-01T00:00:00",
    "first-moment-ahead": "0001-01-01T00:00:00+14:00",
    "last-moment": "9999-12-31T23:59:59-12:00",
    "no-day": "2023-02-30",
    "naive": datetime(1, 1, 1),
    "list": [],
    "list-of-list": [[]],
    "list-of-nothing": [None],
    "list-of-nul": ["\x00"],
    "list-of-huge": [2**63],
    "list-of-lone": ["\udfff"],
    "dict": {},
    "dict-odd": {"\x00": "\ud800", "amount": 10**400},
    "nested": {"a": {"b": [{"c": "\x00"}]}},
    "bytes": b"\xff\x00",
    "object": object(),
    "other-county": "330424001",
    "absent-subject": "cases.Case:999999999999999999999999",
    "path": "../../../../etc/passwd",
    "deep": [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]],
}  # fmt: skip
"""By name, so that a failing test says which."""

CHINESE = re.compile(r"[\u4e00-\u9fff]")
FOREIGN = re.compile(r"Traceback|Error\b|Exception|\b(should|must|expected|invalid|value|integer|limit|string)\b")


def kept() -> dict[str, int]:
    """How many rows every table holds; one statement."""
    tables = sorted({model._meta.db_table for model in apps.get_models()})
    quoted = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{t}', COUNT(*) FROM {quoted(t)}" for t in tables))
        return dict(cursor.fetchall())


def fault_of(act: Callable[[], Any], before: dict[str, int]) -> str:
    """What is wrong with how an act took bad input; "" when it answered, or refused in Chinese and changed nothing.

    Whatever it did is undone.
    """
    with transaction.atomic():
        point = transaction.savepoint()
        try:
            act()
        except AnxinError as refusal:
            return _badly_said(refusal) or ("" if kept() == before else "refused, yet something was stored")
        except Exception as crash:
            return f"{type(crash).__name__}: {str(crash)[:160]}"
        finally:
            transaction.savepoint_rollback(point)
    return ""


def _badly_said(refusal: AnxinError) -> str:
    said = [str(refusal), *getattr(refusal, "fields", {}).values()]
    for sentence in said:
        if not CHINESE.search(sentence) or FOREIGN.search(sentence):
            return f"not said in Chinese: {sentence[:160]!r}"
        if len(sentence) > 2_000:
            return f"said at length: {sentence[:60]!r}…"
        try:
            sentence.encode()
        except UnicodeEncodeError:
            return f"cannot be shown: {sentence[:60]!r}"
    return ""
