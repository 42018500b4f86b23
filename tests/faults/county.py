"""Prepares a county for tests of real processes: `python -m tests.faults.county`.

Writes the organisation of the packs, one officer with an account for every post in use, and prints nothing. Every
account has the same password.
"""

from __future__ import annotations

import sys
from datetime import date

import django

COUNTY = "330784"
TOWN, TOWN_UNIT = f"{COUNTY}115000", f"{COUNTY}115-town"
PASSWORD = "only-on-loopback"
SINCE = date(2020, 1, 1)
PEOPLE = {
    "hotline": ("吴晓萍", "hotline_operator", COUNTY, f"{COUNTY}-hotline"),
    "dispatcher": ("周红梅", "dispatcher", COUNTY, f"{COUNTY}-arrears-office"),
    "dispatcher2": ("陈立新", "dispatcher", COUNTY, f"{COUNTY}-arrears-office"),
    "town": ("胡建国", "town_handler", TOWN, TOWN_UNIT),
    "inspector": ("施国强", "inspector", COUNTY, f"{COUNTY}-inspectorate"),
    "office": ("徐志远", "arrears_office", COUNTY, f"{COUNTY}-arrears-office"),
    "joint": ("应晓东", "joint_office", COUNTY, f"{COUNTY}-joint-office"),
    "callback": ("吕秀英", "callback_officer", COUNTY, f"{COUNTY}-independent-callback"),
    "leader": ("程海波", "leader", COUNTY, ""),
}
"""Username → name, post, place and unit."""


def prepare() -> None:
    """Places, units, people and accounts."""
    from django.utils import timezone

    from anxin.foundation.access.services import create_user
    from anxin.foundation.directory.services import appoint, enrol, load_organisation

    load_organisation(county=COUNTY, now=timezone.now())
    for username, (name, post, place, unit) in PEOPLE.items():
        officer = enrol(name=name)
        appoint(officer=officer, post=post, place=place, unit=unit, from_on=SINCE)
        create_user(username=username, password=PASSWORD, officer=officer)


if __name__ == "__main__":
    django.setup()
    prepare()
    sys.exit(0)
