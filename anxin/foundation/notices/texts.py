"""Texts come from notices.toml of the packs: `[<key>] zh = "…", fields = ["…"], text = "…{field}…"`, and
`urgent = true` for what may not wait for the morning.

A placeholder is a plain name in braces. What people typed elsewhere goes in as one short line, so that nobody can write
a message of his own into ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from anxin.foundation.kernel.errors import BadInput
from anxin.foundation.policy.current import book
from anxin.foundation.policy.errors import BadPack, UnknownTerm

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
FACT_LENGTH = 200


@dataclass(frozen=True)
class Text:
    """One wording; an urgent one does not wait for the end of the quiet hours."""

    key: str
    zh: str
    text: str
    urgent: bool

    @property
    def placeholders(self) -> list[str]:
        return list(dict.fromkeys(PLACEHOLDER.findall(self.text)))


def text_of(key: str, *, county: str, on: date) -> Text:
    """The wording in force in a county on a day; raises `UnknownTerm` or `BadPack`."""
    entry = book().section("notices", place=county, on=on).get(key)
    if entry is None:
        raise UnknownTerm(
            f"没有名为 {key} 的通知", file="notices.toml", term=key, fix="请在政策包的 notices.toml 中补充"
        )
    if not isinstance(entry, Mapping) or not isinstance(entry.get("text"), str) or not entry["text"].strip():
        raise BadPack("缺少 text", file="notices.toml", term=key, fix='请写作 text = "……{占位名}……"')
    if re.search(r"[{}]", PLACEHOLDER.sub("", entry["text"])):
        raise BadPack(
            "花括号的写法有误", file="notices.toml", term=key, fix="占位名只用小写英文字母、数字和下划线，如 {deadline}"
        )
    if unknown := set(PLACEHOLDER.findall(entry["text"])) - set(entry.get("fields", ())):
        names = "、".join(sorted(unknown))
        raise BadPack(
            f"不认识的项 {names}", file="notices.toml", term=key, fix=f"只能使用 {'、'.join(entry.get('fields', ()))}"
        )
    return Text(key, str(entry.get("zh", key)), entry["text"], entry.get("urgent") is True)


def filled(text: Text, facts: Mapping[str, Any]) -> str:
    """The finished text; raises `BadInput` that names every fact the wording asks for and did not get."""
    missing = [name for name in text.placeholders if facts.get(name) in (None, "")]
    if missing:
        raise BadInput(
            f"通知“{text.zh}”（{text.key}）缺少：{'、'.join(missing)}；已提供：{'、'.join(sorted(facts)) or '无'}",
            {name: "通知需要此项" for name in missing},
            fix="请补充这些内容，或改正 notices.toml 中的占位名",
        )
    return PLACEHOLDER.sub(lambda found: _line(facts[found[1]]), text.text)


def _line(value: Any) -> str:
    if isinstance(value, datetime | date):
        raise BadInput("通知中的时间须先写成文字，例如 2023-12-02 17:00")
    line = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in str(value))).strip()
    return line if len(line) <= FACT_LENGTH else f"{line[: FACT_LENGTH - 1]}…"
