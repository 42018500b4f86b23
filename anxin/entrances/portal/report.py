"""我要反映: four questions, handing in, the receipt."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from anxin.entrances import door
from anxin.entrances.portal import county, draft, photos, words
from anxin.entrances.portal.draft import Draft
from anxin.entrances.portal.forms import EARLIER, ContactForm, HowMuchForm, StoryForm, WhoForm, months
from anxin.entrances.portal.frame import page, public
from anxin.foundation.kernel.errors import AnxinError, BadInput, Conflict

LABELS = {1: "谁欠您", 2: "欠多少", 3: "怎么回事", 4: "怎么找您"}
ANSWERED = {1: ("kind", "employer", "place"), 2: ("since", "people", "amount"), 3: ("story",)}
LINKS = ("employer_id", "project", "place")
"""Answers that came from a scanned code or a list; when the house no longer knows one, its name is enough."""


@public
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """The old address of the first question."""
    return redirect("portal:who")


@public
@require_http_methods(["GET", "HEAD", "POST"])
def who(request: HttpRequest) -> HttpResponse:
    """Screen 1. A new report begins here; one handed in before is left alone until the first answer."""
    known = draft.read(request)
    said = draft.begun(known)
    where = door.actor(request).county
    towns, matters = county.towns(where), county.matters(where, door.now().date())
    if request.method != "POST":
        form = WhoForm(initial=_first(said), matters=matters, towns=towns)
        return _question(request, 1, form, said, scanned=said.get("at", {}), sent=known.get("sent"))
    form = WhoForm(request.POST, matters=matters, towns=towns)
    if not form.is_valid():
        return _question(request, 1, form, said, status=422, scanned=said.get("at", {}))
    said |= form.cleaned_data | {"place_zh": dict(towns).get(form.cleaned_data["place"], "")}
    if "drop" in request.POST:
        said.pop("at", None)
    return _onward(request, 1, said)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def how_much(request: HttpRequest) -> HttpResponse:
    """Screen 2; everything may be unknown."""
    said = draft.read(request)
    if away := _elsewhere(said):
        return away
    today = door.now().date()
    if request.method != "POST":
        return _question(request, 2, HowMuchForm(initial=said, today=today), said)
    form = HowMuchForm(request.POST, today=today)
    if not form.is_valid():
        return _question(request, 2, form, said, status=422)
    return _onward(request, 2, said | form.cleaned_data)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def story(request: HttpRequest) -> HttpResponse:
    """Screen 3: words and photos. Photos that were fit stay, even when another one or the words were not."""
    said = draft.read(request)
    if away := _elsewhere(said):
        return away
    if request.method != "POST":
        return _question(request, 3, StoryForm(initial={"story": said.get("story", "")}), said)
    form = StoryForm(request.POST, request.FILES)
    fit = form.is_valid()
    said |= {"story": str(form.cleaned_data.get("story", said.get("story", "")))}
    said["photos"] = _kept(request, form, said)
    if fit and not _something(said):
        form.add_error("story", "前面都不清楚的话，请在这里说几句：在哪里干活，谁叫您去的")
    if fit and not form.errors and "remove" not in request.POST:
        return _onward(request, 3, said)
    if "remove" in request.POST and not form.errors:
        form = StoryForm(initial={"story": said.get("story", "")})
    answer = _question(request, 3, form, said, status=422 if form.errors else 200)
    draft.write(request, answer, said)
    return answer


@public
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Screen 4: whom to call, all answers once more, handing in."""
    said = draft.read(request)
    if away := _elsewhere(said):
        return away
    if request.method != "POST":
        return _question(request, 4, ContactForm(initial=said), said, summary=_summary(request, said))
    form = ContactForm(request.POST)
    if form.is_valid():
        said |= form.cleaned_data
        try:
            receipt = _hand_in(request, said)
        except Conflict:
            said["key"] = draft.begun({})["key"]
            form.add_error(None, "刚才交过一次，内容和现在不一样。要按现在写的再交一次，请再点“提交反映”。")
        except BadInput as fault:
            door.form_errors(form, fault)
        else:
            answer = redirect("portal:receipt")
            draft.write(request, answer, draft.sent(said, receipt))
            return answer
    page_again = _question(request, 4, form, said, status=422, summary=_summary(request, said))
    draft.write(request, page_again, said)
    return page_again


