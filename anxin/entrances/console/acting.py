"""The form page of every act on a case; nothing typed is lost, every refusal stands in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from anxin.entrances import door
from anxin.entrances.console import acts, cases, desk, letters
from anxin.entrances.console.acts import Act
from anxin.entrances.console.fields import ActForm, Scene
from anxin.entrances.ui import wording
from anxin.foundation.directory import selectors as directory
from anxin.foundation.kernel.errors import AnxinError, BadInput, Conflict, Denied

LEAVES = ("cases.dispatch", "cases.redispatch", "cases.return", "cases.merge")
"""After these the case may be out of the officer's reach."""


@desk.staff
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, case: int, name: str) -> HttpResponseBase:
    """Show the form of an act, or take it; 409 when somebody was faster, 422 when it was refused."""
    found = acts.find(name)
    if not door.actor(request).may(found.may):
        raise Denied
    page = desk.stage_named(request, door.ask(request, "cases.detail", case=case))
    scene = _scene(request, found, page)
    given = request.POST if request.method == "POST" else request.GET
    target = _target(request, found, page, given)
    if request.method != "POST":
        return _page(request, found, page, ActForm(found, scene), target)
    form = ActForm(found, scene, request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, found, page, form, target, status=422)
    try:
        out = door.run(request, found.name, **_arguments(request, form, target))
    except BadInput as error:
        desk.place_errors(form, error)
        return _page(request, found, page, form, target, status=422)
    except Denied:
        raise
    except AnxinError as error:
        return _refused(request, found, form, target, error)
    _tell(request, found, page, out)
    return redirect(_after(request, found, case))


def _refused(
    request: HttpRequest, found: Act, form: ActForm, target: dict[str, Any], error: AnxinError
) -> HttpResponseBase:
    """The form once more with everything typed. After a conflict the officer has been told, and may save over it."""
    page = desk.stage_named(request, door.ask(request, "cases.detail", case=form.scene.page["id"]))
    if isinstance(error, Conflict):
        form.data = {**form.data, "seen": str(page["version"])}
    refused = desk.refusal(error)
    if isinstance(error, Conflict):
        refused["fix"] = "请先看一看下面的最新情况；仍要这样办，再按一次即可。"
    return _page(request, found, page, form, target, refused=refused, status=desk.status_of(error))


def _scene(request: HttpRequest, found: Act, page: Mapping[str, Any]) -> Scene:
    """Only what the fields of this act need is looked up."""
    extra: dict[str, Any] = {}
    if "unit" in found.asks:
        extra["units"] = desk.grouped(directory.units_for(page["place"]), _town_unit(page))
    if found.name == "cases.dispatch":
        extra["suggestion"] = _suggestion(page)
    if "post" in found.asks:
        extra["posts"] = [row for row in desk.post_names(request).items() if row[0] not in ("public", "system")]
    if found.name == "cases.amend":
        extra["towns"] = desk.towns(request)
    if "ground" in found.asks:
        extra["grounds"] = desk.choices(desk.section(request, "words")["grounds"])
    if "session" in found.asks:
        held = door.ask(request, "mediation.of_case", case=page["id"])["sessions"]
        extra["sessions"] = [{**s, "held_at": wording.moment(s["held_at"])} for s in held if s["outcome"] == "planned"]
    return Scene(page, door.now(), given={key: str(value) for key, value in request.GET.items()}, **extra)


def _town_unit(page: Mapping[str, Any]) -> str:
    return f"{page['town'][:9]}-town" if page["town"] else ""


def _suggestion(page: Mapping[str, Any]) -> dict[str, Any]:
    """The routing table's word on this case, or nothing where the table has no answer."""
    try:
        found = directory.suggest(page["place"], page["sector"] or "unknown", door.now().date(), people=page["people"])
    except AnxinError:
        return {}
    return {"unit": found.unit_code, "reason": found.reason, "rule": found.rule, "pack": found.pack}


