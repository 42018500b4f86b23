"""Every address of the house in a real browser, on a phone and at a desk: nothing sticks out, nobody is shut out.

One load per page and device serves all checks. An address that is neither looked at here nor listed in `OTHERWISE`
fails the first test, so a new page cannot be forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page, expect

from demo.logins import LOGINS, PASSWORD
from tests.browser.visitors import Visitors, look_over
from tests.faults.clients import Browser
from tests.faults.house import House

DEVICES = ("phone", "desk")
CASE = "SELECT id FROM cases_case WHERE "
IDS = {
    "case": f"{CASE} unit_code = '330784115-town' AND stage <> 'closed' ORDER BY id LIMIT 1",
    "new": f"{CASE} stage = 'registered' ORDER BY id LIMIT 1",
    "done": f"{CASE} stage = 'closed' ORDER BY id LIMIT 1",
    "joint": f"{CASE} joint ORDER BY id LIMIT 1",
    "ordered": f"{CASE} stage = 'ordered' ORDER BY id LIMIT 1",
    "mediated": "SELECT case_id FROM mediation_session ORDER BY id LIMIT 1",
    "complaint": "SELECT max(id) FROM intake_complaint WHERE kind = 'wages'",
    "other": "SELECT min(id) FROM intake_complaint WHERE kind = 'wages'",
}
"""Sample objects: word in a path → where to find its number."""

PAGES: dict[str, list[tuple[str, str]]] = {
    "portal:home": [("", "/")],
    "portal:scanned": [("", "/q/330784115000")],
    "portal:who": [("", "/report/1")],
    "portal:progress": [("", "/progress"), ("", "/progress?money=1")],
    "portal:linked": [("", "/p/W20231101-0007")],
    "portal:about": [("", "/about")],
    "portal:help": [("", "/help")],
    "login": [("", "/login")],
    "ui:gallery": [("", "/gallery")],
    "ui:sample": [("", f"/gallery/{name}") for name in ("console", "portal", "home", "login")],
    "console:duties": [(one["username"], "/c/") for one in LOGINS],
    "console:dispatch": [("dispatcher", "/c/dispatch")],
    "console:cases": [("town", "/c/cases"), ("office", "/c/cases?all=1"), ("leader", "/c/cases")],
    "console:case": [
        ("dispatcher", "/c/cases/<new>"), ("town", "/c/cases/<case>"), ("office", "/c/cases/<mediated>"),
        ("inspector", "/c/cases/<ordered>"), ("leader", "/c/cases/<done>"), ("joint", "/c/cases/<joint>"),
    ],
    "console:mediation": [("office", "/c/cases/<mediated>/mediation")],
    "console:related": [("office", "/c/cases/<case>/related")],
    "console:receive": [("hotline", "/c/receive")],
    "console:complaints": [("office", "/c/complaints"), ("hotline", "/c/complaints")],
    "console:complaint": [("office", "/c/complaints/<complaint>")],
    "console:merge": [("office", "/c/complaints/<complaint>/merge?into=<other>")],
    "console:ledgers": [("office", "/c/ledgers")],
    "console:rules": [("office", "/c/rules")],
    "console:difference": [("office", "/c/rules/compare?with=330424")],
    "console:messages": [("town", "/c/messages")],
    "console:outbox": [("office", "/c/messages/sent")],
}  # fmt: skip
"""Name of the address → who looks at it, and where."""

OTHERWISE = {
    "healthz": "for supervisors, plain text: tests/specs",
    "readyz": "for supervisors, plain text: tests/specs",
    "logout": "answers POST only: pressed in test_the_way_in_and_out",
    "ui:type-size": "answers POST only: pressed in test_large_type",
    "portal:report": "leads to the first question",
    "portal:wechat": "leads to the home page: tests/specs/test_portal",
    "portal:how-much": "test_a_report_screen_by_screen",
    "portal:story": "test_a_report_screen_by_screen",
    "portal:contact": "test_a_report_screen_by_screen",
    "portal:receipt": "test_a_report_screen_by_screen",
    "portal:progress-view": "test_a_report_screen_by_screen",
    "portal:answer": "test_complaint_journey",
    "console:act": "test_every_act",
    "console:received": "test_keyboard",
    "console:suggest-employers": "a part of console:receive: test_keyboard",
    "console:suggest-duplicates": "a part of console:receive: test_keyboard",
    "console:read": "answers POST only",
    "console:evidence": "a file, not a page: test_complaint_journey",
    "console:letter": "a file, not a page: tests/specs",
}
"""Addresses that are not walked below, with the reason."""

ACT = re.compile(r'href="(/c/cases/\d+/do/([\w.]+)[^"]*)"')
VISITS = [(username, path) for visits in PAGES.values() for username, path in visits]


def addresses(resolver: URLResolver, space: str = "") -> Iterator[str]:
    """Names of all addresses except those of Django's own admin."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name or str(pattern.pattern).rstrip('/')}"
        elif pattern.namespace != "admin":
            yield from addresses(pattern, f"{pattern.namespace}:" if pattern.namespace else space)


