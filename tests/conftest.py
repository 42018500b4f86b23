"""What every test may lean on."""

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management.commands.flush import Command as Flush
from django.db import connections

from anxin.foundation.audit import triggers

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session", autouse=True)
def flush_may_empty_the_trail() -> Iterator[None]:
    """Tests with real transactions empty every table afterwards; the trail's triggers would forbid it."""
    flush = Flush.handle

    @functools.wraps(flush)
    def handle(self: Flush, **options: Any) -> None:
        connection = connections[options["database"]]
        triggers.remove(connection)
        try:
            flush(self, **options)
        finally:
            triggers.install(connection)

    Flush.handle = handle
    yield
    Flush.handle = flush


def real_data() -> Path | None:
    """The folder of real messages: $ANXIN_REALDATA, else `shared/data` beside the repository; None without one."""
    named = os.environ.get("ANXIN_REALDATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def realdata() -> Path:
    """Real data is not part of the repository: without it these tests do not run, and where ANXIN_CI=1 they fail."""
    if folder := real_data():
        return folder
    reason = "no real data: set ANXIN_REALDATA to the folder that holds petitions.xlsx"
    if os.environ.get("ANXIN_CI") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
