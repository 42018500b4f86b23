"""Who can owe an act: the rule of the pack, the kinds of unit it knows, and the posts that would see it."""

from __future__ import annotations

from datetime import date
from typing import Any

from anxin.foundation.access.roles import roles
from anxin.foundation.directory import selectors as directory
from anxin.foundation.kernel.errors import Refused
from anxin.foundation.policy.book import UnknownTerm
from anxin.foundation.policy.current import book


def rule_of(name: str, *, county: str, on: date) -> dict[str, Any]:
    """The rule in force in a county on a day; raises `UnknownTerm` when its packs have none of this name."""
    rules = book().section("duties", place=county, on=on)
    if name not in rules:
        raise UnknownTerm(f"{county} 的政策包没有职责规则 {name}", term=name, fix="请在 duties.toml 中补充")
    found: dict[str, Any] = rules[name]
    return found


def can_owe(rule: str, *, county: str, unit_kind: str, on: date) -> bool:
    """Whether a unit of this kind can owe the act. Ask before a matter is put with a unit.

    A rule with a table `posts` is owed by the kinds of unit in it and by no other; a rule without one by any unit.
    A rule of the county, and a matter that no unit has yet (`unit_kind` ""), are owed by the rule's own `post`.
    """
    return _serves(rule_of(rule, county=county, on=on), unit_kind)


def _serves(rule: dict[str, Any], unit_kind: str) -> bool:
    return not at_unit(rule) or not unit_kind or unit_kind in rule.get("posts", (unit_kind,))


def at_unit(rule: dict[str, Any]) -> bool:
    """Whether the unit that has the matter owes the act, not the county."""
    return rule.get("at") == "unit"


def post_of(rule: dict[str, Any], *, county: str, unit_kind: str) -> str:
    """The post that owes the act; raises `Refused` when no post of such a unit does."""
    if not _serves(rule, unit_kind):
        raise Refused(_no_post(rule, county, unit_kind))
    posts = rule.get("posts", {}) if at_unit(rule) else {}
    return str(posts.get(unit_kind, rule["post"]))


def _no_post(rule: dict[str, Any], county: str, unit_kind: str) -> str:
    kinds = [unit_kind, *rule["posts"]]
    names = {unit.kind: unit.get_kind_display() for unit in directory.units(county, kinds=kinds)}
    who = names.pop(unit_kind, "这类单位")
    able = [names[kind] for kind in rule["posts"] if kind in names]
    choice = "或".join(filter(None, ["、".join(able[:-1]), *able[-1:]])) or "其他单位"
    return f"{who}不能承办“{rule['zh']}”，请选择{choice}"


def check_post(post: str, *, county: str, on: date, unit: str) -> None:
    """Raise `Refused` unless holders of the post would see a duty that `unit` ("" for the county) owes."""
    role = roles(county, on).get(post)
    if role is None:
        raise Refused(f"本县没有“{post}”这个岗位，请从岗位表中选择")
    if role.scope not in ("county", "unit"):
        raise Refused(f"“{role.zh}”不能承办职责，请选择县级岗位或承办单位的岗位")
    if role.scope == "unit" and not unit:
        raise Refused(f"“{role.zh}”只办理本单位的事项，请同时选择单位")


def check_unit(code: str, rule: dict[str, Any], *, county: str) -> None:
    """Raise `Refused` unless the unit is one of the county and of a kind that can owe the act."""
    unit = directory.units(county).filter(code=code).first()
    if unit is None:
        raise Refused(f"本县没有代码为“{code}”的单位，请从单位表中选择")
    if not _serves(rule, unit.kind):
        raise Refused(_no_post(rule, county, unit.kind))
