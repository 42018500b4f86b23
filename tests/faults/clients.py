"""Workers with phones: they hand in reports through the portal's pages and press again until they hold a receipt."""

from __future__ import annotations

import http.client
import http.cookiejar
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field

from tests.faults.county import TOWN
from tests.faults.house import GLANCE, PATIENCE, until

RECEIPT = re.compile(r"编号<strong>([^<]+)</strong></p><p>查询码<strong>([^<]+)</strong>")
AWAY = (OSError, http.client.HTTPException)
"""What a phone sees when the server is gone: refused, reset, cut off in the middle of an answer."""


class Unanswered(AssertionError):
    """The server did not answer properly within everybody's patience."""


@dataclass(frozen=True)
class Page:
    """One answer after redirects."""

    url: str
    status: int
    text: str
    headers: dict[str, str]


class Browser:
    """Cookies, redirects, CSRF token; no script, no proxy."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = http.cookiejar.CookieJar()
        self._open = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        ).open

    def twin(self) -> Browser:
        """Another browser with the same cookies; what it is told this one does not know."""
        found = Browser(self.address)
        for cookie in self.cookies:
            found.cookies.set_cookie(cookie)
        return found

    def get(self, path: str) -> Page:
        """One page; raises OSError or HTTPException when the server is away."""
        return self._read(urllib.request.Request(self.address + path))

    def post(self, path: str, **values: str) -> Page:
        """Send a form."""
        token = next((cookie.value or "" for cookie in self.cookies if cookie.name == "csrftoken"), "")
        data = urllib.parse.urlencode({**values, "csrfmiddlewaretoken": token}).encode()
        return self._read(urllib.request.Request(self.address + path, data=data))

    def log_in(self, username: str, password: str) -> None:
        """Log in as an officer."""
        self.get("/login")
        page = self.post("/login", username=username, password=password)
        assert not page.url.endswith("/login"), page.text

    def _read(self, request: urllib.request.Request) -> Page:
        try:
            with self._open(request, timeout=30) as answer:
                return Page(answer.url, answer.status, answer.read().decode(), dict(answer.headers))
        except urllib.error.HTTPError as answer:
            with answer:
                return Page(answer.url, answer.code, answer.read().decode(errors="replace"), dict(answer.headers))


@dataclass
class Crowd:
    """`threads` phones that hand in `total` reports, each about an employer of its own.

    Every tenth is not about wages, and of every fifth the first answer is lost.
    """

    address: str
    total: int
    threads: int
    receipts: dict[str, tuple[str, str]] = field(default_factory=dict)
    failures: int = 0
    faults: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left = iter(range(self.total))
        self._lock = threading.Lock()
        self._crew = [threading.Thread(target=self._work, daemon=True) for _ in range(self.threads)]

    def begin(self) -> None:
        """Let everybody start."""
        for one in self._crew:
            one.start()

    def reach(self, receipts: int) -> None:
        """Wait until so many receipts have been given out."""
        until(f"{receipts} receipts; {self.faults}", lambda: len(self.receipts) >= receipts or self.faults)
        assert not self.faults, self.faults

    def notice(self, failures: int) -> None:
        """Wait until somebody has met the failure of the server."""
        until("somebody meets the failure", lambda: self.failures > failures or self.faults)

    def finish(self) -> None:
        """Wait for all; raises what went wrong for anybody."""
        for one in self._crew:
            one.join(timeout=3 * PATIENCE)
        assert not self.faults, self.faults
        assert len(self.receipts) == self.total

    def _work(self) -> None:
        try:
            while not self.faults:
                with self._lock:
                    n = next(self._left, None)
                if n is None:
                    return
                name = f"第{n:03d}号厂"
                receipt = self._report(name, n)
                with self._lock:
                    self.receipts[name] = receipt
        except BaseException as fault:
            self.faults.append(fault)

    def _report(self, name: str, n: int) -> tuple[str, str]:
        """Four screens; each is sent again until it is answered."""
        browser = Browser(self.address)
        answers = {
            "/report/1": {"kind": "other" if n % 10 == 9 else "wages", "employer": name, "place": TOWN},
            "/report/2": {"since": "", "people": str(n % 7 + 1), "amount": f"{1000 + n}.5"},
            "/report/3": {"story": f"{name}欠我们工资"},
            "/report/4": {"phone": f"138{n:08d}", "name": f"反映人{n}"},
        }
        page = self._until_answered(browser, "/report/1", None)
        while (path := urllib.parse.urlsplit(page.url).path) in answers:
            if path == "/report/4" and n % 5 == 0:
                # The server has it, the phone never hears of it: what a kill between commit and answer looks like.
                self._until_answered(browser.twin(), path, answers[path])
            page = self._until_answered(browser, path, answers[path])
            if urllib.parse.urlsplit(page.url).path == path:
                raise Unanswered(f"{path} was refused: {page.status} {page.text[-3000:]}")
        found = RECEIPT.search(page.text)
        if found is None:
            raise Unanswered(f"no receipt at {page.url}: {page.text[-3000:]}")
        return found[1], found[2]

    def _until_answered(self, browser: Browser, path: str, values: dict[str, str] | None) -> Page:
        end = time.monotonic() + 2 * PATIENCE
        while time.monotonic() < end:
            try:
                page = browser.get(path) if values is None else browser.post(path, **values)
                if page.status < 500:
                    return page
            except AWAY:
                pass
            with self._lock:
                self.failures += 1
            time.sleep(GLANCE)
        raise Unanswered(path)
