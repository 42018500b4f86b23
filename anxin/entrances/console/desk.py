"""What every page of the console shares: drawing with the counts beside the navigation, refusals in words, keeping."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from anxin.entrances import door
from anxin.foundation.directory import selectors as directory
from anxin.foundation.kernel.errors import AnxinError, BadInput, Conflict, Denied
from anxin.foundation.policy import current

CASES = "cases.Case:"
MOST_COUNTED = 999

View = Callable[..., HttpResponseBase]


def staff(view: View) -> View:
    """A page for the logged-in: never kept by a browser, and every refusal told in words with what to do."""

    @functools.wraps(view)
    def told(request: HttpRequest, *args: Any, **kw: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kw)
        except Denied:
            raise
        except AnxinError as error:
            return page(request, "console/refused.html", "", {"error": error}, status=status_of(error))

    return never_cache(door.staff(told))


def page(
    request: HttpRequest,
    template: str,
    nav: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    counts: list[dict[str, Any]] | None = None,
) -> HttpResponse:
    """A whole page; `counts` of duties, when the view has asked for them already, are not asked for again."""
    frame = {"nav": nav, "nav_counts": nav_counts(request, counts), "now": door.now()}
    return render(request, template, {**frame, **(context or {})}, status=status)


def nav_counts(request: HttpRequest, counts: list[dict[str, Any]] | None = None) -> dict[str, str]:
    """Open duties, cases to dispatch and unread messages: two statements, whatever the page."""
    if not door.actor(request).may("duties:see"):
        return {}
    rows = door.ask(request, "duties.counts") if counts is None else counts
    return {
        "duties": capped(sum(row["open"] for row in rows)),
        "dispatch": capped(sum(row["open"] for row in rows if row["rule"] == "dispatch")),
        "messages": capped(door.ask(request, "notices.unread")),
    }


def capped(number: int) -> str:
    """A count beside the navigation; "" for none."""
    return f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number or "")


def status_of(error: AnxinError) -> int:
    """409 for what somebody else changed, 422 for everything else that was refused in words."""
    return 409 if isinstance(error, Conflict) else 422


def refusal(error: AnxinError) -> dict[str, str]:
    """What stands above a form that was not saved."""
    return {"title": "没有保存", "message": error.message, "fix": error.fix or "您填写的内容都还在下面。"}


def place_errors(form: forms.BaseForm, error: BadInput) -> None:
    """Every message beside its field; a row of a list is named in words; what has no field goes to the top."""
    flat: dict[str, list[str]] = {}
    for name, message in error.fields.items():
        head, *rest = name.split(".")
        if rest and head in form.fields:
            flat.setdefault(head, []).append(_of_row(form.fields[head], rest, message))
        else:
            flat.setdefault(name, []).append(message)
    if not flat:
        form.add_error(None, str(error))
    for name, messages in flat.items():
        for message in messages:
            form.add_error(name if name in form.fields else None, message)


def _of_row(field: forms.Field, where: list[str], message: str) -> str:
    names: Mapping[str, str] = getattr(field, "names", {})
    row = f"第 {int(where[0]) + 1} 行" if where[0].isdecimal() else ""
    column = names.get(where[-1], "") if len(where) > 1 else ""
    return f"{row}{column}：{message}"


def case_href(subject: str) -> str:
    """The page of the case a duty or a message is about; "" for other subjects."""
    return reverse("console:case", args=[int(subject.removeprefix(CASES))]) if subject.startswith(CASES) else ""


def link(request: HttpRequest, **changes: Any) -> str:
    """This page with other filters; empty ones are left out, and paging starts anew unless it is given."""
    kept = {key: value for key, value in request.GET.items() if key not in ("after", "after_id", "before")}
    wanted = {key: value for key, value in {**kept, **changes}.items() if value not in ("", None, False)}
    return f"{request.path}?{urlencode(wanted)}" if wanted else request.path


def number(text: str | None) -> int | None:
    """A whole number out of an address; None for anything else, so that a mistyped address shows the first page."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


def post_names(request: HttpRequest) -> dict[str, str]:
    """Chinese names of the county's posts."""
    return {post: role["zh"] for post, role in section(request, "roles").items()}


def section(request: HttpRequest, name: str) -> dict[str, Any]:
    """A section of the packs as it is in force at the asker's county today."""
    return current.book().section(name, place=county(request), on=door.now().date())


def county(request: HttpRequest) -> str:
    """Six digits of the asker's county."""
    return door.actor(request).county or str(settings.ANXIN_COUNTY)


def choices(table: Mapping[str, Any], empty: str = "") -> list[tuple[str, str]]:
    """Options out of a table of the packs, in its order."""
    rows = [(code, str(row["zh"] if isinstance(row, Mapping) else row)) for code, row in table.items()]
    return [("", empty), *rows] if empty else rows


def stage_named(request: HttpRequest, row: Mapping[str, Any]) -> dict[str, Any]:
    """A case with its stage in the county's own word, where its packs rename it."""
    return {**row, "stage_zh": section(request, "words").get("stages", {}).get(row["stage"], row["stage_zh"])}


def towns(request: HttpRequest) -> list[tuple[str, str]]:
    """Towns and zones of the county by code, as its packs list them; no statement."""
    places = section(request, "organisation").get("places", ())
    return [(directory.normal(str(row["code"])), str(row["name"])) for row in places if row["kind"] in ("town", "zone")]


def units(request: HttpRequest) -> list[dict[str, str]]:
    """Units of the county with their full codes, as its packs list them; no statement."""
    rows = section(request, "organisation").get("units", ())
    return [
        {"code": directory.unit_code(county(request), str(row["code"])), "name": row["name"], "kind": row["kind"]}
        for row in rows
    ]


def leading_units(request: HttpRequest) -> list[dict[str, str]]:
    """Those that can be in charge of a case."""
    return [row for row in units(request) if row["kind"] in directory.leading_kinds()]


def unit_names(request: HttpRequest) -> dict[str, str]:
    """Names of units by code."""
    return {row["code"]: row["name"] for row in units(request)}


def grouped(units: Iterable[Mapping[str, Any]], own: str = "") -> list[Any]:
    """Units as options in groups: the suggested or own one first, then by kind."""
    kinds, groups = directory.leading_kinds(), dict[str, list[tuple[str, str]]]()
    for unit in units:
        name = "本地镇街" if own and unit["code"] == own else kinds.get(str(unit["kind"]), "其他单位")
        groups.setdefault(name, []).append((str(unit["code"]), str(unit["name"])))
    order = ["本地镇街", *kinds.values(), "其他单位"]
    return [(name, groups[name]) for name in order if name in groups]
