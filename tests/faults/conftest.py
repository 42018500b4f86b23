"""Houses of real processes: one prepared county per engine, copied for every test, ended with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.house import Engine, House, engine_named


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database engine that holds a prepared county."""
    home = tmp_path_factory.mktemp(request.param)
    with engine_named(request.param, home) as found:
        blank = House(home, found.url)
        blank.anxin("migrate", "-v0")
        blank.run("-m", "tests.faults.county")
        yield found


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Style sheets and scripts, collected once."""
    home = tmp_path_factory.mktemp("assets")
    House(home, f"sqlite:///{home / 'none.sqlite3'}").anxin("collectstatic", "--noinput", "-v0")
    return home / "static"


@pytest.fixture
def house(engine: Engine, assets: Path, tmp_path: Path) -> Iterator[House]:
    """A house of the test's own; whatever it started is killed afterwards."""
    found = House(tmp_path / "house", engine.copy(tmp_path / "house"))
    (found.home / "static").symlink_to(assets)
    yield found
    found.kill()
