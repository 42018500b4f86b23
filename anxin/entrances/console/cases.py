"""The list of cases, the page of one case, and what else concerns its employer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from anxin.entrances import door
from anxin.entrances.console import acts, desk, told
from anxin.entrances.ui import components, wording
from anxin.resolution.cases.lifecycle import EVIDENCE, STAGES
from anxin.resolution.cases.selectors import GRADES

LIVE = ("open", "lapsed", "paused")
DAY = timedelta(days=1)
COLUMNS = [
    {"key": "number", "zh": "案号", "kind": "code"},
    {"key": "employer", "zh": "用人单位"},
    {"key": "stage", "zh": "阶段"},
    {"key": "people", "zh": "人数", "kind": "num"},
    {"key": "due", "zh": "应付", "kind": "money"},
    {"key": "owed", "zh": "未付", "kind": "money"},
    {"key": "unit", "zh": "承办单位"},
    {"key": "marks", "zh": "标记"},
    {"key": "opened", "zh": "登记"},
]


@desk.staff
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Newest first, fifty a page; filters by stage, unit and joint handling; search by number or employer."""
    wanted = request.GET
    stage, unit, text = wanted.get("stage", ""), wanted.get("unit", ""), wanted.get("q", "").strip()[:60]
    joint, everything = wanted.get("joint") == "1", wanted.get("all") == "1"
    found = door.ask(
        request, "cases.listing", stage=stage if stage in STAGES else "", unit=unit, text=text, joint=joint,
        open_only=not (everything or stage or text), before=desk.number(wanted.get("before")),
    )  # fmt: skip
    rows = found["rows"]
    context = {
        "columns": COLUMNS,
        "rows": [_line(desk.stage_named(request, row)) for row in rows],
        "stages": [(code, zh, code == stage) for code, zh in _stages(request).items()],
        "units": _units(request, unit),
        "stage": stage, "unit": unit, "q": text, "joint": joint, "all": everything,
        "filtered": bool(stage or unit or text or joint),
        "first": desk.link(request) if wanted.get("before") else "",
        "next": desk.link(request, before=rows[-1]["id"]) if found["more"] else "",
    }  # fmt: skip
    return desk.page(request, "console/cases.html", "cases", context)


def _stages(request: HttpRequest) -> dict[str, str]:
    """Every stage, in the county's own word where it has one."""
    return STAGES | desk.section(request, "words").get("stages", {})


def _units(request: HttpRequest, chosen: str) -> list[tuple[str, str, bool]]:
    """Units to filter by, for those who see more than one."""
    if not any(scope.kind in ("county", "system") for scope in door.actor(request).scopes):
        return []
    return [(row["code"], row["name"], row["code"] == chosen) for row in desk.leading_units(request)]


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "href": reverse("console:case", args=[row["id"]]),
        "number": row["number"],
        "employer": row["employer"] or "单位待核实",
        "stage": components.stage(row["stage"], row["stage_zh"]),
        "people": row["people"],
        "due": wording.yuan(row["due_fen"] or None),
        "owed": wording.yuan(row["outstanding_fen"]) if row["due_fen"] else "—",
        "unit": row["unit_name"] or "待流转",
        "marks": _marks(row),
        "opened": wording.exact(row["opened_at"])[:10],
    }


def _marks(row: Mapping[str, Any]) -> str:
    marks = [row["grade_zh"]] if row["grade"] != "ordinary" else []
    marks += ["联合处置"] if row["joint"] else []
    marks += [f"重办 {row['reopened']} 次"] if row["reopened"] else []
    return "、".join(marks)


