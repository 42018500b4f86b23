"""One house with the small demo county, one Chromium; every test fails on whatever the watch has heard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from demo.logins import PASSWORD
from tests.browser.visitors import Visitors
from tests.faults.house import House


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The demo county, served as `script/server` serves it."""
    home = tmp_path_factory.mktemp("house")
    found = House(home, f"sqlite:///{home / 'county.sqlite3'}", ANXIN_DEMO="1")
    found.anxin("migrate", "-v0")
    found.anxin("demo", "--size", "small")
    found.anxin("collectstatic", "--noinput", "-v0")
    found.start()
    yield found
    found.kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; no download."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "Chromium is not installed: install the package chromium"
    with sync_playwright() as play:
        # Chromium's own sandbox does not start as root; a small /dev/shm would kill its pages.
        found = play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def everybody(house: House, browser: Browser) -> Visitors:
    """All visitors of this session; their log-ins are kept."""
    return Visitors(browser, house.address, PASSWORD)


@pytest.fixture
def visitors(everybody: Visitors) -> Iterator[Visitors]:
    """Visitors of one test; it fails when anything went wrong behind the pages."""
    everybody.watch.faults, everybody.watch.expected = [], frozenset()
    yield everybody
    everybody.leave()
    assert not everybody.watch.faults, "\n".join(everybody.watch.faults)


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture as a phone takes it: a bank slip."""
    from PIL import Image

    file = tmp_path_factory.mktemp("photos") / "slip.jpg"
    Image.new("RGB", (640, 480), "white").save(file)
    return file
