"""What every page of the portal shares: the reader is the public, and a page is drawn with the moment it was drawn."""

from __future__ import annotations

import functools
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from anxin.entrances import door
from anxin.entrances.door import View


def public(view: View) -> View:
    """Who is logged in elsewhere is the public here; pages hold what people typed, so no cache keeps them."""

    @never_cache
    @functools.wraps(view)
    def shown(request: HttpRequest, *args: Any, **kw: Any) -> Any:
        request.user = AnonymousUser()
        return view(request, *args, **kw)

    return shown


def page(request: HttpRequest, template: str, *, status: int = 200, **values: Any) -> HttpResponse:
    """A page of the portal; `values` is what its template shows."""
    return render(request, f"portal/{template}.html", {"now": door.now(), **values}, status=status)
