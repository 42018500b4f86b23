"""Cases walked at random: whatever people do in whatever order, money adds up and nothing ends before its time."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from anxin.foundation.audit.commands import call
from anxin.foundation.audit.models import Entry
from anxin.foundation.audit.trail import GENESIS, digest
from anxin.foundation.duties.models import Duty
from anxin.foundation.duties.services import tick
from anxin.foundation.kernel.errors import AnxinError, BadInput, IllegalTransition, Refused
from anxin.foundation.outbox.models import Event
from anxin.foundation.outbox.worker import drain
from anxin.registry.wages.models import Wage
from anxin.resolution.cases.lifecycle import CASE
from anxin.resolution.cases.models import Case
from tests.specs import case_desk as desk

STEPS = [verb for verb in desk.MINIMAL if verb not in {"merge", "settle"}]
FORWARD = ["dispatch", "contact", "close", "reply", "pay"]
PAPERS = ["payment_proof", "correction_order", "service_proof", "referral_file"]
SUMS = st.lists(st.integers(1, 60_000_000), min_size=1, max_size=12)


def listed(sums: list[int]) -> list[dict[str, str]]:
    """A list of workers with what each is owed."""
    return [{"name": f"工人{n}", "amount": f"{fen / 100:.2f}"} for n, fen in enumerate(sums)]


class Walk(RuleBasedStateMachine):
    """The model: a stage, each worker's due, paid and answer in fen, the papers since reopening, three facts."""

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        desk.open_up()
        self.now = desk.NOW

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    @initialize(sums=SUMS, onward=st.integers(0, 5))
    def a_complaint_comes(self, sums: list[int], onward: int) -> None:
        """The walk begins somewhere on the straight way from registration to the reply."""
        self.pk = desk.new_case(people=len(sums), amount=None, workers=listed(sums)).pk
        self.stage, self.version = "registered", 0
        self.due, self.paid, self.said = list(sums), [0] * len(sums), [""] * len(sums)
        self.papers: set[str] = set()
        self.replied = self.genuine = self.asked = self.lapsed = False
        self.dismissed = False
        self.joint = self.reaches()
        self.version = self.row().version
        for _ in range(onward):
            self.goes_on(pick=1)

    # -- what people do ----------------------------------------------------------------------------------------

    @rule(verb=st.sampled_from(STEPS), hours=st.integers(0, 30))
    def tries_any_step(self, verb: str, hours: int) -> None:
        self.pass_time(hours)
        self.takes(verb)

    @rule(pick=st.integers(0, 99))
    def goes_on(self, pick: int) -> None:
        """Mostly towards the end, as work does: a random walk would rarely get there."""
        possible = [verb for verb in STEPS if self.legal(verb)]
        onward = [verb for verb in FORWARD if verb in possible]
        if "pay" in onward and pick % 2:
            self.brings_a_paper(kind="payment_proof")
        if onward and pick % 4:
            self.takes(onward[0])
        elif possible:
            self.takes(possible[pick % len(possible)])

    def takes(self, verb: str) -> None:
        given = dict(desk.MINIMAL[verb])
        if verb == "redispatch" and self.row().unit_code == given["unit"]:
            given["unit"] = desk.UNIT
        if "due_on" in given:
            given["due_on"] = self.now.date() + timedelta(days=2)
        if "paid_on" in given:
            given["paid_on"] = self.now.date()
        if not self.legal(verb):
            return self.refused(IllegalTransition, verb, **given)
        if not self.fulfilled(verb):
            return self.refused(Refused, verb, **given)
        self.act(verb, **given)
        self.stage = CASE.find(verb, self.stage).target
        if verb == "pay":
            parts = zip(self.due, self.paid, self.said, strict=True)
            self.said = [said if paid == due else "" for due, paid, said in parts]
            self.paid = list(self.due)
        if verb == "redispatch":
            self.genuine = False
        if verb == "dismiss":
            self.dismissed = True
        if verb == "order":
            self.lapsed = False
        if verb == "reply":
            self.replied = True
        if verb == "reopen":
            self.reopened()

    @rule(sums=SUMS, verb=st.sampled_from(["verify", "amend"]))
    def lists_the_workers(self, sums: list[int], verb: str) -> None:
        given: dict[str, Any] = {"workers": listed(sums)}
        if verb == "verify" and not self.legal(verb):
            return self.refused(IllegalTransition, verb, **given)
        given |= {"reason": "更正名单"} if verb == "amend" else {}
        if self.ended() or any(self.paid):
            return self.refused(Refused, verb, **given)
        self.act(verb, **given)
        self.stage = "verified" if verb == "verify" else self.stage
        self.due, self.paid, self.said = list(sums), [0] * len(sums), [""] * len(sums)
        self.joint |= self.reaches()
        self.genuine = False  # the worker was asked about other figures

    @rule(kind=st.sampled_from(PAPERS))
    def brings_a_paper(self, kind: str) -> None:
        self.now += timedelta(minutes=1)
        call("documents.add", actor=desk.everyone(), now=self.now, subject=self.subject(), kind=kind, text="材料")
        self.papers.add(kind)

    @rule(who=st.integers(0, 11), share=st.integers(1, 3))
    def books_a_payment(self, who: int, share: int) -> None:
        worker = who % len(self.due)
        fen = -(-(self.due[worker] - self.paid[worker]) // share)
        given = {"claim": self.claims()[worker], "amount": f"{fen / 100:.2f}"}
        if self.ended() or self.stage == "registered":
            return self.refused(Refused, "record_payment", **given)
        if fen == 0:
            return self.refused(BadInput, "record_payment", **given)
        self.act("record_payment", **given)
        self.paid[worker] += fen
        self.said[worker] = ""

    @rule(who=st.integers(0, 11), answer=st.sampled_from(["received", "received", "received", "partial", "none"]))
    def is_asked_whether_the_money_came(self, who: int, answer: str) -> None:
        self.now += timedelta(minutes=1)
        worker = who % len(self.due)
        self.act("confirm", claim=self.claims()[worker], answer=answer)
        self.said[worker] = answer
        if answer != "received":  # nobody said how much of it came, so all of it is owed until booked anew
            self.paid[worker] = 0
        if answer != "received" and self.stage in ("paid", "replied", "closed"):
            self.stage = "contacted"
            self.reopened()

    @rule()
    def all_the_others_say_that_it_came(self) -> None:
        self.now += timedelta(minutes=1)
        if "" not in self.said:
            return self.refused(Refused, "confirm", answer="received")
        self.act("confirm", answer="received")
        self.said = [said or "received" for said in self.said]

    @rule()
    def asks_to_withdraw(self) -> None:
        if self.ended() or self.stage == "registered":
            return self.refused(Refused, "request_withdrawal", reason="不想告了")
        self.act("request_withdrawal", reason="不想告了")
        self.asked, self.genuine = True, False

    @rule(reached=st.booleans(), genuine=st.booleans())
    def is_called_independently(self, reached: bool, genuine: bool) -> None:
        given = {"reached": reached, "genuine": genuine, "summary": "独立电话核实"}
        if self.ended() or not self.asked:
            return self.refused(Refused, "call_independently", **given)
        self.act("call_independently", **given)
        if reached:
            self.genuine, self.asked = genuine, genuine

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        self.pass_time(hours)

    # -- what must hold ----------------------------------------------------------------------------------------

    @invariant()
    def the_case_is_where_the_model_is(self) -> None:
        row = self.row()
        assert row.stage == self.stage
        assert (row.due_fen, row.paid_fen, row.people) == (sum(self.due), sum(self.paid), len(self.due))
        assert row.outstanding_fen == sum(self.due) - sum(self.paid) >= 0
        assert row.unconfirmed == sum(answer != "received" for answer in self.said)

    @invariant()
    def the_case_is_the_sum_of_its_workers(self) -> None:
        row = self.row()
        lines = Wage.objects.filter(pk__in=row.claims.filter(superseded=False).values("wage_id"))
        assert lines.aggregate(due=Sum("due_fen"), paid=Sum("paid_fen")) == {"due": row.due_fen, "paid": row.paid_fen}

    @invariant()
    def joint_handling_begins_at_the_threshold_and_never_ends_by_itself(self) -> None:
        assert self.row().joint == self.joint

    @invariant()
    def what_is_closed_was_answered_and_paid_with_proof_and_confirmed(self) -> None:
        if self.stage == "closed":
            assert self.replied and (self.dismissed or "payment_proof" in self.papers)
            assert self.dismissed or {*self.said} == {"received"}
        if self.stage == "withdrawn":
            assert self.genuine

    @invariant()
    def nobody_owes_anything_on_what_has_ended(self) -> None:
        if self.ended():
            assert not Duty.objects.filter(subject=self.subject(), state__in=Duty.LIVE).exists()

    @invariant()
    def no_consequence_has_failed(self) -> None:
        assert not Event.objects.exclude(state=Event.State.DONE).exists()

    @invariant()
    def the_trail_hangs_together(self) -> None:
        previous = GENESIS
        for number, entry in enumerate(Entry.objects.filter(subject=self.subject()).order_by("seq"), 1):
            assert (entry.seq, entry.previous, entry.digest) == (number, previous, digest(entry))
            previous = entry.digest

    # -- the model's own words ---------------------------------------------------------------------------------

    def legal(self, verb: str) -> bool:
        return any(step.verb == verb for step in CASE.offered(self.stage))

    def fulfilled(self, verb: str) -> bool:
        if verb == "close":
            return self.dismissed or all(answer == "received" for answer in self.said)
        if verb == "withdraw":
            return self.genuine
        if verb == "refer" and not self.lapsed:
            return False
        return {*CASE.find(verb, self.stage).needs} <= self.papers

    def reaches(self) -> bool:
        return len(self.due) >= 10 or sum(self.due) >= 50_000_000

    def reopened(self) -> None:
        self.papers, self.replied, self.dismissed, self.asked, self.genuine = set(), False, False, False, False

    def ended(self) -> bool:
        return self.stage in CASE.finals

    def pass_time(self, hours: int) -> None:
        self.now += timedelta(hours=hours, minutes=1)
        self.settle()
        self.lapsed = self.row().order_lapsed

    def act(self, verb: str, **given: Any) -> None:
        call(f"cases.{verb}", actor=desk.everyone(), now=self.now, case=self.pk, **given)
        before, self.version = self.version, self.row().version
        assert self.version > before, "every act makes a new version"
        self.settle()

    def refused(self, kind: type[AnxinError], verb: str, **given: Any) -> None:
        with pytest.raises(kind):
            call(f"cases.{verb}", actor=desk.everyone(), now=self.now, case=self.pk, **given)
        assert self.row().version == self.version, "a refusal changes nothing"

    def settle(self) -> None:
        tick(now=self.now)
        drain(now=self.now)
        self.version = self.row().version

    def row(self) -> Case:
        return Case.objects.get(pk=self.pk)

    def subject(self) -> str:
        return f"cases.Case:{self.pk}"

    def claims(self) -> list[int]:
        """A line is named by its wage."""
        return list(self.row().claims.filter(superseded=False).order_by("pk").values_list("wage_id", flat=True))


@pytest.mark.django_db
def test_cases_walked_at_random() -> None:
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
