"""Stored files handed to the browser."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from anxin.entrances import door
from anxin.entrances.console import desk
from anxin.foundation.documents.selectors import Opened, open_evidence, open_letter


@desk.staff
@require_safe
def evidence(request: HttpRequest, evidence: int) -> HttpResponse:
    """Evidence is never shown inside the site: it came from outside."""
    return _file(open_evidence(actor=door.actor(request), evidence=evidence), "attachment")


@desk.staff
@require_safe
def letter(request: HttpRequest, letter: int) -> HttpResponse:
    """A letter of our own making opens in the browser's reader."""
    return _file(open_letter(actor=door.actor(request), letter=letter), "inline")


def _file(opened: Opened, how: str) -> HttpResponse:
    answer = HttpResponse(opened.content, content_type=opened.mime)
    answer["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(opened.name)}"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
