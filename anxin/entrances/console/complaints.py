"""Complaints as they came in: the list, one of them, its reporter for a stated reason, and merging two of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from anxin.entrances import door
from anxin.entrances.console import desk
from anxin.entrances.ui import components, wording
from anxin.foundation.duties import selectors as duties
from anxin.foundation.kernel.errors import AnxinError, BadInput, Denied
from anxin.resolution.cases import selectors as cases
from anxin.resolution.intake import selectors as intake

FILTERS = ("kind", "nature", "channel", "status")
COLUMNS = [
    {"key": "number", "zh": "编号", "kind": "code"},
    {"key": "received", "zh": "登记时间"},
    {"key": "channel", "zh": "渠道"},
    {"key": "matter", "zh": "事项"},
    {"key": "employer", "zh": "用人单位"},
    {"key": "people", "zh": "人数", "kind": "num"},
    {"key": "amount", "zh": "金额（元）", "kind": "money"},
    {"key": "status", "zh": "状态"},
]
LEDGER = [
    {"key": "serial", "zh": "序号", "kind": "num"},
    {"key": "number", "zh": "编号", "kind": "code"},
    {"key": "channel", "zh": "渠道"},
    {"key": "source_number", "zh": "来源编号", "kind": "code"},
    {"key": "received", "zh": "登记时间"},
    {"key": "employer", "zh": "用人单位/项目"},
    {"key": "town", "zh": "属地"},
    {"key": "sector", "zh": "行业"},
    {"key": "people", "zh": "人数", "kind": "num"},
    {"key": "amount", "zh": "金额（元）", "kind": "money"},
    {"key": "unit", "zh": "责任单位"},
    {"key": "taken", "zh": "接收时间"},
    {"key": "called", "zh": "联系时间"},
    {"key": "settle", "zh": "办结时限"},
    {"key": "stage", "zh": "状态"},
    {"key": "outcome", "zh": "结论"},
    {"key": "paid", "zh": "兑现金额（元）", "kind": "money"},
    {"key": "confirmed", "zh": "回访"},
    {"key": "late", "zh": "是否超时"},
]


class ReasonForm(forms.Form):
    """A reason that is kept."""

    reason = forms.CharField(label="理由", widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data: Any, *, hint: str) -> None:
        super().__init__(data, label_suffix="")
        self.fields["reason"].help_text = hint
        self.fields["reason"].error_messages["required"] = "请填写理由"


@desk.staff
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Newest first; with `pick` every row leads to a comparison with that complaint."""
    found = _asked(request)
    words = desk.section(request, "intake")
    pick = desk.number(request.GET.get("pick"))
    statuses = intake.STATUSES
    tables = {"kind": words["matters"], "nature": words["natures"], "channel": words["channels"], "status": statuses}
    names = {"kind": "事项", "nature": "性质", "channel": "渠道", "status": "状态"}
    context = {
        "columns": COLUMNS,
        "rows": [_line(row, pick) for row in found["rows"] if row["id"] != pick],
        "filters": [(key, names[key], desk.choices(tables[key], "全部"), request.GET.get(key, "")) for key in FILTERS],
        "filtered": any(request.GET.get(key) for key in FILTERS),
        "pick": pick,
        **_paging(request, found),
    }
    return desk.page(request, "console/complaints.html", "inbox", context)


def _asked(request: HttpRequest) -> dict[str, Any]:
    wanted = {key: request.GET.get(key, "") for key in FILTERS}
    found: dict[str, Any] = door.ask(request, "intake.inbox", after=request.GET.get("after", ""), **wanted)
    return found


def _paging(request: HttpRequest, found: Mapping[str, Any]) -> dict[str, Any]:
    first = desk.link(request) if request.GET.get("after") else ""
    return {"first": first, "next": desk.link(request, after=found["next"]) if found["next"] else ""}


