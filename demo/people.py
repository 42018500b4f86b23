"""Officers for every post, the accounts of the demo, and who acts for which unit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count

from django.contrib.auth.hashers import make_password

from anxin.foundation.access.actor import Actor
from anxin.foundation.access.models import User
from anxin.foundation.access.selectors import actor_for_user
from anxin.foundation.access.services import create_user
from anxin.foundation.directory.models import PlaceKind, UnitKind
from anxin.foundation.directory.selectors import Holder, holders, normal, places_under, units
from anxin.foundation.directory.services import appoint_many
from demo.logins import LOGINS, PASSWORD, Login
from demo.names import Inventor

HANDLERS = {
    UnitKind.TOWN: "town_handler",
    UnitKind.REGULATOR: "regulator_handler",
    UnitKind.INSPECTORATE: "inspector",
    UnitKind.OFFICE: "arrears_office",
    UnitKind.POLICE: "police_liaison",
    UnitKind.LEGAL_AID: "legal_aid",
    UnitKind.MEDIATION: "mediator",
}
COUNTY_POSTS = {
    "hotline_operator": ("hotline", 3),
    "dispatcher": ("hotline", 2),
    "callback_officer": ("independent-callback", 2),
    "arrears_office": ("arrears-office", 2),
    "joint_office": ("joint-office", 2),
    "leader": ("", 1),
    "administrator": ("", 1),
}
TERM = timedelta(days=600)
"""How long before the demo's day everybody took office."""


@dataclass
class _Account:
    pk: int
    officer_id: int | None
    username: str = ""
    is_active: bool = True


class Staff:
    """Everybody who acts for the county, as actors; asked by post and unit, one after the other."""

    def __init__(self, county: str, on: date) -> None:
        self.county, self.on = county, on
        self.kinds = dict(units(county).values_list("code", "kind"))
        self.seats: dict[tuple[str, str], list[Actor]] = {}
        self.turn = count()
        self.public, self.system = Actor.public(county), Actor.system(county)

    def of(self, post: str, unit: str = "", place: str = "") -> Actor:
        """Whoever of a post has the next turn: in a unit, at a place, or for the whole county."""
        where = unit or normal(place or self.county)
        if (post, where) not in self.seats:
            held = holders(post, on=self.on, unit=unit, place="" if unit else where)
            found = [actor_for_user(_Account(0, one.officer_id), self.on) for one in held]
            self.seats[post, where] = [replace(actor, user_id=None) for actor in found]
        seats = self.seats[post, where]
        return seats[next(self.turn) % len(seats)]

    def handler(self, unit: str) -> Actor:
        """An officer who handles cases in a unit."""
        return self.of(HANDLERS[UnitKind(self.kinds[unit])], unit)


def appoint_everybody(county: str, now: datetime, inventor: Inventor) -> int:
    """Holders for every post of the packs: county posts, units, towns and grids. Returns how many."""
    rows: list[dict[str, object]] = []
    whole, since = normal(county), now.date() - TERM

    def add(post: str, place: str, unit: str, number: int = 1) -> None:
        for _ in range(number):
            rows.append(
                {"name": inventor.name(), "phone": inventor.phone(), "post": post, "place": place, "unit": unit,
                 "from_on": since}
            )  # fmt: skip

    for post, (unit, number) in COUNTY_POSTS.items():
        add(post, whole, f"{county}-{unit}" if unit else "", number)
    for unit, kind, place in units(county).order_by("code").values_list("code", "kind", "place"):
        if kind in HANDLERS and kind != UnitKind.OFFICE:
            add(HANDLERS[UnitKind(kind)], place, unit, 4 if place.endswith("900000") else 2)
        if kind == UnitKind.TOWN:
            add("mediator", place, unit)
            add("legal_aid", place, unit)
    grids = (PlaceKind.GRID_RURAL, PlaceKind.GRID_ENTERPRISE, PlaceKind.GRID_SMALL)
    for place in places_under(county, kinds=grids).order_by("code").values_list("code", flat=True):
        add("grid_officer", place, "")
    return appoint_many(rows=rows)


def open_accounts(on: date) -> int:
    """An account for the first holder of each log-in's post; returns how many.

    The password is the same for all and no secret, so one hash serves them: hashing is slow on purpose.
    """
    made = [
        create_user(username=login["username"], password=None, officer=_first(login, on).officer_id) for login in LOGINS
    ]
    return User.objects.filter(pk__in=made).update(password=make_password(PASSWORD))


def _first(login: Login, on: date) -> Holder:
    return holders(login["post"], on=on, unit=login["unit"], place="" if login["unit"] else login["at"])[0]
