"""Writing workers: one by command, many at once inside the commands of other rooms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from pydantic import Field

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import command, record
from anxin.foundation.kernel.errors import BadInput, Refused
from anxin.foundation.kernel.identifiers import id_number as checked_id
from anxin.foundation.kernel.identifiers import mobile as checked_mobile
from anxin.registry.workers.models import Worker

LONGEST_NAME = 40


@dataclass(frozen=True)
class Person:
    """A worker as somebody named them; identity number and phone may be unknown ("")."""

    name: str
    id_number: str = ""
    phone: str = ""


class Found(list[int]):
    """Ids of workers in the order they were named; `unlinked` are the positions (from 0) whose identity number stands
    for another name, and who were therefore kept without that number."""

    def __init__(self, ids: Iterable[int], unlinked: tuple[int, ...] = ()) -> None:
        super().__init__(ids)
        self.unlinked = unlinked


@command(may="registry:edit", zh="登记劳动者")
def register(
    *,
    actor: Actor,
    now: datetime,
    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)],
    id_number: str = "",
    phone: str = "",
) -> dict[str, Any]:
    """A worker of the actor's county; the same person again gives the same id. Raises as `ensure` does."""
    try:
        (worker,) = ensure([Person(name, id_number, phone)], county=actor.county, now=now)
    except BadInput as fault:
        raise BadInput(fields={key.rpartition(".")[2]: zh for key, zh in fault.fields.items()}) from None
    record(actor=actor, verb="workers.register", subject=f"workers.Worker:{worker}")
    return {"id": worker}


def ensure(people: Iterable[Person], *, county: str, now: datetime, strict: bool = True) -> Found:
    """Ids of the workers, in the order given; unknown ones are created, blanks of known ones filled.

    Runs inside a command of the caller; three statements at most for a list of a few hundred. Two entries that are one
    person give one id. Raises `BadInput` with fields such as "0.phone" (positions count from 0), and `Refused` when an
    identity number is known under another name. With `strict=False`, for what people report, that is no refusal: the
    person is kept under the name given, without the number and apart from the worker known, and told as `unlinked`.
    """
    wanted = _checked(list(people))
    try:
        with transaction.atomic():
            return _ensured(wanted, county[:6], now, strict)
    except IntegrityError:  # somebody else has just registered one of them, who is known the second time
        return _ensured(wanted, county[:6], now, strict)


def _ensured(wanted: list[Person], county: str, now: datetime, strict: bool) -> Found:
    known = _Known(county, wanted, strict)
    found = [known.take(person, now) for person in wanted]
    Worker.objects.bulk_create(known.new)
    if known.filled:
        Worker.objects.bulk_update(known.filled.values(), ["id_number", "phone"])
    unlinked = tuple(place for place, person in enumerate(wanted) if id(person) in known.clashed)
    return Found([row.pk for row in found], unlinked)


class _Known:
    """The workers of a county who may be meant, by number and by name with phone."""

    def __init__(self, county: str, wanted: list[Person], strict: bool) -> None:
        self.county, self.strict = county, strict
        self.clashed: set[int] = set()
        self.new: list[Worker] = []
        self.filled: dict[int, Worker] = {}
        self.by_id: dict[str, Worker] = {}
        self.by_phone: dict[tuple[str, str], Worker] = {}
        self.numberless: dict[tuple[str, str], Worker] = {}
        numbers = {p.id_number for p in wanted if p.id_number}
        phones = {p.phone for p in wanted if p.phone}
        meant = Q(id_number__in=numbers) | Q(phone__in=phones)
        rows = Worker.objects.filter(meant, county_code=county).order_by("pk") if numbers or phones else ()
        for row in rows:
            self._index(row)

    def take(self, person: Person, now: datetime) -> Worker:
        if self._clashes(person):
            self.clashed.add(id(person))
            person = replace(person, id_number="")
            row = self._numberless(person)
        else:
            row = self._find(person)
        if row is None:
            row = Worker(name=person.name, county_code=self.county, registered_at=now)
            row.id_number, row.phone = person.id_number or None, person.phone
            self.new.append(row)
        else:
            self._fill(row, person)
        self._index(row)
        return row

    def _clashes(self, person: Person) -> bool:
        """Whether the number stands for another name; raises `Refused` when that is not to be."""
        row = self.by_id.get(person.id_number)
        if row is None or row.name == person.name:
            return False
        if self.strict:
            raise Refused("该身份证号已登记为另一姓名", fix="请核对身份证号和姓名")
        return True

    def _numberless(self, person: Person) -> Worker | None:
        """Somebody of that name and phone of whom no number is known: the only one a doubtful person may be."""
        row = self.numberless.get((person.phone, person.name))
        return row if row is not None and not row.id_number else None

    def _find(self, person: Person) -> Worker | None:
        if person.id_number in self.by_id:
            return self.by_id[person.id_number]
        alike = self.by_phone.get((person.phone, person.name))
        if alike is not None and person.id_number and alike.id_number:
            return None  # two people of one name who share a phone
        return alike

    def _fill(self, row: Worker, person: Person) -> None:
        if (row.id_number or not person.id_number) and (row.phone or not person.phone):
            return
        row.id_number = row.id_number or person.id_number or None
        row.phone = row.phone or person.phone
        if row.pk is not None:
            self.filled[row.pk] = row

    def _index(self, row: Worker) -> None:
        if row.id_number:
            self.by_id[row.id_number] = row
        if row.phone:
            self.by_phone.setdefault((row.phone, row.name), row)
            if not row.id_number:
                self.numberless[row.phone, row.name] = row


def _checked(people: list[Person]) -> list[Person]:
    """The same people in normal form; every fault of every row is reported at once."""
    faults: dict[str, str] = {}
    clean = []
    for position, person in enumerate(people):
        values = {"name": person.name.strip(), "id_number": person.id_number, "phone": person.phone}
        if not 0 < len(values["name"]) <= LONGEST_NAME:
            faults[f"{position}.name"] = f"请填写姓名，不超过 {LONGEST_NAME} 个字"
        for key, check in (("id_number", checked_id), ("phone", checked_mobile)):
            if not values[key].strip():
                values[key] = ""
                continue
            try:
                values[key] = check(values[key])
            except BadInput as fault:
                faults[f"{position}.{key}"] = fault.message
        clean.append(Person(**values))
    if faults:
        raise BadInput(fields=faults)
    return clean
