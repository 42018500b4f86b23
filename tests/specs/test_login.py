"""Logging in: the right password, the wrong one, too many tries, and where one lands."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from anxin.config import settings as house
from anxin.entrances import door
from anxin.foundation.access.selectors import user_named
from anxin.foundation.access.services import TooManyTries, check_login, create_user
from anxin.foundation.kernel.errors import BadInput, Denied

pytestmark = pytest.mark.django_db

NOW = datetime(2023, 11, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def wang() -> int:
    return create_user(username="wang", password=PASSWORD)


def attempt(password: str = "wrong", *, minutes: float = 0, username: str = "wang", ip: str = "192.0.2.1") -> str:
    try:
        when = NOW + timedelta(minutes=minutes)
        return check_login(username=username, password=password, ip=ip, now=when).username
    except (BadInput, TooManyTries) as error:
        return str(error)


def test_the_right_password_gives_the_account(wang: int) -> None:
    assert check_login(username=" wang ", password=PASSWORD, ip="192.0.2.1", now=NOW).pk == wang


def test_passwords_are_stored_as_argon2id(settings) -> None:
    settings.PASSWORD_HASHERS = house.PASSWORD_HASHERS
    create_user(username="li", password=PASSWORD)
    user = check_login(username="li", password=PASSWORD, ip="192.0.2.1", now=NOW)
    assert user.password.startswith("argon2$argon2id$")


def test_wrong_name_and_wrong_password_read_alike() -> None:
    assert attempt() == attempt(username="nobody") == "用户名或密码不正确，请核对后重新输入"


@pytest.mark.parametrize("name", ["wang\x00", "x" * 400, "王" * 200, ""])
def test_strange_names_are_only_wrong(name: str) -> None:
    assert attempt(username=name).startswith("用户名或密码不正确")


def test_the_sixth_try_waits_and_says_how_long_even_with_the_right_password() -> None:
    for minute in range(5):
        assert attempt(minutes=minute).startswith("用户名或密码不正确")
    assert "请在 10 分钟后再试" in attempt(PASSWORD, minutes=5)
    assert "请在 1 分钟后再试" in attempt(PASSWORD, minutes=14.5)
    assert attempt(PASSWORD, minutes=15) == "wang"


def test_waiting_is_not_prolonged_by_trying() -> None:
    for _ in range(5):
        attempt()
    for minute in range(1, 15):
        assert "分钟后再试" in attempt(PASSWORD, minutes=minute)
    assert attempt(PASSWORD, minutes=15) == "wang"


def test_one_guesser_locks_out_neither_other_people_nor_other_addresses() -> None:
    create_user(username="li", password=PASSWORD)
    for _ in range(6):
        attempt()
    assert attempt(PASSWORD, username="li") == "li"
    assert attempt(PASSWORD, ip="192.0.2.2") == "wang"


def test_success_forgets_the_failures() -> None:
    for _ in range(4):
        attempt()
    assert attempt(PASSWORD) == "wang"
    for _ in range(4):
        attempt()
    assert attempt(PASSWORD) == "wang"


def test_spelling_the_name_otherwise_does_not_buy_more_tries() -> None:
    for name in ("wang", "WANG", "Wang", "wANG", "ｗａｎｇ"):
        attempt(username=name)
    assert "分钟后再试" in attempt(PASSWORD)


def test_a_disabled_account_does_not_get_in(wang: int) -> None:
    user = check_login(username="wang", password=PASSWORD, ip="192.0.2.1", now=NOW)
    user.is_active = False
    user.save()
    assert attempt(PASSWORD).startswith("用户名或密码不正确")


def test_a_taken_name_is_refused_beside_its_field() -> None:
    with pytest.raises(BadInput) as error:
        create_user(username="wang", password=PASSWORD)
    assert set(error.value.fields) == {"username"}


def post(client: Client, **fields: str) -> HttpResponse:
    return client.post("/login", {"username": "wang", "password": PASSWORD, **fields})


@pytest.mark.parametrize(
    ("wanted", "lands"),
    [
        ("/c/cases/1?tab=people", "/c/cases/1?tab=people"),
        ("", "/c/"),
        ("https://evil.example/", "/c/"),
        ("//evil.example/", "/c/"),
        ("javascript:alert(1)", "/c/"),
    ],
)
def test_after_the_login_one_lands_where_one_wanted_but_only_here(client: Client, wanted: str, lands: str) -> None:
    answer = post(client, next=wanted)
    assert (answer.status_code, answer["Location"]) == (302, lands)
    assert "_auth_user_id" in client.session


def test_the_page_explains_each_refusal(client: Client) -> None:
    assert client.get("/login").status_code == 200
    empty = post(client, username="", password="")
    assert empty.status_code == 422 and "请填写用户名" in empty.content.decode()
    for _ in range(5):
        wrong = post(client, password="wrong")
        assert wrong.status_code == 422 and "用户名或密码不正确" in wrong.content.decode()
    late = post(client)
    assert late.status_code == 429 and "分钟后再试" in late.content.decode()
    assert 0 < int(late["Retry-After"]) <= 900
    assert PASSWORD not in late.content.decode()


def test_logging_out_takes_a_post_and_ends_the_session(client: Client) -> None:
    post(client)
    assert client.get("/logout").status_code == 405
    assert client.post("/logout")["Location"] == "/login"
    assert "_auth_user_id" not in client.session


def request(path: str = "/c/", *, htmx: bool = False) -> HttpRequest:
    found = RequestFactory().get(path)
    found.user = AnonymousUser()
    if htmx:
        found.htmx = type("Details", (), {"current_url_abs_path": "/c/inbox", "__bool__": lambda self: True})()
    return found


def test_a_stranger_is_sent_to_the_login_and_back() -> None:
    view = door.staff(lambda request: HttpResponse("inside"))
    assert view(request("/c/a?b=1&c=2"))["Location"] == "/login?next=/c/a%3Fb%3D1%26c%3D2"
    assert view(request(htmx=True))["HX-Redirect"] == "/login?next=/c/inbox"


def test_what_is_denied_answers_403_with_the_message(wang: int) -> None:
    def hidden(request: HttpRequest) -> HttpResponse:
        raise Denied()

    inside = request()
    inside.user = check_login(username="wang", password=PASSWORD, ip="", now=NOW)
    with pytest.raises(PermissionDenied, match="不在您的权限范围内"):
        door.staff(hidden)(inside)
    assert door.actor(inside).name == "wang" and door.actor(inside) is door.actor(inside)


@pytest.mark.parametrize("fixed", ["2023-11-01T09:00:00+08:00", "2023-11-01T01:00:00+00:00", "2023-11-01T09:00", NOW])
def test_the_clock_can_be_stopped_for_demos(settings, fixed: object) -> None:
    settings.ANXIN_NOW = fixed
    assert door.now() == NOW and door.now().date() == NOW.date()


def test_the_clock_runs_otherwise(time_machine) -> None:
    time_machine.move_to(NOW, tick=False)
    assert door.now() == NOW


class PhoneForm(forms.Form):
    phone = forms.CharField(required=False)


def test_messages_stand_beside_their_fields_and_the_rest_on_top() -> None:
    form = PhoneForm({})
    door.form_errors(form, BadInput(fields={"phone": "请填写手机号", "other": "另一处有误"}))
    assert form.errors["phone"] == ["请填写手机号"] and form.non_field_errors() == ["另一处有误"]
    plain = PhoneForm({})
    door.form_errors(plain, BadInput("整体有误"))
    assert plain.non_field_errors() == ["整体有误"]


def test_system_administration_opens_to_its_own_accounts_only_and_only_shows(client: Client) -> None:
    post(client)
    assert client.get("/admin/").status_code == 302
    create_user(username="root", password=PASSWORD, is_staff=True)
    post(client, username="root")
    rooms = ("place", "unit", "officer", "holding")
    for page in (*(f"directory/{room}" for room in rooms), "access/loginattempt", "access/user"):
        assert client.get(f"/admin/{page}/").status_code == 200
        assert client.get(f"/admin/{page}/add/").status_code == 403
    root = user_named("root").pk
    shown = client.get(f"/admin/access/user/{root}/change/").content.decode()
    assert "root" in shown and "argon2" not in shown and "md5$" not in shown
    for act in ("change", "delete"):
        assert client.post(f"/admin/access/user/{root}/{act}/", {"username": "zhao"}).status_code == 403