@desk.staff
@require_safe
def case(request: HttpRequest, case: int) -> HttpResponse:
    """Everything about one case on one page."""
    actor = door.actor(request)
    page = desk.stage_named(request, door.ask(request, "cases.detail", case=case))
    context = {
        "case": page,
        "menu": acts.menu(page, page["actions"], actor),
        "main": main_clock(page["duty_list"]),
        "facts": _facts(request, page),
        "money": _money(page, door.actor(request).may("cases:handle") and page["open"]),
        "duties": _duties(request, page, actor.may),
        "letters": page["letters"],
        "evidence": [row | {"kind_zh": EVIDENCE.get(row["kind"], row["kind"])} for row in page["evidence"]],
        "mediated": any(row["verb"].startswith("mediation.") for row in page["timeline"]),
        "may_see_files": actor.may("documents:see"),
        "may_void": actor.may("documents:issue"),
        "sources": _sources(request, page, actor.may("intake:see")),
        "timeline": _timeline(request, page),
        "severity": _severity(request, page["severity"]),
        "severity_tone": "calm" if page["severity"] == "ordinary" else "warn",
        "basis": _basis(page["duty_list"]),
        "joint_receipts": list((page["joint_receipt"] or {}).values()),
    }
    return desk.page(request, "console/case.html", "cases", context)


@desk.staff
@require_safe
def mediation(request: HttpRequest, case: int) -> HttpResponse:
    """Sessions, settlements and instalments; a page of its own, shown inside the case page as it opens."""
    actor = door.actor(request)
    found = door.ask(request, "mediation.of_case", case=case)
    context = {
        "case_id": case,
        "mediation": found,
        "may_mediate": actor.may("mediation:handle"),
        "may_see_files": actor.may("documents:see"),
    }
    if request.headers.get("HX-Request"):
        return render(request, "console/mediation_part.html", context)
    return desk.page(request, "console/mediation.html", "cases", context)


@desk.staff
@require_safe
def related(request: HttpRequest, case: int) -> HttpResponse:
    """Other cases against the same employer; a page of its own, shown inside the case page when it is scrolled to."""
    page = door.ask(request, "cases.detail", case=case)
    others = (
        door.ask(request, "cases.of_employer", employer=page["employer_id"], but=case) if page["employer_id"] else []
    )
    context = {"case": page, "columns": COLUMNS, "rows": [_line(desk.stage_named(request, row)) for row in others]}
    if request.headers.get("HX-Request"):
        return render(request, "console/related_part.html", context)
    return desk.page(request, "console/related.html", "cases", context)


