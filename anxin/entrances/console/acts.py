"""Every act an officer may take on a case, as data: its form, when it is shown, what comes first, what unblocks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import REGISTRY
from anxin.foundation.kernel.errors import Denied
from anxin.resolution.cases.lifecycle import CASE

Page = Mapping[str, Any]
Condition = Callable[[Page, Actor], bool]


@dataclass(frozen=True)
class Act:
    """One command with the fields of its form. `target` is the parameter that says what the act is about."""

    name: str
    asks: tuple[str, ...]
    target: str = "case"
    when: Condition | None = None  # None: reached only from the row it is about
    hint: str = ""
    files: bool = False
    fills: tuple[str, ...] = ()  # parameters the page works out itself

    @property
    def zh(self) -> str:
        """The verb on the button."""
        return SHORT.get(self.name, REGISTRY[self.name].zh)

    @property
    def may(self) -> str:
        """The permission it takes."""
        return REGISTRY[self.name].may

    def parameters(self) -> Mapping[str, Any]:
        """The command's parameters by name."""
        return REGISTRY[self.name].arguments().model_fields


SHORT = {
    "cases.confirm": "回访到账", "documents.add": "补充材料", "cases.joint_convene": "登记会商",
    "mediation.agree": "签订协议", "cases.call_independently": "独立核实撤回",
    "documents.issue": "出具受理告知书",
}  # fmt: skip
HINTS = {
    "cases.dispatch": "流转后由承办单位联系劳动者，时限从登记时起算。",
    "cases.return": "案件回到分派台，请写明为什么不该由本单位办理。",
    "cases.contact": "告诉劳动者由谁办理、下一步做什么；保存后联系时限停止。",
    "cases.verify": "填名单时，人数和金额由名单合计得出。",
    "cases.pay": "凭证已经存档才能确认。填写日期，就把尚欠的金额一并登记为当日付清；不填，须已逐笔登记兑付。",
    "cases.reply": "这段话会原样发给劳动者，请写明结果和依据。",
    "cases.close": "已回复、已兑付、每名劳动者都确认到账，才能销号。",
    "cases.escalate": "提交联合处置办公室会办，请写明已做的工作和难点。",
    "cases.record_payment": "选一名劳动者，或按比例登记到全部劳动者；金额留空即付清所选。",
    "cases.confirm": "没有回答不等于同意；“没有收到”或“只收到一部分”会立即重新办理。",
    "cases.joint_release": "解除联合处置须经批准，请写明批准人。",
    "cases.request_withdrawal": "登记后由承办单位以外的人员电话核实本人意愿，核实前时限不停。",
    "documents.issue": "按案件现有内容编号出具，出具后不能修改；写错了先作废，再重新出具。",
    "mediation.agree": "各期金额合计应等于尚欠金额；保存后生成协议书，到期逐期核对。",
    "duties.pause": "只有须等他人先办时才能暂停，理由会留存。",
    "duties.extend": "期限只能延后，请写明批准人和文件。",
}


def _open(page: Page, actor: Actor) -> bool:
    return bool(page["open"])


def _listed_open(*stages: str) -> Condition:
    return lambda page, actor: page["stage"] in stages


def _at_work(page: Page, actor: Actor) -> bool:
    return page["open"] and page["stage"] != "registered"


def _owing(page: Page, actor: Actor) -> bool:
    return _at_work(page, actor) and page["outstanding_fen"] > 0


def _joint(page: Page, actor: Actor) -> bool:
    return bool(page["open"] and page["joint"])


def _asked_back(page: Page, actor: Actor) -> bool:
    return bool(page["open"] and page["withdrawal"]["reason"])


def _assisting(page: Page, actor: Actor) -> bool:
    mine = {scope.unit for scope in actor.scopes if scope.unit}
    return any(a["unit"] in mine and not a["to_at"] for a in page["assisting"])


def _paid(page: Page, actor: Actor) -> bool:
    return page["stage"] in ("paid", "replied", "closed") and page["outcome"] == "paid" and page["unconfirmed"] > 0


def _acceptable(page: Page, actor: Actor) -> bool:
    """The worker has been reached, and no acceptance letter is in force."""
    reached = page["open"] and page["stage"] not in ("registered", "dispatched")
    return reached and all(row["template"] != "acceptance" or row["state"] == "void" for row in page["letters"])


