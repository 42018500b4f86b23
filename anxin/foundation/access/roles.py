"""Roles: what each post may do and how far it sees, read from the roles.toml of the county's packs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast, get_args

from anxin.foundation.kernel.errors import BadInput
from anxin.foundation.policy import current
from anxin.foundation.policy.book import BadPack, PolicyBook

ScopeKind = Literal["county", "unit", "grid", "case", "system", "public"]


@dataclass(frozen=True)
class Role:
    """A post as the packs describe it: Chinese name, kind of scope, permissions ("room:verb")."""

    post: str
    zh: str
    scope: ScopeKind
    permissions: frozenset[str]


_KEPT = 256
_cache: dict[tuple[int, str, date | None], tuple[PolicyBook, dict[str, Role]]] = {}


def roles(place: str, on: date | None = None) -> dict[str, Role]:
    """All roles in force at a place on a day, by post code; kept in memory per pack and day."""
    book = current.book()
    key = (id(book), book.pack_for(place), on)
    kept = _cache.get(key)
    if kept is not None and kept[0] is book:
        return kept[1]
    if len(_cache) >= _KEPT:
        _cache.clear()
    found = {post: _role(post, row) for post, row in book.section("roles", place=place, on=on).items()}
    _cache[key] = (book, found)
    return found


def role_of(post: str, place: str, on: date | None = None) -> Role:
    """The role of one post; raises `BadInput` when the packs of the place know no such post."""
    known = roles(place, on)
    if post not in known:
        raise BadInput(fields={"post": f"没有名为“{post}”的岗位，可用的有：{'、'.join(sorted(known))}"})
    return known[post]


def _role(post: str, row: Any) -> Role:
    if not isinstance(row, Mapping) or not {"zh", "scope", "permissions"} <= row.keys():
        raise BadPack("须写明 zh、scope 和 permissions", file="roles.toml", term=post)
    if row["scope"] not in get_args(ScopeKind):
        raise BadPack(f"scope 只能是 {'、'.join(get_args(ScopeKind))}", file="roles.toml", term=post)
    return Role(post, row["zh"], cast(ScopeKind, row["scope"]), frozenset(row["permissions"]))
