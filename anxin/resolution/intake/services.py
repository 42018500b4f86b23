"""The acts of the room: receive, consult, merge, show an identity, take over a file of messages."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

from django.db import DataError, IntegrityError, transaction
from django.db.models import Q
from pydantic import Field

from anxin.foundation.access.actor import Actor, require
from anxin.foundation.audit.commands import command, record
from anxin.foundation.audit.unit import current
from anxin.foundation.documents import services as documents
from anxin.foundation.kernel.errors import AnxinError, BadInput, Conflict, Refused
from anxin.foundation.kernel.money import yuan
from anxin.foundation.outbox.bus import publish
from anxin.foundation.workdays import calendar
from anxin.resolution.intake import importing, selectors, vocabulary
from anxin.resolution.intake.checks import Amount, Day, Entry, Moment, People, WorkerLine
from anxin.resolution.intake.classify import classify
from anxin.resolution.intake.events import ComplaintMerged
from anxin.resolution.intake.importing import Message
from anxin.resolution.intake.models import ClaimLine, Complaint, Reporter, Source
from anxin.resolution.intake.registering import take_in
from anxin.resolution.intake.similar import group_messages, likeness

Reason = Annotated[str, Field(min_length=2, max_length=500)]
Code = Annotated[str, Field(max_length=20)]
Short = Annotated[str, Field(max_length=60)]
Name = Annotated[str, Field(max_length=120)]
Address = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=20_000)]
Key = Annotated[str, Field(max_length=80)]
Lines = Annotated[tuple[WorkerLine, ...], Field(max_length=5_000)]
Answer = Annotated[str, Field(min_length=2, max_length=5_000)]

STEP = 200
"""Rows of one transaction of an import."""


@command(may="intake:receive", zh="登记来件")
def receive(
    *,
    actor: Actor,
    now: datetime,
    channel: Code,
    employer: Name = "",
    people: People = 1,
    amount: Amount = None,
    kind: Code = "",
    nature: Code = "complaint",
    place: str = "",
    project: Annotated[str, Field(max_length=60, coerce_numbers_to_str=True)] = "",
    employer_id: int | None = None,
    address: Address = "",
    since: Day = None,
    until: Day = None,
    text: Text = "",
    name: Short = "",
    phone: Short = "",
    id_number: Short = "",
    anonymous: bool = False,
    language: Literal["zh", "en"] = "zh",
    source_number: Short = "",
    idempotency_key: Key = "",
    reported_at: Moment = None,
    workers: Lines = (),
    sector: Code = "",
    confirm_new: bool = False,
) -> dict[str, Any]:
    """Take in one complaint, tip-off or question; a matter of this office goes on as `ComplaintReceived`.

    Without `kind` it is the first matter of the packs that is not another office's, which is wages.
    Amounts are yuan on the way in; `since` and `until` are days, half-open. The same idempotency key, or the same
    channel and source number, with the same content answers as the first time (`repeat` is true). `confirm_new` says
    that the duplicate hints were seen and the matter is new. Raises `BadInput` by field, and `Conflict` when a key or
    source number comes again with other content.
    """
    entry = Entry(
        channel=channel, kind=kind, nature=nature, employer=employer, employer_id=employer_id, project=project,
        place=place, address=address, sector=sector, people=people, amount=amount, since=since, until=until,
        text=text, name=name, phone=phone, id_number=id_number, anonymous=anonymous, language=language,
        source_number=source_number, workers=workers, reported_at=reported_at,
    )  # fmt: skip
    return take_in(entry, actor=actor, now=now, key=idempotency_key, new=confirm_new)


@command(may="intake:consult", zh="答复咨询")
def consult(
    *,
    actor: Actor,
    now: datetime,
    channel: Code,
    text: Annotated[str, Field(min_length=2, max_length=20_000)],
    answer: Answer,
    kind: Code = "",
    employer: Name = "",
    name: Short = "",
    phone: Short = "",
    anonymous: bool = False,
    source_number: Short = "",
    idempotency_key: Key = "",
) -> dict[str, Any]:
    """Write down a question with its answer; no case follows. Answers and raises as `receive` does."""
    entry = Entry(
        channel=channel, kind=kind, nature="consultation", employer=employer, text=text, answer=answer, name=name,
        phone=phone, anonymous=anonymous, source_number=source_number,
    )  # fmt: skip
    return take_in(entry, actor=actor, now=now, key=idempotency_key, new=True)


@command(may="intake:receive", zh="补充照片")
def attach(
    *, actor: Actor, now: datetime, number: Short, receipt: Short, kind: documents.Kind, file: Any
) -> dict[str, Any]:
    """A file from the holder of a receipt code. Raises `Denied` for a wrong code, `BadInput` for an unfit file."""
    shown = selectors.by_receipt(actor=actor, now=now, number=number, receipt=receipt)
    subject = f"intake.Complaint:{shown['id']}"
    row = documents.store_evidence(actor=actor, now=now, subject=subject, kind=kind, file=file, source="反映人")
    return {"id": row.pk, "name": row.name, "sha256": row.sha256}


@command(may="intake:merge", zh="合并来件")
def merge(*, actor: Actor, now: datetime, complaint: int, into: int, reason: Reason) -> dict[str, Any]:
    """Two complaints are one matter: `into` carries on and keeps the sources of both.

    Raises `Denied` outside the actor's reach, `Refused` for itself, for one already merged, and across counties.
    """
    if complaint == into:
        raise Refused("不能把来件并入它自己", fix="请选择另一件")
    first, second = sorted((complaint, into))
    both = {pk: selectors.find(actor, pk, lock=True) for pk in (first, second)}
    return _merge(both[complaint], both[into], actor=actor, now=now, reason=reason)


@command(may="intake:identity", zh="查看反映人身份")
def show_identity(*, actor: Actor, now: datetime, complaint: int, reason: Reason) -> dict[str, Any]:
    """Who reported, in full, for a stated reason; the showing is kept in the trail of the complaint."""
    return identity_of(actor=actor, now=now, complaint=selectors.find(actor, complaint).pk, reason=reason)


def identity_of(*, actor: Actor, now: datetime, complaint: int, reason: str) -> dict[str, Any]:
    """Who reported, in full, for rooms above, which have checked permission and reach of the matter by their own
    means; the showing is kept in the trail of the complaint. Raises `Denied` when there is no such complaint."""
    found = selectors.get(complaint)
    reporter = Reporter.objects.filter(complaint=found).first()
    record(actor=actor, verb="intake.show_identity", subject=found, reason=reason)
    return {
        "number": found.number,
        "anonymous": reporter is None or reporter.anonymous,
        "name": reporter.name if reporter else "",
        "phone": reporter.phone if reporter else "",
        "id_number": reporter.id_number if reporter else "",
        "language": reporter.language if reporter else "",
        "lines": [_line_in_full(line) for line in found.lines.order_by("pk")],
    }


@command(may="intake:import", zh="批量导入来件")
def import_messages(
    *,
    actor: Actor,
    now: datetime,
    rows: Annotated[tuple[Message, ...], Field(max_length=1_000)],
    channel: Code = "hotline",
    place: str = "",
    file: Short = "",
) -> dict[str, Any]:
    """Register some rows of another platform's file, each through `receive`.

    A row known already changes nothing. Near-identical messages of one user are merged. A row that cannot be taken
    leaves nothing behind, is told by row, column and reason, and hinders no other row; what is no fault of a row (a
    full disk) undoes all. `file` names the file in the trail.
    """
    kept = _Kept(actor, channel, rows)
    words = vocabulary.words(actor.county, calendar.local(now).date())
    alike = float(vocabulary.term("same_text", actor.county, calendar.local(now).date()))
    tally: Counter[str] = Counter()
    rejected: list[dict[str, Any]] = []
    for row in rows:
        try:
            with _whole_or_not_at_all():
                counts = _import_row(row, kept, words, alike, actor=actor, now=now, channel=channel, place=place)
        except AnxinError as fault:
            rejected.append(importing.told(row.row, *importing.blame(fault)))
        except (DataError, IntegrityError):
            rejected.append(importing.told(row.row, "number", "这一行存不进去，请核对内容后重新导入"))
        else:
            tally.update(counts)
    out = {name: tally[name] for name in ("accepted", "duplicate", "merged", "redirected", "answered")}
    subject = f"intake.File:{file or '-'}"
    record(actor=actor, verb="intake.import", subject=subject, channel=channel, counts=out, rejected=len(rejected))
    return {**out, "rejected": rejected}


@contextmanager
def _whole_or_not_at_all() -> Iterator[None]:
    """A part of a command that fails alone: its rows are undone, and its trail and events are forgotten with them."""
    unit = current()
    recorded, lengths = unit.recorded, {writer: len(items) for writer, items in unit.gathered.items()}
    try:
        with transaction.atomic():
            yield
    except BaseException:
        unit.recorded = recorded
        for writer, items in unit.gathered.items():
            del items[lengths.get(writer, 0) :]
        raise


def import_file(
    *, actor: Actor, now: datetime, content: bytes, channel: str = "hotline", place: str = "", dry_run: bool = False
) -> dict[str, Any]:
    """Read a whole file and import it in steps of a few hundred rows, each step its own transaction.

    A crash keeps the finished steps, and the same file again completes the rest. `dry_run` undoes every step. Raises
    `BadInput` for a file that cannot be read as a whole; then nothing is imported. Answers {"accepted", "rejected":
    [{"row", "column", "reason"}], "duplicate", "merged", "redirected", "answered", "hints": [{"rows", "reason"}]}.
    """
    require(actor, "intake:import")
    today = calendar.local(now).date()
    words = vocabulary.words(actor.county, today)
    if fault := vocabulary.unknown(words["channels"], channel):
        raise BadInput(fields={"channel": fault})
    sheet = importing.parse(content, words["import"], now=now)
    name = hashlib.sha256(content).hexdigest()[:16]
    out: dict[str, Any] = {"accepted": 0, "duplicate": 0, "merged": 0, "redirected": 0, "answered": 0}
    rejected: list[dict[str, Any]] = []
    for first in range(0, len(sheet.messages), STEP):
        rows = tuple(sheet.messages[first : first + STEP])
        step = _step(rows, actor=actor, now=now, channel=channel, place=place, file=name, dry_run=dry_run)
        rejected += step.pop("rejected")
        out = {key: out[key] + step[key] for key in out}
    alike = float(vocabulary.term("same_text", actor.county, today))
    told = [fault | {"column": sheet.headings.get(fault["column"], fault["column"])} for fault in rejected]
    return {
        **out,
        "rejected": sorted([*sheet.rejected, *told], key=lambda fault: fault["row"]),
        "hints": _hints(sheet.messages, alike),
    }


def _line_in_full(line: ClaimLine) -> dict[str, Any]:
    return {
        "name": line.name,
        "phone": line.phone,
        "id_number": line.id_number,
        "amount": yuan(line.amount_fen) if line.amount_fen is not None else None,
    }


def _merge(one: Complaint, into: Complaint, *, actor: Actor, now: datetime, reason: str) -> dict[str, Any]:
    for complaint in (one, into):
        if complaint.merged_into_id is not None:
            raise Refused(f"{complaint.number} 已并入另一件", fix="请打开它所并入的来件再合并")
    if one.county_code != into.county_code:
        raise Refused("两件来件不在同一个县（市、区），不能合并")
    Complaint.objects.filter(Q(pk=one.pk) | Q(merged_into=one)).update(status=Complaint.Status.MERGED, merged_into=into)
    Source.objects.filter(complaint=one).update(complaint=into)
    Source.objects.create(
        complaint=into,
        origin=one,
        channel=one.channel,
        source_number=one.source_number,
        reason=reason,
        merged_at=now,
    )
    record(actor=actor, verb="intake.merge", subject=one, into=into.number, reason=reason)
    record(actor=actor, verb="intake.absorb", subject=into, merged=one.number, reason=reason)
    publish(ComplaintMerged(one.pk, into.pk))
    return {"id": one.pk, "number": one.number, "into": into.pk, "into_number": into.number}


class _Kept:
    """What is already registered of the rows of one step: by source number, and by user for near-identical texts."""

    def __init__(self, actor: Actor, channel: str, rows: tuple[Message, ...]) -> None:
        known = Complaint.objects.filter(county_code=actor.county, channel=channel)
        numbers = known.filter(source_number__in=[row.number for row in rows])
        self.by_number: dict[str, tuple[str, datetime | None]] = {
            number: (text, at) for number, text, at in numbers.values_list("source_number", "text", "reported_at")
        }
        users = {row.user for row in rows if row.user}
        theirs = known.filter(merged_into=None, reporter__name__in=users)
        self.by_user: dict[str, list[tuple[int, str]]] = {}
        for user, pk, text in theirs.order_by("pk").values_list("reporter__name", "pk", "text"):
            self.by_user.setdefault(user, []).append((pk, text))

    def has(self, row: Message) -> bool:
        """Whether this very row is registered; raises `Conflict` when its number stands for something else."""
        known = self.by_number.get(row.number)
        if known is not None and known != (row.said, row.at):
            raise Conflict("同一编号已登记过，内容却不同，请核对编号")
        return known is not None

    def twin(self, row: Message, alike: float) -> int | None:
        """An earlier message of the same user in nearly the same words."""
        theirs = self.by_user.get(row.user, []) if row.user else []
        return next((pk for pk, text in theirs if likeness(text, row.said) >= alike), None)

    def add(self, row: Message, pk: int, *, merged: bool) -> None:
        self.by_number[row.number] = (row.said, row.at)
        if row.user and not merged:
            self.by_user.setdefault(row.user, []).append((pk, row.said))


def _import_row(
    row: Message,
    kept: _Kept,
    words: Mapping[str, Any],
    alike: float,
    *,
    actor: Actor,
    now: datetime,
    channel: str,
    place: str,
) -> list[str]:
    """Register one row; answers with the counts it adds to."""
    if kept.has(row):
        return ["duplicate"]
    verdict = classify(row.text, words["classify"], subject=row.subject)
    answer = receive(
        actor=actor, now=now, channel=channel, source_number=row.number, kind=verdict.kind,
        nature="consultation" if verdict.consultation else "complaint", text=row.said, name=row.user,
        phone=row.phone, employer=row.employer, people=row.people, amount=row.amount, reported_at=row.at,
        place=place,
    )  # fmt: skip
    counts = ["accepted"] + [s for s in ("redirected", "answered") if answer["status"] == s]
    twin = kept.twin(row, alike)
    if twin is not None:
        merge(actor=actor, now=now, complaint=answer["id"], into=twin, reason="同一用户以几乎相同的内容再次反映")
        counts.append("merged")
    kept.add(row, answer["id"], merged=twin is not None)
    return counts


def _step(rows: tuple[Message, ...], *, dry_run: bool, actor: Actor, now: datetime, **kw: Any) -> dict[str, Any]:
    with transaction.atomic():
        out: dict[str, Any] = import_messages(actor=actor, now=now, rows=rows, **kw)
        transaction.set_rollback(dry_run)
    return out


def _hints(messages: list[Message], alike: float) -> list[dict[str, Any]]:
    """Near-identical messages of different users: shown to people, never merged by themselves."""
    by_row = {message.row: message for message in messages}
    groups = group_messages({row: message.said for row, message in by_row.items()}, alike)
    return [
        {"rows": rows, "reason": f"{len(rows)}行内容几乎相同，来自{users}个用户，请核对是否同一件事"}
        for rows in groups
        if (users := len({by_row[row].user for row in rows})) > 1
    ]
