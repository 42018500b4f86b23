"""A county with two towns and a grid, its neighbour, and people who work on the register, for the registry's specs."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from anxin.foundation.access.actor import Actor, Scope
from anxin.foundation.directory.services import save_places
from anxin.foundation.kernel import identifiers
from anxin.foundation.kernel.errors import BadInput

NOW = datetime(2023, 11, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
EAST, WEST = "990101", "990102"
TOWN, OTHER_TOWN, GRID = f"{EAST}101000", f"{EAST}102000", f"{EAST}101201"
EVERYTHING = frozenset({"registry:see", "registry:edit", "wages:see"})


def load() -> None:
    save_places(
        rows=[
            {"code": EAST, "name": "东县", "kind": "county"},
            {"code": TOWN, "name": "东山镇", "kind": "town"},
            {"code": OTHER_TOWN, "name": "东水镇", "kind": "town"},
            {"code": GRID, "name": "一号网格", "kind": "grid_rural"},
            {"code": WEST, "name": "西县", "kind": "county"},
        ]
    )


def actor(*scopes: Scope, county: str = EAST, permissions: frozenset[str] = EVERYTHING) -> Actor:
    """Somebody of the county; without scopes a county-level post."""
    own = scopes or (Scope("county", f"{county}000000"),)
    return Actor(1, 1, "王经办", county, ("arrears_office",), permissions, own)


OFFICE = actor()
NEIGHBOUR = actor(county=WEST)
TOWN_HANDLER = actor(Scope("unit", TOWN, f"{EAST}101-town"))
OTHER_TOWN_HANDLER = actor(Scope("unit", OTHER_TOWN, f"{EAST}102-town"))
GRID_OFFICER = actor(Scope("grid", GRID))
NOBODY = actor(permissions=frozenset())


def _completed(body: str, alphabet: str, check: object) -> str:
    """`body` with the check character that makes it valid."""
    for last in alphabet:
        try:
            return check(body + last)  # type: ignore[operator]
        except BadInput:
            continue
    raise AssertionError(body)


def credit_code(n: int) -> str:
    """A valid credit code, another for every n."""
    return _completed(f"91990101{n:09d}", "0123456789ABCDEFGHJKLMNPQRTUWXY", identifiers.credit_code)


def id_number(n: int) -> str:
    """A valid identity number, another for every n below 1000."""
    return _completed(f"99010119900101{n:03d}", "0123456789X", identifiers.id_number)
