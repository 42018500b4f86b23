"""A call on the hotline, written down with the keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.visitors import Visitors, look_over
from tests.faults.house import House

MOST = 80
"""Presses of Tab within which every field must be reached."""


def go_to(page: Page, label: str) -> None:
    """Press Tab until the field of that label has the cursor."""
    wanted = page.get_by_label(label).first
    for _ in range(MOST):
        if wanted.evaluate("el => el === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {label}")


def press(page: Page, button: str) -> None:
    """Press Tab until the button has the cursor, then Enter."""
    wanted = page.get_by_role("button", name=button, exact=True).first
    for _ in range(MOST):
        if wanted.evaluate("el => el === document.activeElement"):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {button}")


def press_alt(page: Page, digit: str) -> None:
    """Alt and a digit, sent as a keyboard sends it: Playwright's own `press` leaves out what access keys listen to."""
    keyboard = page.context.new_cdp_session(page)
    code: dict[str, object] = {
        "key": digit,
        "code": f"Digit{digit}",
        "windowsVirtualKeyCode": ord(digit),
        "modifiers": 1,
    }
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": digit, "unmodifiedText": digit, **code})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **code})


def test_a_complaint_without_a_mouse(visitors: Visitors, house: House) -> None:
    page = visitors.come("desk", "hotline")
    page.goto("/c/receive")
    # The cursor stands in the first thing a caller says.
    expect(page.get_by_label("用人单位或工程项目")).to_be_focused()
    firm = house.one("SELECT name FROM employers_employer ORDER BY id LIMIT 1")
    page.keyboard.insert_text(firm[:4])
    page.locator(".suggestions button").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_label("用人单位或工程项目")).to_be_focused()
    go_to(page, "发生在哪里")
    page.keyboard.press("ArrowDown")
    go_to(page, "人数")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("2")
    go_to(page, "欠薪金额")
    page.keyboard.insert_text("8400")
    # Places of the form have keys of their own.
    press_alt(page, "3")
    expect(page.get_by_label("反映内容")).to_be_focused()
    page.keyboard.insert_text("两个月没发工资，电话也不接。")
    press_alt(page, "4")
    expect(page.locator("#id_name")).to_be_focused()
    page.keyboard.insert_text("李铁柱")
    go_to(page, "电话")
    page.keyboard.insert_text("13957900002")
    press(page, "登记")
    page.wait_for_url("**/c/receive/done")
    number = page.locator(".read-out-list dd").first.inner_text()
    stored = "SELECT count(*) FROM cases_case WHERE people = 2 AND due_fen = 840000 AND number = '{}'"
    assert house.one(stored.format(number)) == 1
    assert not (faults := look_over(page, "desk", "hotline-received")), "\n".join(faults)


def test_skip_link_and_dialogs(visitors: Visitors) -> None:
    page = visitors.come("desk", "dispatcher")
    page.goto("/c/dispatch")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    another = page.get_by_role("link", name="另选单位").first
    another.focus()
    page.keyboard.press("Enter")
    drawer = page.locator("#drawer[open]")
    drawer.get_by_label("承办单位").wait_for()
    assert page.evaluate("document.querySelector('#drawer').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).not_to_be_visible()
    expect(another).to_be_focused()
