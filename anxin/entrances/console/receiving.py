"""The hotline's and the window's form, made for the keyboard; what is known while one types; the receipt."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from anxin.entrances import door
from anxin.entrances.console import desk
from anxin.entrances.console.rows import WORKERS, RowsField
from anxin.foundation.duties import selectors as duties
from anxin.foundation.kernel.errors import AnxinError, BadInput, Denied
from anxin.resolution.cases import selectors as cases

KEPT = "received"
CHANNEL = {"hotline_operator": "hotline", "police_liaison": "alert_110"}
WALK_IN = "walk_in"
HIDDEN = ("employer_id", "project", "idempotency_key")


def _line(label: str, hint: str = "", **attrs: str | bool) -> forms.CharField:
    return forms.CharField(label=label, help_text=hint, required=False, widget=forms.TextInput(attrs=attrs))


class ReceiveForm(forms.Form):
    """What a caller says, in the order it is said."""

    nature = forms.ChoiceField(label="来电性质", widget=forms.RadioSelect)
    kind = forms.ChoiceField(label="事项")
    channel = forms.ChoiceField(label="渠道")
    employer = _line(
        "用人单位或工程项目",
        "名称片段或拼音首字母，例如“晨屿”或 cyjj",
        autofocus=True,
        accesskey="2",
        autocomplete="off",
    )
    place = forms.ChoiceField(label="发生在哪里", required=False)
    sector = forms.ChoiceField(label="行业", required=False)
    people = _line("人数", inputmode="numeric", autocomplete="off")
    amount = _line("欠薪金额（元）", "大概数也可以；不清楚就空着", inputmode="decimal", autocomplete="off")
    since = _line("从哪天起没发", type="date")
    until = _line("到哪天（含）", type="date")
    text = forms.CharField(label="反映内容", required=False, widget=forms.Textarea(attrs={"rows": 4, "accesskey": "3"}))
    answer = forms.CharField(
        label="答复内容",
        required=False,
        help_text="只在咨询时填写；保存后不立案。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    name = _line("姓名", "不愿留名可以不填", accesskey="4", autocomplete="off")
    phone = _line("电话", inputmode="tel", autocomplete="off")
    id_number = _line("身份证号", autocomplete="off")
    anonymous = forms.BooleanField(label="匿名，不保存姓名和电话", required=False)
    source_number = _line("来源编号", "热线工单号、接警单号等", autocomplete="off")
    address = _line("详细地点", autocomplete="off")
    workers = RowsField(WORKERS, label="工人名单", required=False, help_text="多人一起反映时填写，也可以从表格粘贴。")
    confirm_new = forms.BooleanField(label="已核对疑似重复的来件，这是另一件事", required=False)
    employer_id = forms.CharField(widget=forms.HiddenInput, required=False)
    project = forms.CharField(widget=forms.HiddenInput, required=False)
    idempotency_key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
        words = desk.section(request, "intake")
        sectors = desk.section(request, "words").get("sectors", {})
        options: dict[str, list[tuple[str, str]]] = {
            "nature": [("complaint", "反映欠薪"), ("consultation", "咨询"), ("tip_off", "举报线索")],
            "kind": desk.choices(words["matters"]),
            "channel": desk.choices(words["channels"]),
            "place": [("", "不清楚"), *desk.towns(request)],
            "sector": desk.choices(sectors, "不清楚"),
        }
        for name, rows in options.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = rows
            field.error_messages["invalid_choice"] = "请从列表中选择"
        own = next((CHANNEL[post] for post in door.actor(request).posts if post in CHANNEL), WALK_IN)
        self.initial = {"nature": "complaint", "kind": "wages", "channel": own, "idempotency_key": uuid.uuid4().hex}
        if not self.data:
            self.initial["people"] = "1"

    def arguments(self) -> dict[str, Any]:
        """What goes to the command; the last day becomes the first day no longer meant."""
        found = {name: value for name, value in self.cleaned_data.items() if value not in ("", None, [], False)}
        if "until" in found:
            found["until"] = _day_after(found["until"])
        if found.get("anonymous"):
            found = {name: value for name, value in found.items() if name not in ("name", "phone", "id_number")}
        if found.pop("nature") != "consultation":
            found.pop("answer", None)
            return {**found, "nature": self.cleaned_data["nature"]}
        return {name: found[name] for name in CONSULTED if name in found} | {
            name: str(self.cleaned_data[name]) for name in ("text", "answer")
        }


CONSULTED = (
    "channel", "kind", "employer", "name", "phone", "anonymous", "source_number", "idempotency_key",
)  # fmt: skip


def _day_after(text: str) -> str:
    try:
        return (date.fromisoformat(text) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return text


@desk.staff
@require_http_methods(["GET", "HEAD", "POST"])
def receive(request: HttpRequest) -> HttpResponseBase:
    """One form for calls and visits; the same form sent twice is one complaint."""
    if not door.actor(request).may("intake:receive"):
        raise Denied
    if request.method != "POST":
        return _page(request, ReceiveForm(request))
    form = ReceiveForm(request, request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    command = "intake.consult" if form.cleaned_data["nature"] == "consultation" else "intake.receive"
    if not door.actor(request).may("intake:consult" if command == "intake.consult" else "intake:receive"):
        form.add_error("nature", "您的岗位不能答复咨询，请转热线")
        return _page(request, form, status=422)
    try:
        out = door.run(request, command, **form.arguments())
    except BadInput as error:
        desk.place_errors(form, error)
        return _page(request, form, status=422)
    except Denied:
        raise
    except AnxinError as error:
        return _page(request, form, refused=desk.refusal(error), status=desk.status_of(error))
    request.session[KEPT] = _receipt(request, out, form)
    return redirect("console:received")


def _receipt(request: HttpRequest, out: Mapping[str, Any], form: ReceiveForm) -> dict[str, Any]:
    """What is read out to the caller; kept for this browser until the next one."""
    opened = cases.for_complaints(complaints=[out["id"]]).get(out["id"])
    running = duties.for_subject(subject=f"{desk.CASES}{opened['id']}") if opened else []
    first = min((d for d in running if d["state"] in ("open", "lapsed")), key=lambda d: d["due_at"], default=None)
    return {
        "id": out["id"], "number": out["number"], "receipt": out["receipt"], "status": out["status"],
        "redirect": out["redirect"], "repeat": out["repeat"], "case": opened["id"] if opened else None,
        "joint": bool(opened and opened["joint"]), "employer": opened["employer"] if opened else "",
        "next": {"title": first["title"], "due_at": first["due_at"].isoformat()} if first else None,
        "duplicates": out["duplicates"], "consultation": form.cleaned_data["nature"] == "consultation",
    }  # fmt: skip


@desk.staff
@require_safe
def received(request: HttpRequest) -> HttpResponseBase:
    """Number and receipt code in large digits, the next deadline, and what may be the same matter."""
    kept = request.session.get(KEPT)
    if kept is None:
        return redirect("console:receive")
    actor = door.actor(request)
    context = {
        "out": kept,
        "may_merge": actor.may("intake:merge"),
        "may_see": actor.may("intake:see"),
        "may_case": actor.may("cases:see") and kept["case"],
        "may_more": actor.may("intake:receive"),
    }
    return desk.page(request, "console/received.html", "receive", context)


@desk.staff
@require_safe
def suggest_employers(request: HttpRequest) -> HttpResponse:
    """Employers and projects as one types: a fragment for the form."""
    text = request.GET.get("employer", "").strip()[:60]
    firms = door.ask(request, "employers.search", text=text, limit=6) if text else []
    sites = door.ask(request, "projects.search", text=text, limit=3) if text else []
    context = {"text": text, "firms": [_told(row, "employer_id") for row in firms],
               "sites": [_told(row, "project") for row in sites]}  # fmt: skip
    return render(request, "console/suggest_employers.html", context)


def _told(row: Mapping[str, Any], key: str) -> dict[str, Any]:
    town = str(row.get("town") or "")
    place = town if town and not town.endswith("000000") else ""
    other = "project" if key == "employer_id" else "employer_id"
    return {**row, "fill": {"employer": row["name"], key: str(row["id"]), other: "", "place": place}}


@desk.staff
@require_safe
def suggest_duplicates(request: HttpRequest) -> HttpResponse:
    """What may be the same matter, side by side with what has been typed: a fragment for the form."""
    names = ("employer", "phone", "people", "amount", "since", "text", "employer_id")
    typed = {name: request.GET.get(name, "").strip() for name in names}
    wanted = {name: value for name, value in typed.items() if value}
    try:
        rows = door.ask(request, "intake.duplicates", **wanted)
    except BadInput:  # half-typed amounts and phones are no fault yet
        plain = {name: wanted[name] for name in ("employer", "phone", "text") if name in wanted}
        rows = door.ask(request, "intake.duplicates", **plain)
    context = {"rows": [row | {"href": reverse("console:complaint", args=[row["id"]])} for row in rows], "typed": typed}
    return render(request, "console/suggest_duplicates.html", context)


def _page(
    request: HttpRequest, form: ReceiveForm, *, refused: Mapping[str, str] | None = None, status: int = 200
) -> HttpResponse:
    if wrong := next((name for name in form.errors if name in form.fields), ""):
        form.fields["employer"].widget.attrs.pop("autofocus", None)
        form.fields[wrong].widget.attrs["autofocus"] = True
    actor = door.actor(request)
    context = {"form": form, "refused": refused, "may_search": actor.may("registry:see"),
               "may_compare": actor.may("intake:see"), "hidden": [form[name] for name in HIDDEN],
               "listed": bool(form.data and form["workers"].value()["rows"])}  # fmt: skip
    return desk.page(request, "console/receive.html", "receive", context, status=status)
