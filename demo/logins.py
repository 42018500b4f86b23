"""The demo's log-ins, one for each role, as plain data for the settings; they exist only where ANXIN_DEMO is on."""

from __future__ import annotations

from typing import TypedDict

PASSWORD = "anxin-demo-2026"


class Login(TypedDict):
    """One row of the log-in page. `post`, `place` and `unit` say which holder the account belongs to."""

    username: str
    password: str
    zh: str
    place: str
    post: str
    at: str
    unit: str


def _login(username: str, zh: str, place: str, post: str, unit: str = "", at: str = "330784000000") -> Login:
    return {
        "username": username, "password": PASSWORD, "zh": zh, "place": place, "post": post, "at": at, "unit": unit,
    }  # fmt: skip


LOGINS: list[Login] = [
    _login("hotline", "热线话务员", "12345一网通关中心", "hotline_operator", "330784-hotline"),
    _login("dispatcher", "流转员", "12345一网通关中心", "dispatcher", "330784-hotline"),
    _login("town", "镇街经办", "芝英镇", "town_handler", "330784115-town", "330784115000"),
    _login("zone", "镇街经办", "永康经济开发区", "town_handler", "330784900-town", "330784900000"),
    _login("housing", "行业主管部门经办", "住房和城乡建设局", "regulator_handler", "330784-housing"),
    _login("inspector", "劳动保障监察员", "劳动保障监察大队", "inspector", "330784-inspectorate"),
    _login("office", "治欠办", "永康市治欠办", "arrears_office", "330784-arrears-office"),
    _login("joint", "联合处置办公室", "防处欠薪应急工作专班", "joint_office", "330784-joint-office"),
    _login("callback", "独立回访员", "12345热线回访中心", "callback_officer", "330784-independent-callback"),
    _login("leader", "分管领导", "永康市", "leader"),
    _login("mediator", "调解员", "芝英镇", "mediator", "330784115-town", "330784115000"),
    _login("grid", "网格员", "开发区企业网格01", "grid_officer", "", "330784900201"),
    _login("police", "公安联络员", "永康市公安局", "police_liaison", "330784-police"),
    _login("legal", "法律援助人员", "芝英镇", "legal_aid", "330784115-town", "330784115000"),
    _login("admin", "系统管理员", "永康市", "administrator"),
]


def table() -> str:
    """The log-ins as an aligned table; a Chinese character takes two columns of a terminal."""
    head = ("岗位", "所在", "用户名", "密码")
    rows = [head, *((one["zh"], one["place"], one["username"], one["password"]) for one in LOGINS)]
    widths = [max(_width(row[n]) for row in rows) for n in range(len(head))]
    return "\n".join("  ".join(_padded(cell, widths[n]) for n, cell in enumerate(row)).rstrip() for row in rows)


def _width(text: str) -> int:
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
