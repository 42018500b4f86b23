"""With all other addresses blocked the house works as before, and no page sends anybody anywhere else."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.faults.clients import Browser, Crowd
from tests.faults.county import PASSWORD
from tests.faults.house import ROOT, House

LOADS = {"src", "href", "action", "formaction", "srcset", "poster", "data", "hx-get", "hx-post", "background"}
ELSEWHERE = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?//", re.I)
IN_STYLES = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])\s*((?:https?:)?//[^"')\s]+)""", re.I)
IN_SCRIPTS = re.compile(
    r"""(?:fetch|import|importScripts|Worker|WebSocket|EventSource)\(\s*["'`](?:https?:|wss?:)?//"""
)


class Addresses(HTMLParser):
    """Every address a page names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in LOADS and value]


@pytest.fixture
def cut_off(house: House) -> House:
    """A house whose processes reach this machine only."""
    house.environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent / "loopback_only"), str(ROOT)])
    house.environment["NETWORK_TRIES"] = str(house.home / "tries")
    return house


def test_the_block_blocks(cut_off: House) -> None:
    attempt = "import socket\ntry: socket.create_connection(('192.0.2.1', 80), 1)\nexcept OSError as e: print(e)"
    assert "no network" in cut_off.run("-c", attempt)
    assert "192.0.2.1" in (cut_off.home / "tries").read_text()


def test_it_serves_alone(cut_off: House) -> None:
    cut_off.start()
    crowd = Crowd(cut_off.address, total=10, threads=2)
    crowd.begin()
    crowd.finish()
    case = cut_off.one("SELECT max(id) FROM cases_case")
    officer = Browser(cut_off.address)
    officer.log_in("dispatcher", PASSWORD)
    pages = [officer.get(path) for path in ("/", "/help", "/c/", "/c/dispatch", "/c/cases", f"/c/cases/{case}")]
    assert [page.status for page in pages] == [200] * len(pages)
    assert "号厂" in pages[3].text and "号厂" in pages[5].text
    for page in pages:
        away = [address for address in Addresses(page.text).found if ELSEWHERE.match(address)]
        assert not away, f"{page.url} refers to {away}"
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    cut_off.stop()
    assert not (cut_off.home / "tries").exists(), (cut_off.home / "tries").read_text()


def test_no_template_refers_elsewhere() -> None:
    for file in sorted((ROOT / "anxin").glob("**/templates/**/*.html")):
        away = [address for address in Addresses(file.read_text(encoding="utf-8")).found if ELSEWHERE.match(address)]
        assert not away, f"{file.relative_to(ROOT)} refers to {away}"


def test_no_style_or_script_refers_elsewhere(assets: Path) -> None:
    styles, scripts = sorted(assets.glob("**/*.css")), sorted(assets.glob("**/*.js"))
    assert styles and scripts
    for files, pattern in ((styles, IN_STYLES), (scripts, IN_SCRIPTS)):
        for file in files:
            found = pattern.findall(file.read_text(encoding="utf-8"))
            assert not found, f"{file.relative_to(assets)} refers to {found}"
