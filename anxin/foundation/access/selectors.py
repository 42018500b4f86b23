"""From a user, or from a post alone, to the actor that commands and queries see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Protocol

from anxin.foundation.access.actor import Actor, Scope
from anxin.foundation.access.models import User
from anxin.foundation.access.roles import Role, role_of, roles
from anxin.foundation.directory import selectors as directory
from anxin.foundation.kernel.errors import BadInput
from anxin.foundation.policy import current


class Account(Protocol):
    """What an actor needs to know of a logged-in account."""

    pk: int
    officer_id: int | None
    is_active: bool
    username: str


def actor_for_user(user: Account, on: date) -> Actor:
    """The actor of an account on a day: the posts its officer holds then, no more; one query.

    An officer of a grid also reaches the small grids inside it, at the price of a second query.
    """
    held = directory.holdings_of(user.officer_id, on) if user.officer_id and user.is_active else []
    known = [(post, role) for post in held if (role := roles(post.place_code, on).get(post.post))]
    return Actor(
        user_id=user.pk,
        officer_id=user.officer_id,
        name=held[0].name if held else user.username,
        county=held[0].place_code[:6] if held else "",
        posts=tuple(dict.fromkeys(role.post for _, role in known)),
        permissions=frozenset().union(*(role.permissions for _, role in known)),
        scopes=_with_small_grids(_scope(role, post.place_code, post.unit_code) for post, role in known),
    )


def actor_for_post(
    county: str, post: str, name: str | None = None, place: str | None = None, unit: str | None = None, *, on: date
) -> Actor:
    """An actor made from the packs alone, for scenarios and imports; reads no rows.

    Without `place` and `unit` the post is held for the whole county. `place` is a place code; at or below a
    town it brings the town's unit with it. Raises `BadInput` for an unknown post or a malformed code.
    """
    code = directory.normal(county[:6])
    role = role_of(post, code, on)
    person = name or role.zh
    return Actor(None, None, person, code[:6], (post,), role.permissions, (_post_scope(role, code, place, unit),))


def user_named(username: str) -> User | None:
    """The account of a username, if there is one."""
    return User.objects.filter(username=username).first()


def _post_scope(role: Role, county: str, place: str | None, unit: str | None) -> Scope:
    where = directory.normal(place) if place else county
    if where[:6] != county[:6]:
        raise BadInput(fields={"place": f"区划 {where} 不在 {county[:6]} 境内"})
    if role.scope in ("county", "system", "public"):
        return Scope(role.scope, county)
    if not place and not unit:
        return Scope("unit", county)
    listed = _listed_units(county)
    if unit:
        return Scope(role.scope, directory.normal(str(listed.get(unit, {}).get("place", where))), unit)
    town = where[:9].ljust(12, "0")
    if role.scope == "grid" and where != town:
        return Scope("grid", where)
    if town == county:
        return Scope("unit", county)
    return Scope("unit", town, _unit_of_town(listed, town))


def _listed_units(county: str) -> dict[str, Mapping[str, Any]]:
    """Units in the organisation.toml of a county, by full code."""
    rows = current.book().section("organisation", place=county).get("units", ())
    return {directory.unit_code(county, str(row["code"])): row for row in rows}


def _unit_of_town(listed: Mapping[str, Mapping[str, Any]], town: str) -> str:
    for code, row in listed.items():
        if row.get("kind") == "town" and directory.normal(str(row.get("place", "0" * 12))) == town:
            return code
    return f"{town[:9]}-town"


def _scope(role: Role, place: str, unit: str) -> Scope:
    return Scope(role.scope, place if role.scope in ("unit", "grid", "case") else place[:6].ljust(12, "0"), unit)


def _with_small_grids(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    found = list(dict.fromkeys(scopes))
    grids = [scope.place for scope in found if scope.kind == "grid"]
    inner = directory.smaller_grids(grids) if grids else []
    return tuple(dict.fromkeys([*found, *(Scope("grid", code) for code in inner)]))
