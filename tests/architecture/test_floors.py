"""What import-linter cannot see: lazy foreign keys, reverse accessors, private models, hidden signals."""

from __future__ import annotations

import ast
from pathlib import Path

import grimp
import pytest
from django.db.models import PROTECT

from tests.architecture.house import ROOT, crossings, floor_of

SOURCES = sorted((ROOT / "anxin").rglob("*.py"))


@pytest.mark.parametrize("key", crossings(), ids=str)
def test_a_foreign_key_never_climbs_a_stair(key):
    assert floor_of(key.model) >= floor_of(key.remote_field.model)


@pytest.mark.parametrize("key", crossings(), ids=str)
def test_nobody_looks_up_through_a_reverse_accessor(key):
    assert key.remote_field.related_name == "+", f"{key}: a foreign key that leaves its room has related_name='+'"


@pytest.mark.parametrize("key", [k for k in crossings() if not k.many_to_many], ids=str)
def test_a_row_that_another_room_leans_on_cannot_vanish(key):
    assert key.remote_field.on_delete is PROTECT


def test_models_are_private_to_their_room():
    graph = grimp.build_graph("anxin", exclude_type_checking_imports=True, cache_dir=None)
    strangers = [
        f"{source} -> {module}"
        for module in graph.modules
        if module.endswith(".models")
        for source in graph.find_modules_that_directly_import(module)
        if not source.startswith(module.removesuffix("models"))
    ]
    assert strangers == []


@pytest.mark.parametrize("file", SOURCES, ids=lambda f: str(f.relative_to(ROOT)))
def test_nothing_follows_from_a_hidden_signal(file: Path):
    """Ruff bans signals below the entrances; the doors are excused from its rule about the clock, not from this one."""
    imported = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            imported |= {node.module or "", *(f"{node.module}.{name.name}" for name in node.names)}
        elif isinstance(node, ast.Import):
            imported |= {name.name for name in node.names}
    assert not {m for m in imported if m.startswith(("django.dispatch", "django.db.models.signals"))}
