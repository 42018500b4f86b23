"""Accounts that log in, and the failed tries that slow a guesser down."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class UserManager(BaseUserManager["User"]):
    """Creates accounts; usernames are normalised, passwords are only ever stored hashed."""

    def create_user(self, username: str, password: str | None = None, **extra: Any) -> User:
        """An account; without a password it cannot log in."""
        user = self.model(username=self.model.normalize_username(username.strip()), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **extra: Any) -> User:
        """An account for system administration at /admin/."""
        return self.create_user(username, password, **{"is_staff": True, **extra})


class User(AbstractBaseUser):
    """用户: an account. What it may do comes from the posts its officer holds today, never from the account."""

    username = models.CharField("用户名", max_length=150, unique=True)
    password = models.CharField("密码", max_length=128)
    last_login = models.DateTimeField("上次登录", null=True, blank=True)
    officer = models.ForeignKey(
        "directory.Officer", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="工作人员"
    )
    is_active = models.BooleanField("启用", default=True)
    is_staff = models.BooleanField("系统管理", default=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = verbose_name_plural = "用户"

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Django admin only: system administration is one permission."""
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        """Django admin only."""
        return self.is_active and self.is_staff


class LoginAttempt(models.Model):
    """登录尝试: a try to log in that has not succeeded, by name and address."""

    username = models.CharField("用户名", max_length=150)
    ip = models.CharField("网络地址", max_length=45)
    at = models.DateTimeField("时间", db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "登录尝试"
        indexes = [models.Index(fields=["username", "ip", "at"], name="attempt_username_ip_at")]

    def __str__(self) -> str:
        return f"{self.username} {self.ip}"
