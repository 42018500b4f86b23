"""What has been typed so far, in a signed cookie: survives reload, the back button and a restart of the server.

Nothing reaches the database before the report is handed in. After that only the receipt stays in the cookie.
"""

from __future__ import annotations

import secrets
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponseBase

REPORT, LOOK = "anxin-report", "anxin-look"
LASTS = {REPORT: 4 * 3600, LOOK: 1800}
"""Seconds. A phone may be shared, so both end soon."""

Draft = dict[str, Any]


def read(request: HttpRequest, name: str = REPORT) -> Draft:
    """What the cookie says; empty when there is none, it is too old or was tampered with."""
    try:
        found = signing.loads(request.COOKIES.get(name, ""), salt=name, max_age=LASTS[name])
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def write(request: HttpRequest, response: HttpResponseBase, draft: Draft, name: str = REPORT) -> None:
    """Keep the draft with this answer; an empty one is forgotten."""
    if not draft:
        response.delete_cookie(name, samesite="Lax")
        return
    text = signing.dumps(draft, salt=name, compress=True)
    response.set_cookie(
        name, text, max_age=LASTS[name], httponly=True, samesite="Lax", secure=request.is_secure()
    )  # fmt: skip


def begun(draft: Draft) -> Draft:
    """A draft that can be handed in: with a key, and without the report that was handed in before."""
    if "key" in draft and "sent" not in draft:
        return draft
    return {"key": secrets.token_urlsafe(12), **_origin(draft)}


def sent(draft: Draft, receipt: Draft) -> Draft:
    """After handing in: the receipt and how one came here; nothing of the story or the person."""
    return {"key": draft["key"], "sent": receipt, **_origin(draft)}


def _origin(draft: Draft) -> Draft:
    """The scanned code, and the official account one came from."""
    return {name: draft[name] for name in ("at", "from") if name in draft}
