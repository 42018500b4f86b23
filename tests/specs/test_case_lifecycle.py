"""The table of the case is kept to the letter: every row of it works, and nothing that is not in it does."""

import pytest

from anxin.foundation.access.roles import roles
from anxin.foundation.audit.commands import REGISTRY
from anxin.foundation.audit.models import Entry
from anxin.foundation.duties.models import Duty
from anxin.foundation.kernel.errors import Conflict, Denied, IllegalTransition, Refused
from anxin.resolution.cases import lifecycle
from anxin.resolution.cases.lifecycle import CASE, EVIDENCE
from anxin.resolution.cases.models import Case
from tests.specs import case_desk as desk

VERBS = [step.verb for step in CASE.steps]
ARCS = [(step, source) for step in CASE.steps for source in CASE.states if source in step.sources]
PAPERS = [(step, kind) for step in CASE.steps for kind in step.needs]
UNMET = {
    lifecycle.amount_is_known: ({"due_fen": 0}, {}, "还没有核实应付金额"),
    lifecycle.nothing_outstanding: ({}, {"paid_on": None}, "尚有 9000.00 元未兑付"),
    lifecycle.the_order_has_lapsed: ({"order_lapsed": False}, {}, "期限尚未届满"),
    lifecycle.every_worker_has_confirmed: ({"outcome": "paid", "unconfirmed": 2}, {}, "还有 2 人没有确认"),
    lifecycle.an_independent_call_was_made: ({"withdrawal_genuine": False}, {}, "承办单位以外的人员"),
}
"""Of each guard: what the case lacks, how the step is then asked for, and the words of the refusal."""
GUARDED = [(step, guard) for step in CASE.steps for guard in (*step.guards, *step.holds)]

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Case:
    desk.open_up()
    return desk.new_case()


def stands_at(case: Case, step, source: str) -> Case:
    """In `source`, with papers on file and the clocks running that the step is to stop."""
    desk.add_papers(case, set(step.needs))
    Duty.objects.filter(subject=f"cases.Case:{case.pk}").delete()
    desk.run_clocks(case, {*step.discharges, *step.cancels})
    return desk.put(case, source)


def live(case: Case) -> set[str]:
    found = Duty.objects.filter(subject=f"cases.Case:{case.pk}", state__in=Duty.LIVE)
    return set(found.values_list("rule", flat=True))


def test_the_table_itself_is_sound():
    assert CASE.faults() == []
    assert {*VERBS} == {*desk.MINIMAL}
    assert {guard for _, guard in GUARDED} == {*UNMET}


@pytest.mark.parametrize("step", CASE.steps, ids=VERBS)
def test_each_step_is_a_command_that_asks_for_the_permission_of_the_table(step):
    assert REGISTRY[f"cases.{step.verb}"].may == step.may


@pytest.mark.parametrize(("step", "source"), ARCS, ids=[f"{source}-{step.verb}" for step, source in ARCS])
def test_a_step_of_the_table_is_taken_and_moves_stage_clocks_and_trail(case, step, source):
    stands_at(case, step, source)
    told = desk.take(step.verb, case)
    after = Case.objects.get(pk=case.pk)
    assert (told["stage"], after.stage) == (step.target, step.target)
    assert after.version == told["version"] > case.version
    assert {*step.starts} <= live(case)
    assert not {*step.discharges, *step.cancels} & live(case)
    assert step.target not in CASE.finals or not live(case), "nobody owes anything on what has ended"
    last = Entry.objects.filter(subject=f"cases.Case:{case.pk}", verb=f"cases.{step.verb}").latest("seq")
    assert (last.detail["source"], last.detail["target"]) == (source, step.target)


