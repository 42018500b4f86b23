"""The trail of a case in sentences people read: one table from verbs to words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from anxin.entrances.console.fields import ANSWERS, OUTCOMES
from anxin.entrances.ui import wording
from anxin.foundation.audit.commands import REGISTRY

TITLES = {
    "cases.open": "登记案件",
    "cases.dispatch": "流转至{unit}",
    "cases.redispatch": "二次分派至{unit}",
    "cases.return": "退回分派台",
    "cases.contact": "联系上劳动者",
    "cases.verify": "核实：{people} 人，{amount} 元",
    "cases.amend": "更正案情：{people} 人，{amount} 元",
    "cases.settle": "达成协议 {agreement}",
    "cases.classify": "难易改为{new}",
    "cases.order": "责令限期改正 {order}，期限 {due_on}",
    "cases.order_lapse": "指令书 {order} 期满未改正",
    "cases.refer": "移送公安 {reference}",
    "cases.record_payment": "登记兑付 {amount} 元，尚欠 {outstanding} 元",
    "cases.pay": "确认兑付，共 {paid} 元",
    "cases.answer": "劳动者回答：{answer}",
    "cases.request_withdrawal": "登记撤回请求，须独立核实",
    "cases.joint_start": "启动联合处置",
    "cases.joint_convene": "联合处置会商",
    "cases.joint_release": "解除联合处置（批准人 {approver}）",
    "cases.assist": "{unit}反馈协办情况",
    "cases.merge": "并入 {into}",
    "cases.absorb": "{number} 并入本案",
    "mediation.convene": "约定 {held_at} 在{place}调解",
    "mediation.conclude": "调解结果：{outcome}",
    "mediation.agree": "签订调解协议 {agreement}：{total} 元，分 {instalments} 期",
    "mediation.pay_instalment": "{due_on} 的一期 {amount} 元已到账",
    "mediation.instalment_miss": "{due_on} 的一期 {amount} 元逾期未付",
    "documents.add": "存入{kind}：{name}",
    "documents.issue": "出具文书 {number}",
    "documents.void": "作废文书 {number}",
    "duties.lapse": "“{rule}”超期",
    "duties.pause": "暂停“{rule}”的时限",
    "duties.resume": "恢复“{rule}”的时限，新期限 {due_at}",
    "duties.extend": "“{rule}”延期至 {due_at}（批准人 {approver}）",
    "duties.hand_over": "“{rule}”移交{post}",
    "duties.recalculate": "“{rule}”按新公布的日历重算为 {due_at}",
}
NOTES = ("summary", "decision", "text", "report", "notes", "reason", "note")
TONES = {
    "duties.lapse": "late", "cases.order_lapse": "late", "mediation.instalment_miss": "late",
    "cases.return": "warn", "cases.escalate": "warn", "cases.refer": "warn", "cases.joint_start": "warn",
    "cases.reopen": "warn", "cases.request_withdrawal": "warn", "cases.pay": "done", "cases.close": "done",
}  # fmt: skip
VALUES = {"answer": dict(ANSWERS), "outcome": dict(OUTCOMES)}


def entries(trail: Sequence[Mapping[str, Any]], tables: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """Rows for the timeline component, newest first as they came. `tables` name rule, post, kind, ground, new."""
    return [_entry(row, {**VALUES, **tables}) for row in trail]


def _entry(row: Mapping[str, Any], tables: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    verb, detail = row["verb"], row["detail"]
    said = {name: _said(name, value, tables) for name, value in detail.items()}
    return {
        "at": row["at"],
        "who": row["actor"],
        "title": _title(verb, said),
        "note": _note(verb, detail, said),
        "tone": TONES.get(verb, "active" if detail.get("source") != detail.get("target") else "calm"),
    }


def _title(verb: str, said: Mapping[str, str]) -> str:
    template = TITLES.get(verb) or (REGISTRY[verb].zh if verb in REGISTRY else verb)
    return template.format_map(defaultdict(lambda: "—", said))


def _note(verb: str, detail: Mapping[str, Any], said: Mapping[str, str]) -> str:
    parts = [said[name] for name in NOTES if detail.get(name)]
    if verb == "cases.log_call" and not detail.get("reached", True):
        parts.insert(0, "没有联系上")
    if verb == "cases.call_independently":
        real = "本人确认撤回" if detail.get("genuine") else "本人不同意撤回"
        parts.insert(0, real if detail.get("reached") else "没有联系上，不算同意")
    if detail.get("ground"):
        parts.insert(0, said["ground"])
    return "；".join(parts)


def _said(name: str, value: Any, tables: Mapping[str, Mapping[str, str]]) -> str:
    if name in ("due_at", "held_at") and value:
        return wording.exact(str(value))
    return tables.get(name, {}).get(str(value), str(value))
