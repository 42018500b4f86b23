"""Every act has a permission, a Chinese name and a post that holds it; every table of steps is sound."""

from __future__ import annotations

import re
from typing import Any

import pytest

from anxin.foundation.audit.commands import QUERIES, REGISTRY
from anxin.foundation.kernel.lifecycle import Lifecycle
from anxin.foundation.policy import current
from tests.architecture.house import PACKS, ROOT, chinese, counties, fill_registries, lifecycles, modules

fill_registries()
ACTS = [*REGISTRY.values(), *QUERIES.values()]
STEPS = [(table, row) for table in lifecycles() for row in table.steps]
ASKED = sorted({act.may for act in ACTS} | {row.may for _, row in STEPS})
CHECKED = {
    found
    for file in (ROOT / "anxin").rglob("*.py")
    for found in re.findall(r'(?:\.may\(|require\([^"\n]+)"([a-z_]+:[a-z_]+)"', file.read_text(encoding="utf-8"))
}
"""What is asked for outside acts and steps: by a page, or before a stored file is opened."""
RULES = sorted({rule for _, row in STEPS for rule in (*row.starts, *row.discharges, *row.cancels)})


def granted(county: str) -> set[str]:
    """Every permission that some post of this county holds."""
    roles = current.book().section("roles", place=county)
    return {permission for role in roles.values() for permission in role["permissions"]}


def duties(county: str) -> dict[str, dict[str, Any]]:
    """The duty rules of this county; settings of the file as a whole are no rules."""
    section = current.book().section("duties", place=county)
    return {key: rule for key, rule in section.items() if isinstance(rule, dict)}


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_every_act_asks_for_a_permission_and_has_a_chinese_name(act):
    room, _, verb = act.may.partition(":")
    assert room.isidentifier() and verb.isidentifier()
    assert chinese(act.zh)


@pytest.mark.parametrize("table, row", STEPS, ids=lambda x: getattr(x, "verb", None) or x.name)
def test_every_step_asks_for_a_permission_and_has_a_chinese_name(table, row):
    assert ":" in row.may and chinese(row.zh)


@pytest.mark.parametrize("table", lifecycles(), ids=lambda table: table.name)
def test_every_table_of_steps_is_sound(table):
    assert table.faults() == []


@pytest.mark.parametrize("table", lifecycles(), ids=lambda table: table.name)
def test_every_state_has_a_chinese_name(table):
    assert all(chinese(name) for name in table.states.values())


@pytest.mark.parametrize(
    "module", [m for m in modules("lifecycle") if ".kernel." not in m.__name__], ids=lambda m: m.__name__
)
def test_a_lifecycle_module_holds_a_table(module):
    assert any(isinstance(value, Lifecycle) for value in vars(module).values())


def test_every_county_has_a_pack():
    assert counties() and (PACKS / "cn" / "pack.toml").is_file()


@pytest.mark.parametrize("county", counties())
def test_every_permission_is_held_by_some_post(county):
    assert [permission for permission in ASKED if permission not in granted(county)] == []


@pytest.mark.parametrize("county", counties())
def test_no_post_holds_a_permission_that_nothing_asks_for(county):
    assert sorted(granted(county) - set(ASKED) - CHECKED) == []


@pytest.mark.parametrize("county", counties())
def test_every_duty_a_step_names_is_a_rule_of_the_county(county):
    assert [rule for rule in RULES if rule not in duties(county)] == []


@pytest.mark.parametrize("county", counties())
def test_every_duty_is_owed_by_a_post_and_has_a_chinese_name(county):
    posts = current.book().section("roles", place=county)
    for key, rule in duties(county).items():
        assert chinese(rule["zh"]) and {rule["post"], *rule.get("posts", {}).values()} <= posts.keys(), key
