"""One field for each parameter a form may ask for; `act:parameter` goes before the parameter alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django import forms

from anxin.entrances.console.acts import HINTS, Act
from anxin.entrances.console.rows import INSTALMENTS, WORKERS, RowsField
from anxin.registry.wages import selectors as wages
from anxin.resolution.cases import selectors as cases
from anxin.resolution.cases.lifecycle import EVIDENCE

YES_NO = [("true", "是"), ("false", "否")]
ANSWERS = [("received", "收到了"), ("partial", "只收到一部分"), ("none", "没有收到")]
OUTCOMES = [("failed", "未达成协议"), ("absent", "一方缺席")]


@dataclass(frozen=True)
class Scene:
    """What fields need to know: the case, the day, and lists the view has looked up."""

    page: Mapping[str, Any]
    now: datetime
    units: Sequence[Any] = ()
    suggestion: Mapping[str, Any] = field(default_factory=dict)
    posts: Sequence[tuple[str, str]] = ()
    towns: Sequence[tuple[str, str]] = ()
    sessions: Sequence[Mapping[str, Any]] = ()
    grounds: Sequence[tuple[str, str]] = ()
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.date()


Maker = Callable[[Scene], forms.Field]


def words(label: str, hint: str = "", rows: int = 4) -> Maker:
    """A few lines of text."""
    return lambda scene: forms.CharField(
        label=label, help_text=hint, widget=forms.Textarea(attrs={"rows": rows}), max_length=None
    )


def line(label: str, hint: str = "", **attrs: str) -> Maker:
    """One line of text."""
    return lambda scene: forms.CharField(label=label, help_text=hint, widget=forms.TextInput(attrs=attrs))


def pick(label: str, options: Sequence[Any], hint: str = "", initial: str = "") -> Maker:
    """A few choices, all in sight."""
    return lambda scene: forms.ChoiceField(
        label=label, choices=options, help_text=hint, widget=forms.RadioSelect, initial=initial or None
    )


def day(label: str, hint: str = "", *, today: bool = False) -> Maker:
    """A day, sent as ISO text so that the command's own message says what is wrong with it."""
    return lambda scene: forms.CharField(
        label=label, help_text=hint, initial=scene.today.isoformat() if today else None,
        widget=forms.TextInput(attrs={"type": "date"}),
    )  # fmt: skip


def moment(label: str, hint: str = "") -> Maker:
    """A day and time in local time."""
    return lambda scene: forms.CharField(
        label=label, help_text=hint, widget=forms.TextInput(attrs={"type": "datetime-local"})
    )


def _unit(scene: Scene) -> forms.Field:
    return forms.ChoiceField(
        label="承办单位", choices=[("", "请选择单位"), *scene.units], initial=scene.suggestion.get("unit", "")
    )


def _claim(scene: Scene) -> forms.Field:
    people = [(str(w["claim"]), f"{w['name']}（{w['answer_zh']}）") for w in scene.page["workers"]]
    return forms.ChoiceField(
        label="劳动者", choices=[("", "全部劳动者"), *people], initial=scene.given.get("claim", ""), required=False
    )


def _session(scene: Scene) -> forms.Field:
    held = [(str(s["id"]), f"{s['held_at']:%Y-%m-%d %H:%M} {s['place']}") for s in scene.sessions]
    return forms.ChoiceField(
        label="哪一次调解", choices=[("", "不对应某次调解"), *held], initial=held[0][0] if held else "", required=False
    )


def _people(scene: Scene) -> forms.Field:
    widget = forms.TextInput(attrs={"inputmode": "numeric"})
    return forms.CharField(label="人数", initial=scene.page["people"], widget=widget)


def _amount(scene: Scene) -> forms.Field:
    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    known = scene.page["due"] if scene.page["due_fen"] else ""
    return forms.CharField(label="应付金额（元）", initial=known, widget=widget)


def _paid_amount(scene: Scene) -> forms.Field:
    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    return forms.CharField(
        label="兑付金额（元）", help_text=f"尚欠 {scene.page['outstanding']} 元；留空即付清所选劳动者", widget=widget
    )


def _paid_on(scene: Scene) -> forms.Field:
    owed = scene.page["outstanding_fen"]
    hint = (
        f"填写日期，尚欠的 {scene.page['outstanding']} 元将登记为当日付清" if owed else "全部金额已登记兑付，可以不填"
    )
    return forms.CharField(label="付清日期", help_text=hint, widget=forms.TextInput(attrs={"type": "date"}))


def _workers(scene: Scene) -> forms.Field:
    listed = [w for w in scene.page["workers"] if w["worker"]]
    hint = f"填写名单会整体替换现有的 {len(listed)} 人名单。" if listed else "逐人填写；不清楚的项可以空着。"
    return RowsField(WORKERS, label="劳动者名单", help_text=hint)


def _instalments(scene: Scene) -> forms.Field:
    owed = scene.page["outstanding"]
    first = [{"due_on": "", "amount": owed}]
    return RowsField(
        INSTALMENTS,
        label="兑付安排",
        blanks=2,
        initial=first,
        help_text=f"各期合计应为 {owed} 元。一次付清就只填一行。",
    )


