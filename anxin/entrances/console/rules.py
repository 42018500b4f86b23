"""The county's model as anyone may read it: clocks, duties, routing, posts, steps; and two counties compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from anxin.entrances import door
from anxin.entrances.console import desk
from anxin.foundation.access.actor import require
from anxin.foundation.audit.commands import REGISTRY
from anxin.foundation.directory import selectors as directory
from anxin.foundation.kernel.errors import AnxinError
from anxin.foundation.policy import current
from anxin.foundation.policy.diff import compare
from anxin.foundation.policy.explain import ENDS, amount
from anxin.resolution.cases.lifecycle import CASE, EVIDENCE

SCOPES = {
    "county": "全县",
    "unit": "本单位",
    "grid": "本网格",
    "case": "所参与案件",
    "public": "公众",
    "system": "系统",
}
SECTIONS = {"duties": "职责", "routing": "流转", "roles": "岗位", "words": "用词", "notices": "消息", "intake": "来件"}
LEVEL_WORDS = {"people": "人数", "enterprise_amount": "企业金额", "project_amount": "工程金额"}
PLACES = {"any": "任何地点", "county": "县本级", "town": "有镇街的地点"}


@desk.staff
@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """Everything that decides by itself, with value, source and whether somebody has verified it."""
    require(door.actor(request), "policy:see")
    place, posts = desk.county(request), desk.post_names(request)
    book = current.book()
    terms = [_term(key, place) for key in book.terms(place)]
    known = [term for term in terms if term]
    context = {
        "pack": book.packs[book.pack_for(place)],
        "chain": [book.packs[pack].zh for pack in book.chain(book.pack_for(place))],
        "clocks": [term for term in known if term["term"].startswith("clock.")],
        "others": [term for term in known if not term["term"].startswith("clock.")],
        "unset": [key for key, term in zip(book.terms(place), terms, strict=True) if not term],
        "duties": _duties(request, posts),
        "routing": _routing(request),
        "roles": _roles(request),
        "steps": _steps(request, posts),
        "mermaid": CASE.mermaid(),
        "counties": _counties(place),
    }
    return desk.page(request, "console/rules.html", "rules", context)


@desk.staff
@require_safe
def difference(request: HttpRequest) -> HttpResponse:
    """Where another county decides differently, term by term."""
    require(door.actor(request), "policy:see")
    book, place, other = current.book(), desk.county(request), request.GET.get("with", "")
    found: dict[str, Any] = {}
    if other:
        found = compare(book, place, book.packs[book.pack_for(other)].place, door.now().date())
    context = {
        "counties": [row | {"chosen": row["place"] == other} for row in _counties(place)],
        "left": book.packs[book.pack_for(place)].zh,
        "right": book.packs[book.pack_for(other)].zh if other else "",
        "terms": [row | {"left": _side(row["left"]), "right": _side(row["right"])} for row in found.get("terms", ())],
        "sections": [
            {**row, "zh": SECTIONS.get(row["section"], row["section"]), "left": _brief(row["left"]),
             "right": _brief(row["right"])}
            for row in found.get("sections", ())
        ],
        "asked": bool(other),
    }  # fmt: skip
    return desk.page(request, "console/difference.html", "rules", context)


def _term(key: str, place: str) -> dict[str, Any] | None:
    try:
        ruling = current.book().ruling(key, place=place, on=door.now().date())
    except AnxinError:
        return None
    ends = ENDS.get(str(ruling.attrs.get("ends", "")), "")
    return {
        "term": key, "zh": ruling.zh, "value": _value(ruling.value, ruling.unit), "ends": ends, "basis": ruling.basis,
        "pack": current.book().packs[ruling.pack].zh, "pack_id": ruling.pack, "since": ruling.since,
        "unverified": ruling.status == "unverified", "note": ruling.attrs.get("note", ""),
    }  # fmt: skip


def _value(value: Any, unit: str) -> str:
    """A value with its unit; the rows of a matrix by their names."""
    if not (isinstance(value, list | tuple) and all(isinstance(row, Mapping) and "zh" in row for row in value)):
        return amount(value, unit)
    return "；".join(
        f"{row['zh']}（{'，'.join(f'{zh} {row[key]}' for key, zh in LEVEL_WORDS.items() if key in row) or '其余'}）"
        for row in value
    )


def _duties(request: HttpRequest, posts: Mapping[str, str]) -> list[dict[str, Any]]:
    rows = []
    for rule, row in desk.section(request, "duties").items():
        if not isinstance(row, Mapping):
            continue
        who = {posts.get(post, post) for post in (row["post"], *row.get("posts", {}).values())}
        term = _term(row["clock"], desk.county(request)) if row.get("clock") else None
        rows.append({
            "rule": rule, "zh": row["zh"], "who": "、".join(sorted(who)),
            "at": "承办单位" if row.get("at") == "unit" else "县级",
            "clock": term["value"] if term else "以事项写明的日期为准",
        })  # fmt: skip
    return rows


def _routing(request: HttpRequest) -> list[dict[str, Any]]:
    table, sectors = desk.section(request, "routing"), desk.section(request, "words").get("sectors", {})
    names = {**directory.UNIT_KINDS, **desk.unit_names(request)}
    rows = [*table.get("rules", ()), {"id": "fallback", **table.get("fallback", {})}]
    return [
        {
            "id": row["id"],
            "sector": _several(row.get("sector", "any"), sectors, "任何行业"),
            "place": _several(row.get("place", "any"), PLACES, "任何地点"),
            "people": _people(row),
            "lead": names.get(str(row.get("lead", "office")), str(row.get("lead", "office"))),
            "assist": "、".join(names.get(str(kind), str(kind)) for kind in row.get("assist", ())) or "—",
            "reason": str(row.get("reason", "")).replace("{place}", "属地").replace("{lead}", "牵头单位")
            .replace("{assist}", "协办单位"),
        }
        for row in rows
    ]  # fmt: skip


def _several(value: Any, names: Mapping[str, str], everything: str) -> str:
    codes = [value] if isinstance(value, str) else list(value)
    return "、".join(everything if code == "any" else names.get(code, str(code)) for code in codes)


def _people(row: Mapping[str, Any]) -> str:
    low, high = row.get("people_min"), row.get("people_max")
    return (
        " ".join(part for part in (f"{low} 人以上" if low else "", f"{high} 人以下" if high else "") if part) or "不限"
    )


def _roles(request: HttpRequest) -> list[dict[str, Any]]:
    acts: dict[str, list[str]] = {}
    for act in REGISTRY.values():
        acts.setdefault(act.may, []).append(act.zh)
    return [
        {
            "zh": role["zh"], "post": post, "scope": SCOPES.get(role["scope"], role["scope"]),
            "may": "、".join(dict.fromkeys(zh for p in role["permissions"] for zh in acts.get(p, ()))),
        }
        for post, role in desk.section(request, "roles").items()
        if post != "system"
    ]  # fmt: skip


def _steps(request: HttpRequest, posts: Mapping[str, str]) -> list[dict[str, Any]]:
    roles = desk.section(request, "roles")
    rules = {rule: row["zh"] for rule, row in desk.section(request, "duties").items() if isinstance(row, Mapping)}
    return [
        {
            "zh": step.zh,
            "from": "、".join(zh for code, zh in CASE.states.items() if code in step.sources),
            "to": CASE.states[step.target],
            "who": "、".join(_holders(roles, step.may)) or "系统",
            "needs": "、".join(EVIDENCE.get(kind, kind) for kind in step.needs) or "—",
            "clocks": "；".join(
                f"{word}{'、'.join(rules.get(rule, rule) for rule in found)}"
                for word, found in (("起算", step.starts), ("完成", step.discharges), ("取消", step.cancels)) if found
            ) or "—",
            "basis": step.basis,
        }
        for step in CASE.steps
    ]  # fmt: skip


def _holders(roles: Mapping[str, Any], permission: str) -> list[str]:
    return [role["zh"] for post, role in roles.items() if permission in role["permissions"] and post != "system"]


def _counties(own: str) -> list[dict[str, Any]]:
    packs = current.book().packs.values()
    return [{"place": p.place, "zh": p.zh} for p in packs if p.level == "county" and p.place != own[:6]]


def _side(side: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {"value": _value(side["value"], side["unit"]), "ends": ENDS.get(str(side["attrs"].get("ends", "")), ""),
            "basis": side["basis"], "unverified": side["status"] == "unverified"}  # fmt: skip


def _brief(value: Any) -> str:
    """The words of an entry that people can read; the rest is in the pack."""
    if isinstance(value, Mapping):
        return str(value.get("zh") or value.get("reason") or value.get("text") or f"{len(value)} 项")
    if isinstance(value, list):
        return f"{len(value)} 条"
    return "没有" if value is None else str(value)
