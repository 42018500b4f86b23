"""The demo county: invented, the same for the same day, alive on every desk, and never in production."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from io import StringIO
from random import Random

import pytest
from django.core.management import call_command
from django.db import transaction

from anxin.foundation.access.models import User
from anxin.foundation.access.selectors import actor_for_user, user_named
from anxin.foundation.audit.commands import ask
from anxin.foundation.directory.models import Holding, Place, Unit
from anxin.foundation.documents.models import Evidence, Letter
from anxin.foundation.duties.models import Duty
from anxin.foundation.kernel import identifiers
from anxin.foundation.kernel.errors import Refused
from anxin.foundation.notices.models import Message
from anxin.foundation.outbox.models import Event
from anxin.foundation.workdays.calendar import CHINA
from anxin.registry.employers.models import Employer
from anxin.registry.projects.models import Participation, Project
from anxin.registry.workers.models import Worker
from anxin.resolution.cases.models import Case
from anxin.resolution.intake.models import Complaint
from anxin.resolution.mediation.models import Instalment
from demo import county, logins, written
from demo.names import Inventor

NOW = datetime(2026, 11, 18, 15, tzinfo=CHINA)
TINY = county.Size(employers=60, projects=6, complaints=len(written.STORIES) + 14, consultations=2, redirected=2)
CONTENT = {
    Complaint: ("number", "channel", "people", "amount_fen", "text", "received_at", "received_by", "status"),
    Case: ("number", "stage", "unit_code", "people", "due_fen", "paid_fen", "grade", "opened_at", "touched_at"),
    Duty: ("rule", "headline", "post", "unit_code", "started_at", "due_at", "state", "lapsed_at", "ended_at", "late"),
    Message: ("template", "text", "phone", "created_at"),
    Letter: ("number", "issued_at"),
    Evidence: ("kind", "sha256", "added_at", "added_by"),
    Employer: ("name", "credit_code", "sector", "headcount", "grid_code", "legal_representative"),
    Project: ("name", "code", "contract_fen"),
    Worker: ("name", "id_number", "phone"),
    Holding: ("post", "place_id", "unit_id", "officer__name", "officer__phone"),
}
"""What must be the same; ids, password hashes and random file names are left out."""


def digest() -> str:
    rows = {model.__name__: sorted(map(repr, model.objects.values_list(*names))) for model, names in CONTENT.items()}
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


@pytest.fixture(scope="module")
def digests(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """The county loaded twice on the same day; the second stays for the tests of this file and is gone afterwards."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        with transaction.atomic():
            county.load(NOW, TINY)
            first = digest()
            transaction.set_rollback(True)
        with transaction.atomic():
            county.load(NOW, TINY)
            yield first, digest()
            transaction.set_rollback(True)


def test_the_same_day_gives_the_same_county(digests):
    assert digests[0] == digests[1]


def test_organisation_has_a_holder_in_every_place(digests):
    kinds = Counter(Place.objects.filter(county_code="330784").values_list("kind", flat=True))
    assert (kinds["town"], kinds["zone"], kinds["grid_rural"], kinds["grid_enterprise"], kinds["grid_small"]) == (
        14, 1, 44, 13, 91,
    )  # fmt: skip
    held = set(Holding.objects.values_list("unit_id", flat=True))
    assert not {code for code in Unit.objects.values_list("code", flat=True)} - held
    on_grids = set(Holding.objects.filter(post="grid_officer").values_list("place_id", flat=True))
    assert on_grids == set(Place.objects.filter(kind__startswith="grid_").values_list("code", flat=True))
    posts = set(Holding.objects.values_list("post", flat=True))
    assert {login["post"] for login in logins.LOGINS} <= posts


def test_every_number_is_valid_and_nobodys(digests):
    for name, code in Employer.objects.exclude(credit_code=None).values_list("name", "credit_code"):
        assert identifiers.credit_code(code) == code and code.startswith("9199"), name
    for number, phone in Worker.objects.values_list("id_number", "phone"):
        assert not number or (identifiers.id_number(number) == number and number.startswith("99"))
        assert not phone or (identifiers.mobile(phone) == phone and phone.startswith("19900"))


