"""Bad input everywhere a person, a file or another program can give it: a Chinese sentence, and nothing half done."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from anxin.entrances.commands import player
from anxin.foundation.access.actor import Actor
from anxin.foundation.audit.commands import QUERIES, REGISTRY, Command, ask, call
from anxin.foundation.outbox.worker import drain
from tests.specs.case_desk import COUNTY, NOW, TOWN, UNIT, add_papers, everyone, new_case, open_up, put
from tests.specs.hostile import HOSTILE, fault_of, kept

pytestmark = pytest.mark.django_db

import os
SEED, SHARE = 20231202, float(os.environ.get("SHARE","0.35"))
"""A part of all pairs of argument and value, the same in every run."""

player.register()
NAMES = sorted([*REGISTRY, *QUERIES])


@dataclass(frozen=True)
class World:
    """One case and what hangs on it; `given` is what a command or query takes without complaint."""

    actor: Actor
    given: dict[str, dict[str, Any]]


@pytest.fixture
def world(settings: Any, tmp_path: Any) -> World:
    settings.DATA_DIR = settings.MEDIA_ROOT = tmp_path
    open_up()
    actor = everyone()
    who: dict[str, Any] = {"actor": actor, "now": NOW}
    firm = call("employers.register", **who, name="永康市某某五金厂", place=TOWN)["id"]
    works = call("projects.register", **who, name="示范工程", sector="construction", investment="private")["id"]
    person = call("workers.register", **who, name="张三", phone="13800000001")["id"]
    wage = call("wages.record_due", **who, rows=[{"worker": person, "amount": "9000.00"}])["ids"][0]
    payment = call("wages.record_payment", **who, wage=wage, amount="10", paid_on=NOW.date(), method="bank")["id"]
    received = call("intake.receive", **who, channel="hotline", employer="某厂", text="欠薪", place=TOWN, amount="9000")
    drain(now=NOW)
    other = call("intake.receive", **who, channel="hotline", employer="另一厂", text="欠薪", place=TOWN)
    drain(now=NOW)
    case, kin = put(new_case(), "mediating"), new_case(employer="并入的单位")
    add_papers(case, {"call_record"})
    paper = {"case": case.pk}
    session = call(
        "mediation.convene", **who, **paper, held_at=NOW + timedelta(hours=1), place="调解室", mediator="王调解"
    )["id"]
    from anxin.foundation.documents.models import Letter
    from anxin.foundation.duties.models import Duty

    duty = Duty.objects.filter(state="open").first()
    assert duty is not None
    letter = call(
        "documents.issue", **who, template="settlement", subject=f"cases.Case:{case.pk}",
        facts={
            "unit": "芝英镇", "mediator": "王调解", "signed_on": "2023-12-02", "employer": "某厂", "total": "1.00",
            "workers": [{"name": "张三", "amount": "1.00"}], "instalments": [{"due_on": "2023-12-10", "amount": "1"}],
        },
    )["id"]  # fmt: skip
    assert Letter.objects.filter(pk=letter).exists()
    reason = {"reason": "情况已变化"}
    promise = [{"due_on": date(2023, 11, 10), "amount": "9000.00"}]
    row = {"row": 2, "number": "A1", "at": NOW, "user": "u", "text": "拖欠工资", "amount": "12"}
    pair = {"number": received["number"], "receipt": received["receipt"]}
    line = {"name": "李四", "amount": "9000.00", "phone": "13800000002", "since": "2023-09-01", "until": "2023-10-01"}
    given: dict[str, dict[str, Any]] = {
        "cases.amend": paper | reason | {"people": 3, "amount": "9000"},
        "cases.answer": pair | {"answer": "received"},
        "cases.assist": paper | {"report": "已协助"},
        "cases.call_independently": paper | {"reached": True, "genuine": True, "summary": "本人自愿"},
        "cases.classify": paper | reason | {"grade": "complex"},
        "cases.confirm": paper | {"answer": "received"},
        "cases.contact": paper | {"summary": "已电话告知"},
        "cases.decide_hard": paper | {"decision": "公安协助"},
        "cases.dismiss": paper | {"ground": "not_wages", "note": "属于加工款"},
        "cases.dispatch": {"case": kin.pk},
        "cases.escalate": paper | reason,
        "cases.joint_convene": paper | {"decision": "公安协助"},
        "cases.joint_release": paper | reason | {"approver": "某某"},
        "cases.log_call": paper | {"summary": "已电话告知"},
        "cases.merge": {"case": kin.pk, "into": case.pk} | reason,
        "cases.open": {"complaint": other["id"], "number": "W20231101-9999", "place": f"{TOWN}000"},
        "cases.order": paper | {"order_number": "永人社监令字〔2023〕第0001号", "due_on": date(2023, 11, 10)},
        "cases.redispatch": {"case": kin.pk, "unit": UNIT} | reason,
        "cases.refer": paper | {"reference": "永人社移〔2023〕1号"},
        "cases.reopen": paper | reason,
        "cases.reply": paper | {"text": "工资已到账"},
        "cases.request_withdrawal": paper | reason,
        "cases.return": paper | reason,
        "cases.settle": paper | {"agreement": "永人社调字〔2023〕第0001号"},
        "cases.verify": paper | {"workers": [line]},
        "cases.of_employer": {"employer": firm},
        "cases.progress": pair,
        "documents.add": {"subject": f"cases.Case:{case.pk}", "kind": "call_record", "text": "材料"},
        "documents.issue": {
            "subject": f"cases.Case:{case.pk}", "template": "settlement", "facts": Letter.objects.get(pk=letter).facts
        },
        "documents.void": {"letter": letter} | reason,
        "duties.extend": {"duty": duty.pk, "due_at": NOW + timedelta(days=30), "approver": "某某"} | reason,
        "duties.hand_over": {"duty": duty.pk, "post": "leader"} | reason,
        "duties.pause": {"duty": duty.pk} | reason,
        "duties.resume": {"duty": duty.pk} | reason,
        "employers.assign_grid": {"employers": [firm], "grid": "330784115201"},
        "employers.import": {"rows": [{"单位名称": "某某机械厂", "用工人数": "10"}]},
        "employers.register": {"name": "某某机械厂", "place": TOWN},
        "employers.update": {"employer": firm, "sector": "manufacturing"},
        "employers.detail": {"employer": firm},
        "employers.search": {"text": "五金"},
        "intake.attach": pair | {"kind": "photo", "file": {"name": "a.txt", "content": "内容"}},
        "intake.consult": {"channel": "hotline", "text": "怎么讨薪", "answer": "请先登记"},
        "intake.import_messages": {"rows": [row]},
        "intake.merge": {"complaint": other["id"], "into": received["id"]} | reason,
        "intake.receive": {"channel": "hotline", "employer": "某机械厂", "people": 2, "workers": [line]},
        "intake.show_identity": {"complaint": received["id"]} | reason,
        "intake.by_receipt": pair,
        "intake.detail": {"complaint": received["id"]},
        "intake.duplicates": {"employer": "某厂", "phone": "13800000001", "amount": "9000.00", "text": "欠薪"},
        "mediation.agree": paper | {"instalments": promise},
        "mediation.conclude": {"session": session, "outcome": "failed"},
        "mediation.convene": paper | {"held_at": NOW + timedelta(hours=2), "place": "调解室", "mediator": "王调解"},
        "mediation.instalment_miss": {"duty": duty.pk},
        "mediation.instalments_paid": paper,
        "mediation.of_case": paper,
        "mediation.pay_instalment": {"instalment": 1},
        "notices.read": {"message": 1},
        "projects.add_participant": {"project": works, "employer": firm, "role": "labour"},
        "projects.register": {"name": "另一工程", "sector": "construction", "investment": "private"},
        "projects.detail": {"project": works},
        "projects.search": {"text": "工程"},
        "wages.confirm": {"wages": [wage], "answer": "received", "by": "self"},
        "wages.record_due": {"rows": [{"worker": person, "amount": "9000.00"}]},
        "wages.record_payment": {"wage": wage, "amount": "10", "paid_on": NOW.date(), "method": "bank"},
        "wages.void": {"payments": [payment]} | reason,
        "wages.of_worker": {"worker": person},
        "workers.register": {"name": "王五", "phone": "13800000003"},
        "workers.detail": {"worker": person},
    }
    on_case = {name for name, known in {**REGISTRY, **QUERIES}.items() if "case" in known.arguments().model_fields}
    return World(actor, {name: given.get(name, paper if name in on_case else {}) for name in NAMES})


def attempts(known: Command, given: dict[str, Any], share: float) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every hostile value for every argument, in place of it and inside it, in part; and fields too many or few."""
    chance = random.Random(f"{SEED}{known.name}")
    yield "nothing at all", {}
    yield "one field too many", given | {"x\x00\ud800": 1}
    for name in known.arguments().model_fields:
        yield f"without {name}", {key: value for key, value in given.items() if key != name}
        for label, value in HOSTILE.items():
            if chance.random() < share:
                yield f"{name} = {label}", given | {name: value}
        for label, changed in _inside(given.get(name)):
            if chance.random() < share:
                yield f"{name}{label}", given | {name: changed}


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    """The same list or table with one hostile value in it."""
    if isinstance(value, list) and value:
        yield from ((f"[0]{label}", [changed, *value[1:]]) for label, changed in _inside(value[0]))
        yield from ((f"[0] = {label}", [bad, *value[1:]]) for label, bad in HOSTILE.items())
    if isinstance(value, dict):
        for key in value:
            yield from ((f".{key}{label}", value | {key: changed}) for label, changed in _inside(value[key]))
            yield from ((f".{key} = {label}", value | {key: bad}) for label, bad in HOSTILE.items())


@pytest.mark.parametrize("name", NAMES)
def test_whatever_comes_is_answered_or_refused_in_chinese(world: World, name: str) -> None:
    run, known = (call, REGISTRY[name]) if name in REGISTRY else (ask, QUERIES[name])
    before, faults = kept(), []
    for label, given in attempts(known, world.given[name], SHARE):
        if fault := fault_of(lambda g=given: run(name, actor=world.actor, now=NOW, **g), before):
            faults.append(f"{label}: {fault}")
    assert not faults, "\n".join(faults)
    assert kept() == before