def _line(row: Mapping[str, Any], pick: int | None) -> dict[str, Any]:
    if pick:
        href = f"{reverse('console:merge', args=[pick])}?into={row['id']}"
    else:
        href = reverse("console:complaint", args=[row["id"]])
    return {
        "href": href,
        "number": row["number"],
        "received": wording.exact(row["received_at"]),
        "channel": row["channel_zh"],
        "matter": f"{row['nature_zh']} · {row['kind_zh']}",
        "employer": row["employer_name"] or "待核实",
        "people": row["people"],
        "amount": row["amount"] or "不详",
        "status": row["status_zh"],
    }


@desk.staff
@require_http_methods(["GET", "HEAD", "POST"])
def complaint(request: HttpRequest, complaint: int) -> HttpResponseBase:
    """One complaint, its person masked; a stated reason shows the person in full, once, and the showing is kept."""
    actor = door.actor(request)
    found = door.ask(request, "intake.detail", complaint=complaint)
    channels = desk.section(request, "intake")["channels"]
    shown, form = None, ReasonForm(request.POST or None, hint="查看会留下记录。")
    if request.method == "POST" and form.is_valid():
        try:
            shown = door.run(request, "intake.show_identity", complaint=complaint, **form.cleaned_data)
        except BadInput as error:
            desk.place_errors(form, error)
    opened = cases.for_complaints(complaints=[complaint]).get(complaint) if actor.may("cases:see") else None
    context = {
        "complaint": found,
        "facts": _facts(found),
        "shown": shown,
        "form": form,
        "may_unmask": actor.may("intake:identity") and found["reporter"] and not found["reporter"]["anonymous"],
        "may_merge": actor.may("intake:merge") and not found["merged_into"],
        "case": opened,
        "likely": _likely(request, found) if actor.may("intake:merge") and not found["merged_into"] else [],
        "sources": [
            row | {"channel": channels.get(row["channel"], {}).get("zh", row["channel"])} for row in found["sources"]
        ],
    }
    status = 422 if form.is_bound and form.errors else 200
    return desk.page(request, "console/complaint.html", "inbox", context, status=status)


