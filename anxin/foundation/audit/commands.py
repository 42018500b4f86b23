"""The one door for change and its reading twin.

`@command` checks the permission, checks the arguments, opens the transaction and demands a trace; `@query` checks the
permission and the arguments. Console, portal, API, scenario player and shell all go through `call` and `ask`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_type_hints

import pydantic

from anxin.foundation.access.actor import Actor, require
from anxin.foundation.audit import storable
from anxin.foundation.audit.trail import record
from anxin.foundation.audit.unit import unit_of_work
from anxin.foundation.kernel.errors import BadInput
from anxin.foundation.workdays.calendar import CHINA

__all__ = [
    "QUERIES",
    "REGISTRY",
    "Command",
    "SilentCommand",
    "UnknownName",
    "ask",
    "call",
    "command",
    "query",
    "record",
]


class SilentCommand(AssertionError):
    """A command changed something and left no trace; a fault of the programmer, never of the user."""


class UnknownName(BadInput):
    """No command or query of this name is registered."""


@dataclass(frozen=True)
class Command:
    """One registered act or question: its name is `room.function`."""

    name: str
    may: str
    zh: str
    run: Callable[..., Any]
    arguments: Callable[[], type[pydantic.BaseModel]]


REGISTRY: dict[str, Command] = {}
QUERIES: dict[str, Command] = {}


def command(*, may: str, zh: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as the only way to make one change."""

    def wrap(fn: Callable[..., Any]) -> Callable[..., Any]:
        name, arguments = _name(fn), _arguments(fn)

        @functools.wraps(fn)
        def run(*, actor: Actor, now: datetime, **kw: Any) -> Any:
            require(actor, may)
            values = _checked(arguments(), kw)
            with unit_of_work(actor=actor, now=now) as unit:
                before = unit.recorded
                out = fn(actor=actor, now=now, **values)
                if unit.recorded == before:
                    raise SilentCommand(name)
                return out

        REGISTRY[name] = Command(name, may, zh, run, arguments)
        return run

    return wrap


def query(*, may: str, zh: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a way to read; it takes `actor` and `now` and must narrow by the actor's reach."""

    def wrap(fn: Callable[..., Any]) -> Callable[..., Any]:
        name, arguments = _name(fn), _arguments(fn)

        @functools.wraps(fn)
        def run(*, actor: Actor, now: datetime, **kw: Any) -> Any:
            require(actor, may)
            return fn(actor=actor, now=now, **_checked(arguments(), kw))

        QUERIES[name] = Command(name, may, zh, run, arguments)
        return run

    return wrap


def call(name: str, /, *, actor: Actor, now: datetime, **kw: Any) -> Any:
    """Run a registered command; raises `UnknownName`, or whatever the command refuses with."""
    return _find(REGISTRY, name, "操作").run(actor=actor, now=now, **kw)


def ask(name: str, /, *, actor: Actor, now: datetime, **kw: Any) -> Any:
    """Ask a registered query."""
    return _find(QUERIES, name, "查询").run(actor=actor, now=now, **kw)


def _find(registry: dict[str, Command], name: str, kind: str) -> Command:
    try:
        return registry[name]
    except KeyError:
        raise UnknownName(f"没有名为“{name}”的{kind}，可用的有：{'、'.join(sorted(registry))}") from None


def _name(fn: Callable[..., Any]) -> str:
    room = fn.__module__.split(".")[-2]
    return f"{room}.{fn.__name__.rstrip('_')}"


def _arguments(fn: Callable[..., Any]) -> Callable[[], type[pydantic.BaseModel]]:
    """The arguments as a pydantic model, built at first use (annotations may name types defined later)."""

    @functools.cache
    def build() -> type[pydantic.BaseModel]:
        hints = get_type_hints(fn, include_extras=True)
        fields: dict[str, Any] = {}
        for parameter in inspect.signature(fn).parameters.values():
            if parameter.name in ("actor", "now"):
                continue
            default = ... if parameter.default is parameter.empty else parameter.default
            fields[parameter.name] = (hints[parameter.name], default)
        config = pydantic.ConfigDict(extra="forbid", str_strip_whitespace=True, arbitrary_types_allowed=True)
        return pydantic.create_model(fn.__name__, __config__=config, **fields)

    return build


def _checked(model: type[pydantic.BaseModel], values: dict[str, Any]) -> dict[str, Any]:
    _refuse_unkept(values)
    try:
        checked = model.model_validate(values)
    except pydantic.ValidationError as fault:
        fields: dict[str, str] = {}
        for error in fault.errors():
            where = ".".join(str(part) for part in error["loc"] if not str(part).startswith("function-"))
            fields.setdefault(where, _sentence(error))
        raise BadInput(fields=fields) from None
    found = {name: _in_china(getattr(checked, name)) for name in model.model_fields}
    _refuse_unkept(found)  # "9223372036854775808" has become a number only now
    return found


def _refuse_unkept(values: dict[str, Any]) -> None:
    if faults := storable.faults(values):
        raise BadInput(fields=faults)


def _in_china(value: Any) -> Any:
    """A moment without a zone is China's; the two kinds cannot be compared."""
    return value.replace(tzinfo=CHINA) if isinstance(value, datetime) and value.tzinfo is None else value


_SENTENCES = {
    "missing": "请填写此项",
    "extra_forbidden": "没有这个字段，请删去",
    "string_too_short": "请填写此项，至少 {min_length} 个字",
    "string_too_long": "太长，请不超过 {max_length} 个字",
    "string_type": "请填写文字",
    "int_parsing": "请填写整数",
    "int_type": "请填写整数",
    "int_from_float": "请填写整数",
    "greater_than_equal": "不能小于 {ge}",
    "greater_than": "必须大于 {gt}",
    "less_than_equal": "不能大于 {le}",
    "bool_parsing": "请选择是或否",
    "literal_error": "只能是：{expected}",
    "enum": "只能是：{expected}",
    "date_from_datetime_parsing": "请按 2023-12-02 的格式填写日期",
    "date_parsing": "请按 2023-12-02 的格式填写日期",
    "date_type": "请按 2023-12-02 的格式填写日期",
    "datetime_from_date_parsing": "请按 2023-12-02 09:00 的格式填写时间",
    "datetime_parsing": "请按 2023-12-02 09:00 的格式填写时间",
    "list_type": "应为一个列表",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
}


def _sentence(error: Any) -> str:
    """One Chinese sentence for a pydantic error; validators of our own already speak Chinese."""
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context.get("error", error["msg"]))
    template = _SENTENCES.get(error["type"])
    return template.format(**context) if template else "填写有误，请检查后重填"