def test_no_address_is_forgotten() -> None:
    assert set(addresses(get_resolver())) == PAGES.keys() | OTHERWISE.keys()


def number_of(house: House, word: str) -> str:
    found = house.one(IDS[word])
    assert found is not None, f"the demo county holds no {word}"
    return str(found)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("username", "path"), VISITS, ids=[f"{user or 'public'}{path}" for user, path in VISITS])
def test_page(visitors: Visitors, house: House, device: str, username: str, path: str) -> None:
    page = visitors.read(device, username)
    answer = page.goto(re.sub(r"<(\w+)>", lambda word: number_of(house, word[1]), path), wait_until="load")
    assert answer is not None and answer.status == 200
    settled(page)
    assert not (faults := look_over(page, device, name_of(username, path))), "\n".join(faults)


def settled(page: Page) -> None:
    """Wait until the parts that a page fetches by itself are there."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def name_of(username: str, path: str) -> str:
    """A file name for the picture of a page."""
    return re.sub(r"[^\w]+", "-", f"{username or 'public'}{path}").strip("-")


@pytest.mark.parametrize("device", DEVICES)
def test_a_report_screen_by_screen(visitors: Visitors, device: str) -> None:
    page = visitors.come(device)
    page.goto("/report/1")
    found = {}
    for n, answer in enumerate((wrongs, sums, story, contact), 1):
        found[f"report-{n}"] = look_over(page, device, f"public-report-{n}")
        answer(page)
    found["receipt"] = look_over(page, device, "public-report-receipt")
    page.get_by_role("button", name="查进度").click()
    found["progress"] = look_over(page, device, "public-progress-view")
    assert page.get_by_text("已收到您的反映").first.is_visible()
    assert not any(found.values()), {name: faults for name, faults in found.items() if faults}


def wrongs(page: Page) -> None:
    page.get_by_label("工资没拿到").check()
    page.get_by_label("谁欠您的").fill("走查五金厂")
    onward(page)


def sums(page: Page) -> None:
    page.get_by_label("有几个人没拿到").fill("2")
    onward(page)


def story(page: Page) -> None:
    page.get_by_label("用您自己的话说说").fill("两个月没发工资")
    onward(page)


def contact(page: Page) -> None:
    page.get_by_label("您的手机号").fill("13800138000")
    page.get_by_role("button", name="提交反映").click()


def onward(page: Page) -> None:
    page.locator("button:visible", has_text="下一步").last.click()


def test_a_refused_screen_is_told_beside_the_field(visitors: Visitors) -> None:
    visitors.watch.expected = frozenset({422})
    page = visitors.come("phone")
    page.goto("/report/1")
    onward(page)
    page.get_by_label("一共欠多少钱").fill("好几万")
    onward(page)
    assert page.locator("[aria-invalid=true]").first.is_visible()
    assert page.get_by_label("一共欠多少钱").input_value() == "好几万"
    assert not (faults := look_over(page, "phone", "public-report-refused")), "\n".join(faults)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("path", "status", "username"), [("/nowhere", 404, ""), ("/c/cases/999999", 403, "town")])
def test_absent_pages_help(visitors: Visitors, device: str, path: str, status: int, username: str) -> None:
    visitors.watch.expected = frozenset({status})
    page = visitors.come(device, username)
    answer = page.goto(path)
    assert answer is not None and answer.status == status
    assert not (faults := look_over(page, device, f"error-{status}")), "\n".join(faults)


def test_the_way_in_and_out(visitors: Visitors) -> None:
    page = visitors.come("desk", "town")
    page.goto("/c/")
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/login")
    page.goto("/c/")
    assert "/login" in page.url
    visitors._states.pop("town")


def test_large_type(visitors: Visitors) -> None:
    page = visitors.come("phone")
    page.goto("/")
    page.get_by_role("button", name="大字").click()
    assert page.locator("html.large").count() == 1
    assert not (faults := look_over(page, "phone", "public-large-type")), "\n".join(faults)


@pytest.fixture(scope="module")
def acts(house: House) -> dict[str, tuple[str, str]]:
    """Every act that any of three posts is offered on any case of the county: name → who, and where its form is."""
    found: dict[str, tuple[str, str]] = {}
    cases = house.rows("SELECT min(id) FROM cases_case GROUP BY stage, joint ORDER BY 1")
    for username in ("office", "inspector", "dispatcher"):
        officer = Browser(house.address)
        officer.log_in(username, PASSWORD)
        for (case,) in cases:
            for path, name in ACT.findall(officer.get(f"/c/cases/{case}").text):
                found.setdefault(name, (username, path.replace("&amp;", "&")))
    assert {"dispatch", "contact", "verify", "documents.add", "mediation.agree", "duties.extend"} <= found.keys()
    return found


@pytest.mark.parametrize("device", DEVICES)
def test_every_act(visitors: Visitors, acts: dict[str, tuple[str, str]], device: str) -> None:
    found = {}
    for name, (username, path) in acts.items():
        page = visitors.read(device, username)
        page.goto(path)
        found[name] = look_over(page, device, f"act-{name}")
    assert not any(found.values()), "\n".join(f"{name}: {faults}" for name, faults in found.items() if faults)
