"""Is every pack sound? Everything loading finds, and what only shows when the files are read together."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from anxin.foundation.kernel.errors import BadInput
from anxin.foundation.kernel.numbers import check_template
from anxin.foundation.policy.book import PolicyBook
from anxin.foundation.policy.errors import Ambiguous, BadPack, PolicyError, UnknownTerm
from anxin.foundation.policy.packs import Pack, Term

SCOPES = ("county", "unit", "grid", "case", "public", "system")
UNITS = ("day", "workday", "hour")
ENDS = ("exact", "end_of_day")
UNIT_KINDS = ("office", "town", "regulator", "inspectorate", "police", "legal_aid", "hotline", "mediation")
PLACE_KINDS = (
    "province", "city", "county", "town", "zone", "village", "grid_rural", "grid_enterprise", "grid_small",
)  # fmt: skip
LETTERS = ("acceptance", "settlement")
REQUIRED_WORDS = ("county", "office")


def faults(book: PolicyBook, packs: Iterable[str] | None = None) -> list[PolicyError]:
    """All faults, those of loading first; with `packs`, only those of the named packs' own files and chains."""
    wanted = set(book.packs if packs is None else packs)
    found = [fault for fault in book.faults if packs is None or fault.file.split("/")[0] in wanted]
    for pack in book.packs.values():
        if pack.id not in wanted:
            continue
        found += _terms(book, pack)
        found += _roles(book, pack)
        found += _duties(book, pack)
        found += _notices(book, pack)
        if pack.level == "county":
            found += _organisation(book, pack)
            found += _routing(book, pack)
            found += _complete(book, pack)
    unique = {(type(fault), fault.message): fault for fault in found}
    return list(unique.values())


def _terms(book: PolicyBook, pack: Pack) -> Iterator[PolicyError]:
    for term in pack.terms.values():
        if not book.unit(term.key, pack.id):
            yield BadPack("没有单位", file=term.file, term=term.key, fix='请补充 unit，例如 unit = "day"')
        if not term.versions and not term.delegated_to and not any(_above(book, pack, term)):
            yield BadPack(
                "既没有版本，也没有授权下级", file=term.file, term=term.key, fix=f"请补充 [[{term.key}.versions]]"
            )
        if not term.zh and not any(above.zh for above in _above(book, pack, term)):
            yield BadPack("没有中文名称", file=term.file, term=term.key, fix="请补充 zh")
        if term.key.split(".")[0] in ("clock", "statutory"):
            yield from _clock(book, pack, term)
        if term.key.startswith("number."):
            yield from _number(term)


def _above(book: PolicyBook, pack: Pack, term: Term) -> list[Term]:
    return [t for link in book.chain(pack.id)[1:] if (t := book.packs[link].terms.get(term.key))]


def _clock(book: PolicyBook, pack: Pack, term: Term) -> Iterator[PolicyError]:
    if (unit := book.unit(term.key, pack.id)) not in UNITS:
        yield BadPack(f"时限单位写作 {unit}", file=term.file, term=term.key, fix=f"请从 {'、'.join(UNITS)} 中选一个")
    if term.attrs.get("ends", ENDS[0]) not in ENDS:
        yield BadPack("ends 写法有误", file=term.file, term=term.key, fix=f"请从 {'、'.join(ENDS)} 中选一个")
    for version in term.versions:
        value = version.value
        if value is not None and not (hasattr(value, "to_integral_value") and value >= 0 and value == int(value)):
            yield BadPack(f"时限取值 {value} 不是非负整数", file=term.file, term=term.key, fix="请改为整数")


def _number(term: Term) -> Iterator[PolicyError]:
    for version in term.versions:
        try:
            check_template(str(version.value))
        except BadInput as error:
            yield BadPack(error.message, file=term.file, term=term.key, fix=error.fix)


def _own(pack: Pack, section: str) -> dict[str, Any]:
    return pack.sections.get(section, {})


def _roles(book: PolicyBook, pack: Pack) -> Iterator[PolicyError]:
    file = f"{pack.id}/roles.toml"
    merged = book.section("roles", place=pack.id)
    known = {p for link in book.chain(pack.id)[1:] for r in _own(book.packs[link], "roles").values() for p in _list(r)}
    for post in _own(pack, "roles"):
        role = merged.get(post, {})
        if not isinstance(role, Mapping) or not role.get("zh"):
            yield BadPack("岗位没有 zh", file=file, term=post, fix="请写明岗位的中文名称")
            continue
        if role.get("scope") not in SCOPES:
            yield BadPack("岗位的 scope 缺少或写错", file=file, term=post, fix=f"请从 {'、'.join(SCOPES)} 中选一个")
        if "permissions" not in role:
            yield BadPack("岗位没有 permissions", file=file, term=post, fix="请列出权限，没有就写空列表")
        for permission in _list(role):
            if not _looks_like_permission(permission):
                yield BadPack(
                    f"权限 {permission} 写法有误", file=file, term=post, fix="请写作“房间:动作”，例如 cases:see"
                )
            elif known and permission not in known:
                yield BadPack(
                    f"没有权限 {permission}", file=file, term=post, fix="请从全国政策包 roles.toml 已有的权限中选"
                )


