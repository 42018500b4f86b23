"""The scenario player: a story with a clock, its expectations, and clear words about a bad file."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from anxin.entrances.commands import player
from anxin.entrances.commands.expectation import agrees
from anxin.entrances.commands.player import Outcome
from anxin.entrances.commands.scenario import BadScenario, Story, read
from anxin.entrances.commands.trace import Trace
from anxin.foundation.duties.selectors import next_moment
from anxin.foundation.outbox import bus
from tests.specs import drill

ROOT = Path(__file__).resolve().parents[2]
HEAD = """title = "演练"
place = "990201"
start = 2023-11-01T08:00:00+08:00
packs = ["packs"]
"""
BEGIN = """
[[steps]]
at = 2023-11-01T09:00:00+08:00
by = "town_handler"
do = "specs.begin"
with = { people = 2, amount = "12600.00" }
as = "matter"
"""
ANSWER = """[[steps]]
at = 2023-11-01T10:00:00+08:00
by = "town_handler"
do = "specs.answer"
with = { matter = "$matter.id" }
"""

Write = Callable[..., Story]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a story of the drill county beside its packs and reads it."""
    drill.write_pack(tmp_path / "packs")

    def make(body: str, head: str = HEAD) -> Story:
        file = tmp_path / "story.toml"
        file.write_text(head + body, encoding="utf-8")
        return read(file)

    return make


@pytest.fixture
def routes() -> Iterator[None]:
    """The drill's consequences instead of the house's."""
    before = {kind: bus.handlers_of(bus.name_of(kind)) for kind in bus.event_types()}
    bus.connect(drill.ROUTES)
    yield
    bus.connect(before)


@pytest.fixture
def play(write: Write, routes: None, db: None) -> Callable[..., Outcome]:
    def run(body: str, trace: Trace | None = None) -> Outcome:
        story = write(body)
        player.check(story)
        return player.play(story, trace)

    return run


def told(outcome: Outcome) -> list[tuple[int, Any, Any]]:
    return [(failure.line, failure.found, failure.expected) for failure in outcome.failures]


def asking(at: str, expect: str, with_: str = '{ matter = "$matter.id" }') -> str:
    return f'[[steps]]\nat = {at}\nask = "specs.detail"\nwith = {with_}\nexpect = {expect}\n'


def test_a_story_on_time_passes(play):
    outcome = play(
        BEGIN
        + """expect = { stage = "begun" }
[[steps]]
at = 2023-11-02T09:00:00+08:00
by = "town_handler"
do = "specs.answer"
with = { matter = "$matter.id" }
"""
        + asking(
            "2023-11-09T09:00:00+08:00",
            '{ stage = "answered", "duties.drill_answer.state" = "discharged", "duties.drill_answer.late" = false }',
        )
    )
    assert (outcome.passed, outcome.steps) == (True, 3), told(outcome)


def test_the_clock_stops_at_every_moment_on_the_way(play):
    """The warning and the lapse happen at their own moments, and what follows from the lapse one second after it."""
    outcome = play(
        BEGIN
        + asking("2023-11-01T20:59:59+08:00", '{ "duties.drill_answer.state" = "open" }')
        + asking("2023-11-02T09:00:00+08:00", '{ stage = "begun", "duties.drill_answer.state" = "open" }')
        + asking(
            "2023-11-20T09:00:00+08:00",
            '{ stage = "handed_up", handed_up_at = 2023-11-02T09:00:01+08:00, '
            '"duties.drill_answer.warned_at" = 2023-11-01T21:00:00+08:00, '
            "duties.drill_answer.lapsed_at = 2023-11-02T01:00:00Z }",
        )
    )
    assert outcome.passed, told(outcome)


def test_a_name_the_story_has_not_bound_means_what_an_event_was_about_last(play):
    outcome = play(
        BEGIN.replace('as = "matter"', 'as = "first"')
        + asking("2023-11-01T09:00:00+08:00", '{ id = "$first.id" }', '{ matter = "$matter.id" }')
    )
    assert outcome.passed, told(outcome)


