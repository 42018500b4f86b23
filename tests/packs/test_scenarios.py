"""Every scenario that a pack carries holds, and so does the example of the manual, on whichever database is tested."""

import re
from pathlib import Path

import pytest

from anxin.entrances.commands import player
from anxin.entrances.commands.scenario import read

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = sorted((ROOT / "packs").glob("*/scenarios/*.toml"))
MANUAL = ROOT / "docs" / "how-to" / "write-a-scenario.md"


def holds(file: Path) -> None:
    story = read(file)
    player.check(story)
    outcome = player.play(story)
    told = [f"{file.name}:{failure.line}：{failure.because}" for failure in outcome.failures]
    assert outcome.passed, "\n".join(told)


@pytest.mark.django_db
@pytest.mark.parametrize("file", SCENARIOS, ids=[f"{file.parts[-3]}/{file.stem}" for file in SCENARIOS])
def test_scenario(file: Path) -> None:
    holds(file)


@pytest.mark.django_db
def test_the_example_of_the_manual(tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.S)
    assert found is not None
    file = tmp_path / "my-story.toml"
    file.write_text(found[1], encoding="utf-8")
    holds(file)


def test_every_county_has_scenarios() -> None:
    counties = {folder.name for folder in (ROOT / "packs").glob("cn-??????")}
    assert counties == {file.parts[-3] for file in SCENARIOS} & counties