def _list(role: Any) -> list[str]:
    return _several(role.get("permissions", [])) if isinstance(role, Mapping) else []


def _looks_like_permission(text: str) -> bool:
    room, _, verb = text.partition(":")
    return room.isidentifier() and verb.isidentifier()


def _duties(book: PolicyBook, pack: Pack) -> Iterator[PolicyError]:
    file = f"{pack.id}/duties.toml"
    posts = book.section("roles", place=pack.id)
    terms = set(book.terms(pack.id))
    merged = book.section("duties", place=pack.id)
    for name in _own(pack, "duties"):
        rule = merged.get(name)
        if name == "required" or rule is None:
            continue
        if not isinstance(rule, Mapping) or not rule.get("zh") or not rule.get("post"):
            yield BadPack("事项缺少 zh 或 post", file=file, term=name, fix="请写明名称和负责的岗位")
            continue
        for post in [rule["post"], *rule.get("posts", {}).values()]:
            if post not in posts:
                yield BadPack(
                    f"没有岗位 {post}", file=file, term=name, fix="请改用 roles.toml 中的岗位，或先在其中增加"
                )
        if unknown := set(rule.get("posts", {})) - set(UNIT_KINDS):
            yield BadPack(
                f"posts 中没有单位类别 {min(unknown)}", file=file, term=name, fix=f"可用：{'、'.join(UNIT_KINDS)}"
            )
        if rule.get("at", "county") not in ("unit", "county"):
            yield BadPack("at 写法有误", file=file, term=name, fix='请写作 at = "unit" 或 "county"')
        if (clock := rule.get("clock")) and clock not in terms:
            yield UnknownTerm(
                f"时限条目 {clock} 不存在", file=file, term=name, fix="请改正 clock，或在 parameters 中补充该条目"
            )


def _notices(book: PolicyBook, pack: Pack) -> Iterator[PolicyError]:
    file = f"{pack.id}/notices.toml"
    merged = book.section("notices", place=pack.id)
    for key in _own(pack, "notices"):
        notice = merged.get(key, {})
        try:
            used = {name for _, name, _, _ in string.Formatter().parse(notice["text"]) if name is not None}
        except (KeyError, TypeError, ValueError):
            yield BadPack("没有 text，或花括号不成对", file=file, term=key, fix="请写明消息文字")
            continue
        if unknown := used - set(notice.get("fields", [])):
            yield BadPack(
                f"用了没有的项 {{{min(unknown)}}}",
                file=file,
                term=key,
                fix=f"可用：{'、'.join(notice.get('fields', []))}",
            )


def _organisation(book: PolicyBook, pack: Pack) -> Iterator[PolicyError]:
    file = f"{pack.id}/organisation.toml"
    organisation = book.section("organisation", place=pack.id)
    places = [p for p in organisation.get("places", []) if isinstance(p, Mapping)]
    codes = [str(place.get("code", "")) for place in places]
    yield from _twice(codes, file, "区划代码")
    for place, code in zip(places, codes, strict=True):
        if not (code.isascii() and code.isdigit() and len(code) == 12):
            yield BadPack(f"区划代码 {code or '（空）'} 不是12位数字", file=file, fix="请按统计用区划代码补足12位")
        elif place.get("kind") not in PLACE_KINDS:
            yield BadPack(f"{code} 的 kind 写错", file=file, fix=f"请从 {'、'.join(PLACE_KINDS)} 中选一个")
        elif place["kind"] not in ("province", "city") and not code.startswith(pack.place):
            yield BadPack(f"{code} 不在 {pack.place} 之内", file=file, fix="请核对区划代码")
        elif (parent := place.get("parent")) and str(parent).ljust(12, "0") not in codes:
            yield BadPack(f"{code} 的上级 {parent} 没有列出", file=file, fix="请先列出上级区划")
    units = [u for u in organisation.get("units", []) if isinstance(u, Mapping)]
    yield from _twice([str(unit.get("code", "")) for unit in units], file, "单位代码")
    for unit in units:
        if not unit.get("name") or unit.get("kind") not in UNIT_KINDS:
            yield BadPack(
                f"单位 {unit.get('code')} 缺少 name 或 kind 写错", file=file, fix=f"kind 可用：{'、'.join(UNIT_KINDS)}"
            )
        if str(unit.get("place", pack.place)).ljust(12, "0") not in codes:
            yield BadPack(
                f"单位 {unit.get('code')} 所在区划 {unit.get('place')} 没有列出", file=file, fix="请先列出该区划"
            )
    if not any(unit.get("kind") == "office" for unit in units):
        yield BadPack("没有治欠办", file=file, fix='请列出一个 kind = "office" 的单位')


