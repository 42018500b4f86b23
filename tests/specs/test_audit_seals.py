"""Seals and their verification: a rewriting of the trail behind the triggers' back is named by the entry it touched."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import F

from anxin.foundation.audit import merkle, seals, services, triggers
from anxin.foundation.audit.commands import record
from anxin.foundation.audit.models import Entry, Seal
from anxin.foundation.audit.services import SEAL_MINUTES, seal, settled
from anxin.foundation.audit.trail import GENESIS, digest
from anxin.foundation.audit.unit import unit_of_work
from anxin.foundation.audit.verification import Verdict, verify
from anxin.foundation.outbox import worker
from tests.specs import case_desk as desk

NOW = desk.NOW
FIRST, SECOND = "specs.Thing:1", "specs.Thing:2"

pytestmark = pytest.mark.django_db


def act(subject: str = FIRST, now: datetime = NOW, **detail: Any) -> Entry:
    with unit_of_work(actor=desk.everyone(), now=now):
        record(actor=desk.everyone(), verb="specs.act", subject=subject, **detail)
    return Entry.objects.filter(subject=subject).latest("seq")


def later(times: int = 1) -> datetime:
    return NOW + times * timedelta(minutes=SEAL_MINUTES)


@pytest.fixture
def trail() -> list[Entry]:
    """Two chains, interwoven: five entries under the first seal, one under the second, two under none."""
    entries = [act(subject, amount=f"{n}.00") for n, subject in enumerate([FIRST, FIRST, SECOND, FIRST, SECOND])]
    seal(now=NOW)
    entries.append(act(SECOND, amount="6.00"))
    seal(now=later())
    return [*entries, act(FIRST, amount="7.00"), act(SECOND, amount="8.00")]


@contextmanager
def tampering() -> Iterator[None]:
    triggers.remove(connection)
    yield
    triggers.install(connection)


def write(entry: Entry, *, rehash: bool = False, **fields: Any) -> None:
    """Overwrite an entry, and let it fit its digest again when told so."""
    for name, value in fields.items():
        setattr(entry, name, value)
    if rehash:
        fields["digest"] = digest(entry)
    with tampering():
        Entry.objects.filter(pk=entry.pk).update(**fields)


def drop(entry: Entry) -> None:
    with tampering():
        Entry.objects.filter(pk=entry.pk).delete()


def forge(subject: str, seq: int, previous: str, **fields: Any) -> Entry:
    """An entry written past the door; it fits its digest unless another one is given."""
    given = {"at": NOW, "verb": "specs.act", "actor_name": "别人", "county_code": "330784", "detail": {}, **fields}
    entry = Entry(subject=subject, seq=seq, previous=previous, **given)
    entry.digest = fields.get("digest") or digest(entry)
    entry.save(force_insert=True)
    return entry


def named(verdict: Verdict) -> tuple[str, int | None, str]:
    assert verdict.first_fault, "a fault is found"
    return verdict.first_fault.kind, verdict.first_fault.entry, verdict.first_fault.subject


# -- sealing ------------------------------------------------------------------------------------------------------


def test_the_tree_is_that_of_rfc_6962():
    """The vectors of the reference implementation of Certificate Transparency."""
    leaves = [bytes.fromhex(leaf) for leaf in ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]]
    leaves.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
    roots = {
        0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    assert {count: merkle.root(leaves[:count]).hex() for count in roots} == roots


def test_seals_follow_one_another_and_say_what_they_cover(trail):
    first, second = Seal.objects.order_by("seq")
    assert (first.seq, first.entries, first.first_entry, first.last_entry) == (1, 5, trail[0].pk, trail[4].pk)
    assert (second.seq, second.entries, second.first_entry, second.last_entry) == (2, 1, trail[5].pk, trail[5].pk)
    assert (first.previous, second.previous) == (GENESIS, first.digest)
    assert first.algorithm == "hmac-sha256" and seals.is_signed(first) and seals.is_signed(second)


def test_a_whole_trail_is_found_whole_and_what_is_not_yet_sealed_is_counted(trail):
    verdict = verify()
    assert (verdict.ok, verdict.first_fault) == (True, None)
    assert (verdict.entries, verdict.unsealed, verdict.seals) == (8, 2, 2)
    assert verdict.head and verdict.head["digest"] == Seal.objects.get(seq=2).digest


def test_an_empty_trail_is_whole_and_gets_no_seal():
    assert seal(now=NOW) == 0
    assert verify() == Verdict(0, 0, 0, None, None)


def test_nothing_is_sealed_twice_and_nothing_before_its_time(trail):
    assert seal(now=later(2) - timedelta(seconds=1)) == 0
    assert seal(now=later(2)) == 1
    assert seal(now=later(3)) == 0
    assert verify().unsealed == 0


def test_a_backlog_becomes_several_seals(monkeypatch):
    monkeypatch.setattr(services, "MOST", 3)
    for _ in range(7):
        act()
    assert seal(now=NOW) == 3
    assert list(Seal.objects.order_by("seq").values_list("entries", flat=True)) == [3, 3, 1]
    assert verify().ok


def test_of_two_workers_at_once_one_seals(monkeypatch):
    """The other worker overtakes between our look at the last seal and our own seal."""
    act()

    def overtaken() -> int:
        monkeypatch.setattr(services, "settled", settled)
        assert seal(now=NOW) == 1
        act()
        return settled()

    monkeypatch.setattr(services, "settled", overtaken)
    assert seal(now=NOW) == 0
    assert (Seal.objects.count(), verify().unsealed, verify().ok) == (1, 1, True)


def test_as_a_job_it_runs_once_per_interval_whichever_worker_comes(monkeypatch):
    planned = worker.Job("audit.seal", timedelta(minutes=SEAL_MINUTES), seal)
    monkeypatch.setattr(worker, "JOBS", {planned.name: planned})
    act()
    assert [worker.run_jobs(now=NOW), worker.run_jobs(now=NOW)] == [["audit.seal"], []]
    act()
    assert worker.run_jobs(now=later()) == ["audit.seal"]
    assert list(Seal.objects.order_by("seq").values_list("entries", flat=True)) == [1, 1]


@pytest.mark.django_db(transaction=True)
def test_an_entry_of_an_open_transaction_is_not_passed_over():
    """On PostgreSQL it has the lower id and becomes visible after the higher one; SQLite lets nobody else write."""
    written, sealed = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            act(FIRST)
            written.set()
            sealed.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert written.wait(30)
        if connection.vendor == "postgresql":
            act(SECOND)
        until = 0
        with suppress(OperationalError):
            until = settled() if connection.vendor == "postgresql" else Entry.objects.count()
        assert until == 0
    finally:
        sealed.set()
        thread.join(30)
    assert seal(now=NOW) == 1
    assert (verify().ok, verify().unsealed, verify().entries) == (True, 0, Entry.objects.count())


REWRITES = ["UPDATE audit_seal SET root = ''", "DELETE FROM audit_seal"]


def test_the_database_refuses_to_rewrite_or_empty_seals(trail):
    emptying = ["TRUNCATE audit_seal", "TRUNCATE audit_entry"] if connection.vendor == "postgresql" else []
    for statement in REWRITES + emptying:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert verify().ok


# -- tampering with entries ---------------------------------------------------------------------------------------

FLIPS: dict[str, Callable[[Entry], Any]] = {
    "at": lambda e: e.at.replace(minute=1),
    "verb": lambda e: "specs.other",
    "subject": lambda e: "specs.Thing:9",
    "seq": lambda e: e.seq + 70,
    "actor_id": lambda e: 99,
    "actor_name": lambda e: "别人",
    "county_code": lambda e: "330424",
    "detail": lambda e: {"amount": "1.01"},
    "previous": lambda e: "f" * 64,
    "digest": lambda e: "not a digest",
}


@pytest.mark.parametrize("field", FLIPS)
def test_a_changed_field_of_a_sealed_entry_is_named(trail, field):
    entry = trail[1]
    write(entry, **{field: FLIPS[field](entry)})
    assert named(verify()) == ("changed", entry.pk, entry.subject)


@pytest.mark.parametrize("field", ["at", "verb", "actor_id", "actor_name", "county_code", "detail", "previous"])
@pytest.mark.parametrize("place", [6, 7])
def test_a_changed_field_of_an_entry_not_yet_sealed_is_named(trail, place, field):
    entry = trail[place]
    write(entry, **{field: FLIPS[field](entry)})
    assert named(verify()) == ("changed", entry.pk, entry.subject)


def test_a_chain_rewritten_with_fitting_digests_is_named_by_its_seal(trail):
    write(trail[1], rehash=True, actor_name="别人")
    write(trail[3], rehash=True, previous=trail[1].digest)
    write(trail[6], rehash=True, previous=trail[3].digest)
    assert named(verify()) == ("changed", trail[1].pk, FIRST)


def test_a_fitting_change_before_the_seal_is_named_by_the_next_link():
    entries = [act(), act(), act()]
    write(entries[1], rehash=True, actor_name="别人")
    assert named(verify()) == ("changed", entries[1].pk, FIRST)


@pytest.mark.parametrize("place", range(6))
def test_a_sealed_entry_that_was_removed_is_named(trail, place):
    gone = trail[place].pk
    drop(trail[place])
    verdict = verify()
    assert named(verdict) == ("removed", gone, trail[place].subject)
    assert f"留痕 {gone}" in verdict.first_fault.message and "删除" in verdict.first_fault.message


def test_a_removed_entry_whose_successors_moved_up_is_named(trail):
    """All ids close up behind it, as if it had never been."""
    drop(trail[2])
    with tampering():
        for entry in trail[3:]:
            Entry.objects.filter(pk=entry.pk).update(id=entry.pk - 1)
    assert named(verify()) == ("removed", trail[2].pk, SECOND)


def test_the_last_of_its_chain_is_missed_by_the_seal():
    gone = act(FIRST).pk
    act(SECOND)
    seal(now=NOW)
    drop(Entry.objects.get(pk=gone))
    assert named(verify()) == ("removed", gone, "")


def test_a_gap_before_the_seal_is_named_by_subject_and_place():
    entries = [act(), act(), act()]
    drop(entries[1])
    verdict = verify()
    assert named(verdict) == ("removed", None, FIRST)
    assert "第 2 条" in verdict.first_fault.message


def test_a_row_put_among_the_sealed_ones_is_named(trail):
    made = forge("specs.Thing:3", 1, GENESIS, id=-1)
    assert named(verify()) == ("inserted", made.pk, "specs.Thing:3")


@pytest.mark.parametrize("hashed", ["", "e" * 64], ids=["fitting digest", "any digest"])
@pytest.mark.parametrize("subject", [SECOND, "specs.Thing:3"])
def test_a_row_that_hangs_on_no_chain_is_named(subject, hashed):
    act(SECOND)
    seal(now=NOW)
    made = forge(subject, 2 if subject == SECOND else 1, "f" * 64, digest=hashed)
    act(FIRST)
    assert named(verify()) == ("inserted", made.pk, subject)


def test_a_row_pressed_in_between_is_named_and_not_those_it_pushed_aside(trail):
    with tampering():
        for entry in (trail[6], trail[3], trail[1]):
            Entry.objects.filter(pk=entry.pk).update(seq=F("seq") + 1)
    made = forge(FIRST, 2, trail[0].digest)
    assert named(verify()) == ("inserted", made.pk, FIRST)


def test_a_forged_row_that_was_sealed_is_still_named_by_its_chain(trail):
    made = forge(FIRST, 5, "f" * 64)
    assert seal(now=later(2)) == 1
    assert named(verify()) == ("inserted", made.pk, FIRST)


def swap(left: Entry, right: Entry, field: str) -> None:
    """Two rows exchange their ids, or their places in one chain."""
    mine, other = getattr(left, field), getattr(right, field)
    rows = Entry.objects.all() if field == "id" else Entry.objects.filter(subject=left.subject)
    with tampering():
        for old, new in ((mine, 900), (other, mine), (900, other)):
            rows.filter(**{field: old}).update(**{field: new})


SWAPS = {
    "ids within a chain": (1, 3, "id", "reordered"),
    "ids of two chains": (1, 2, "id", "reordered"),
    "ids under two seals": (3, 5, "id", "reordered"),
    "ids, one not yet sealed": (1, 6, "id", "inserted"),
    "places in a chain": (1, 3, "seq", "reordered"),
    "places, one not yet sealed": (1, 6, "seq", "reordered"),
}


@pytest.mark.parametrize("case", SWAPS)
def test_sealed_entries_that_changed_places_are_named(trail, case):
    first, second, field, kind = SWAPS[case]
    left, right = trail[first], trail[second]
    swap(left, right, field)
    assert named(verify()) == (kind, left.pk, right.subject)


@pytest.mark.parametrize("field", ["seq", "id"])
def test_entries_not_yet_sealed_that_changed_places_are_named(field):
    entries = [act(), act(), act(), act()]
    swap(entries[1], entries[2], field)
    assert named(verify()) == ("reordered", entries[1].pk, FIRST)


def test_of_several_faults_the_first_one_written_is_named(trail):
    write(trail[6], actor_name="别人")
    write(trail[2], actor_name="别人")
    drop(trail[3])
    assert named(verify()) == ("changed", trail[2].pk, SECOND)


# -- tampering with seals -----------------------------------------------------------------------------------------


def rewrite_seal(seq: int, *, rehash: bool = False, resign: bool = False, **fields: Any) -> None:
    made = Seal.objects.get(seq=seq)
    for name, value in fields.items():
        setattr(made, name, value)
    if rehash:
        made.digest = seals.digest(made)
    if resign:
        seals.sign(made)
    with tampering():
        made.save()


SPOILT: dict[str, Callable[[], Any]] = {
    "与校验值不符": lambda: rewrite_seal(1, root="0" * 64),
    "不是本系统所签": lambda: rewrite_seal(1, rehash=True, root="0" * 64),
    "封存清单被改动": lambda: rewrite_seal(1, manifest=bytes(40 * 5)),
    "没有编号为 0000": lambda: rewrite_seal(1, rehash=True, key="0000"),
    "衔接不上": lambda: rewrite_seal(1, resign=True, at=NOW + timedelta(seconds=1)),
}


@pytest.mark.parametrize("why", SPOILT)
def test_a_spoilt_seal_is_named_and_why(trail, why):
    SPOILT[why]()
    verdict = verify()
    assert named(verdict) == ("seal", None, "")
    assert why in verdict.first_fault.message
    assert ("第 2 号" if why == "衔接不上" else "第 1 号") in verdict.first_fault.message


def test_a_missing_seal_is_named(trail):
    with tampering():
        Seal.objects.filter(seq=1).delete()
    verdict = verify()
    assert named(verdict) == ("seal", None, "") and "之前的封签缺失" in verdict.first_fault.message


def test_seals_outlive_the_change_of_the_secret_as_long_as_the_old_one_is_kept(trail, settings):
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    assert named(verify()) == ("seal", None, "")
    settings.SECRET_KEY_FALLBACKS = [old]
    assert verify().ok
    assert seal(now=later(2)) == 1 and verify().ok
    assert Seal.objects.values("key").distinct().count() == 2


# -- the command --------------------------------------------------------------------------------------------------


def anxin(capsys: Any, *words: str) -> tuple[int, str, str]:
    try:
        call_command("audit", "verify", *words)
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_command_says_that_the_trail_is_whole(trail, capsys):
    code, out, err = anxin(capsys)
    assert (code, err) == (0, "")
    assert "留痕 8 条（其中 2 条待封存），封签 2 枚" in out and "没有发现改动" in out
    code, out, err = anxin(capsys, "--json")
    answer = json.loads(out)
    assert (code, err, answer["entries"], answer["ok"], answer["first_fault"]) == (0, "", 8, True, None)
    assert answer["head"]["digest"] == Seal.objects.get(seq=2).digest and answer["head"]["at"].endswith("+08:00")


def test_the_command_names_the_first_fault_and_fails(trail, capsys):
    write(trail[1], actor_name="别人")
    code, out, err = anxin(capsys)
    assert (code, err) == (1, "") and f"第一处问题：留痕 {trail[1].pk}（{FIRST} 第 2 条）被改动" in out
    code, out, err = anxin(capsys, "--json")
    answer = json.loads(out)
    assert (code, err, answer["ok"]) == (1, "", False)
    fault = answer["first_fault"]
    assert (fault["entry"], fault["subject"], fault["kind"]) == (trail[1].pk, FIRST, "changed") and fault["message"]


def test_a_trail_that_cannot_be_read_is_no_verdict(monkeypatch, capsys):
    def away() -> Verdict:
        raise OperationalError("no such table: audit_entry")

    monkeypatch.setattr("anxin.entrances.commands.management.commands.audit.verify", away)
    code, out, err = anxin(capsys, "--json")
    assert (code, out) == (2, "")
    assert "读不到留痕" in err and len(err.strip().splitlines()) == 1
