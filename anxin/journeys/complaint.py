"""A complaint's way: received → case → (joint handling) → told to the worker at each step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from anxin.foundation.access.actor import Actor
from anxin.foundation.directory import selectors as directory
from anxin.foundation.duties import selectors as duties
from anxin.foundation.duties.services import moment
from anxin.foundation.notices.services import To, send
from anxin.foundation.policy.current import book
from anxin.foundation.workdays.calendar import local
from anxin.resolution.cases import selectors as cases
from anxin.resolution.cases import services as case_services
from anxin.resolution.cases.events import CaseMoved, CaseOpened, JointHandlingBegan, WorkerAnswered
from anxin.resolution.intake.events import ComplaintMerged, ComplaintReceived
from anxin.resolution.mediation import selectors as mediation_reader
from anxin.resolution.mediation import services as mediation


def open_case(happened: ComplaintReceived, *, actor: Actor, now: datetime) -> None:
    """Every complaint about wages becomes a case; its clocks run from the moment of receipt."""
    case_services.open_(
        actor=actor,
        now=now,
        complaint=happened.complaint_id,
        number=happened.number,
        place=happened.place_code,
        town=happened.town_code,
        channel=happened.channel,
        sector=happened.sector,
        employer=happened.employer_id,
        employer_name=happened.employer_name,
        project=happened.project_id,
        people=happened.people,
        amount_fen=happened.amount_fen or 0,
        lines=[
            {
                "name": line["name"],
                "phone": line.get("phone", ""),
                "id_number": line.get("id_number", ""),
                "amount_fen": line.get("amount_fen") or 0,
                "since": line.get("period_from"),
                "until": line.get("period_to"),
            }
            for line in happened.lines
        ],
        received_at=happened.received_at,
    )


def tell_reporter(happened: CaseOpened, *, actor: Actor, now: datetime) -> None:
    """The receipt by text message: number, office, phone and the moment by which somebody will call."""
    case = cases.facts(happened.case_id)
    clock = duties.latest_by_rule(subject=f"cases.Case:{happened.case_id}")["dispatch"]
    call_by, _, _ = moment(clock="clock.contact", county=case["county"], at=clock["due_at"])
    office = directory.office(case["county"])
    facts = {
        "number": case["number"],
        "office": office.name,
        "phone": office.phone,
        "contact_by": _moment(call_by),
    }
    _tell(case, "complaint_received", facts, now)


def begin_joint_handling(happened: JointHandlingBegan, *, actor: Actor, now: datetime) -> None:
    """联合处置: the joint office convenes, each department gets its part."""
    if cases.is_joint(happened.case_id):
        case_services.joint_start(actor=actor, now=now, case=happened.case_id)


def attach_to_case(happened: ComplaintMerged, *, actor: Actor, now: datetime) -> None:
    """Two complaints are one matter: so are their cases."""
    case, into = cases.open_for_complaint(happened.complaint_id), cases.open_for_complaint(happened.into_id)
    if case is not None and into is not None and case != into and cases.is_open(case) and cases.is_open(into):
        case_services.merge(actor=actor, now=now, case=case, into=into, reason="来件合并为同一事项")


def settle_instalments(happened: CaseMoved, *, actor: Actor, now: datetime) -> None:
    """A case confirmed as paid leaves no instalment waiting."""
    if mediation_reader.awaits_instalments(happened.case_id):
        mediation.instalments_paid(actor=actor, now=now, case=happened.case_id)


def take_back_instalments(happened: WorkerAnswered, *, actor: Actor, now: datetime) -> None:
    """Money that did not come leaves no instalment standing as paid."""
    if mediation_reader.has_paid_instalments(happened.case_id):
        mediation.instalments_unpaid(actor=actor, now=now, case=happened.case_id)


def tell_worker(happened: CaseMoved, *, actor: Actor, now: datetime) -> None:
    """The steps a worker hears of: paid (did the money come?), replied, closed, reopened."""
    template = TOLD[happened.verb]
    case = cases.facts(happened.case_id)
    unit = directory.unit_get(case["unit"]) if case["unit"] else directory.office(case["county"])
    facts = {
        "number": case["number"],
        "office": unit.name,
        "phone": unit.phone,
        "amount": case["paid"],
        "text": case["reply"],
        "link": f"{settings.ANXIN_PUBLIC_URL}/p/{case['number']}",
    }
    known = book().section("notices", place=case["county"], on=local(now).date())[template]["fields"]
    _tell(case, template, {name: facts[name] for name in known}, now)


TOLD = {"pay": "ask_confirmation", "reply": "replied", "close": "closed", "reopen": "reopened"}


def tell_unit(happened: CaseMoved, *, actor: Actor, now: datetime) -> None:
    """A unit that gets a case finds a message beside the duty."""
    case = cases.facts(happened.case_id)
    clock = duties.latest_by_rule(subject=f"cases.Case:{happened.case_id}").get("contact")
    if clock is None:
        return
    facts = {
        "number": case["number"],
        "headline": clock["headline"],
        "unit": case["unit_name"],
        "due": _moment(clock["due_at"]),
    }
    holders = directory.holders(clock["post"], on=local(now).date(), unit=case["unit"])
    send(
        template="case_dispatched",
        to=[To(officer=holder.officer_id) for holder in holders],
        facts=facts,
        now=now,
        county=case["county"],
        subject=f"cases.Case:{happened.case_id}",
    )


def _tell(case: dict[str, Any], template: str, facts: dict[str, Any], now: datetime) -> None:
    phones = [To(phone=reporter["phone"]) for reporter in case["reporters"] if reporter["phone"]]
    send(template=template, to=phones, facts=facts, now=now, county=case["county"], subject=f"cases.Case:{case['id']}")


def _moment(at: datetime) -> str:
    return f"{local(at):%Y年%-m月%-d日%H:%M}"
