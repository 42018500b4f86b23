"""Reading complaints: the inbox, one complaint with its person masked, progress by receipt code, duplicate hints."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from pydantic import Field

from anxin.foundation.access.actor import Actor, reach
from anxin.foundation.audit import storable
from anxin.foundation.audit.commands import query
from anxin.foundation.kernel.errors import BadInput, Denied
from anxin.foundation.kernel.identifiers import mask_id, mask_name, mask_phone
from anxin.foundation.kernel.money import Money, yuan
from anxin.foundation.workdays import calendar
from anxin.resolution.intake import vocabulary
from anxin.resolution.intake.fingerprints import employer_key, phone_hash, receipt_hash
from anxin.resolution.intake.models import ClaimLine, Complaint, Reporter
from anxin.resolution.intake.similar import likeness

PAGE = 50
STATUSES = {str(code): str(zh) for code, zh in Complaint.Status.choices}
MOST_HINTS = 5
_CANDIDATES = 50


def visible(actor: Actor) -> QuerySet[Complaint]:
    """Complaints inside the actor's reach."""
    return Complaint.objects.filter(reach(actor, unit="unit_code"))


def find(actor: Actor, pk: int, *, lock: bool = False) -> Complaint:
    """One complaint in reach; raises `Denied` whether it is hidden or absent."""
    rows = visible(actor).select_for_update() if lock else visible(actor)
    complaint = rows.filter(pk=pk).first()
    if complaint is None:
        raise Denied()
    return complaint


def get(pk: int) -> Complaint:
    """One complaint wherever it is, for callers that check reach by their own means; raises `Denied` when absent."""
    complaint = Complaint.objects.filter(pk=pk).first()
    if complaint is None:
        raise Denied()
    return complaint


@query(may="intake:see", zh="来件列表")
def inbox(
    *,
    actor: Actor,
    now: datetime,
    kind: str = "",
    nature: str = "",
    channel: str = "",
    status: str = "",
    after: str = "",
    limit: Annotated[int, Field(ge=1, le=200)] = PAGE,
) -> dict[str, Any]:
    """Newest first, one query for any page. `next` is the cursor of the following page, "" on the last one."""
    wanted = {"kind": kind, "nature": nature, "channel": channel, "status": status}
    rows = visible(actor).filter(**{name: value for name, value in wanted.items() if value})
    if after:
        at, pk = _cursor(after)
        rows = rows.filter(Q(received_at__lt=at) | Q(received_at=at, pk__lt=pk))
    page = list(rows.defer("text", "answer").order_by("-received_at", "-pk")[: limit + 1])
    words = vocabulary.words(actor.county, calendar.local(now).date())
    more = f"{page[limit - 1].received_at.isoformat()}|{page[limit - 1].pk}" if len(page) > limit else ""
    return {"rows": [_row(complaint, words) for complaint in page[:limit]], "next": more}


def _cursor(text: str) -> tuple[datetime, int]:
    moment, _, pk = text.partition("|")
    try:
        at, last = datetime.fromisoformat(moment), int(pk)
        if at.tzinfo is None or storable.faults({"at": at, "pk": last}):
            raise ValueError(text)
    except ValueError:
        raise BadInput(fields={"after": "翻页位置有误，请回到第一页"}) from None
    return at, last


@query(may="intake:see", zh="来件详情")
def detail(*, actor: Actor, now: datetime, complaint: int) -> dict[str, Any]:
    """One complaint with its sources and workers; names, phones and ID numbers are masked. Four queries."""
    found = find(actor, complaint)
    return _shown(found, vocabulary.words(found.county_code, calendar.local(now).date()))


def detail_of(complaint: int) -> dict[str, Any]:
    """What `detail` shows, in the words of the day of receipt, for rooms above, which have checked reach of the matter.

    Raises `Denied` when there is no such complaint.
    """
    found = get(complaint)
    return _shown(found, _words(found))


def _shown(found: Complaint, words: Mapping[str, Any]) -> dict[str, Any]:
    merged = found.sources.select_related("origin").order_by("merged_at", "pk")
    return {
        **_row(found, words),
        "text": found.text,
        "answer": found.answer,
        "address": found.address,
        "period_from": _iso(found.period_from),
        "period_to": _iso(found.period_to),
        "reported_at": _iso(found.reported_at),
        "received_by": found.received_by,
        "seen_by_operator": found.seen_by_operator,
        "merged_into": found.merged_into_id,
        "redirect": vocabulary.redirect(words, found.kind),
        "reporter": _masked(Reporter.objects.filter(complaint=found).first()),
        "lines": [_masked_line(line) for line in found.lines.order_by("pk")],
        "sources": [
            {"channel": found.channel, "source_number": found.source_number, "number": found.number, "reason": ""},
            *(
                {
                    "channel": source.channel,
                    "source_number": source.source_number,
                    "number": source.origin.number,
                    "reason": source.reason,
                }
                for source in merged
            ),
        ],
    }


