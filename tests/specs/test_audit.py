"""The trail: no act without a trace, no trace without an act, and nobody rewrites either."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction

from anxin.foundation.audit.commands import REGISTRY, SilentCommand, UnknownName, ask, call, command, query, record
from anxin.foundation.audit.models import Entry
from anxin.foundation.audit.trail import GENESIS, digest
from anxin.foundation.audit.unit import OutsideCommand, unit_of_work
from anxin.foundation.kernel.errors import BadInput, Denied, Refused
from anxin.foundation.outbox import bus
from anxin.foundation.outbox.models import Heartbeat
from tests.specs import case_desk as desk
from tests.specs.drill import MatterBegan

NOW = desk.NOW
SUBJECT = "specs.Thing:1"

pytestmark = pytest.mark.django_db


@pytest.fixture
def commands() -> Iterator[None]:
    """Commands that a test registers are gone afterwards."""
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)


def written() -> int:
    return Heartbeat.objects.count()


def write(*, worker: str = "somebody") -> None:
    Heartbeat.objects.create(worker=worker, at=NOW)


def acted(subject: str = SUBJECT, verb: str = "specs.act", **detail: Any) -> Entry:
    with unit_of_work(actor=desk.everyone(), now=NOW):
        record(actor=desk.everyone(), verb=verb, subject=subject, **detail)
    return Entry.objects.filter(subject=subject).latest("seq")


# -- the one door -------------------------------------------------------------------------------------------------


def test_a_command_that_changes_something_silently_is_undone(commands):
    @command(may="cases:see", zh="不留痕")
    def silently(*, actor, now) -> None:
        write()

    with pytest.raises(SilentCommand, match="specs.silently"):
        silently(actor=desk.everyone(), now=NOW)
    assert written() == 0


def test_an_inner_command_leaves_a_trace_of_its_own(commands):
    @command(may="cases:see", zh="内层")
    def inner(*, actor, now) -> None:
        write()

    @command(may="cases:see", zh="外层")
    def outer(*, actor, now) -> None:
        record(actor=actor, verb="specs.outer", subject=SUBJECT)
        inner(actor=actor, now=now)

    with pytest.raises(SilentCommand, match="specs.inner"):
        outer(actor=desk.everyone(), now=NOW)
    assert (written(), Entry.objects.count()) == (0, 0)


def test_traces_are_left_inside_commands_only():
    with pytest.raises(OutsideCommand):
        record(actor=desk.everyone(), verb="specs.act", subject=SUBJECT)


def test_a_refused_command_leaves_nothing_at_all(commands):
    @command(may="cases:see", zh="先写后拒")
    def refusing(*, actor, now) -> None:
        write()
        record(actor=actor, verb="specs.act", subject=SUBJECT)
        bus.publish(MatterBegan(1))
        raise Refused("条件不具备")

    with pytest.raises(Refused):
        refusing(actor=desk.everyone(), now=NOW)
    assert contents() == {}


def test_nested_commands_are_one_act(commands):
    @command(may="cases:see", zh="内层")
    def inner(*, actor, now) -> None:
        write()
        record(actor=actor, verb="specs.inner", subject=SUBJECT)

    @command(may="cases:see", zh="外层")
    def outer(*, actor, now) -> None:
        inner(actor=actor, now=now)
        record(actor=actor, verb="specs.outer", subject=SUBJECT)
        raise Refused("外层反悔")

    with pytest.raises(Refused):
        outer(actor=desk.everyone(), now=NOW)
    assert contents() == {}


def test_permission_comes_before_everything_else(commands):
    @command(may="cases:handle", zh="须有权限")
    def guarded(*, actor, now, amount: int) -> None:
        raise AssertionError("never reached")

    with pytest.raises(Denied):
        guarded(actor=desk.without("cases:handle"), now=NOW, amount="abc")


def test_arguments_are_told_by_field_in_chinese(commands):
    @command(may="cases:see", zh="须填写")
    def asking(*, actor, now, people: int, day: date) -> None:
        raise AssertionError("never reached")

    with pytest.raises(BadInput) as refusal:
        asking(actor=desk.everyone(), now=NOW, people="三", extra=1)
    assert refusal.value.fields == {"people": "请填写整数", "day": "请填写此项", "extra": "没有这个字段，请删去"}


def test_a_question_checks_permission_and_arguments_too():
    @query(may="cases:see", zh="提问")
    def question(*, actor, now, limit: int = 5) -> int:
        return limit

    assert question(actor=desk.everyone(), now=NOW, limit="7") == 7
    with pytest.raises(Denied):
        question(actor=desk.without("cases:see"), now=NOW)
    with pytest.raises(BadInput):
        question(actor=desk.everyone(), now=NOW, limit="七")


def test_a_name_nobody_registered_is_told_with_those_that_exist():
    with pytest.raises(UnknownName, match="cases.dispatch"):
        call("cases.dispach", actor=desk.everyone(), now=NOW)
    with pytest.raises(UnknownName, match="cases.detail"):
        ask("cases.detial", actor=desk.everyone(), now=NOW)


# -- the chain ----------------------------------------------------------------------------------------------------


def test_entries_of_a_subject_are_chained_from_the_first_on():
    entries = [acted(verb=f"specs.act{n}", n=n) for n in range(3)]
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert [entry.previous for entry in entries] == [GENESIS, entries[0].digest, entries[1].digest]
    assert all(digest(Entry.objects.get(pk=entry.pk)) == entry.digest for entry in entries)


def test_each_subject_has_a_chain_of_its_own_also_within_one_act():
    acted("specs.Thing:1")
    with unit_of_work(actor=desk.everyone(), now=NOW):
        for subject in ("specs.Thing:1", "specs.Thing:2", "specs.Thing:1"):
            record(actor=desk.everyone(), verb="specs.act", subject=subject)
    first = Entry.objects.filter(subject="specs.Thing:1").order_by("seq")
    assert list(first.values_list("seq", flat=True)) == [1, 2, 3]
    second = Entry.objects.get(subject="specs.Thing:2")
    assert (second.seq, second.previous) == (1, GENESIS)


CHANGES: dict[str, Callable[[Entry], Any]] = {
    "at": lambda e: e.at.replace(minute=1),
    "verb": lambda e: "specs.other",
    "subject": lambda e: "specs.Thing:9",
    "seq": lambda e: e.seq + 1,
    "actor_id": lambda e: 99,
    "actor_name": lambda e: "别人",
    "county_code": lambda e: "330424",
    "detail": lambda e: {"amount": "12600.01"},
    "previous": lambda e: "f" * 64,
}


@pytest.mark.parametrize("field", CHANGES)
def test_whatever_is_changed_in_an_entry_no_longer_fits_its_digest(field):
    entry = acted(amount="12600.00")
    setattr(entry, field, CHANGES[field](entry))
    assert digest(entry) != entry.digest


def test_two_entries_cannot_take_the_same_place_in_a_chain():
    entry = acted()
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(
            at=NOW, verb="specs.act", subject=SUBJECT, seq=entry.seq, actor_name="别人", county_code="330784",
            previous=GENESIS, digest="0" * 64,
        )  # fmt: skip


REWRITES = {
    "update": lambda entry: Entry.objects.filter(pk=entry.pk).update(actor_name="别人"),
    "save": lambda entry: replace_name(entry).save(),
    "delete": lambda entry: entry.delete(),
    "delete all": lambda entry: Entry.objects.all().delete(),
    "bare update": lambda entry: bare("UPDATE audit_entry SET detail = '{}'"),
    "bare delete": lambda entry: bare("DELETE FROM audit_entry"),
}


def replace_name(entry: Entry) -> Entry:
    entry.actor_name = "别人"
    return entry


def bare(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("how", REWRITES)
def test_the_database_itself_refuses_to_rewrite_the_trail(how):
    entry = acted(amount="12600.00")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        REWRITES[how](entry)
    kept = Entry.objects.get()
    assert (kept.actor_name, kept.detail, kept.digest) == ("全能", {"amount": "12600.00"}, entry.digest)


# -- all or nothing -----------------------------------------------------------------------------------------------


class Fault(Exception):
    """The database failed here."""


def contents() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that holds any, except what Django keeps for itself."""
    rooms = [model for model in apps.get_models() if model.__module__.startswith("anxin.")]
    tables = {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in rooms}
    return {label: rows for label, rows in tables.items() if rows}