def test_a_name_may_stand_inside_a_text(play):
    outcome = play(BEGIN + 'expect = { number = "演练$matter.id", id = "$matter.id" }\n')
    assert outcome.passed, told(outcome)


def test_a_failed_expectation_tells_line_found_and_expected(play):
    outcome = play(
        BEGIN
        + asking(
            "2023-11-01T10:00:00+08:00",
            '{ stage = "answered", amount = 12600, begun_at = 2023-11-01T09:00:01+08:00 }',
        )
    )
    assert told(outcome) == [
        (16, "begun", "answered"),
        (16, "2023-11-01T09:00:00+08:00", "2023-11-01T09:00:01+08:00"),
    ]
    assert outcome.failures[0].because == "stage 应为 “answered”，实为 “begun”"


def test_an_expect_table_is_reported_by_the_line_of_its_key(play):
    outcome = play(
        BEGIN + '[[steps]]\nat = 2023-11-01T09:00:00+08:00\nask = "specs.detail"\n[steps.with]\nmatter = "$matter.id"\n'
        '[steps.expect]\nstage = "begun"\n"people.1.name" = "工人9"\n'
    )
    assert told(outcome) == [(19, "工人1", "工人9")]


def test_a_missing_key_tells_which_keys_exist(play):
    outcome = play(BEGIN + 'expect = { "stge" = "begun" }\n')
    assert told(outcome) == [(12, "没有“stge”，有：id、number、stage", "begun")]


def test_a_refusal_that_was_expected_passes_also_by_the_name_of_its_kind(play):
    outcome = play(BEGIN + ANSWER + ANSWER + 'refused = "IllegalTransition"\n' + ANSWER + 'refused = "AnxinError"\n')
    assert (outcome.passed, outcome.steps) == (True, 4), told(outcome)


def test_a_refusal_of_another_kind_fails_with_its_sentence(play):
    outcome = play(BEGIN + ANSWER + ANSWER + 'refused = "Refused"\n')
    assert told(outcome) == [(17, "IllegalTransition：已经答复，不能再次答复", "Refused")]


def test_a_step_that_should_have_been_refused_fails(play):
    outcome = play(BEGIN.replace('as = "matter"', 'refused = "Denied"'))
    assert told(outcome) == [(6, "没有被拒绝", "Denied")]


def test_a_refusal_nobody_expected_ends_the_story_and_names_the_fields(play):
    outcome = play(BEGIN.replace("12600.00", "12600.001") + asking("2023-11-01T10:00:00+08:00", "{}"))
    assert (outcome.steps, told(outcome)) == (1, [(6, "BadInput：amount：金额最多写到分（两位小数）", "办理成功")])


def test_a_post_without_the_permission_is_denied(play):
    assert play(BEGIN.replace("town_handler", "public").replace('as = "matter"', 'refused = "Denied"')).passed


def test_a_named_actor_and_the_holder_of_a_post_are_two(play):
    cast = '[[actors]]\nname = "王调解"\npost = "town_handler"\nat = "990201101"\n'
    named = BEGIN.replace('"town_handler"', '"王调解"')
    outcome = play(
        cast + named + asking("2023-11-01T09:00:00+08:00", '{ by = "王调解", asked_by = "治欠办" }')
        + BEGIN + asking("2023-11-01T09:00:00+08:00", '{ by = "镇街经办" }')
    )  # fmt: skip
    assert outcome.passed, told(outcome)


def test_a_consequence_that_breaks_fails_the_story(play):
    def broken(happened: drill.MatterBegan, *, actor: object, now: object) -> None:
        raise ValueError("坏了")

    bus.connect({drill.MatterBegan: [broken]})
    outcome = play(BEGIN)
    assert told(outcome) == [(6, "后续处理 test_replay.broken 出错：ValueError：坏了", "后续处理完成")]


def test_nothing_of_a_story_remains(play):
    play(BEGIN)
    assert next_moment(after=datetime(2023, 11, 1, tzinfo=UTC)) is None
    assert bus.handlers_of("specs.MatterBegan") == ()
    assert bus.handlers_of("duties.DutyLapsed") == (drill.when_lapsed,)