@query(may="intake:receive", zh="凭查询码查进度")
def by_receipt(*, actor: Actor, now: datetime, number: str, receipt: str) -> dict[str, Any]:
    """What the holder of a receipt code may see; a wrong number and a wrong code are refused alike, in equal time.

    `matter` is the complaint that carries on when this one was merged into another.
    """
    found = _opened(actor.county, number, receipt)
    words = vocabulary.words(found.county_code, calendar.local(now).date())
    return {
        "id": found.pk,
        "matter": found.merged_into_id or found.pk,
        "number": found.number,
        "kind": found.kind,
        "kind_zh": vocabulary.zh(words["matters"], found.kind),
        "nature": found.nature,
        "status": found.status,
        "status_zh": found.get_status_display(),
        "employer_name": found.employer_name,
        "people": found.people,
        "amount": _yuan(found.amount_fen),
        "received_at": found.received_at.isoformat(),
        "answer": found.answer,
        "redirect": vocabulary.redirect(words, found.kind),
        "seen_by_operator": found.seen_by_operator,
    }


def opened_by(*, actor: Actor, now: datetime, number: str, receipt: str) -> dict[str, Any]:
    """For rooms above: the complaint a receipt code opens, with its reporter in full, and what may be shown (`public`).

    Raises `Denied` as `by_receipt` does; the caller must not hand name and phone on.
    """
    shown = by_receipt(actor=actor, now=now, number=number, receipt=receipt)
    reporter = Reporter.objects.filter(complaint=shown["id"]).first()
    return {
        "id": shown["id"],
        "name": reporter.name if reporter else "",
        "phone": reporter.phone if reporter else "",
        "public": shown,
    }


def _opened(county: str, number: str, receipt: str) -> Complaint:
    found = Complaint.objects.filter(county_code=county, number=number.strip().upper()).first()
    stored = found.receipt_hash if found else receipt_hash("")
    right = hmac.compare_digest(stored, receipt_hash(receipt))
    if found is None or not right:
        raise Denied("编号或查询码不对，请对照回执逐位核对")
    return found


def sources_of(complaints: Iterable[int] | QuerySet[Any, Any]) -> list[dict[str, Any]]:
    """What was reported and where, persons masked, for the page of their case; the caller has checked reach."""
    wanted = complaints if isinstance(complaints, QuerySet) else list(complaints)
    rows = Complaint.objects.filter(pk__in=wanted).select_related("reporter").order_by("received_at", "pk")
    return [
        {
            "id": row.pk,
            "number": row.number,
            "channel": row.channel,
            "channel_zh": vocabulary.zh(_words(row)["channels"], row.channel),
            "source_number": row.source_number,
            "received_at": row.received_at,
            "received_by": row.received_by,
            "text": row.text,
            "reporter": _masked(getattr(row, "reporter", None)),
        }
        for row in rows
    ]


def contacts_of(complaints: Iterable[int]) -> list[dict[str, str]]:
    """Names and phones of those who reported, for messages to them; never for a page."""
    rows = Reporter.objects.filter(complaint__in=list(complaints), anonymous=False).order_by("pk")
    return [{"name": row.name, "phone": row.phone, "language": row.language} for row in rows]


def _words(row: Complaint) -> Mapping[str, Any]:
    return vocabulary.words(row.county_code, calendar.local(row.received_at).date())


@query(may="intake:see", zh="疑似重复")
def duplicates(
    *,
    actor: Actor,
    now: datetime,
    employer: str = "",
    phone: str = "",
    people: int | None = None,
    amount: Money | None = None,
    since: date | None = None,
    until: date | None = None,
    text: str = "",
    employer_id: int | None = None,
) -> list[dict[str, Any]]:
    """Complaints of the last days that may be the same matter, most alike first, each with its reason. One query."""
    matter = Matter(
        county=actor.county,
        phone_hash=phone_hash("".join(phone.split()).replace("-", "")),
        employer_key=employer_key(employer),
        employer_id=employer_id,
        people=people,
        amount_fen=amount,
        period_from=since,
        period_to=until,
        text=text,
    )
    if not matter.marks(now):
        return []
    rows = visible(actor).filter(matter.marks(now)).order_by("-received_at")[:_CANDIDATES]
    return hints(matter, list(rows), now=now)


@dataclass(frozen=True)
class Matter:
    """What is known of a matter while it is being typed in; amounts in fen, days half-open."""

    county: str
    phone_hash: str = ""
    employer_key: str = ""
    employer_id: int | None = None
    people: int | None = None
    amount_fen: int | None = None
    period_from: date | None = None
    period_to: date | None = None
    text: str = ""

    def marks(self, now: datetime) -> Q:
        """Rows with the same phone or employer within the days of the pack; empty when neither is known."""
        days = int(vocabulary.term("duplicate_days", self.county, calendar.local(now).date()))
        recent = Q(county_code=self.county, received_at__gte=now - timedelta(days=days))
        found = Q()
        if self.phone_hash:
            found |= recent & Q(phone_hash=self.phone_hash)
        if self.employer_key:
            found |= recent & Q(employer_key=self.employer_key)
        if self.employer_id:
            found |= recent & Q(employer=self.employer_id)
        return found


