"""The left side of the console, as data."""

from typing import NamedTuple


class Item(NamedTuple):
    """One entry: the key a view names as its own, the word, the icon, the page and the permission it takes."""

    key: str
    zh: str
    icon: str
    url: str
    permission: str


CONSOLE = (
    Item("duties", "待办", "list-check", "console:duties", "duties:see"),
    Item("dispatch", "分派台", "arrows-split-2", "console:dispatch", "cases:dispatch"),
    Item("cases", "案件", "folders", "console:cases", "cases:see"),
    Item("receive", "登记来件", "file-plus", "console:receive", "intake:receive"),
    Item("inbox", "来件", "inbox", "console:complaints", "intake:see"),
    Item("ledgers", "台账", "table", "console:ledgers", "intake:see"),
    Item("rules", "规则", "scale", "console:rules", "policy:see"),
    Item("messages", "消息", "bell", "console:messages", "duties:see"),
    Item("outbox", "发出的消息", "send", "console:outbox", "notices:see"),
)
