"""People in front of a real Chromium: contexts for phone and desk, and the watch that hears every fault of a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, FloatRect, Page, Request, Response

SHOTS = Path(__file__).parent / "shots"
PHONE = {"viewport": {"width": 375, "height": 667}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
DESK = {"viewport": {"width": 1440, "height": 900}}
EXTREMES = {"phone": 320, "desk": 1920}
"""Beside the usual width of each device, the one at which nothing may overflow either."""
GONE = "net::ERR_ABORTED"
"""A request that a new page overtook: the browser's doing, not a failure."""
TALL = 4000
"""Pixels of a page that its picture shows."""
SERIOUS = ("serious", "critical")

WIDE = """() => {
  const width = document.documentElement.clientWidth;
  const inside = (el) => {
    for (let up = el.parentElement; up && up !== document.body; up = up.parentElement)
      if (/(auto|scroll|hidden|clip)/.test(getComputedStyle(up).overflowX)) return true;
    return false;
  };
  const out = [...document.querySelectorAll("body *")]
    .filter((el) => el.getBoundingClientRect().right > width + 1 && el.getClientRects().length && !inside(el))
    .slice(0, 5)
    .map((el) => `${el.tagName.toLowerCase()}.${el.className}: ${Math.round(el.getBoundingClientRect().right)}`);
  return {width, scroll: document.documentElement.scrollWidth, inner: window.innerWidth, out};
}"""


class Watch:
    """Everything that must not happen while a page is looked at; `faults` in words."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.faults: list[str] = []
        self.expected = frozenset[int]()

    def follow(self, context: BrowserContext) -> BrowserContext:
        """Listen to every page of a context."""
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(f"script failed: {error.error}"))
        context.on("request", self._asked)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        return context

    def _said(self, message: ConsoleMessage) -> None:
        # The browser repeats every status from 400 on in its console; `_answered` judges those.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text} at {message.location.get('url')}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", "data:")):
            self.faults.append(f"a request to another origin: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != GONE:
            self.faults.append(f"a request failed: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.faults.append(f"{response.status} from {response.url}")


class Visitors:
    """Makes contexts, logged in where asked; one log-in per officer for the whole session."""

    def __init__(self, browser: Browser, address: str, password: str) -> None:
        self.browser, self.address, self.password = browser, address, password
        self.watch = Watch(address)
        self._states: dict[str, Any] = {}
        self._open: list[BrowserContext] = []
        self._readers: dict[tuple[str, str], BrowserContext] = {}

    def come(self, device: str = "desk", username: str = "", *, javascript: bool = True) -> Page:
        """A page of a new context: `phone` or `desk`, logged in as `username` or as nobody."""
        context = self._context(device, username, javascript=javascript)
        self._open.append(context)
        return context.new_page()

    def read(self, device: str = "desk", username: str = "") -> Page:
        """A page of a context kept for readers, who leave nothing behind: its cache saves loading all styles anew."""
        key = device, username
        if key not in self._readers:
            self._readers[key] = self._context(device, username)
        context = self._readers[key]
        for page in context.pages:
            page.close()
        return context.new_page()

    def _context(self, device: str, username: str, *, javascript: bool = True) -> BrowserContext:
        shape: dict[str, Any] = PHONE if device == "phone" else DESK
        state = self._state(username) if username else None
        context = self.browser.new_context(
            **shape, locale="zh-CN", timezone_id="Asia/Shanghai", base_url=self.address,
            java_script_enabled=javascript, storage_state=state, reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(15_000)
        return self.watch.follow(context)

    def leave(self) -> None:
        """Close what is open."""
        for context in self._open:
            context.close()
        self._open = []

    def _state(self, username: str) -> Any:
        if username not in self._states:
            page = self.come()
            log_in(page, username, self.password)
            self._states[username] = page.context.storage_state()
        return self._states[username]


def log_in(page: Page, username: str, password: str) -> None:
    """Log in as people do: the page, two fields, the button."""
    page.goto("/login")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(lambda url: urlsplit(url).path != "/login")


def look_over(page: Page, device: str, shot: str) -> list[str]:
    """Everything wrong with the page as it stands, at both widths of the device; its picture goes to `shots`."""
    faults = [] if page.title().strip() else ["no title"]
    headings = page.locator("h1").count()
    if headings != 1:
        faults.append(f"{headings} h1")
    faults += overflow(page) + grave(page)
    SHOTS.mkdir(exist_ok=True)
    usual = page.viewport_size
    assert usual is not None
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALL)
    clip: FloatRect = {"x": 0, "y": 0, "width": usual["width"], "height": height}
    page.screenshot(path=SHOTS / f"{shot}-{device}.jpg", type="jpeg", quality=60, full_page=True, clip=clip)
    page.set_viewport_size({"width": EXTREMES[device], "height": usual["height"]})
    faults += overflow(page)
    page.set_viewport_size(usual)
    return faults


def overflow(page: Page) -> list[str]:
    """What sticks out to the right of the screen."""
    assert page.viewport_size is not None
    width = page.viewport_size["width"]
    found = page.evaluate(WIDE)
    if found["scroll"] <= width and found["inner"] <= width:
        return []
    return [f"at {width} px the page is {max(found['scroll'], found['inner'])} px wide: {found['out']}"]


def grave(page: Page) -> list[str]:
    """Serious and critical findings of axe-core."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"axe {one['id']} ({one['impact']}): {one['help']}: {json.dumps([n['html'][:160] for n in one['nodes'][:3]])}"
        for one in found
        if one["impact"] in SERIOUS
    ]
