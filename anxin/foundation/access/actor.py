"""Who is asking, with which permissions, and over which territory. No query, no clock, no setting."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from anxin.foundation.access.roles import ScopeKind, role_of
from anxin.foundation.kernel.errors import Denied


@dataclass(frozen=True)
class Scope:
    """One territory of an actor.

    `place` is a 12-digit place code; `unit` a unit code, or "" for a post held for the whole place.
    """

    kind: ScopeKind
    place: str
    unit: str = ""

    @property
    def county(self) -> str:
        """The six digits of the county the scope lies in."""
        return self.place[:6]

    @property
    def at_county(self) -> bool:
        """The place is the county itself."""
        return self.place.endswith("000000")

    @property
    def at_town(self) -> bool:
        """The place is a town, a street or a zone of town rank."""
        return self.place.endswith("000") and not self.at_county


@dataclass(frozen=True)
class Actor:
    """A person, the public or the system itself, as commands and queries see them. `county` has six digits."""

    user_id: int | None
    officer_id: int | None
    name: str
    county: str
    posts: tuple[str, ...] = ()
    permissions: frozenset[str] = frozenset()
    scopes: tuple[Scope, ...] = ()

    def may(self, permission: str) -> bool:
        """Whether one of the actor's posts grants `permission` ("room:verb")."""
        return permission in self.permissions

    @classmethod
    def public(cls, county: str) -> Actor:
        """Somebody who has not logged in: sees no rows; the role "public" of the county says what they may do."""
        return cls._of("public", county)

    @classmethod
    def system(cls, county: str) -> Actor:
        """The platform acting on a rule (journeys, clocks); the role "system" of the county says what it may do."""
        return cls._of("system", county)

    @classmethod
    def _of(cls, post: str, county: str) -> Actor:
        code = county[:6]
        role = role_of(post, code)
        scope = Scope(role.scope, code.ljust(12, "0"))
        return cls(None, None, role.zh, code, (post,), role.permissions, (scope,))


def require(actor: Actor, permission: str) -> None:
    """Raise `Denied` unless the actor holds `permission`."""
    if not actor.may(permission):
        raise Denied()


def reach(
    actor: Actor,
    *,
    county: str = "county_code",
    town: str = "town_code",
    unit: str = "unit_code",
    grid: str | None = None,
    assisting: str | None = None,
) -> Q:
    """The rows inside the actor's scopes; nothing by default.

    The arguments name the level columns of the queried model. Only equality is used, so every branch can
    be answered from an index that leads with its column. `assisting` may cross to a many-valued relation;
    the caller then adds `distinct()`.
    """
    columns = _Columns(county, town, unit, grid, assisting)
    found = Q(pk__in=[])
    for scope in actor.scopes:
        for column, value in columns.cells(scope):
            found |= Q(**{column: value})
    return found


@dataclass(frozen=True)
class _Columns:
    county: str
    town: str
    unit: str
    grid: str | None
    assisting: str | None

    def cells(self, scope: Scope) -> list[tuple[str, str]]:
        """Pairs of column and value, one of which a row must show to be inside the scope."""
        if scope.kind in ("county", "system"):
            return [(self.county, scope.county)]
        if scope.kind == "unit":
            return self._unit(scope)
        if scope.kind == "case":
            return self._named_unit(scope)
        if scope.kind == "grid" and self.grid:
            return [(self.grid, scope.place)]
        return []

    def _unit(self, scope: Scope) -> list[tuple[str, str]]:
        if scope.at_county and not scope.unit:
            return [(self.county, scope.county)]
        return self._named_unit(scope) + ([(self.town, scope.place)] if scope.at_town else [])

    def _named_unit(self, scope: Scope) -> list[tuple[str, str]]:
        if not scope.unit:
            return []
        return [(self.unit, scope.unit)] + ([(self.assisting, scope.unit)] if self.assisting else [])
