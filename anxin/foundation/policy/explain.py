"""A ruling in plain Chinese, with its chain of authority from the nation down to the place."""

from __future__ import annotations

from typing import Any

from anxin.foundation.policy.book import Link, Ruling, plain

UNITS = {
    "day": "日（自然日）",
    "workday": "个工作日",
    "hour": "小时",
    "CNY": "元",
    "person": "人",
    "month": "个月",
    "ratio": "（比例）",
    "text": "",
    "table": "",
    "clock": "",
}
ENDS = {"exact": "到同一时刻", "end_of_day": "到当日24时"}
STATUS = {"verified": "已核实", "unverified": "未核实"}
LEVELS = {"nation": "国家", "province": "省", "city": "市", "county": "县（市、区）"}


def as_dict(ruling: Ruling) -> dict[str, Any]:
    """The ruling with its chain as plain JSON values."""
    return {**ruling.receipt(), "chain": [link.as_dict(ruling.unit) for link in ruling.chain]}


def as_text(ruling: Ruling) -> str:
    """Several lines for a terminal or a dialogue."""
    lines = [
        f"{ruling.zh}（{ruling.term}），{ruling.on}",
        f"取值：{amount(ruling.value, ruling.unit)}{_ends(ruling)}",
        f"依据：{ruling.basis}",
        f"由 {ruling.pack} 确定，自{ruling.since}起适用，{STATUS[ruling.status]}",
    ]
    if note := ruling.attrs.get("note"):
        lines.append(f"说明：{note}")
    lines.append("授权链：")
    lines += [f"  {n}. {_said(link, ruling.unit)}" for n, link in enumerate(ruling.chain, 1)]
    return "\n".join(lines)


def amount(value: Any, unit: str) -> str:
    """A value with its unit in Chinese."""
    if isinstance(value, list):
        return "；".join(
            "、".join(f"{k}={v}" for k, v in row.items()) if isinstance(row, dict) else str(row) for row in plain(value)
        )
    return f"{plain(value, unit)}{'' if unit == 'text' else ' '}{UNITS.get(unit, unit)}".rstrip()


def _ends(ruling: Ruling) -> str:
    ends = ENDS.get(str(ruling.attrs.get("ends", "")), "")
    return f"，{ends}" if ends else ""


def _said(link: Link, unit: str) -> str:
    who = f"{LEVELS[link.level]}（{link.zh}，{link.pack}）"
    version = link.version
    said = []
    if version and version.value is not None:
        own = link.term.unit if link.term and link.term.unit else unit
        said.append(f"{amount(version.value, own)}，{version.basis}，{STATUS[version.status]}")
    if version and version.low is not None:
        said.append(
            f"幅度 {plain(version.low, unit)}～{plain(version.high, unit)} {UNITS.get(unit, unit)}，{version.basis}"
        )
    if link.term and link.term.delegated_to:
        said.append(f"授权{'、'.join(LEVELS[level] for level in link.term.delegated_to)}确定")
    return f"{who}：{'；'.join(said) or '未作规定'}{'　← 采用' if link.used else ''}"