@pytest.mark.parametrize("state", CASE.states)
def test_a_step_that_is_not_in_the_table_is_refused_and_changes_nothing(case, state):
    desk.add_papers(case, {*EVIDENCE})
    desk.put(case, state)
    trail = Entry.objects.count()
    for verb in [step.verb for step in CASE.steps if state not in step.sources]:
        with pytest.raises(IllegalTransition) as refusal:
            desk.take(verb, case, **({"into": case.pk + 1} if verb == "merge" else {}))
        assert CASE.states[state] in refusal.value.message and "现在可以" in refusal.value.message
        after = Case.objects.get(pk=case.pk)
        assert (after.stage, after.version) == (state, case.version), verb
        assert Entry.objects.count() == trail, verb


@pytest.mark.parametrize("step", CASE.steps, ids=VERBS)
def test_whoever_lacks_the_permission_of_a_step_is_denied(case, step):
    stands_at(case, step, next(s for s in CASE.states if s in step.sources))
    with pytest.raises(Denied):
        desk.take(step.verb, case, actor=desk.without(step.may), **({"into": case.pk} if step.verb == "merge" else {}))


@pytest.mark.parametrize("step", CASE.steps, ids=VERBS)
def test_every_post_that_was_not_given_a_step_is_denied(case, step):
    stands_at(case, step, next(s for s in CASE.states if s in step.sources))
    given = {"into": case.pk} if step.verb == "merge" else {}
    others = [p for p, role in roles(desk.COUNTY, desk.NOW.date()).items() if step.may not in role.permissions]
    assert "public" in others and len(others) >= 3
    for post in others:
        with pytest.raises(Denied):
            desk.take(step.verb, case, actor=desk.holder(post), **given)


@pytest.mark.parametrize("step", CASE.steps, ids=VERBS)
def test_a_case_of_another_town_looks_as_if_it_did_not_exist(case, step):
    stands_at(case, step, next(s for s in CASE.states if s in step.sources))
    stranger = desk.holder("town_handler", place="330784108")
    able = type(stranger)(**{**vars(stranger), "permissions": desk.everyone().permissions})
    with pytest.raises(Denied) as hidden:
        desk.take(step.verb, case, actor=able, **({"into": case.pk + 1} if step.verb == "merge" else {}))
    case.pk = 10**9
    with pytest.raises(Denied) as absent:
        desk.take(step.verb, case, actor=able, **({"into": case.pk + 1} if step.verb == "merge" else {}))
    assert hidden.value.message == absent.value.message


@pytest.mark.parametrize(("step", "kind"), PAPERS, ids=[f"{step.verb}-{kind}" for step, kind in PAPERS])
def test_a_step_waits_for_each_of_its_papers(case, step, kind):
    desk.add_papers(case, {*EVIDENCE} - {kind})
    desk.put(case, next(s for s in CASE.states if s in step.sources))
    with pytest.raises(Refused, match=f"缺少材料“{EVIDENCE[kind]}”"):
        desk.take(step.verb, case)
    desk.add_papers(case, {kind})
    assert desk.take(step.verb, case)["stage"] == step.target


@pytest.mark.parametrize(
    ("step", "guard"), GUARDED, ids=[f"{step.verb}-{guard.__name__}" for step, guard in GUARDED]
)  # fmt: skip
def test_a_step_waits_for_each_of_its_conditions(case, step, guard):
    lacking, given, words = UNMET[guard]
    desk.add_papers(case, {*EVIDENCE})
    stage = next(s for s in CASE.states if s in step.sources)
    desk.put(case, stage)
    Case.objects.filter(pk=case.pk).update(**lacking)
    with pytest.raises(Refused, match=words):
        desk.take(step.verb, case, **given)
    assert Case.objects.get(pk=case.pk).stage == stage


def test_whoever_acts_on_an_old_page_is_told_who_was_first(case):
    desk.put(case, "dispatched")
    desk.take("contact", case, seen=case.version)
    with pytest.raises(Conflict, match="已被全能于 11-01 09:00 处理，请刷新"):
        desk.take("verify", case, seen=case.version)


def test_two_cases_cannot_swallow_each_other(case):
    other = desk.new_case(employer="另一家")
    desk.take("merge", case, into=other.pk)
    with pytest.raises(Refused, match="不能并入"):
        desk.take("merge", other, into=case.pk)
