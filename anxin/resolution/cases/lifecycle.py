"""The one table of a case: 统一流转 → 二次分派 → 联系核实 → 调解兑付 → 疑难处置 → 回复销号."""

from __future__ import annotations

from typing import Any

from anxin.foundation.kernel.errors import Refused
from anxin.foundation.kernel.lifecycle import Lifecycle, step
from anxin.foundation.kernel.money import yuan

STAGES = {
    "registered": "已登记",
    "dispatched": "已流转",
    "contacted": "已联系",
    "verified": "已核实",
    "mediating": "调解中",
    "settled": "已达成协议",
    "escalated": "疑难处置",
    "ordered": "已责令改正",
    "referred": "已移送",
    "paid": "已兑付",
    "dismissed": "不予支持",
    "replied": "已回复",
    "closed": "已销号",
    "withdrawn": "已撤回",
    "merged": "已并案",
}
EVIDENCE = {
    "payment_proof": "兑付凭证",
    "correction_order": "限期改正指令书",
    "service_proof": "送达回证",
    "referral_file": "案件移送书",
    "wage_sheet": "工资表",
    "attendance": "考勤记录",
    "contract": "劳动合同",
    "statement": "询问笔录",
    "identity": "身份证明",
    "chat": "聊天记录",
    "photo": "照片",
    "voice": "录音",
    "other": "其他材料",
}
FINALS = frozenset({"closed", "withdrawn", "merged"})
UNCONTACTED = ("registered", "dispatched")
AT_WORK = ("contacted", "verified", "mediating", "settled", "escalated", "ordered", "referred")
WITH_UNIT = ("dispatched", *AT_WORK)
MOVABLE = ("dispatched", "contacted", "verified", "mediating", "settled")  # not while others decide or an order runs


def amount_is_known(case: Any) -> None:
    """Nobody can pay what nobody has established."""
    if case.due_fen <= 0:
        raise Refused("还没有核实应付金额，请先“核实”并登记每名劳动者的应付金额")


def nothing_outstanding(case: Any) -> None:
    """A case is paid when every fen of every worker is paid."""
    if case.outstanding_fen > 0:
        raise Refused(f"尚有 {yuan(case.outstanding_fen)} 元未兑付，请先登记兑付")


def the_order_has_lapsed(case: Any) -> None:
    """Criminal Law art. 276-1: the crime asks for an order of the authority that was not obeyed in time."""
    if not case.order_lapsed:
        raise Refused("责令改正的期限尚未届满，不能移送")


def every_worker_has_confirmed(case: Any) -> None:
    """Silence is not consent: each worker said "received", or was called."""
    if case.outcome == "paid" and case.unconfirmed:
        raise Refused(f"还有 {case.unconfirmed} 人没有确认收到钱，请先回访；没有回答不等于同意")


def an_independent_call_was_made(case: Any) -> None:
    """A withdrawal counts only after somebody outside the handling unit has asked the worker."""
    if not case.withdrawal_genuine:
        raise Refused("撤回须先由承办单位以外的人员电话核实本人意愿")


CASE = Lifecycle(
    "case",
    initial="registered",
    finals=FINALS,
    states=STAGES,
    steps=(
        step("dispatch", "registered", "dispatched", zh="流转", may="cases:dispatch",
             asks=("unit", "note"), starts=("contact", "settle"), discharges=("dispatch",)),
        step("redispatch", MOVABLE, "dispatched", zh="二次分派", may="cases:redispatch", asks=("unit", "reason")),
        step("return", "dispatched", "registered", zh="退回", may="cases:handle",
             asks=("reason",), starts=("dispatch",), cancels=("contact", "settle")),
        step("contact", "dispatched", "contacted", zh="登记联系", may="cases:handle",
             asks=("person", "summary"), discharges=("contact",)),
        step("verify", ("contacted", "mediating"), "verified", zh="核实", may="cases:handle",
             asks=("people", "amount", "note")),
        step("mediate", ("contacted", "verified"), "mediating", zh="组织调解", may="cases:handle", asks=("note",)),
        step("settle", AT_WORK, "settled", zh="达成协议", may="cases:handle", guards=(amount_is_known,),
             cancels=("hard_decision",), button=False),
        step("escalate", ("contacted", "verified", "mediating", "settled"), "escalated", zh="转疑难处置",
             may="cases:escalate", asks=("reason",), starts=("hard_decision",)),
        step("decide_hard", "escalated", "mediating", zh="会办决定", may="cases:decide_hard",
             asks=("decision",), discharges=("hard_decision",)),
        step("order", ("contacted", "verified", "mediating", "settled", "escalated"), "ordered", zh="责令限期改正",
             may="cases:order", asks=("order_number", "due_on", "note"), needs=("correction_order",),
             guards=(amount_is_known,), starts=("order_watch",), cancels=("hard_decision",),
             basis="劳动保障监察条例 第十八条"),
        step("refer", "ordered", "referred", zh="移送公安", may="cases:refer",
             asks=("reference", "note"), needs=("correction_order", "service_proof", "referral_file"),
             guards=(the_order_has_lapsed,), discharges=("refer",), basis="刑法 第二百七十六条之一"),
        step("pay", AT_WORK, "paid", zh="确认兑付", may="cases:handle",
             asks=("paid_on", "method", "note"), needs=("payment_proof",),
             guards=(amount_is_known,), holds=(nothing_outstanding,), starts=("reply", "confirm"),
             discharges=("settle",),
             cancels=("order_watch", "refer", "hard_decision", "instalment_check")),
        step("dismiss", ("contacted", "verified", "mediating"), "dismissed", zh="不予支持", may="cases:handle",
             asks=("ground", "note"), starts=("reply",), discharges=("settle",),
             cancels=("order_watch", "instalment_check")),
        step("reply", ("paid", "dismissed"), "replied", zh="回复", may="cases:reply",
             asks=("text",), discharges=("reply",)),
        step("close", "replied", "closed", zh="销号", may="cases:close",
             asks=("note",), guards=(every_worker_has_confirmed,), discharges=("confirm",)),
        step("withdraw", WITH_UNIT, "withdrawn", zh="撤回结案", may="cases:withdraw",
             asks=("note",), guards=(an_independent_call_was_made,)),
        step("reopen", ("paid", "dismissed", "replied", "closed", "withdrawn"), "contacted", zh="重新办理",
             may="cases:reopen", asks=("reason",), starts=("settle",), cancels=("reply", "confirm")),
        step("merge", (*UNCONTACTED, *AT_WORK), "merged", zh="并案", may="cases:dispatch",
             asks=("into", "reason"), button=False),
    ),
)  # fmt: skip