def resends_and_hints(
    matter: Matter, actor: Actor, now: datetime, *, resend: Q, hinting: bool
) -> tuple[list[Complaint], list[dict[str, Any]]]:
    """Earlier rows of the same sender number or key, and duplicate hints: both in one query, or in none."""
    marks = matter.marks(now) if hinting else Q()
    if not (resend or marks):
        return [], []
    wanted = (resend | (marks & reach(actor, unit="unit_code"))) if marks else resend
    same = Case(When(resend, then=Value(1)), default=Value(0), output_field=IntegerField()) if resend else Value(0)
    found = Complaint.objects.filter(wanted).annotate(same=same).order_by("-same", "-received_at")
    resent: list[Complaint] = []
    others: list[Complaint] = []
    for row in found[:_CANDIDATES]:
        (resent if row.same else others).append(row)
    return resent, hints(matter, others, now=now) if hinting else []


def hints(matter: Matter, rows: list[Complaint], *, now: datetime) -> list[dict[str, Any]]:
    """The rows that score at least the pack's least score, most alike first."""
    on = calendar.local(now).date()
    weights = vocabulary.words(matter.county, on)["duplicates"]
    least = vocabulary.term("hint_score", matter.county, on)
    judged = [(*_alike(matter, row, weights), row) for row in rows if row.merged_into_id is None]
    good = sorted((j for j in judged if j[0] >= least), key=lambda j: (-j[0], -j[2].pk))[:MOST_HINTS]
    return [
        {
            "id": row.pk,
            "number": row.number,
            "score": score,
            "reason": f"{_ago(row, now)}登记的 {row.number}：{'，'.join(reasons)}",
            "employer_name": row.employer_name,
            "people": row.people,
            "amount": _yuan(row.amount_fen),
            "status": row.status,
            "received_at": row.received_at.isoformat(),
        }
        for score, reasons, row in good
    ]


def _alike(matter: Matter, row: Complaint, weights: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Sum of the pack's weights for everything that agrees, at most 100, and the words for it."""
    same_name = bool(matter.employer_key) and matter.employer_key == row.employer_key
    same_firm = matter.employer_id is not None and matter.employer_id == row.employer_id
    text = likeness(matter.text, row.text) if matter.text and row.text else 0.0
    points = {
        "phone": (bool(matter.phone_hash) and matter.phone_hash == row.phone_hash, "同一电话"),
        "employer": (same_name or same_firm, "同一用人单位"),
        "people": (matter.people is not None and matter.people > 1 and matter.people == row.people, "人数相同"),
        "amount": (matter.amount_fen is not None and matter.amount_fen == row.amount_fen, "金额相同"),
        "period": (matter.period_from is not None and matter.period_from == row.period_from, "欠薪时间相同"),
        "text": (text >= float(weights["text_from"]), f"内容相近（{text:.0%}）"),
    }
    score = sum(int(weights[name]) for name, (holds, _) in points.items() if holds)
    return min(score, 100), [reason for holds, reason in points.values() if holds]


def _ago(row: Complaint, now: datetime) -> str:
    days = (calendar.local(now).date() - calendar.local(row.received_at).date()).days
    return f"{days}天前" if days > 0 else "今天"


def _row(complaint: Complaint, words: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": complaint.pk,
        "number": complaint.number,
        "channel": complaint.channel,
        "channel_zh": vocabulary.zh(words["channels"], complaint.channel),
        "source_number": complaint.source_number,
        "nature": complaint.nature,
        "nature_zh": vocabulary.zh(words["natures"], complaint.nature),
        "kind": complaint.kind,
        "kind_zh": vocabulary.zh(words["matters"], complaint.kind),
        "status": complaint.status,
        "status_zh": complaint.get_status_display(),
        "employer_id": complaint.employer_id,
        "employer_name": complaint.employer_name,
        "project_id": complaint.project_id,
        "place_code": complaint.place_code,
        "town_code": complaint.town_code,
        "sector": complaint.sector,
        "people": complaint.people,
        "amount": _yuan(complaint.amount_fen),
        "received_at": complaint.received_at.isoformat(),
    }


def _masked(reporter: Reporter | None) -> dict[str, Any] | None:
    if reporter is None:
        return None
    return {
        "name": reporter.masked_name,
        "phone": reporter.masked_phone,
        "id_number": reporter.masked_id_number,
        "anonymous": reporter.anonymous,
        "language": reporter.language,
    }


def _masked_line(line: ClaimLine) -> dict[str, Any]:
    return {
        "id": line.pk,
        "name": mask_name(line.name),
        "phone": mask_phone(line.phone),
        "id_number": mask_id(line.id_number),
        "amount": _yuan(line.amount_fen),
        "period_from": _iso(line.period_from),
        "period_to": _iso(line.period_to),
    }


def _yuan(fen: int | None) -> str | None:
    return None if fen is None else yuan(fen)


def _iso(moment: date | datetime | None) -> str | None:
    return moment.isoformat() if moment else None
