"""What the frame around every page needs: the house's name and words, the reader, and the navigation."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from anxin.entrances import door
from anxin.entrances.ui.navigation import CONSOLE
from anxin.foundation.access.actor import Actor
from anxin.foundation.policy import current

LARGE_TYPE = "large-type"


def house(request: HttpRequest) -> dict[str, Any]:
    """County, words of its packs, the acting person with the name of the post, and the console's navigation.

    Counts beside the navigation are no business of the frame: a view passes nav_counts={"duties": 12}.
    """
    actor = door.actor(request) if hasattr(request, "user") else Actor.public(settings.ANXIN_COUNTY)
    county = actor.county or settings.ANXIN_COUNTY
    book = current.book()
    roles = book.section("roles", place=county)
    return {
        "county": county,
        "words": book.section("words", place=county),
        "actor": actor if actor.user_id else None,
        "post_zh": "、".join(roles[post]["zh"] for post in actor.posts if post in roles),
        "navigation": navigation(actor),
        "large_type": request.COOKIES.get(LARGE_TYPE) == "1",
        "demo": settings.ANXIN_DEMO,
    }


def navigation(actor: Actor) -> list[dict[str, str]]:
    """The entries this person may open; an entry whose page is not installed is left out."""
    entries = []
    for item in CONSOLE:
        if item.permission and not actor.may(item.permission):
            continue
        href = _address(item.url)
        if href:
            entries.append({"key": item.key, "zh": item.zh, "icon": item.icon, "href": href})
    return entries


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
