"""The rules of the house are worth something only if breaking them is noticed: each fault is planted once.

The tree is copied three times; each copy gets one kind of faults and one checker looks at it. Every fault must be named
in what the checker says.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from anxin.foundation.access.actor import Actor
from anxin.foundation.audit import commands
from tests.architecture.house import ROOT

COPIED = ["anxin", "packs", "docs", "tests/architecture", "tests/settings.py", "tests/conftest.py", "tests/__init__.py"]


@dataclass(frozen=True)
class Fault:
    """`code` is put at the end of `file`; the checker's answer must hold `told`."""

    what: str
    file: str
    code: str
    told: str


IMPORTS = [
    Fault(
        "a room imports a floor above",
        "anxin/registry/employers/planted_up.py",
        "import anxin.resolution.cases",
        "anxin.registry.employers.planted_up -> anxin.resolution.cases",
    ),
    Fault(
        "a room imports a neighbour that stands above it",
        "anxin/resolution/intake/planted_up.py",
        "import anxin.resolution.mediation",
        "anxin.resolution.intake.planted_up -> anxin.resolution.mediation",
    ),
    Fault(
        "a view imports a model",
        "anxin/entrances/console/planted_model.py",
        "import anxin.foundation.directory.models",
        "anxin.entrances.console.planted_model -> anxin.foundation.directory.models",
    ),
    Fault(
        "a journey imports a model",
        "anxin/journeys/planted_model.py",
        "import anxin.foundation.directory.models",
        "anxin.journeys.planted_model -> anxin.foundation.directory.models",
    ),
    Fault(
        "the law book imports Django",
        "anxin/foundation/policy/planted_django.py",
        "import django",
        "anxin.foundation.policy.planted_django -> django",
    ),
    Fault(
        "insight imports a room of Django",
        "anxin/insight/planted_room.py",
        "import anxin.foundation.directory.selectors",
        "anxin.insight.planted_room -> anxin.foundation.directory.selectors",
    ),
    Fault(
        "a room is not on the plan",
        "anxin/resolution/planted_annex/__init__.py",
        "",
        "planted_annex",
    ),
    Fault(
        "a floor is not on the plan",
        "anxin/planted_attic/__init__.py",
        "",
        "planted_attic",
    ),
    Fault(
        "a selector imports a service",
        "anxin/registry/projects/selectors.py",
        "import anxin.registry.projects.services",
        "anxin.registry.projects.selectors -> anxin.registry.projects.services",
    ),
    Fault(
        "one entrance imports another",
        "anxin/entrances/portal/planted_stranger.py",
        "import anxin.entrances.console.urls",
        "anxin.entrances.portal.planted_stranger -> anxin.entrances.console.urls",
    ),
]

PLANTED_MODEL = """
from django.db import models as planted


class Planted(planted.Model):
    climbs = planted.ForeignKey("cases.Case", planted.PROTECT, related_name="+")
    looks_up = planted.ForeignKey("directory.Place", planted.PROTECT, related_name="planted")
    vanishes = planted.ForeignKey("directory.Place", planted.CASCADE, related_name="+")

    class Meta:
        app_label = "employers"
        verbose_name = "臆造之物"
"""

PLANTED_TABLE = """
import dataclasses

for name, table in list(globals().items()):
    if type(table).__name__ == "Lifecycle":
        globals()[name] = dataclasses.replace(table, steps=tuple(s for s in table.steps if s.verb != "close"))
"""

PLANTED_ACT = '''
from anxin.foundation.audit.commands import command as planted


@planted(may="cases:planted", zh="closed in English")
def plant(*, actor, now):
    """An act that no post may do."""
'''