def test_the_trace_tells_everything_with_its_time(play):
    lines: list[str] = []
    play(BEGIN + asking("2023-11-03T09:00:00+08:00", '{ stage = "x" }'), Trace(lines.append))
    text = "\n".join(lines)
    for told_line in [
        "2023-11-01 09:00:00  操作  镇街经办 登记演练事项（specs.begin） people=2 amount=12600.00",
        "2023-11-01 09:00:00  事件  specs.MatterBegan matter_id=",
        "2023-11-01 21:00:01  事件  duties.DutyWarned",
        "2023-11-01 21:00:00  职责  提醒 “答复”",
        "2023-11-02 09:00:01  后续  drill.when_lapsed",
        "2023-11-02 09:00:00  职责  超期 “答复”",
        "2023-11-03 09:00:00  不符  stage 应为 “x”，实为 “handed_up”",
    ]:
        assert told_line in text


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        ("12600.00", 12600, True),
        (12600, "12600.00", True),
        ("12600.00", "12600.0", True),
        ("12600.01", "12600.00", False),
        ("0010", "10", False),
        (True, 1, False),
        (1, True, False),
        (None, "", False),
        ("2023-11-02T01:00:00+00:00", "2023-11-02T01:00:00+00:00", True),
        ([1, 2], [1], False),
        ([{"a": 1, "b": 2}], [{"a": "1.00"}], True),
        ({"a": {"b": 1}}, {"a": {"b": 1}}, True),
        ({"a": 1}, {"c": 1}, False),
    ],
)
def test_what_counts_as_equal(found, expected, same):
    assert agrees(found, expected) is same


BAD = [
    ("title = \n", 1, "不是合法的 TOML"),
    (HEAD.replace("title", "titel") + BEGIN, 1, "不认识的键“titel”，是不是“title”？"),
    (HEAD.replace("start = 2023-11-01T08:00:00+08:00\n", "") + BEGIN, 1, "缺少时间 start"),
    (HEAD.replace('"990201"', '"永康"') + BEGIN, 2, "place 应为 6、9 或 12 位区划代码"),
    (HEAD.replace('["packs"]', '["nowhere"]') + BEGIN, 4, "没有文件夹“nowhere”"),
    (HEAD, 1, "没有任何步骤"),
    (HEAD + BEGIN.replace("by =", "bye ="), 8, "不认识的键“bye”，是不是“by”？"),
    (HEAD + BEGIN.replace("at = 2023-11-01T09:00:00+08:00\n", ""), 6, "缺少时间 at"),
    (HEAD + BEGIN.replace("2023-11-01T09:00:00+08:00", '"明天"'), 7, "at 应为时间"),
    (HEAD + BEGIN.replace("2023-11-01T09", "2023-11-01T07"), 7, "早于start的 2023-11-01T08:00:00+08:00，时钟不能倒退"),
    (HEAD + BEGIN + BEGIN.replace("T09:00:00", "T08:59:59"), 14, "早于上一步的 2023-11-01T09:00:00+08:00"),
    (HEAD + BEGIN.replace("do =", "ask = 'specs.detail'\ndo ="), 6, "只写其中一个"),
    (HEAD + BEGIN.replace('by = "town_handler"\n', ""), 6, "缺少 by"),
    (HEAD + BEGIN + 'refused = "Denied"\n', 6, "不能同时写 refused"),
    (HEAD + BEGIN + "expect = 3\n", 12, "expect 应为表"),
    (HEAD + BEGIN.replace("specs.begin", "specs.begn"), 6, "没有名为“specs.begn”的操作，是不是“specs.begin”"),
    (HEAD + BEGIN.replace("do =", "ask ="), 6, "没有名为“specs.begin”的查询"),
    (HEAD + BEGIN.replace("town_handler", "town_hander"), 6, "没有名为“town_hander”的演员或岗位，是不是“town_handler”"),
    (HEAD + BEGIN.replace('as = "matter"', 'refused = "Illegal"'), 6, "没有名为“Illegal”的拒绝"),
    (HEAD + '[[actors]]\nname = "王"\npost = "mayor"\n' + BEGIN, 5, "没有岗位“mayor”"),
    (HEAD + ('[[actors]]\nname = "王"\npost = "town_handler"\n' * 2) + BEGIN, 8, "演员“王”重复"),
    (HEAD + BEGIN + ANSWER.replace("$matter", "$mater"), 12, "“$mater”在此之前没有出现过"),
]


