"""System administration of accounts: create, disable, reset a password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest

from anxin.foundation.access.models import LoginAttempt, User


class UserForm(forms.ModelForm):
    """An account; a password is set only when one is typed."""

    new_password = forms.CharField(
        label="新密码", required=False, widget=forms.PasswordInput(render_value=False), help_text="留空则不改动"
    )

    class Meta:
        model = User
        fields = ("username", "officer", "is_active", "is_staff")

    def clean_new_password(self) -> str:
        """Apply the password rules of the settings."""
        password: str = self.cleaned_data["new_password"]
        if password:
            validate_password(password, self.instance)
        return password


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """Accounts are disabled, never deleted: the trail names them."""

    form = UserForm
    list_display = ("username", "officer", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("username", "officer__name")
    list_select_related = ("officer",)
    raw_id_fields = ("officer",)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Hash the typed password; a new account without one cannot log in."""
        if form.cleaned_data["new_password"]:
            obj.set_password(form.cleaned_data["new_password"])
        elif not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Never."""
        return False


@admin.register(LoginAttempt)
class LoginAttemptAdmin(admin.ModelAdmin):
    """Failed tries, to read and to clear."""

    list_display = ("username", "ip", "at")
    search_fields = ("username", "ip")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Tries are only ever recorded."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: LoginAttempt | None = None) -> bool:
        """Tries are only ever recorded."""
        return False