@contextmanager
def failing_at(number: int) -> Iterator[list[str]]:
    """The statement of this number fails after it was carried out; yields the statements seen."""
    seen: list[str] = []

    def run(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        out = execute(sql, params, many, context)
        seen.append(sql)
        if len(seen) == number:
            raise Fault(sql)
        return out

    with connection.execute_wrapper(run):
        yield seen


def receive() -> None:
    workers = [{"name": "李建国", "amount": "5000.00"}, {"name": "周大海", "amount": "4000.00"}]
    desk.call(
        "intake.receive", actor=desk.holder("hotline_operator"), now=NOW, channel="hotline", employer="某门业厂",
        place=desk.TOWN, people=2, workers=workers, source_number="12345-1",
    )  # fmt: skip


def on_a_case(verb: str, stage: str, *papers: str) -> Callable[[], Callable[[], Any]]:
    def prepare() -> Callable[[], Any]:
        case = desk.new_case()
        desk.add_papers(case, {*papers})
        desk.put(case, stage)
        return lambda: desk.take(verb, case)

    return prepare


def verify_ten() -> Callable[[], Any]:
    case = desk.put(desk.new_case(), "contacted")
    workers = [{"name": f"工人{n}", "amount": "1000.00"} for n in range(10)]
    return lambda: desk.take("verify", case, workers=workers)


def answer_none() -> Callable[[], Any]:
    case = desk.new_case()
    desk.add_papers(case, {"payment_proof"})
    desk.put(case, "contacted")
    desk.take("pay", case)
    return lambda: call("cases.confirm", actor=desk.everyone(), now=NOW, case=case.pk, answer="none")


ACTS: dict[str, Callable[[], Callable[[], Any]]] = {
    "intake.receive": lambda: receive,
    "cases.dispatch": on_a_case("dispatch", "registered"),
    "cases.redispatch": on_a_case("redispatch", "contacted"),
    "cases.verify, ten workers": verify_ten,
    "cases.pay": on_a_case("pay", "settled", "payment_proof"),
    "cases.confirm, not received": answer_none,
    "cases.merge": on_a_case("merge", "dispatched"),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_fault_after_any_statement_leaves_nothing_half_done(act):
    """The act is tried again and again, failing after its first statement, its second, … until it succeeds."""
    desk.open_up()
    run = ACTS[act]()
    before = contents()
    for number in range(1, 400):
        try:
            with transaction.atomic(), failing_at(number) as seen:
                run()
        except Fault:
            assert contents() == before, f"half done after statement {number}: {seen[-1][:120]}"
        else:
            break
    assert number > 5 and contents() != before, "in the end it was done"