@pytest.mark.parametrize(("text", "line", "message"), BAD, ids=[message for _, _, message in BAD])
def test_a_bad_file_is_refused_with_file_line_and_a_chinese_sentence(write, text, line, message):
    with pytest.raises(BadScenario) as refusal:
        player.check(write(text, head=""))
    assert f"story.toml:{line}：" in refusal.value.message
    assert message in refusal.value.message
    assert "\n" not in refusal.value.message


def test_an_actor_at_a_place_that_does_not_exist_is_refused(play):
    with pytest.raises(BadScenario, match="story.toml:6：没有代码为“990201999”"):
        play('\n[[actors]]\nname = "王"\npost = "town_handler"\nat = "990201999"\n' + BEGIN)


def test_text_and_comments_do_not_move_the_lines(play):
    head = '\n[[steps]] # expect = "x"\nat = 2023-11-01T09:00:00+08:00\nby = "town_handler"\ndo = "specs.begin"\n'
    body = 'with = { people = 2, amount = """\n[[steps]]\nexpect = 3""" }\nexpect = { stage = "x" }\n'
    outcome = play(head + body)
    assert outcome.failures[0].line == 6 and outcome.failures[0].found.startswith("BadInput：amount")


def anxin(*args: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "anxin.config.settings"}
    command = [sys.executable, "-m", "anxin", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)


STORY = """title = "待办"
place = "990201"
start = 2023-11-01T08:00:00+08:00
packs = ["packs"]
[[steps]]
at = 2023-11-01T09:00:00+08:00
by = "town_handler"
ask = "duties.mine"
expect = { more = false, "rows" = [] }
"""


@pytest.fixture
def story(tmp_path: Path) -> Path:
    drill.write_pack(tmp_path / "packs")
    roles = tmp_path / "packs" / f"cn-{drill.COUNTY}" / "roles.toml"
    roles.write_text(roles.read_text().replace('"cases:see"', '"cases:see", "duties:see"'))
    file = tmp_path / "story.toml"
    file.write_text(STORY)
    return file


def test_the_command_prints_json_and_exits_0_when_everything_holds(story):
    done = anxin("replay", story, story, "--json", "--trace")
    assert done.returncode == 0, done.stderr
    one = {"file": str(story), "title": "待办", "passed": True, "steps": 1, "failures": []}
    assert json.loads(done.stdout) == {"scenarios": [one, one]}
    assert "2023-11-01 09:00:00  查询  镇街经办 我的待办（duties.mine）" in done.stderr


def test_the_command_exits_1_when_an_expectation_fails(story):
    story.write_text(STORY.replace("false", "true"))
    done = anxin("replay", story, "--json")
    assert done.returncode == 1, done.stderr
    (scenario,) = json.loads(done.stdout)["scenarios"]
    assert scenario["passed"] is False
    (failure,) = scenario["failures"]
    assert (failure["line"], failure["found"], failure["expected"]) == (9, False, True)
    spoken = anxin("replay", story)
    assert spoken.returncode == 1 and f"{story}:9：more 应为 True，实为 False" in spoken.stdout


@pytest.mark.parametrize("old,new", [("duties.mine", "duties.yours"), ("town_handler", "mayor"), ("start", "strat")])
def test_the_command_exits_2_with_one_line_on_bad_input(story, old, new):
    story.write_text(STORY.replace(old, new))
    done = anxin("replay", story, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1 and f"{story}:" in done.stderr


def test_the_command_exits_2_without_a_file_or_with_a_missing_one(tmp_path):
    assert anxin("replay").returncode == 2
    done = anxin("replay", tmp_path / "none.toml")
    assert done.returncode == 2 and "读不到这个文件" in done.stderr