def _target(request: HttpRequest, found: Act, page: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """What the act is about, and how the page calls it. Raises `Denied` for a row that is not of this case."""
    if found.target == "case":
        return {"case": page["id"], "zh": ""}
    if found.target == "subject":
        return {"subject": f"{desk.CASES}{page['id']}", "zh": ""}
    wanted = desk.number(given.get(found.target))
    zh = next((zh for pk, zh in _rows_of(request, found.target, page) if pk == wanted), None)
    if zh is None:
        raise Denied
    return {found.target: wanted, "zh": zh}


def _rows_of(request: HttpRequest, target: str, page: Mapping[str, Any]) -> list[tuple[int, str]]:
    if target == "duty":
        return [(d["id"], f"{d['title']}，期限 {wording.exact(d['due_at'])}") for d in page["duty_list"]]
    if target == "letter":
        return [(row["id"], f"{row['title']} {row['number']}") for row in page["letters"]]
    found = door.ask(request, "mediation.of_case", case=page["id"])
    if target == "session":
        return [(s["id"], f"{wording.exact(s['held_at'])} {s['place']}") for s in found["sessions"]]
    return [(i["id"], f"{i['due_on']} 应付 {i['amount']} 元") for s in found["settlements"] for i in s["instalments"]]


def _arguments(request: HttpRequest, form: ActForm, target: Mapping[str, Any]) -> dict[str, Any]:
    found = {**form.arguments(), **{key: value for key, value in target.items() if key != "zh"}}
    if form.act is acts.ACCEPTANCE:
        found |= letters.acceptance(request, form.scene.page)
    if "into" in found:
        found["into"] = _case_of(request, str(found["into"]))
    if "employer" in found:
        found["employer"] = _employer_of(request, str(found["employer"]))
    for name in ("held_at", "due_at", "taken_at"):
        if name in found:
            found[name] = _local(str(found[name]))
    return found


def _local(text: str) -> str:
    """What a form calls a moment has no zone: it is Chinese time."""
    return text if text.endswith(("Z", "+08:00")) else f"{text}+08:00"


def _case_of(request: HttpRequest, number: str) -> int:
    rows = door.ask(request, "cases.listing", text=number.strip(), limit=2)["rows"]
    same = [row for row in rows if row["number"] == number.strip()]
    if not same:
        raise BadInput(fields={"into": f"没有找到案号“{number}”，请填写完整案号"})
    return int(same[0]["id"])


def _employer_of(request: HttpRequest, text: str) -> int:
    rows = door.ask(request, "employers.search", text=text, limit=6)
    exact = [row for row in rows if text.strip() in (row["name"], row["credit_code"])]
    found = exact or rows
    if len(found) == 1:
        return int(found[0]["id"])
    names = "、".join(row["name"] for row in rows[:5])
    raise BadInput(
        fields={"employer": f"有多家单位符合，请写全名：{names}" if rows else "登记册里没有这家单位，请核对名称"}
    )


def _tell(request: HttpRequest, found: Act, page: Mapping[str, Any], out: Mapping[str, Any]) -> None:
    moved = out.get("stage_zh") and out["stage"] != page["stage"]
    stage = f"，现在是“{desk.stage_named(request, out)['stage_zh']}”" if moved else ""
    messages.success(request, f"{page['number']}：{found.zh}已保存{stage}。")


def _after(request: HttpRequest, found: Act, case: int) -> str:
    if found.name in LEAVES:
        try:
            door.ask(request, "cases.actions", case=case)
        except Denied:
            return reverse("console:duties")
    return reverse("console:case", args=[case])


def _page(
    request: HttpRequest,
    found: Act,
    page: Mapping[str, Any],
    form: ActForm,
    target: Mapping[str, Any],
    *,
    refused: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponseBase:
    phrases = desk.section(request, "words").get("phrases", {}).get(found.name, ())
    main = cases.main_clock(page["duty_list"])
    context = {
        "act": found,
        "case": page,
        "form": form,
        "main": main,
        "suggestion": form.scene.suggestion,
        "target": [(key, value) for key, value in target.items() if key not in ("case", "subject", "zh")],
        "target_zh": target["zh"],
        "refused": refused,
        "phrases": phrases,
    }
    return desk.page(request, "console/act.html", "cases", context, status=status)
