"""What every view needs: the clock, the actor, and the two ways to reach a room."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from anxin.foundation.access.actor import Actor
from anxin.foundation.access.selectors import actor_for_user
from anxin.foundation.audit import commands
from anxin.foundation.kernel.errors import BadInput, Denied
from anxin.foundation.outbox import worker

log = logging.getLogger(__name__)

View = Callable[..., HttpResponseBase]


def now() -> datetime:
    """The present moment in local time: the only clock of the house. `ANXIN_NOW` (ISO 8601) stops it, for demos."""
    fixed = getattr(settings, "ANXIN_NOW", None)
    if not fixed:
        return timezone.localtime(timezone.now())
    moment = fixed if isinstance(fixed, datetime) else datetime.fromisoformat(fixed)
    return timezone.localtime(moment) if timezone.is_aware(moment) else timezone.make_aware(moment)


def actor(request: HttpRequest) -> Actor:
    """Who is asking, worked out once per request; somebody not logged in is the public of the default county."""
    known: Actor | None = getattr(request, "_anxin_actor", None)
    if known is None:
        user = request.user
        known = actor_for_user(user, now().date()) if user.is_authenticated else Actor.public(settings.ANXIN_COUNTY)
        request._anxin_actor = known  # type: ignore[attr-defined]
    return known


def staff(view: View) -> View:
    """Only for the logged-in; others go to the log-in page and come back. What is hidden or absent answers 403."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kw: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_login(request)
        try:
            return view(request, *args, **kw)
        except Denied as error:
            raise PermissionDenied(str(error)) from error

    return guarded


def run(request: HttpRequest, name: str, /, *, follow: bool = True, **kw: Any) -> Any:
    """Run a command as the asker, then what follows from it, so that people see the consequences at once.

    Without `follow` the consequences are left to the worker: nobody waits for messages to be written.
    """
    moment = now()
    answer = commands.call(name, actor=actor(request), now=moment, **kw)
    if not follow:
        return answer
    try:
        worker.drain(now=moment)
    except Exception:  # the command is done and stored; the worker takes up what is left
        log.exception("events that followed %s are left to the worker", name)
    return answer


def ask(request: HttpRequest, name: str, /, **kw: Any) -> Any:
    """Ask a query as the asker."""
    return commands.ask(name, actor=actor(request), now=now(), **kw)


def form_errors(form: forms.BaseForm, error: BadInput) -> None:
    """Put the messages of a refusal beside the fields they belong to; what fits no field goes to the top."""
    if not error.fields:
        form.add_error(None, str(error))
    for name, message in error.fields.items():
        form.add_error(name if name in form.fields else None, message)


def _to_login(request: HttpRequest) -> HttpResponseBase:
    login = resolve_url(settings.LOGIN_URL)
    htmx: Any = getattr(request, "htmx", None)
    if htmx:
        page = htmx.current_url_abs_path or "/"
        return HttpResponseClientRedirect(f"{login}?next={quote(page)}")
    return redirect(f"{login}?next={quote(request.get_full_path())}")
