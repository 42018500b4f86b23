"""The pages around the two journeys: home, the scanned code, how it works, whom to call."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from anxin.entrances import door
from anxin.entrances.portal import codes, county, draft
from anxin.entrances.portal.frame import page, public

WECHAT = "wechat"
"""The channel of a report that begins in the official account."""


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where am I, and four buttons. `?from=wechat` is the menu of the county's official account."""
    known = draft.read(request)
    came = request.GET.get("from") == WECHAT
    office = county.office(door.actor(request).county)
    answer = page(request, "home", at=known.get("at", {}), office=office, sent=known.get("sent"))
    if came and known.get("from") != WECHAT:
        draft.write(request, answer, known | {"from": WECHAT})
    return answer


@public
@require_safe
def wechat(request: HttpRequest) -> HttpResponse:
    """The short address of the same menu."""
    return redirect(f"{reverse('portal:home')}?from={WECHAT}")


@public
@require_safe
def scanned(request: HttpRequest, code: str) -> HttpResponse:
    """A QR code: home with the place, employer or project named. A code nobody knows says so; one may still report."""
    known = draft.read(request)
    at = codes.opened(code, door.actor(request).county)
    kept = {"at": at} if at else {}
    if "sent" in known:
        kept |= {"key": known["key"], "sent": known["sent"]}
    answer = redirect("portal:home") if at else page(request, "code_unknown", status=404)
    draft.write(request, answer, kept)
    return answer


@public
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """The steps and clocks of this county."""
    return page(request, "about", clocks=county.clocks(door.actor(request).county, door.now().date()))


@public
@require_safe
def help_(request: HttpRequest) -> HttpResponse:
    """Telephone numbers of the county."""
    return page(request, "help", groups=county.telephones(door.actor(request).county))
