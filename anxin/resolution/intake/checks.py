"""What a complaint must look like to be taken in: every field has its own sentence, and all faults are told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from anxin.foundation.kernel import identifiers
from anxin.foundation.kernel.errors import BadInput
from anxin.foundation.kernel.money import Money, yuan
from anxin.resolution.intake import vocabulary

MOST_PEOPLE = 100_000
_UNSAID = ("", "不清楚")
_LANDLINE = re.compile(r"0\d{2,3}-?\d{7,8}")


def _said(value: object) -> object:
    """Forms send an empty field, and people say that they do not know: both mean nothing."""
    return None if isinstance(value, str) and value.strip() in _UNSAID else value


Amount = Annotated[Money | None, BeforeValidator(_said)]
Day = Annotated[date | None, BeforeValidator(_said)]
Moment = Annotated[datetime | None, BeforeValidator(_said)]
People = Annotated[int, Field(ge=1, le=MOST_PEOPLE)]


class WorkerLine(BaseModel):
    """One worker named in a complaint; `amount` in yuan on the way in, fen here; half-open days, either unknown."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=40)]
    phone: str = ""
    id_number: str = ""
    amount: Amount = None
    since: Day = None
    until: Day = None


@dataclass(frozen=True)
class Entry:
    """What was said, as typed; `amount` in fen, `until` the first day no longer meant."""

    channel: str
    kind: str
    nature: str
    employer: str = ""
    employer_id: int | None = None
    project: str = ""
    place: str = ""
    address: str = ""
    sector: str = ""
    people: int = 1
    amount: int | None = None
    since: date | None = None
    until: date | None = None
    text: str = ""
    name: str = ""
    phone: str = ""
    id_number: str = ""
    anonymous: bool = False
    language: str = "zh"
    source_number: str = ""
    workers: tuple[WorkerLine, ...] = ()
    answer: str = ""
    reported_at: datetime | None = None

    def body(self) -> dict[str, Any]:
        """Everything said, for telling a resend from a new matter under an old key."""
        return {**asdict(self), "workers": [line.model_dump() for line in self.workers]}


def checked(entry: Entry, words: Mapping[str, Any], sectors: Mapping[str, Any], *, now: datetime, today: date) -> Entry:
    """The entry with its numbers in normal form; raises one `BadInput` that names every fault by field."""
    faults: dict[str, str] = {}
    faults |= _codes(entry, words, sectors)
    faults |= _matter(entry)
    faults |= _days(entry.since, entry.until, today, "")
    if entry.reported_at and entry.reported_at > now:
        faults["reported_at"] = "反映时间不能晚于现在"
    if entry.anonymous and (entry.name or entry.phone or entry.id_number):
        faults["anonymous"] = "匿名反映不保存姓名、电话和身份证号，请清空这几项，或取消匿名"
    phone = _normal(_phone, entry.phone, "phone", faults)
    id_number = _normal(identifiers.id_number, entry.id_number, "id_number", faults)
    lines = tuple(_line(line, place, today, faults) for place, line in enumerate(entry.workers))
    people, amount = _totals(entry, faults)
    if faults:
        raise BadInput(fields=faults)
    return replace(entry, phone=phone, id_number=id_number, workers=lines, people=people, amount=amount)


def _codes(entry: Entry, words: Mapping[str, Any], sectors: Mapping[str, Any]) -> dict[str, str]:
    found = {
        "channel": vocabulary.unknown(words["channels"], entry.channel),
        "kind": vocabulary.unknown(words["matters"], entry.kind),
        "nature": vocabulary.unknown(words["natures"], entry.nature),
        "sector": vocabulary.unknown(sectors, entry.sector) if entry.sector else "",
    }
    return {name: fault for name, fault in found.items() if fault}


def _matter(entry: Entry) -> dict[str, str]:
    """There must be something to go by: whom, where, or what happened."""
    if entry.employer or entry.employer_id or entry.project or entry.place or entry.address or entry.text:
        return {}
    return {"employer": "请填写用人单位或工程项目；都不清楚时，请写明地点和情况"}


def _days(since: date | None, until: date | None, today: date, prefix: str) -> dict[str, str]:
    if since and since > today:
        return {f"{prefix}since": "起始日期不能晚于今天"}
    if since and until and until <= since:
        return {f"{prefix}until": "截止日期应晚于起始日期"}
    return {}


def _phone(text: str) -> str:
    bare = text.replace(" ", "")
    if _LANDLINE.fullmatch(bare):
        return bare.replace("-", "")
    try:
        return identifiers.mobile(text)
    except BadInput:
        raise BadInput("电话应为11位手机号，或带区号的固定电话") from None


def _normal(check: Callable[[str], str], text: str, field: str, faults: dict[str, str]) -> str:
    try:
        return check(text) if text else ""
    except BadInput as fault:
        faults[field] = fault.message
        return text


def _line(line: WorkerLine, place: int, today: date, faults: dict[str, str]) -> WorkerLine:
    prefix = f"workers.{place}."
    faults |= _days(line.since, line.until, today, prefix)
    if line.amount == 0:
        faults[f"{prefix}amount"] = "金额应大于0，不清楚请留空"
    return line.model_copy(
        update={
            "phone": _normal(identifiers.mobile, line.phone, f"{prefix}phone", faults),
            "id_number": _normal(identifiers.id_number, line.id_number, f"{prefix}id_number", faults),
        }
    )


def _totals(entry: Entry, faults: dict[str, str]) -> tuple[int, int | None]:
    """People and amount, completed from the workers named; what was said must not contradict them."""
    if entry.amount == 0:
        faults["amount"] = "金额应大于0，不清楚请留空"
    sums = [line.amount for line in entry.workers if line.amount is not None]
    complete = bool(sums) and len(sums) == len(entry.workers) >= entry.people
    total = sum(sums)
    if entry.amount is not None and (entry.amount < total or (complete and entry.amount != total)):
        faults["amount"] = f"合计金额{yuan(entry.amount)}元与各人金额之和{yuan(total)}元不一致"
    amount = total if complete and entry.amount is None else entry.amount
    return max(entry.people, len(entry.workers)), amount
