"""查进度 and 钱到了吗: number and code, the steps, the worker's own answer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from anxin.entrances import door
from anxin.entrances.portal import county, draft, typed, words
from anxin.entrances.portal.draft import LOOK
from anxin.entrances.portal.forms import LookForm, NoteForm
from anxin.entrances.portal.frame import page, public
from anxin.entrances.ui import wording
from anxin.foundation.kernel.errors import AnxinError, Denied

WRONG = "编号或查询码不对，请对着回执一个一个数字再看一遍"
ANSWERS = {"received": "到了", "partial": "到了一部分", "none": "没有到"}


@public
@sensitive_post_parameters("receipt")
@require_http_methods(["GET", "HEAD", "POST"])
def look(request: HttpRequest) -> HttpResponse:
    """Ask for number and code. A wrong number and a wrong code get the same answer."""
    money = "money" in request.GET
    if request.method != "POST":
        return page(request, "look", form=LookForm(initial={"number": request.GET.get("number", "")}), money=money)
    form = LookForm(request.POST)
    if not form.is_valid():
        return page(request, "look", status=422, form=form, money=money)
    where, now = door.actor(request).county, door.now()
    pair = {
        "number": typed.number(form.cleaned_data["number"], county.number_template(where, now.date())),
        "receipt": typed.receipt(form.cleaned_data["receipt"]),
    }
    try:
        door.ask(request, "cases.progress", **pair)
    except Denied:
        form.add_error(None, WRONG)
        return page(request, "look", status=422, form=form, money=money, office=county.office(where))
    answer = redirect("portal:progress-view")
    draft.write(request, answer, pair, LOOK)
    return answer


@public
@require_safe
def linked(request: HttpRequest, number: str) -> HttpResponse:
    """The short address of a text message: the number is filled in, the code is asked for."""
    return page(request, "look", form=LookForm(initial={"number": number[:60]}), money=False)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def view(request: HttpRequest) -> HttpResponse:
    """The steps reached and the next one; POST takes them off this phone."""
    pair = draft.read(request, LOOK)
    if request.method == "POST" or not pair:
        away = redirect("portal:home" if request.method == "POST" else "portal:progress")
        draft.write(request, away, {}, LOOK)
        return away
    try:
        shown = door.ask(request, "cases.progress", number=pair["number"], receipt=pair["receipt"])
    except Denied:
        away = redirect("portal:progress")
        draft.write(request, away, {}, LOOK)
        return away
    return page(request, "progress", **_shown(request, shown, pair))


@public
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest) -> HttpResponse:
    """钱到了吗: "received" at once; "partial" and "none" after a page that says what follows."""
    pair = draft.read(request, LOOK)
    if not pair:
        return redirect("portal:progress")
    said = str(request.POST.get("answer") or request.GET.get("answer") or "")
    if said not in ANSWERS:
        return redirect("portal:progress-view")
    form = NoteForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.errors else 200
        return page(request, "answer", status=status, form=form, answer=said, zh=ANSWERS[said])
    given = {"number": pair["number"], "receipt": pair["receipt"]}
    try:
        door.run(request, "cases.answer", **given, answer=said, note=form.cleaned_data["note"])
    except AnxinError as fault:
        pair = {**given, "fault": str(fault)}
    else:
        pair = {**given, "said": said}
    away = redirect("portal:progress-view")
    draft.write(request, away, pair, LOOK)
    return away


def _shown(request: HttpRequest, shown: dict[str, Any], pair: dict[str, Any]) -> dict[str, Any]:
    """The values of the progress page, in words."""
    now, where = door.now(), door.actor(request).county
    has_unit = shown.get("unit") and shown.get("phone")
    ahead = shown.get("next")
    steps = shown.get("steps") or [{"at": shown["received_at"], "stage": "registered", "zh": ""}]
    return {
        "number": shown["number"],
        "employer": shown.get("employer_name", ""),
        "redirect": shown.get("redirect", ""),
        "reply": shown.get("reply") or shown.get("answer") or "",
        "again": bool(shown.get("stage")) and shown["stage"] not in words.ENDED,
        "merged": bool(shown.get("merged")),
        "steps": words.walked(steps, now),
        "handler": {"zh": shown["unit"], "number": shown["phone"]} if has_unit else county.office(where),
        "ahead": words.ahead(shown.get("stage", "")) if ahead else "",
        "by": words.moment(ahead["due_at"], now) if ahead else "",
        "left": wording.remaining(ahead["due_at"], now) if ahead else "",
        "late": bool(ahead and ahead["late"]),
        "ask_money": bool(shown.get("ask_money")),
        "said": pair.get("said", ""),
        "fault": pair.get("fault", ""),
    }