@public
@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: HttpRequest) -> HttpResponse:
    """The receipt of the report just handed in; POST takes it off this phone."""
    known = draft.read(request)
    sent = known.get("sent")
    if request.method == "POST" or not sent:
        away = redirect("portal:home")
        if sent:
            draft.write(request, away, {})
        return away
    where = door.actor(request).county
    try:
        shown = door.ask(request, "cases.progress", number=sent["number"], receipt=sent["receipt"])
    except AnxinError:
        shown = {}
    ahead = shown.get("next")
    stage = shown.get("stage", "")
    now = door.now()
    passed_on = ahead and stage == "registered"
    return page(
        request,
        "receipt",
        sent=sent,
        office=county.office(where),
        unit={"zh": shown["unit"], "number": shown["phone"]} if shown.get("unit") and shown.get("phone") else None,
        ahead=words.ahead(stage),
        ahead_by=words.moment(ahead["due_at"], now) if ahead else "",
        call_by=words.moment(county.call_by(where, ahead["due_at"]), now) if passed_on else "",
    )


def _first(said: Draft) -> dict[str, Any]:
    """Screen 1 as answered before; else wages, and what the scanned code tells."""
    at = said.get("at", {})
    scanned = {"kind": "wages", "employer": at.get("employer", ""), "place": at.get("town", "")}
    return scanned | {name: said[name] for name in ANSWERED[1] if name in said}


def _walk(said: Draft) -> list[int]:
    """The screens of this report: sums are asked for wages only."""
    return [1, 2, 3, 4] if said.get("kind", "wages") == "wages" else [1, 3, 4]


def _elsewhere(said: Draft) -> HttpResponse | None:
    """Where a reader belongs who is not in the middle of a report: the receipt, or the first question."""
    if "sent" in said:
        return redirect("portal:receipt")
    return None if "kind" in said else redirect("portal:who")


def _onward(request: HttpRequest, screen: int, said: Draft) -> HttpResponse:
    """Keep the answers and go to the next question, or back to the summary one came from."""
    walk = _walk(said)
    following = 4 if request.POST.get("back") == "4" else walk[walk.index(screen) + 1] if screen in walk else 3
    answer = redirect(f"portal:{NAMES[following]}")
    draft.write(request, answer, said)
    return answer


NAMES = {1: "who", 2: "how-much", 3: "story", 4: "contact"}


def _question(
    request: HttpRequest, screen: int, form: forms.Form, said: Draft, *, status: int = 200, **values: Any
) -> HttpResponse:
    walk = _walk(said)
    place = walk.index(screen) if screen in walk else 1
    return page(
        request,
        NAMES[screen].replace("-", "_"),
        status=status,
        form=form,
        said=said,
        labels=[LABELS[n] for n in walk],
        current=place + 1,
        title=LABELS[screen],
        back="portal:home" if place == 0 else f"portal:{NAMES[walk[place - 1]]}",
        to_summary=(request.POST.get("back") or request.GET.get("back")) == "4" and screen != 4,
        **values,
    )


def _something(said: Draft) -> bool:
    """Whether there is anything to go by: whom, where, or what happened."""
    return any(said.get(name) for name in ("employer", "place", "story", "photos")) or "project" in said.get("at", {})


def _kept(request: HttpRequest, form: forms.Form, said: Draft) -> list[dict[str, str]]:
    """The photos of the report after this answer: removed ones gone, fit ones added, faults told beside the field."""
    kept = [photo for photo in said.get("photos", []) if photo["token"] != request.POST.get("remove")]
    for photo in said.get("photos", []):
        if photo not in kept:
            photos.drop(photo["token"])
    for file in form.cleaned_data.get("photos", []):
        if len(kept) >= photos.MOST:
            form.add_error("photos", f"最多 {photos.MOST} 个，多的没有留下")
            break
        try:
            kept.append(photos.keep(file))
        except BadInput as fault:
            told = fault.fields.get("file", fault.message).split("。")[0]
            form.add_error("photos", f"“{file.name}”：{told}。别的已经留下")
    return kept