def _facts(row: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [
        ("性质", row["nature_zh"]),
        ("事项", row["kind_zh"]),
        ("渠道", row["channel_zh"]),
        ("来源编号", row["source_number"]),
        ("登记时间", components.when(row["received_at"])),
        ("登记人", row["received_by"]),
        ("用人单位", row["employer_name"] or "待核实"),
        ("人数", f"{row['people']} 人"),
        ("金额", f"{row['amount']} 元" if row["amount"] else ""),
        ("拖欠起", row["period_from"]),
        ("详细地点", row["address"]),
        ("状态", row["status_zh"]),
    ]


def _likely(request: HttpRequest, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What may be the same matter as this one."""
    wanted = {"employer": row["employer_name"], "people": row["people"], "amount": row["amount"], "text": row["text"],
              "employer_id": row["employer_id"], "since": row["period_from"]}  # fmt: skip
    found = door.ask(request, "intake.duplicates", **{name: value for name, value in wanted.items() if value})
    compare = reverse("console:merge", args=[row["id"]])
    return [other | {"href": f"{compare}?into={other['id']}"} for other in found if other["id"] != row["id"]]


@desk.staff
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, complaint: int) -> HttpResponseBase:
    """Two complaints side by side; merging keeps the sources of both."""
    if not door.actor(request).may("intake:merge"):
        raise Denied
    into = desk.number((request.POST if request.method == "POST" else request.GET).get("into"))
    if into is None:
        return redirect(f"{reverse('console:complaints')}?pick={complaint}")
    one, other = (door.ask(request, "intake.detail", complaint=pk) for pk in (complaint, into))
    form, refused, status = ReasonForm(request.POST or None, hint="为什么是同一件事"), None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                out = door.run(request, "intake.merge", complaint=complaint, into=into, **form.cleaned_data)
            except BadInput as error:
                desk.place_errors(form, error)
            except Denied:
                raise
            except AnxinError as error:
                refused, status = desk.refusal(error), desk.status_of(error)
            else:
                messages.success(request, f"{out['number']} 已并入 {out['into_number']}，两件的来源都保留。")
                return redirect("console:complaint", complaint=into)
    pairs = [
        (name, left, right, left == right) for (name, left), (_, right) in zip(_same(one), _same(other), strict=True)
    ]
    context = {"one": one, "other": other, "pairs": pairs, "form": form, "refused": refused, "into": into}
    return desk.page(request, "console/merge.html", "inbox", context, status=status)


def _same(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What two complaints are compared by."""
    reporter = row["reporter"] or {}
    return [
        ("登记时间", wording.exact(row["received_at"])),
        ("渠道", row["channel_zh"]),
        ("来源编号", row["source_number"] or "—"),
        ("反映人", f"{reporter.get('name') or '匿名'} {reporter.get('phone') or ''}".strip()),
        ("用人单位", row["employer_name"] or "待核实"),
        ("人数", f"{row['people']} 人"),
        ("金额", f"{row['amount']} 元" if row["amount"] else "不详"),
        ("拖欠起", row["period_from"] or "不详"),
        ("内容", row["text"] or "—"),
    ]


@desk.staff
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """欠薪线索（投诉）台账: one line a complaint, with what has become of it."""
    found = _asked(request)
    rows = found["rows"]
    opened = cases.for_complaints(complaints=[row["id"] for row in rows])
    opened = {pk: desk.stage_named(request, case) for pk, case in opened.items()}
    subjects = [f"{desk.CASES}{case['id']}" for case in opened.values()]
    clocks = duties.of_subjects(subjects=subjects, rules=["dispatch", "contact", "settle"])
    names, sectors = dict(desk.towns(request)), desk.section(request, "words").get("sectors", {})
    may = door.actor(request).may("cases:see")
    context = {
        "columns": LEDGER,
        "rows": [
            _ledger_line(n, row, opened.get(row["id"]), clocks, names, sectors, may, door.now())
            for n, row in enumerate(rows, 1)
        ],
        **_paging(request, found),
    }
    return desk.page(request, "console/ledger.html", "ledgers", context)


def _ledger_line(
    serial: int,
    row: Mapping[str, Any],
    case: Mapping[str, Any] | None,
    clocks: Mapping[str, Mapping[str, Any]],
    towns: Mapping[str, str],
    sectors: Mapping[str, str],
    may: bool,
    now: Any,
) -> dict[str, Any]:
    line = {
        "serial": serial,
        "number": row["number"],
        "href": reverse("console:complaint", args=[row["id"]]),
        "channel": row["channel_zh"],
        "source_number": row["source_number"] or "—",
        "received": wording.exact(row["received_at"]),
        "employer": (case or {}).get("employer") or row["employer_name"] or "待核实",
        "town": towns.get(row["town_code"], "县级"),
        "sector": sectors.get(row["sector"], "—"),
        "people": (case or row)["people"],
        "amount": row["amount"] or "不详",
        "stage": row["status_zh"],
        **dict.fromkeys(("unit", "taken", "called", "settle", "outcome", "paid", "confirmed", "late"), "—"),
    }
    if case and may:
        owed = clocks[f"{desk.CASES}{case['id']}"]
        settle = owed.get("settle")
        late = any(duty["late"] or (not duty["ended_at"] and duty["due_at"] < now) for duty in owed.values())
        line |= {
            "amount": case["due"] if case["due_fen"] else line["amount"],
            "stage": case["stage_zh"],
            "unit": case["unit_name"] or "待流转",
            "taken": _done(owed.get("dispatch")),
            "called": _done(owed.get("contact")),
            "settle": wording.exact(settle["due_at"]) if settle else "—",
            "outcome": case["outcome_zh"] if case["outcome"] else "—",
            "paid": case["paid"],
            "confirmed": "已确认" if not case["unconfirmed"] else f"{case['unconfirmed']} 人未确认",
            "late": "是" if late else "否",
        }
    return line


def _done(duty: Mapping[str, Any] | None) -> str:
    return wording.exact(duty["ended_at"]) if duty and duty["state"] == "discharged" else "—"
