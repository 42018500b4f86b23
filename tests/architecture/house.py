"""How the architecture tests see the house: rooms, registries, lifecycles, packs."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

from django.apps import apps
from django.db.models import ForeignKey, Model

import anxin
from anxin.foundation.kernel.lifecycle import Lifecycle

ROOT = Path(__file__).resolve().parents[2]
PACKS = ROOT / "packs"
FLOORS = ["foundation", "registry", "insight", "prevention", "monitoring", "resolution", "governance", "journeys"]
CHINESE = range(0x4E00, 0xA000)


def chinese(text: str) -> bool:
    """Whether a person who reads Chinese finds something to read."""
    return any(ord(letter) in CHINESE for letter in text)


@functools.cache
def modules(last: str) -> tuple[ModuleType, ...]:
    """Every module of the house with this last name, imported: `services`, `lifecycle` …"""
    names = [m.name for m in pkgutil.walk_packages(anxin.__path__, "anxin.") if m.name.rsplit(".", 1)[-1] == last]
    return tuple(importlib.import_module(name) for name in names)


def fill_registries() -> None:
    """Import all rooms, so that every command, query and route has registered itself."""
    for last in ("events", "services", "selectors", "routes"):
        modules(last)


def lifecycles() -> list[Lifecycle]:
    return [v for module in modules("lifecycle") for v in vars(module).values() if isinstance(v, Lifecycle)]


def own_models() -> list[type[Model]]:
    return [m for m in apps.get_models() if m.__module__.startswith("anxin.")]


def room_of(model: type[Model]) -> str:
    """The Django label of the room a model lives in: its address of record."""
    return model._meta.app_label


def floor_of(model: type[Model]) -> int:
    """0 is the lowest floor; Django's own tables are the ground below it."""
    parts = apps.get_app_config(model._meta.app_label).name.split(".")
    return FLOORS.index(parts[1]) if parts[0] == "anxin" else -1


def crossings() -> list[ForeignKey]:
    """Foreign keys that leave their room. (One that leads nowhere is still a string, and `anxin check` refuses it.)"""
    fields = [f for m in own_models() for f in [*m._meta.local_fields, *m._meta.local_many_to_many] if f.is_relation]
    return [
        f
        for f in fields
        if not isinstance(f.related_model, str) and f.related_model._meta.app_label != room_of(f.model)
    ]


def counties() -> list[str]:
    """Place codes of the counties that have a pack, found by the folder's name: cn-330784."""
    return sorted(p.name.removeprefix("cn-") for p in PACKS.glob("cn-??????") if (p / "pack.toml").is_file())