def _hand_in(request: HttpRequest, said: Draft) -> dict[str, Any]:
    """Hand the report in, then its photos. Raises `BadInput` and `Conflict`; a photo never costs the report."""
    values = _command(request, said)
    try:
        answer = door.run(request, "intake.receive", follow=False, **values)
    except BadInput as fault:
        if not set(fault.fields) & set(LINKS):
            raise
        answer = door.run(request, "intake.receive", follow=False, **_by_name(said, values))
    lost = 0
    for photo in said.get("photos", []):
        lost += not _attached(request, answer, photo)
    return {
        "number": answer["number"],
        "receipt": answer["receipt"],
        "redirect": answer["redirect"],
        "callable": bool(values["phone"]),
        "lost": 0 if answer.get("repeat") else lost,
    }


def _command(request: HttpRequest, said: Draft) -> dict[str, Any]:
    """What `intake.receive` is told. What it has no field for is written under the story."""
    at = said.get("at", {})
    same_firm = "employer_id" in at and said.get("employer") == at.get("employer")
    hidden = bool(said.get("anonymous"))
    since = said.get("since", "")
    sums = said.get("kind") == "wages"
    return {
        "channel": county.channel(door.actor(request).county, said.get("from") or ("qr" if at else "portal")),
        "kind": said["kind"],
        "employer": said.get("employer", ""),
        "employer_id": at["employer_id"] if same_firm else None,
        "project": at.get("project", ""),
        "place": _place(said),
        "people": (said.get("people") or 1) if sums else 1,
        "amount": (said.get("amount") or None) if sums else None,
        "since": f"{since}-01" if sums and since not in ("", EARLIER) else None,
        "text": _text(said),
        "name": "" if hidden else said.get("name", ""),
        "phone": "" if hidden else said.get("phone", ""),
        "anonymous": hidden,
        "idempotency_key": said["key"],
    }


def _by_name(said: Draft, values: Mapping[str, Any]) -> dict[str, Any]:
    """The same without links the house no longer knows: names in the text serve as well."""
    names = [said.get("at", {}).get("project_zh", ""), said.get("place_zh", "")]
    text = "\n".join(filter(None, [values["text"], *names]))
    return {**values, "employer_id": None, "project": "", "place": "", "text": text}


def _place(said: Draft) -> str:
    """The chosen town; the very place of the scanned code while its town is still the chosen one."""
    at = said.get("at", {})
    return at["place"] if at.get("place") and said.get("place") == at.get("town") else said.get("place", "")


def _text(said: Draft) -> str:
    notes = []
    if said["kind"] == "wages":
        notes = [
            "人数：反映人不清楚" if not said.get("people") else "",
            "开始欠薪的时间：两年以前" if said.get("since") == EARLIER else "",
        ]
    return "\n".join(filter(None, [said.get("story", ""), *notes]))


def _attached(request: HttpRequest, answer: Mapping[str, Any], photo: Mapping[str, str]) -> bool:
    content = photos.load(photo["token"])
    if content is None:
        return False
    file = {"name": photo["name"], "content": content}
    try:
        door.run(
            request,
            "intake.attach",
            follow=False,
            number=answer["number"],
            receipt=answer["receipt"],
            kind=photo["kind"],
            file=file,
        )
    except AnxinError:
        return False
    photos.drop(photo["token"])
    return True


def _summary(request: HttpRequest, said: Draft) -> list[dict[str, str]]:
    """All answers in words, each with the address to change it."""
    today = door.now().date()
    known = dict(months(today)) | {EARLIER: "两年以前"}
    matters = dict(county.matters(door.actor(request).county, today))
    at = said.get("at", {})
    rows = [
        (1, "什么事", matters.get(said.get("kind", ""), "")),
        (1, "谁欠您", said.get("employer") or "不清楚"),
        (1, "工程", at.get("project_zh", "")),
        (1, "在哪里", said.get("place_zh") or "不清楚"),
        (2, "哪个月开始", known.get(said.get("since", ""), "不清楚")),
        (2, "几个人", f"{said['people']} 人" if said.get("people") else "不清楚"),
        (2, "一共欠", f"{Decimal(said['amount']):,.2f} 元".replace(".00", "") if said.get("amount") else "不清楚"),
        (3, "怎么回事", said.get("story") or "没有写"),
        (3, "照片、录音", f"{len(said['photos'])} 个" if said.get("photos") else "没有"),
    ]
    walk = _walk(said)
    return [
        {"zh": zh, "said": text, "change": f"portal:{NAMES[screen]}"}
        for screen, zh, text in rows
        if screen in walk and text
    ]
