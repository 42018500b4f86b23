"""What a worker reads: stages, next steps and moments in plain words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from anxin.entrances.ui import wording

STAGES = {
    "registered": "已收到您的反映",
    "dispatched": "已转给负责的单位",
    "contacted": "已经和您联系",
    "verified": "已核实情况",
    "mediating": "正在调解",
    "settled": "双方已说好怎么付",
    "escalated": "事情难办，几个部门一起研究",
    "ordered": "已下令单位限期付钱",
    "referred": "已移送公安机关",
    "paid": "单位说钱已付",
    "dismissed": "查下来，这次没有支持",
    "replied": "已把结果告诉您",
    "closed": "已办完",
    "withdrawn": "已撤回",
    "merged": "已和同一件事合在一起办",
}

AHEAD = {
    "registered": "收下，转给负责的单位",
    "dispatched": "负责的单位给您打电话",
    "paid": "把结果告诉您，问您钱到了没有",
    "dismissed": "把结果告诉您",
    "replied": "问您钱到了没有",
}
ENDED = ("paid", "dismissed", "replied", "closed", "withdrawn")


def ahead(stage: str) -> str:
    """What has to happen next at a stage."""
    return AHEAD.get(stage, "办出结果，告诉您")


def moment(at: datetime | str, now: datetime) -> str:
    """11月2日 17:00; a whole last day is 11月8日（当天以内）; the year only when it is another one."""
    found = wording.moment(at)
    year = "" if found.year == wording.moment(now).year else f"{found.year}年"
    day = f"{year}{found.month}月{found.day}日"
    return f"{day}（当天以内）" if (found.hour, found.minute) == (23, 59) else f"{day} {found:%H:%M}"


def walked(steps: list[dict[str, Any]], now: datetime) -> list[dict[str, str]]:
    """The steps reached, newest first; going back to work after an end is told as such."""
    out, ended = [], False
    for step in steps:
        again = ended and step["stage"] not in ENDED
        ended = step["stage"] in ENDED
        zh = "重新办理" if again else STAGES.get(step["stage"], step["zh"])
        out.append({"zh": zh, "at": moment(step["at"], now)})
    return out[::-1]
