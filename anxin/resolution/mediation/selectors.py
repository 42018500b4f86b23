from __future__ import annotations

from datetime import datetime
from typing import Any

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import query
from anxin.foundation.kernel.money import yuan
from anxin.resolution.cases import selectors as cases
from anxin.resolution.mediation.models import Instalment, Session, Settlement


def awaits_instalments(case: int) -> bool:
    """Whether something promised on a case is not booked as paid, for journeys."""
    return Instalment.objects.filter(settlement__case_id=case).exclude(state=Instalment.State.PAID).exists()


@query(may="cases:see", zh="调解情况")
def of_case(*, actor: Actor, now: datetime, case: int) -> dict[str, Any]:
    """Sessions, settlements and instalments of a case in reach; four queries."""
    cases.reachable(actor, case)
    rows = Instalment.objects.filter(settlement__case_id=case).order_by("due_on")
    parts: dict[int, list[dict[str, Any]]] = {}
    for i in rows:
        parts.setdefault(i.settlement_id, []).append(
            {"id": i.pk, "due_on": i.due_on, "amount": yuan(i.amount_fen), "amount_fen": i.amount_fen,
             "state": i.state, "state_zh": i.get_state_display(), "paid_on": i.paid_on}
        )  # fmt: skip
    return {
        "sessions": [
            {"id": s.pk, "held_at": s.held_at, "place": s.place, "mediator": s.mediator, "outcome": s.outcome,
             "outcome_zh": s.get_outcome_display(), "notes": s.notes}
            for s in Session.objects.filter(case_id=case).order_by("-held_at")
        ],
        "settlements": [
            {"id": s.pk, "number": s.number, "total": yuan(s.total_fen), "signed_on": s.signed_on, "terms": s.terms,
             "letter": s.letter_id, "instalments": parts.get(s.pk, [])}
            for s in Settlement.objects.filter(case_id=case).order_by("-pk")
        ],
    }  # fmt: skip


def awaits(*, duty: int) -> bool:
    """Whether an instalment watched by this duty is still awaited, for journeys."""
    return Instalment.objects.filter(duty_id=duty, state=Instalment.State.AWAITED).exists()


def has_paid_instalments(case: int) -> bool:
    """Whether any promise of a case is booked as kept, for journeys."""
    return Instalment.objects.filter(settlement__case_id=case, state=Instalment.State.PAID).exists()