RULES = [
    Fault(
        "a foreign key climbs a floor", "anxin/registry/employers/models.py", PLANTED_MODEL,
        "never_climbs_a_stair[employers.Planted.climbs]",
    ),
    Fault(
        "a lower room could look up through a reverse accessor", "", "",
        "nobody_looks_up_through_a_reverse_accessor[employers.Planted.looks_up]",
    ),
    Fault("a row would vanish under its neighbour", "", "", "cannot_vanish[employers.Planted.vanishes]"),
    Fault("a model has a name nobody defined", "", "", "by_a_word_of_the_glossary[employers.Planted]"),
    Fault("a model's docstring hides its name", "", "", "docstring_opens_with_its_chinese_name[employers.Planted]"),
    Fault("a field has a name nobody defined", "", "", "by_a_word_of_the_glossary[employers.Planted.climbs]"),
    Fault(
        "a room imports its neighbour's model", "anxin/resolution/cases/planted_model.py",
        "import anxin.registry.employers.models",
        "anxin.resolution.cases.planted_model -> anxin.registry.employers.models",
    ),
    Fault(
        "a step is struck from the table", "anxin/resolution/cases/lifecycle.py", PLANTED_TABLE,
        "test_every_table_of_steps_is_sound[",
    ),
    Fault(
        "an act has no Chinese name", "anxin/resolution/cases/services.py", PLANTED_ACT,
        "has_a_chinese_name[cases.plant]",
    ),
    Fault("an act that no post may do", "", "", "test_every_permission_is_held_by_some_post[330784]"),
    Fault(
        "a door listens to a signal", "anxin/entrances/console/planted_signal.py",
        "from django.db.models.signals import post_save",
        "hidden_signal[anxin/entrances/console/planted_signal.py]",
    ),
]  # fmt: skip

STYLE = [
    Fault(
        "a service reads the clock",
        "anxin/registry/wages/planted_clock.py",
        "from django.utils import timezone\n\nNOW = timezone.now()",
        "`django.utils.timezone.now` is banned",
    ),
    Fault(
        "a service reads the day",
        "anxin/registry/wages/planted_day.py",
        "from datetime import date\n\nTODAY = date.today()",
        "`datetime.date.today` is banned",
    ),
    Fault(
        "a room listens to a signal",
        "anxin/registry/wages/planted_signal.py",
        "from django.db.models import signals\n\nSAVED = signals.post_save",
        "`django.db.models.signals` is banned",
    ),
    Fault("a name is not English", "anxin/registry/wages/planted_name.py", "工资 = 0", "non-ascii-name"),
]


def each(faults: list[Fault]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fault", faults, ids=lambda fault: fault.what)


def planted(to: Path, faults: list[Fault]) -> Path:
    """A copy of the tree with these faults in it."""
    forget = shutil.ignore_patterns("__pycache__", "test_planted_faults.py", "static", "migrations")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=forget)
        else:
            shutil.copy(ROOT / name, to / name)
    shutil.copy(ROOT / "pyproject.toml", to)
    for fault in faults:
        if fault.file:
            (to / fault.file).parent.mkdir(exist_ok=True)
            with open(to / fault.file, "a", encoding="utf-8") as file:
                file.write(f"\n{fault.code}\n")
    return to


def answer(at: Path, tool: str, *arguments: str) -> str:
    """What a checker says about the copy; it must not be satisfied with it."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "ANXIN_"))}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(at), "COLUMNS": "300"}
    command = [str(Path(sys.executable).with_name(tool)), *arguments]
    done = subprocess.run(command, cwd=at, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> str:
    at = planted(tmp_path_factory.mktemp("imports"), IMPORTS)
    for module in ("registry/projects/services.py", "foundation/directory/selectors.py"):
        (at / "anxin" / module).touch()
    return answer(at, "lint-imports", "--no-cache")


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> str:
    at = planted(tmp_path_factory.mktemp("rules"), RULES)
    return answer(
        at,
        "pytest",
        "tests/architecture",
        "--continue-on-collection-errors",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--tb=short",
    )


@pytest.fixture(scope="module")
def style(tmp_path_factory: pytest.TempPathFactory) -> str:
    at = planted(tmp_path_factory.mktemp("style"), STYLE)
    return answer(at, "ruff", "check", "--no-cache", "--output-format=concise", "anxin")


@each(IMPORTS)
def test_the_contracts_name(fault: Fault, contracts: str):
    assert fault.told in contracts


@each(RULES)
def test_the_architecture_tests_name(fault: Fault, rules: str):
    assert fault.told in rules


@each(STYLE)
def test_the_style_checker_names(fault: Fault, style: str):
    assert fault.told in style


@pytest.mark.django_db
def test_an_act_that_leaves_no_trace_is_a_fault(monkeypatch):
    monkeypatch.setattr(commands, "REGISTRY", {})

    @commands.command(may="tests:plant", zh="悄悄改动")
    def plant(*, actor: Actor, now: datetime) -> None:
        """Changes nothing and, worse, says nothing."""

    actor = Actor(None, None, "甲", "330784", ("planter",), frozenset({"tests:plant"}), ())
    with pytest.raises(commands.SilentCommand):
        plant(actor=actor, now=datetime(2023, 12, 1, tzinfo=UTC))