def _evidence(scene: Scene) -> forms.Field:
    return forms.ChoiceField(
        label="材料类别", choices=[("", "请选择类别"), *EVIDENCE.items()], initial=scene.given.get("kind", "")
    )


def _post(scene: Scene) -> forms.Field:
    return forms.ChoiceField(label="移交给哪个岗位", choices=[("", "请选择岗位"), *scene.posts])


def _town(scene: Scene) -> forms.Field:
    return forms.ChoiceField(
        label="属地", choices=[("", "不变"), *scene.towns], initial=scene.page["town"] or "", required=False
    )


def _named(label: str, names: Mapping[str, str], initial: Callable[[Scene], str]) -> Maker:
    """A few choices, called as the room that stores them calls them."""
    return lambda scene: pick(label, list(names.items()), initial=initial(scene))(scene)


FIELDS: dict[str, Maker] = {
    "unit": _unit,
    "duties.hand_over:unit": lambda scene: forms.ChoiceField(
        label="单位", choices=[("", "不变"), *scene.units], required=False
    ),
    "reason": words("理由", "写明事实，至少两个字。", 3),
    "note": words("说明", rows=2),
    "dismiss:note": words("理由", "写明查明的事实和不予支持的依据。"),
    "text": words("答复内容", "劳动者会收到这段话。", 6),
    "summary": words("通话内容", "对方说了什么、答应了什么、下一步。"),
    "decision": words("会商决定", "谁做什么、何时完成。", 5),
    "report": words("协办情况", "做了什么、结果如何。"),
    "terms": words("其他约定", rows=3),
    "notes": words("调解记录", rows=4),
    "approver": line("批准人"),
    "document": line("批准文件", "文号或会议纪要"),
    "mediator": line("调解员"),
    "person": line("联系对象", "姓名，或与劳动者的关系"),
    "place": _town,
    "mediation.convene:place": line("调解地点"),
    "employer": line("用人单位", "名称、拼音首字母或信用代码；须能唯一确定"),
    "held_at": moment("调解时间"),
    "due_at": moment("新期限"),
    "taken_at": moment("取得时间"),
    "due_on": day("改正期限"),
    "paid_on": day("兑付日期", today=True),
    "cases.pay:paid_on": _paid_on,
    "signed_on": day("签订日期", today=True),
    "people": _people,
    "amount": _amount,
    "cases.record_payment:amount": _paid_amount,
    "method": _named("兑付方式", wages.METHODS, lambda scene: "bank"),
    "ground": lambda scene: pick("不予支持的情形", scene.grounds)(scene),
    "kind": _evidence,
    "cases.log_call:kind": pick("通话类型", [
        ("contact", "联系劳动者"), ("employer", "联系用人单位"), ("callback", "回访"),
    ], initial="contact"),
    "outcome": pick("结果", OUTCOMES),
    "answer": pick("钱到了吗", ANSWERS),
    "reached": pick("是否联系上", YES_NO, initial="true"),
    "genuine": pick("撤回是否出于本人意愿", YES_NO),
    "grade": _named("难易", cases.GRADES, lambda scene: scene.page["grade"]),
    "category": _named("类别", cases.CATEGORIES, lambda scene: scene.page["category"]),
    "order_number": line("指令书文号"),
    "reference": line("移送文号"),
    "into": line("并入哪一件", "填写完整案号"),
    "source": line("材料来源", "例如：劳动者提供"),
    "file": lambda scene: forms.FileField(label="文件", help_text="照片、PDF、录音等"),
    "claim": _claim,
    "session": _session,
    "workers": _workers,
    "instalments": _instalments,
    "post": _post,
}  # fmt: skip
CHANGES = ("people", "amount", "category", "place", "employer")
"""Of facts that are known already only what was changed is sent."""


class ActForm(forms.Form):
    """The form of one act; what is required is read from the command itself."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, act: Act, scene: Scene, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, label_suffix="")
        self.act, self.scene = act, scene
        parameters = act.parameters()
        for name in act.asks:
            made = FIELDS.get(f"{act.name}:{name}") or FIELDS.get(f"{act.name.removeprefix('cases.')}:{name}")
            found = (made or FIELDS[name])(scene)
            found.required = parameters[name].is_required() or name == "file"
            found.error_messages["required"] = "请填写此项"
            found.error_messages["invalid_choice"] = "请从列表中选择"
            self.fields[name] = found
        self.initial["seen"] = scene.page["version"]
        self.hint = HINTS.get(act.name, "")

    def arguments(self) -> dict[str, Any]:
        """What goes to the command: nothing empty, and of known facts nothing that has not changed."""
        parameters = self.act.parameters()
        found = {name: value for name, value in self.cleaned_data.items() if value not in ("", None, [])}
        if self.act.name in ("cases.verify", "cases.amend"):
            found = {name: value for name, value in found.items() if not self._as_known(name, value)}
        return {name: value for name, value in found.items() if name in parameters}

    def _as_known(self, name: str, value: Any) -> bool:
        known = self.fields[name].initial if name in CHANGES else None
        return known is not None and str(value).strip() == str(known)
