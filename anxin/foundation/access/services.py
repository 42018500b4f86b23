"""Log-in without a view: checks the password and slows down whoever guesses."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from django.contrib.auth import authenticate

from anxin.foundation.access.models import LoginAttempt, User
from anxin.foundation.kernel.errors import BadInput, Refused

TRIES = 5
WINDOW = timedelta(minutes=15)


class TooManyTries(Refused):
    """Too many failed tries from one address for one username; `wait` says how long until the next."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        minutes = max(1, math.ceil(wait.total_seconds() / 60))
        super().__init__(f"登录失败次数过多，请在 {minutes} 分钟后再试", fix="忘记密码请联系系统管理员重置")


def check_login(*, username: str, password: str, ip: str, now: datetime) -> User:
    """The active account of a username and password.

    Raises `BadInput` when they do not fit (never saying which), `TooManyTries` after five failures of one
    username from one address within fifteen minutes; then the password is not even looked at.
    """
    name = User.normalize_username(username.replace("\x00", "").strip())[:150]
    key = {"username": name.casefold()[:150], "ip": ip[:45]}
    LoginAttempt.objects.filter(at__lte=now - WINDOW).delete()
    # The try is stored before the password is checked, so that parallel guesses count one another.
    attempt = LoginAttempt.objects.create(**key, at=now)
    earlier = LoginAttempt.objects.filter(**key, pk__lt=attempt.pk).order_by("at", "pk")
    failed = list(earlier.values_list("at", flat=True))
    if len(failed) >= TRIES:
        attempt.delete()
        raise TooManyTries(failed[-TRIES] + WINDOW - now)
    user = authenticate(None, username=name, password=password)
    if not isinstance(user, User):
        raise BadInput("用户名或密码不正确，请核对后重新输入")
    LoginAttempt.objects.filter(**key).delete()
    return user


def create_user(*, username: str, password: str | None, officer: int | None = None, is_staff: bool = False) -> int:
    """A new account; returns its id. Raises `BadInput` when the username is empty or taken."""
    name = User.normalize_username(username.strip())
    if not name or len(name) > 150:
        raise BadInput(fields={"username": "请填写用户名，不超过 150 个字"})
    if User.objects.filter(username=name).exists():
        raise BadInput(fields={"username": f"用户名“{name}”已被使用，请换一个"})
    return User.objects.create_user(name, password, officer_id=officer, is_staff=is_staff).pk
