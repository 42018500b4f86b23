"""Many at once: numbers without gap or double, one winner per case, one matter per click."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.faults.house import House

PROCESSES, THREADS, EACH = 5, 10, 4


def shot(processes: list[subprocess.Popen[bytes]]) -> list[Any]:
    """When all stand ready, let them run, and hear what each says."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    answers = []
    for process in processes:
        told, _ = process.communicate(timeout=120)
        assert process.returncode == 0, f"{told!r}; see helpers.log of the house"
        answers.append(json.loads(told))
    return answers


def helper(house: House, *arguments: str) -> subprocess.Popen[bytes]:
    return house.begin("-m", "tests.faults.acts", *arguments)


def complaint(house: House) -> int:
    """The id of the case of one fresh complaint."""
    shot([helper(house, "write", "1", "1")])
    house.run("-m", "tests.faults.acts", "drain", "0")
    return int(house.one("SELECT max(id) FROM cases_case"))


def test_fifty_writers_leave_no_gap_and_no_double(house: House) -> None:
    crews = shot([helper(house, "write", str(THREADS), str(EACH)) for _ in range(PROCESSES)])
    told = sorted(number for numbers in crews for number in numbers)
    total = PROCESSES * THREADS * EACH
    assert len(told) == len(set(told)) == total
    assert told == sorted(number for (number,) in house.rows("SELECT number FROM intake_complaint"))
    serials = sorted(int(number.rpartition("-")[2]) for number in told)
    # A run over midnight numbers two days, each from one.
    assert serials == list(range(1, total + 1)) or serials.count(1) == 2
    assert house.one("SELECT count(*) FROM cases_case") == total


def test_of_two_officers_one_wins_and_the_other_is_told_who(house: House) -> None:
    case = complaint(house)
    seen = house.one(f"SELECT version FROM cases_case WHERE id = {case}")
    wanted = json.dumps({"case": case, "seen": seen})
    answers = shot([helper(house, "wait", name, "cases.dispatch", wanted) for name in ("dispatcher", "dispatcher2")])
    won = [answer for answer in answers if "done" in answer]
    lost = [answer for answer in answers if "refused" in answer]
    assert len(won) == len(lost) == 1, answers
    winner = house.one(f"SELECT touched_by FROM cases_case WHERE id = {case}")
    assert lost[0]["refused"] == "Conflict"
    assert winner in lost[0]["message"] and "刷新" in lost[0]["message"]
    assert house.one(f"SELECT count(*) FROM cases_assignment WHERE case_id = {case}") == 1
    assert dispatched(house, case) == 1


def test_a_double_click_is_one_act(house: House) -> None:
    case = complaint(house)
    seen = house.one(f"SELECT version FROM cases_case WHERE id = {case}")
    wanted = json.dumps({"case": case, "seen": seen})
    answers = shot([helper(house, "wait", "dispatcher", "cases.dispatch", wanted) for _ in range(2)])
    assert sorted("done" in answer for answer in answers) == [False, True], answers
    assert dispatched(house, case) == 1


def test_one_submission_clicked_twice_is_one_complaint(house: House) -> None:
    wanted = json.dumps(
        {"channel": "hotline", "employer": "双击五金厂", "phone": "13800000001", "idempotency_key": "one"}
    )
    answers = shot([helper(house, "wait", "hotline", "intake.receive", wanted) for _ in range(2)])
    assert answers[0]["done"]["receipt"] == answers[1]["done"]["receipt"]
    assert sorted(answer["done"]["repeat"] for answer in answers) == [False, True]
    assert house.one("SELECT count(*) FROM intake_complaint") == 1
    assert house.one("SELECT count(*) FROM cases_case") == 1


def dispatched(house: House, case: int) -> int:
    """How often the trail says that the case was dispatched."""
    trail = f"SELECT count(*) FROM audit_entry WHERE verb = 'cases.dispatch' AND subject = 'cases.Case:{case}'"
    return int(house.one(trail))
