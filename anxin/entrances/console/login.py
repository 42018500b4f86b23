"""Logging in and out."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from anxin.entrances import door
from anxin.foundation.access.services import TooManyTries, check_login
from anxin.foundation.kernel.errors import BadInput

HOME = "/c/"


class LoginForm(forms.Form):
    """Username and password."""

    username = forms.CharField(
        label="用户名",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
        error_messages={"required": "请填写用户名"},
    )
    password = forms.CharField(
        label="密码",
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "请填写密码"},
    )


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """The log-in page; 422 when the entries do not fit, 429 with `Retry-After` when tried too often."""
    after = _after(request)
    if request.method != "POST":
        return redirect(after) if request.user.is_authenticated else _page(request, LoginForm(), after)
    form = LoginForm(request.POST)
    if not form.is_valid():
        return _page(request, form, after, status=422)
    try:
        user = check_login(**form.cleaned_data, ip=str(request.META.get("REMOTE_ADDR", "")), now=door.now())
    except TooManyTries as error:
        form.add_error(None, str(error))
        page = _page(request, form, after, status=429)
        page["Retry-After"] = str(max(1, int(error.wait.total_seconds())))
        return page
    except BadInput as error:
        door.form_errors(form, error)
        return _page(request, form, after, status=422)
    auth.login(request, user)
    return redirect(after)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    auth.logout(request)
    return redirect("login")


def _page(request: HttpRequest, form: LoginForm, after: str, *, status: int = 200) -> HttpResponse:
    demo = getattr(settings, "ANXIN_DEMO_LOGINS", ()) if settings.ANXIN_DEMO else ()
    context = {"form": form, "next": after, "demo_logins": demo}
    return render(request, "ui/login.html", context, status=status)


def _after(request: HttpRequest) -> str:
    """Where to go after the log-in; only addresses of this server."""
    wanted = str(request.POST.get("next") or request.GET.get("next") or "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe and wanted.startswith("/") else HOME


urlpatterns = [path("login", login, name="login"), path("logout", logout, name="logout")]