def _twice(codes: list[str], file: str, what: str) -> Iterator[PolicyError]:
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield Ambiguous(f"{what} {code} 出现多次", file=file, fix="请只保留一处")


def _several(value: Any) -> list[str]:
    """One word or a list of words; what is neither becomes a word that nobody knows."""
    return [str(part) for part in value] if isinstance(value, list) else [str(value)]


def _routing(book: PolicyBook, pack: Pack) -> Iterator[PolicyError]:
    file = f"{pack.id}/routing.toml"
    routing = book.section("routing", place=pack.id)
    sectors = book.section("words", place=pack.id).get("sectors", {})
    units = book.section("organisation", place=pack.id).get("units", [])
    leads = {str(u.get("code")) for u in units} | {u.get("kind") for u in units}
    leads |= {code.removeprefix(f"{pack.place}-") for code in leads if code}
    rules = [rule for rule in routing.get("rules", []) if isinstance(rule, Mapping)]
    yield from _twice([str(rule.get("id", "")) for rule in rules], file, "规则")
    answered: dict[tuple[Any, ...], str] = {}
    for rule in [*rules, {"id": "fallback", **routing.get("fallback", {})}]:
        name = str(rule.get("id", ""))
        if not name or not rule.get("lead") or not rule.get("reason"):
            yield BadPack("流转规则缺少 id、lead 或 reason", file=file, term=name, fix="每条规则都要写明主办单位和原因")
            continue
        for unit in [*_several(rule["lead"]), *_several(rule.get("assist", []))]:
            if unit not in leads:
                yield BadPack(
                    f"没有单位或单位类别 {unit}", file=file, term=name, fix="请改用 organisation.toml 中的单位"
                )
        for sector in _several(rule.get("sector", "any")):
            if sector != "any" and sector not in sectors:
                yield BadPack(f"没有行业 {sector}", file=file, term=name, fix=f"可用：{'、'.join(sectors)}")
            asked = (
                sector,
                str(rule.get("place", "any")),
                str(rule.get("people_min", "")),
                str(rule.get("people_max", "")),
                rule.get("from"),
            )
            if name != "fallback" and (other := answered.setdefault(asked, name)) != name:
                yield Ambiguous(
                    f"与规则 {other} 回答同一种情形（{sector}）", file=file, term=name, fix="请合并或删去一条"
                )


def _complete(book: PolicyBook, pack: Pack) -> Iterator[PolicyError]:
    """What every county must be able to do, wherever on its chain the rule is written."""
    duties = book.section("duties", place=pack.id)
    for name in duties.get("required", []):
        if name not in duties:
            yield BadPack(
                "缺少必备的事项规则",
                file=f"{pack.id}/duties.toml",
                term=name,
                fix=f"请补充 [{name}]，或删去 off = true",
            )
    for name, rule in duties.items():
        clock = rule.get("clock", "") if isinstance(rule, Mapping) else ""
        if clock in book.terms(pack.id) and not _decided(book, pack, clock):
            yield UnknownTerm(
                f"时限 {clock} 没有取值", file=f"{pack.id}/duties.toml", term=name, fix="请在 parameters 中填写"
            )
    for letter in LETTERS:
        if not any(f"documents/{letter}.typ" in book.packs[link].files for link in book.chain(pack.id)):
            yield BadPack("缺少文书模板", file=f"{pack.id}/documents/{letter}.typ", fix="请补充，或检查 extends")
    words = book.section("words", place=pack.id)
    for word in REQUIRED_WORDS:
        if not words.get(word):
            yield BadPack("缺少用词", file=f"{pack.id}/words.toml", term=word, fix=f'请补充 {word} = "…"')


def _decided(book: PolicyBook, pack: Pack, term: str) -> bool:
    said = [book.packs[link].terms.get(term) for link in book.chain(pack.id)]
    return any(version.value is not None for t in said if t for version in t.versions)
