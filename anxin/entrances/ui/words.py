"""Where stages stand on the way, what states are called on screen, and the tone and icon each is shown with.

Stages are called as the lifecycle calls them, unless a county renames one.

Tones: calm (grey), active (accent), done (green), warn (amber), late (red). A tone never stands without its word.
"""

from typing import NamedTuple


class Look(NamedTuple):
    """A word, a tone and the name of an icon in the sprite."""

    word: str
    tone: str = "calm"
    icon: str = "circle-dashed"


class Rung(NamedTuple):
    """Where a stage stands on the way from registration to closing; step 0 is off the way."""

    step: int
    tone: str = "active"


STEPS = ("登记", "流转", "联系", "核实", "处置", "兑付回复", "销号")

STAGES: dict[str, Rung] = {
    "registered": Rung(1),
    "dispatched": Rung(2),
    "contacted": Rung(3),
    "verified": Rung(4),
    "mediating": Rung(5),
    "settled": Rung(5),
    "escalated": Rung(5, "warn"),
    "ordered": Rung(5),
    "referred": Rung(5, "warn"),
    "dismissed": Rung(6, "calm"),
    "paid": Rung(6),
    "replied": Rung(6),
    "closed": Rung(7, "done"),
    "withdrawn": Rung(0, "calm"),
    "merged": Rung(0, "calm"),
}

STATES: dict[str, Look] = {
    "open": Look("进行中", "active", "clock"),
    "paused": Look("已暂停", "calm", "clock-pause"),
    "lapsed": Look("已超期", "late", "alert-triangle"),
    "discharged": Look("已完成", "done", "circle-check"),
    "cancelled": Look("已取消", "calm", "circle-x"),
    "queued": Look("待发送", "calm", "hourglass"),
    "sent": Look("已发送", "active", "send"),
    "read": Look("已读", "done", "check"),
    "failed": Look("发送失败", "late", "alert-circle"),
    "verified": Look("已核对", "done", "circle-check"),
    "unverified": Look("待核对", "warn", "alert-circle"),
    "group": Look("群体", "warn", "users"),
    "anonymous": Look("匿名", "calm", "lock"),
    "provisional": Look("暂定", "calm", "calendar"),
}