def test_the_register_has_chains_and_a_few_gaps(digests):
    assert Employer.objects.count() == TINY.employers and Project.objects.count() == TINY.projects
    assert 0 < Employer.objects.filter(grid_code="").count() <= 12
    roles = Counter(Participation.objects.values_list("role", flat=True))
    assert set(roles) == {"owner", "general_contractor", "subcontractor", "labour", "crew"}
    assert Participation.objects.filter(role="crew", parent__role="labour").count() == TINY.projects


def test_everything_that_follows_has_followed_and_nothing_lies_in_the_future(digests):
    assert set(Event.objects.values_list("state", flat=True)) == {"done"}
    assert not Event.objects.exclude(error="").exists()
    assert not Complaint.objects.filter(received_at__gt=NOW).exists()
    assert not Case.objects.filter(touched_at__gt=NOW).exists()
    assert not Duty.objects.filter(state="open", due_at__lt=NOW).exists()
    assert all(d.lapsed_at == d.due_at for d in Duty.objects.filter(state="lapsed"))


def test_the_written_stories_stand_where_they_should(digests):
    group = Case.objects.get(employer_name=written.GROUP)
    assert (group.people, group.stage, group.joint) == (159, "escalated", True)
    hardware = Case.objects.get(employer_name=written.HARDWARE)
    assert (hardware.stage, hardware.people, hardware.due_fen) == ("verified", 3, 1_260_000)
    waiting = Case.objects.filter(stage="registered").order_by("opened_at")
    assert NOW - waiting[0].opened_at == timedelta(hours=22)
    assert waiting.filter(channel="qr", opened_at=NOW - timedelta(minutes=40)).exists()
    assert Case.objects.filter(stage="ordered", order_lapsed=True).exists()
    assert {"paid", "missed", "awaited"} <= set(Instalment.objects.values_list("state", flat=True))


@pytest.mark.parametrize("login", logins.LOGINS, ids=lambda login: login["username"])
def test_every_desk_that_can_owe_something_does(digests, login):
    user = user_named(login["username"])
    assert user is not None and user.check_password(logins.PASSWORD)
    actor = actor_for_user(user, NOW.date())
    assert actor.posts == (login["post"],)
    if login["post"] in ("hotline_operator", "grid_officer", "administrator"):
        return  # the packs give these posts no duty
    mine = ask("duties.mine", actor=actor, now=NOW)["rows"]
    assert mine
    for row in mine:
        assert ask("cases.detail", actor=actor, now=NOW, case=int(row["subject"].partition(":")[2]))


def test_a_second_run_does_nothing(digests, settings):
    settings.ANXIN_DEMO = True
    before, out = User.objects.count(), StringIO()
    call_command("demo", stdout=out)
    assert "已经载入" in out.getvalue() and User.objects.count() == before


def test_a_database_with_cases_is_refused(digests):
    with pytest.raises(Refused, match="已有来件"):
        county.load(NOW, TINY)


def test_production_refuses(settings):
    settings.ANXIN_DEMO = False
    for arguments in ([], ["--logins"]):
        with pytest.raises(Refused, match="正式环境"):
            call_command("demo", *arguments)


def test_log_ins_are_a_table(settings):
    settings.ANXIN_DEMO = True
    out = StringIO()
    call_command("demo", logins=True, stdout=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == len(logins.LOGINS) + 1
    widths = {sum(2 if ord(c) > 0x2E7F else 1 for c in line.split("anxin-demo")[0]) for line in lines[1:]}
    assert len(widths) == 1


def test_the_moment_of_a_day():
    assert county.present(None, NOW + timedelta(minutes=59)) == NOW
    assert county.present(NOW.date(), NOW) == NOW
    assert county.present(date(2026, 3, 1), NOW) == datetime(2026, 3, 1, 10, tzinfo=CHINA)


def test_names_do_not_come_twice():
    inventor = Inventor(Random(1))
    firms = [inventor.firm("manufacturing") for _ in range(2000)]
    assert len(set(firms)) == 2000
    assert len({inventor.phone() for _ in range(2000)}) == 2000


@pytest.mark.django_db
def test_a_year_without_a_calendar_is_no_obstacle():
    moment = datetime(2027, 1, 4, 10, tzinfo=CHINA)
    county.load(moment, TINY)
    assert Case.objects.count() >= TINY.complaints - 2
    assert Duty.objects.filter(provisional=True).exists()
