"""How one entry becomes a complaint: checked, looked up, numbered, stored, told. Runs inside a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import record
from anxin.foundation.directory.codes import county_of, normal, town_of
from anxin.foundation.directory.selectors import place_known
from anxin.foundation.documents.numbers import next_number
from anxin.foundation.kernel.errors import BadInput, Conflict
from anxin.foundation.kernel.money import yuan
from anxin.foundation.kernel.numbers import number as shaped
from anxin.foundation.outbox.bus import publish
from anxin.foundation.workdays import calendar
from anxin.registry.employers import selectors as employers
from anxin.registry.projects import selectors as projects
from anxin.resolution.intake import selectors, vocabulary
from anxin.resolution.intake.checks import Entry, WorkerLine, checked
from anxin.resolution.intake.events import ComplaintReceived, ConsultationAnswered
from anxin.resolution.intake.fingerprints import (
    body_hash,
    employer_key,
    lock_number,
    phone_hash,
    receipt_code,
    receipt_hash,
)
from anxin.resolution.intake.models import ClaimLine, Complaint, Reporter
from anxin.resolution.intake.selectors import Matter


@dataclass(frozen=True)
class _Where:
    """Whom and where a complaint is about, looked up."""

    place_code: str
    town_code: str
    employer_name: str
    project_id: int | None
    project_name: str


def take_in(entry: Entry, *, actor: Actor, now: datetime, key: str, new: bool) -> dict[str, Any]:
    """Register one entry and answer with its number and receipt; a resend answers as the first time did."""
    today = calendar.local(now).date()
    words = vocabulary.words(actor.county, today)
    entry = replace(entry, kind=entry.kind or vocabulary.own_matter(words))
    entry = checked(entry, words, vocabulary.sectors(actor.county, today), now=now, today=today)
    body = body_hash(entry.body())
    resend = _resend(actor.county, entry, key)
    hinting = not new and actor.may("intake:see") and entry.nature != Complaint.Nature.CONSULTATION
    matter = _matter(entry, actor.county)
    same, hints = selectors.resends_and_hints(matter, actor, now, resend=resend, hinting=hinting)
    if same:
        return _again(same, body, actor=actor, words=words)
    where = _where(entry, actor.county)
    status = _status(entry, words)
    complaint = _stored(entry, where, matter, status, actor=actor, now=now, key=key, body=body)
    record(
        actor=actor, verb="intake.receive", subject=complaint, first=True, number=complaint.number,
        channel=entry.channel, nature=entry.nature, kind=entry.kind, people=entry.people, amount_fen=entry.amount,
        place=where.place_code, confirmed_new=new,
    )  # fmt: skip
    _tell(complaint, entry, where, now=now)
    return _told(complaint, words) | {"duplicates": hints, "repeat": False}


def _resend(county: str, entry: Entry, key: str) -> Q:
    """Rows that came under the same key or source number. Senders of one key queue up here on PostgreSQL, so that the
    second finds what the first has stored; SQLite lets one writer in at a time anyway."""
    found, marks = Q(), []
    if key:
        found |= Q(county_code=county, channel=entry.channel, idempotency_key=key)
        marks.append(f"key|{county}|{entry.channel}|{key}")
    if entry.source_number:
        found |= Q(county_code=county, channel=entry.channel, source_number=entry.source_number)
        marks.append(f"source|{county}|{entry.channel}|{entry.source_number}")
    if marks and connection.vendor == "postgresql":
        locks = sorted(lock_number(mark) for mark in marks)
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + ", ".join(["pg_advisory_xact_lock(%s)"] * len(locks)), locks)
    return found


def _again(same: list[Complaint], body: str, *, actor: Actor, words: Mapping[str, Any]) -> dict[str, Any]:
    """The first answer once more; `Conflict` when something else was said under the same key."""
    if len(same) > 1 or same[0].body_hash != body:
        raise Conflict(
            "同一来源编号（或同一次提交）已登记过，内容却不同", fix="请核对来源编号；确为另一件事，请换用新编号"
        )
    record(actor=actor, verb="intake.repeat", subject=same[0])
    return _told(same[0], words) | {"duplicates": [], "repeat": True}


def _told(complaint: Complaint, words: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": complaint.pk,
        "number": complaint.number,
        "receipt": receipt_code(complaint.county_code, complaint.number),
        "status": complaint.status,
        "redirect": vocabulary.redirect(words, complaint.kind),
    }


def _matter(entry: Entry, county: str) -> Matter:
    return Matter(
        county=county,
        phone_hash=phone_hash(entry.phone),
        employer_key=employer_key(entry.employer),
        employer_id=entry.employer_id,
        people=entry.people,
        amount_fen=entry.amount,
        period_from=entry.since,
        period_to=entry.until,
        text=entry.text,
    )


def _where(entry: Entry, county: str) -> _Where:
    """Look up place, employer and project; each costs one query, and only when given. Raises `BadInput`."""
    faults: dict[str, str] = {}
    code = _place(entry.place, county, faults)
    name = entry.employer
    if entry.employer_id is not None:
        known = employers.in_county([entry.employer_id], county)
        name = known.get(entry.employer_id, "")
        if not name:
            faults["employer_id"] = "本地没有登记这个用人单位，请从列表中选择，或只填写名称"
    project_id, project_name = None, ""
    if entry.project:
        project_id = int(entry.project) if entry.project.isascii() and entry.project.isdecimal() else 0
        project_name = projects.in_county([project_id], county).get(project_id, "") if project_id < 2**63 else ""
        if not project_name:
            faults["project"] = "本地没有登记这个工程项目，请从列表中选择，或在情况中写明"
    if faults:
        raise BadInput(fields=faults)
    return _Where(code, town_of(code), name, project_id, project_name)


def _place(text: str, county: str, faults: dict[str, str]) -> str:
    """The twelve digits of an existing place of the county; the county itself when none was given."""
    whole = county.ljust(12, "0")
    try:
        code = normal(text) if text else whole
        if county_of(code) != county:
            faults["place"] = "这个地点不属于本县（市、区），请转请当地受理"
        elif code != whole and not place_known(code):
            faults["place"] = f"没有区划代码为“{text}”的地点，请从列表中选择"
    except BadInput as fault:
        faults["place"] = fault.message
        return whole
    return code


def _stored(
    entry: Entry, where: _Where, matter: Matter, status: str, *, actor: Actor, now: datetime, key: str, body: str
) -> Complaint:
    number = _number(actor.county, now)
    code = receipt_code(actor.county, number)
    complaint = Complaint.objects.create(
        number=number,
        county_code=actor.county,
        town_code=where.town_code,
        place_code=where.place_code,
        unit_code=next((scope.unit for scope in actor.scopes if scope.unit), ""),
        channel=entry.channel,
        source_number=entry.source_number,
        nature=entry.nature,
        kind=entry.kind,
        status=status,
        employer_id=entry.employer_id,
        employer_name=where.employer_name,
        employer_key=employer_key(where.employer_name),
        project_id=where.project_id,
        address=entry.address,
        sector=entry.sector,
        people=entry.people,
        amount_fen=entry.amount,
        period_from=entry.since,
        period_to=entry.until,
        text=entry.text,
        answer=entry.answer,
        reported_at=entry.reported_at,
        received_at=now,
        received_by=actor.name,
        receipt_hash=receipt_hash(code),
        seen_by_operator="public" not in actor.posts,
        idempotency_key=key or None,
        body_hash=body,
        phone_hash=matter.phone_hash,
    )
    if entry.name or entry.phone or entry.id_number or entry.anonymous:
        Reporter.objects.bulk_create([_reporter(complaint, entry)])
    if entry.workers:
        ClaimLine.objects.bulk_create([_claim_line(complaint, line) for line in entry.workers])
    return complaint


def _number(county: str, now: datetime) -> str:
    """The next number of the day; taken late, because its counter stays locked until the command ends."""
    day = calendar.local(now).date()
    serial = next_number(county=county, series=f"complaint:{day:%Y%m%d}", year=day.year)
    return shaped(vocabulary.number_template(county, day), serial=serial, day=day, place=county)


def _status(entry: Entry, words: Mapping[str, Any]) -> str:
    """A question is answered, a matter of another office is redirected, every other one becomes a case."""
    if entry.nature == Complaint.Nature.CONSULTATION:
        return Complaint.Status.ANSWERED
    if vocabulary.redirected(words, entry.kind):
        return Complaint.Status.REDIRECTED
    return Complaint.Status.RECEIVED


def _reporter(complaint: Complaint, entry: Entry) -> Reporter:
    return Reporter(
        complaint=complaint,
        name=entry.name,
        phone=entry.phone,
        id_number=entry.id_number,
        anonymous=entry.anonymous,
        language=entry.language,
    )


def _claim_line(complaint: Complaint, line: WorkerLine) -> ClaimLine:
    return ClaimLine(
        complaint=complaint,
        name=line.name,
        phone=line.phone,
        id_number=line.id_number,
        amount_fen=line.amount,
        period_from=line.since,
        period_to=line.until,
    )


def _tell(complaint: Complaint, entry: Entry, where: _Where, *, now: datetime) -> None:
    """Publish what others must hear: a matter of this office, or a question answered. A redirected one ends here."""
    if complaint.status == Complaint.Status.ANSWERED:
        publish(
            ConsultationAnswered(
                complaint.pk, complaint.number, complaint.county_code, entry.channel, entry.kind, now.isoformat()
            )
        )
    if complaint.status != Complaint.Status.RECEIVED:
        return
    publish(
        ComplaintReceived(
            complaint_id=complaint.pk,
            number=complaint.number,
            county=complaint.county_code,
            town_code=where.town_code,
            place_code=where.place_code,
            employer_id=entry.employer_id,
            employer_name=where.employer_name,
            project_id=where.project_id,
            sector=entry.sector,
            people=entry.people,
            amount_fen=entry.amount,
            channel=entry.channel,
            kind=entry.kind,
            received_at=now.isoformat(),
            lines=[_said_line(line) for line in entry.workers],
            headline=_headline(entry, where),
        )
    )


def _headline(entry: Entry, where: _Where) -> str:
    whom = where.employer_name or where.project_name or entry.address or "单位不详"
    owed = f"{yuan(entry.amount)}元" if entry.amount is not None else "金额不清楚"
    return f"{whom[:100]}：{entry.people}人，{owed}"


def _said_line(line: WorkerLine) -> dict[str, Any]:
    """A line as others need it: with a whole period or none. One day alone stays on the `ClaimLine`, as it was said;
    the other one is not invented, for a sum of money would rest on it."""
    whole = line.since is not None and line.until is not None
    return {
        "name": line.name,
        "phone": line.phone,
        "id_number": line.id_number,
        "amount_fen": line.amount,
        "period_from": line.since.isoformat() if line.since and whole else None,
        "period_to": line.until.isoformat() if line.until and whole else None,
    }
