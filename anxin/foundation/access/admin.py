"""Accounts and failed log-ins, to look at."""

from __future__ import annotations

from django.contrib import admin

from anxin.foundation.access.models import LoginAttempt, User
from anxin.foundation.directory.admin import ReadOnly


@admin.register(User)
class UserAdmin(ReadOnly):
    """Accounts; the hash of the password is nobody's business."""

    fields = ("username", "officer", "is_active", "is_staff", "last_login")
    list_display = ("username", "officer", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("username", "officer__name")
    list_select_related = ("officer",)


@admin.register(LoginAttempt)
class LoginAttemptAdmin(ReadOnly):
    """Failed tries."""

    list_display = ("username", "ip", "at")
    search_fields = ("username", "ip")