def main_clock(duties: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The running duty that is due first."""
    running = [d for d in duties if d["state"] in LIVE]
    return min(running, key=lambda d: d["due_at"], default=None)


def _facts(request: HttpRequest, page: Mapping[str, Any]) -> list[tuple[str, Any]]:
    words = desk.section(request, "words")
    channels = desk.section(request, "intake")["channels"]
    pairs = [
        ("用人单位", page["employer"] or "待核实"),
        ("类别", page["category_zh"]),
        ("行业", words.get("sectors", {}).get(page["sector"], page["sector"])),
        ("属地", components.place(page["place_zh"]) if page["place_zh"] else ""),
        ("渠道", channels.get(page["channel"], {}).get("zh", page["channel"])),
        ("登记时间", components.when(page["opened_at"])),
        ("承办单位", page["unit_name"] or "待流转"),
        ("首次流转", page["first_unit"] or "待流转"),
        ("涉及人数", f"{page['people']} 人{'' if page['verified'] else '（未核实）'}"),
    ]
    if page["order"]["number"]:
        pairs.append(("责令改正", f"{page['order']['number']}，期限 {page['order']['due_on']:%Y-%m-%d}"))
    if page["reopened"]:
        pairs.append(("重新办理", f"{page['reopened']} 次"))
    if page["ended_at"]:
        pairs.append(("结案", components.when(page["ended_at"])))
    if page["outcome"]:
        pairs.append(("结果", page["outcome_zh"]))
    return pairs


def _money(page: Mapping[str, Any], may_pay: bool) -> dict[str, Any]:
    rows = [
        {
            "name": w["name"], "id_number": w["id_number"], "phone": w["phone"],
            "period": _period(w["period_from"], w["period_to"]), "due": wording.yuan(w["due_fen"]),
            "paid": wording.yuan(w["paid_fen"]), "owed_fen": w["outstanding_fen"],
            "owed": wording.yuan(w["outstanding_fen"]), "answer": w["answer_zh"], "answered": w["answer"],
            "pay": f"{reverse('console:act', args=[page['id'], 'record_payment'])}?claim={w['claim']}"
            if may_pay and w["outstanding_fen"] > 0 and page["stage"] != "registered" else "",
        }
        for w in page["workers"]
    ]  # fmt: skip
    return {
        "rows": rows, "people": page["people"], "due": wording.yuan(page["due_fen"]),
        "paid": wording.yuan(page["paid_fen"]), "owed": wording.yuan(page["outstanding_fen"]),
        "owed_fen": page["outstanding_fen"], "unconfirmed": page["unconfirmed"],
    }  # fmt: skip


def _period(start: date | str | None, end: date | str | None) -> str:
    """The days as people say them: the last one is counted."""
    if not start and not end:
        return "—"
    first = _day(start).isoformat() if start else "?"
    last = (_day(end) - DAY).isoformat() if end else "今"
    return f"{first} 至 {last}"


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _duties(request: HttpRequest, page: Mapping[str, Any], may: Any) -> list[dict[str, Any]]:
    """Running ones first by time, then the ended ones; each with the changes of its moment and what may be done."""
    posts = desk.post_names(request)
    changes: dict[str, list[dict[str, Any]]] = {}
    for change in page["duty_changes"]:
        changes.setdefault(change["title"], []).append(change | {"said": _moved(change, posts)})
    rows = sorted(page["duty_list"], key=lambda d: (d["state"] not in LIVE, d["due_at"]))
    return [
        row | {
            "owner": posts.get(row["post"], row["post"]), "changes": changes.pop(row["title"], []),
            "acts": _duty_acts(page["id"], row, may),
            "shown": "open" if row["state"] == "lapsed" else row["state"],
        }
        for row in rows
    ]  # fmt: skip


def _moved(change: Mapping[str, Any], posts: Mapping[str, str]) -> str:
    new = change["new"]
    said = [f"新期限 {wording.exact(new['due_at'])}"] if new.get("due_at") else []
    said += [f"由{posts.get(new['post'], new['post'])}承担"] if new.get("post") else []
    said += [f"批准人 {change['approver']}"] if change["approver"] else []
    said += [change["document"]] if change["document"] else []
    return "，".join([*said, change["reason"]])


def _duty_acts(case: int, row: Mapping[str, Any], may: Any) -> list[dict[str, str]]:
    if row["state"] not in LIVE:
        return []
    names = ["duties.resume"] if row["state"] == "paused" else ["duties.pause", "duties.extend"]
    names.append("duties.hand_over")
    found = [acts.BY_NAME[name] for name in names]
    return [
        {"zh": act.zh, "href": f"{reverse('console:act', args=[case, act.name])}?duty={row['id']}"}
        for act in found
        if may(act.may)
    ]


def _sources(request: HttpRequest, page: Mapping[str, Any], may: bool) -> list[dict[str, Any]]:
    channels = desk.section(request, "intake")["channels"]
    return [
        row | {
            "channel_zh": channels.get(row["channel"], {}).get("zh", row["channel"]),
            "href": reverse("console:complaint", args=[row["id"]]) if may else "",
        }
        for row in page["sources"]
    ]  # fmt: skip


def _timeline(request: HttpRequest, page: Mapping[str, Any]) -> list[dict[str, Any]]:
    duties = desk.section(request, "duties")
    rules = {rule: row["zh"] for rule, row in duties.items() if isinstance(row, Mapping)}
    rules |= {row["rule"]: row["title"] for row in page["duty_list"]}
    tables = {
        "rule": rules, "post": desk.post_names(request), "kind": EVIDENCE,
        "ground": desk.section(request, "words")["grounds"], "new": GRADES,
    }  # fmt: skip
    return told.entries(page["timeline"], tables)


def _severity(request: HttpRequest, level: str) -> str:
    return f"{desk.section(request, 'words').get('severities', {}).get(level, level)}事件" if level else ""


def _basis(duties: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The receipts of the clocks of this case, each term once."""
    found = {row["receipt"]["term"]: row["receipt"] for row in duties if row["receipt"].get("term")}
    return list(found.values())
