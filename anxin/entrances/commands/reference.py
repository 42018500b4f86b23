"""The reference pages, written from the registries: what can be done, what can be asked, what follows what."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any

from django.apps import apps
from django.utils.module_loading import autodiscover_modules

from anxin.foundation.audit.commands import QUERIES, REGISTRY, Command
from anxin.foundation.kernel.lifecycle import Lifecycle

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "reference"
WRITTEN = "<!-- Written by `anxin reference`; edit the code, not this page. -->"


def pages() -> dict[str, str]:
    """File name and text of every generated page."""
    autodiscover_modules("services", "selectors", "lifecycle")
    return {"commands.md": _commands(), "lifecycles.md": _lifecycles()}


def stale(folder: Path = FOLDER) -> list[str]:
    """Names of pages that differ from what the code says."""
    return [name for name, text in pages().items() if not _same(folder / name, text)]


def write(folder: Path = FOLDER) -> list[str]:
    """Write the pages that have changed; returns their names."""
    changed = stale(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in changed:
        (folder / name).write_text(pages()[name], encoding="utf-8")
    return changed


def _same(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


def _commands() -> str:
    parts = [
        "# Commands and queries",
        WRITTEN,
        "Everything that can be done or asked, by room. A scenario names them in `do` and `ask`; the console, the "
        "portal and the API go through the same two registries. `actor` and `now` are given by the door and not "
        'listed. Amounts are yuan as text (`"12600.00"`), moments ISO 8601 with offset, days ISO dates.',
        *_section("Commands · 操作", REGISTRY),
        *_section("Queries · 查询", QUERIES),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, registry: Mapping[str, Command]) -> Iterable[str]:
    ours = sorted((command for command in registry.values() if _is_ours(command)), key=lambda command: command.name)
    yield f"## {title}"
    for room, found in groupby(ours, key=lambda command: command.name.partition(".")[0]):
        yield f"### {_room(room)}"
        for command in found:
            yield _entry(command)


def _is_ours(command: Command) -> bool:
    """Commands that a test registers are not part of the house."""
    return inspect.unwrap(command.run).__module__.startswith("anxin.")


def _room(label: str) -> str:
    return f"{label} · {apps.get_app_config(label).verbose_name}"


def _entry(command: Command) -> str:
    summary = " ".join((inspect.getdoc(inspect.unwrap(command.run)) or "").split("\n\n")[0].split())
    lines = [f"#### `{command.name}` · {command.zh}", "", f"Permission `{command.may}`. {summary}".rstrip()]
    schema = command.arguments().model_json_schema()
    if properties := schema.get("properties", {}):
        required = schema.get("required", [])
        lines += ["", "| argument | takes | default | meaning |", "|---|---|---|---|"]
        lines += [_argument(name, spec, name in required, schema) for name, spec in properties.items()]
    return "\n".join(lines)


def _argument(name: str, spec: Mapping[str, Any], required: bool, schema: Mapping[str, Any]) -> str:
    default = "required" if required else f"`{_value(spec.get('default'))}`"
    meaning = spec.get("description", "")
    return f"| `{name}` | {_takes(spec, schema)} | {default} | {meaning} |".replace("\n", " ")


def _value(value: Any) -> str:
    return '""' if value == "" else str(value)


def _takes(spec: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """A JSON schema in a few words."""
    if reference := spec.get("$ref"):
        return _takes(_definition(reference, schema), schema)
    if values := spec.get("enum"):
        return " / ".join(f"`{value}`" for value in values)
    if "const" in spec:
        return f"`{spec['const']}`"
    if several := spec.get("anyOf") or spec.get("oneOf"):
        return " or ".join(dict.fromkeys(_takes(one, schema) for one in several))
    if spec.get("type") == "array":
        return f"list of {_takes(spec.get('items', {}), schema)}"
    if spec.get("type") == "object" and spec.get("properties"):
        fields = ", ".join(f"`{key}`: {_takes(part, schema)}" for key, part in spec["properties"].items())
        return f"object ({fields})"
    return str(spec.get("format") or spec.get("type") or "any") + _bounds(spec)


def _definition(reference: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = schema
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def _bounds(spec: Mapping[str, Any]) -> str:
    words = {"minimum": "≥ {}", "maximum": "≤ {}", "minLength": "≥ {} characters", "maxLength": "≤ {} characters"}
    found = [text.format(spec[key]) for key, text in words.items() if key in spec]
    return f" ({', '.join(found)})" if found else ""


def _lifecycles() -> str:
    parts = ["# Lifecycles", WRITTEN, "Which step may follow which, drawn from each room's `lifecycle.py`."]
    for room, table in _tables():
        parts += [f"## {_room(room)} · `{table.name}`", f"```mermaid\n{table.mermaid()}\n```", _steps(table)]
    return "\n\n".join(parts) + "\n"


def _tables() -> list[tuple[str, Lifecycle]]:
    found: list[tuple[str, Lifecycle]] = []
    for config in apps.get_app_configs():
        module: ModuleType | None = getattr(config.module, "lifecycle", None)
        if config.name.startswith("anxin.") and module is not None:
            found += [(config.label, value) for value in vars(module).values() if isinstance(value, Lifecycle)]
    return found


def _steps(table: Lifecycle) -> str:
    lines = ["| step | from | to | permission | evidence | starts | ends | basis |", "|" + "---|" * 8]
    for step in table.steps:
        sources = "、".join(zh for code, zh in table.states.items() if code in step.sources)
        ends = [*step.discharges, *step.cancels]
        cells = [
            f"{step.zh} `{step.verb}`", sources, table.states[step.target], f"`{step.may}`",
            *("、".join(f"`{name}`" for name in names) for names in (step.needs, step.starts, ends)), step.basis,
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