ACCEPTANCE = Act("documents.issue", (), "subject", when=_acceptable, fills=("template", "facts"))
EXTRAS = (
    Act("cases.log_call", ("kind", "person", "reached", "summary"), when=lambda page, actor: True),
    Act("documents.add", ("kind", "file", "source", "taken_at", "note"), "subject", when=lambda page, actor: True,
        files=True),
    ACCEPTANCE,
    Act("cases.record_payment", ("claim", "amount", "paid_on", "method"), when=_owing),
    Act("mediation.convene", ("held_at", "place", "mediator"), when=_listed_open("contacted", "verified", "mediating")),
    Act("mediation.agree", ("instalments", "signed_on", "session", "terms"), when=_owing),
    Act("cases.confirm", ("claim", "answer", "note"), when=_paid),
    Act("cases.call_independently", ("reached", "genuine", "summary"), when=_asked_back),
    Act("cases.assist", ("report",), when=_assisting),
    Act("cases.joint_convene", ("decision",), when=_joint),
    Act("cases.amend", ("people", "amount", "category", "place", "employer", "workers", "reason"), when=_open),
    Act("cases.classify", ("grade", "reason"), when=_open),
    Act("cases.request_withdrawal", ("reason",), when=_at_work),
    Act("cases.joint_release", ("reason", "approver"), when=_joint),
    Act("cases.merge", ("into", "reason"), when=_open),
    Act("mediation.conclude", ("outcome", "notes"), "session"),
    Act("mediation.pay_instalment", ("paid_on", "method"), "instalment"),
    Act("documents.void", ("reason",), "letter"),
    Act("duties.pause", ("reason",), "duty"),
    Act("duties.resume", ("reason",), "duty"),
    Act("duties.extend", ("due_at", "reason", "approver", "document"), "duty"),
    Act("duties.hand_over", ("post", "unit", "reason"), "duty"),
)  # fmt: skip
BY_NAME = {act.name: act for act in EXTRAS}
FIRST = {
    "registered": ("cases.dispatch",),
    "dispatched": ("cases.contact",),
    "contacted": ("cases.verify", "mediation.convene"),
    "verified": ("mediation.convene", "cases.mediate"),
    "mediating": ("mediation.agree", "mediation.convene"),
    "settled": ("cases.pay", "cases.record_payment"),
    "escalated": ("cases.decide_hard", "cases.order"),
    "ordered": ("cases.refer", "cases.pay", "cases.record_payment"),
    "referred": ("cases.pay", "cases.record_payment"),
    "paid": ("cases.reply",),
    "dismissed": ("cases.reply",),
    "replied": ("cases.close", "cases.confirm"),
}
"""What a handler does next at each stage, best first; the first one that can be done is the primary button."""


def find(name: str) -> Act:
    """The act of a name ("contact", "mediation.agree"); raises `Denied` for one that has no form."""
    full = name if "." in name else f"cases.{name}"
    if full in BY_NAME:
        return BY_NAME[full]
    for step in CASE.steps:
        if f"cases.{step.verb}" == full and step.button:
            asks = (*step.asks, *(("workers",) if step.verb == "verify" else ()))
            return Act(full, asks, hint=HINTS.get(full, ""))
    raise Denied


def extras(page: Page, actor: Actor) -> list[Act]:
    """Acts beside the lifecycle that this person may take on this case now."""
    return [act for act in EXTRAS if act.when and actor.may(act.may) and act.when(page, actor)]


def menu(page: Page, offers: Sequence[Mapping[str, Any]], actor: Actor) -> dict[str, Any]:
    """{"first", "steps", "more": [{name, zh}], "blocked": [{zh, why, needs, remedy}]} for the case page."""
    free = {f"cases.{o['verb']}": o["zh"] for o in offers if not o["blocked"]}
    more = {act.name: act.zh for act in extras(page, actor)}
    able = {**free, **more}
    first = next((name for name in FIRST.get(page["stage"], ()) if name in able), "")
    return {
        "first": _button(first, able[first]) if first else None,
        "steps": [_button(name, zh) for name, zh in free.items() if name != first],
        "more": [_button(name, zh) for name, zh in more.items() if name != first],
        "blocked": [
            {
                "zh": o["zh"], "why": o["blocked"], "basis": o["basis"],
                "remedy": _remedy(o, able, page) if o["verb"] != "pay" else _pay_remedy(o, able),
            }
            for o in offers
            if o["blocked"]
        ],
    }  # fmt: skip


def _button(name: str, zh: str) -> dict[str, str]:
    return {"name": name.removeprefix("cases."), "zh": zh}


def _remedy(offer: Mapping[str, Any], able: Mapping[str, str], page: Page) -> dict[str, str] | None:
    """The act that takes the obstacle away, when this person may take it."""
    wanted = {
        "close": "cases.confirm",
        "withdraw": "cases.call_independently" if page["withdrawal"]["reason"] else "cases.request_withdrawal",
    }.get(offer["verb"], "")
    if any(kind in offer["blocked"] for kind in offer["needs"]):
        wanted = "documents.add"
    elif not wanted and page["due_fen"] <= 0:
        wanted = "cases.verify" if "cases.verify" in able else "cases.amend"
    return _button(wanted, able[wanted]) if wanted in able else None


def _pay_remedy(offer: Mapping[str, Any], able: Mapping[str, str]) -> dict[str, str] | None:
    missing = any(kind in offer["blocked"] for kind in offer["needs"])
    for wanted in ("documents.add",) if missing else ("cases.record_payment", "cases.verify", "cases.amend"):
        if wanted in able:
            return _button(wanted, able[wanted])
    return None
