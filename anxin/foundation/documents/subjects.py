"""Who may touch the files of a subject is known by the room that owns the subject.

That room registers a resolver, `register_subject("cases.Case", resolver)`; `resolver(actor, pk)` raises `Denied` when
the subject does not exist or lies outside the actor's reach. Nothing is stored, issued or opened without asking it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator

from anxin.foundation.access.actor import Actor
from anxin.foundation.kernel.errors import Denied

Resolver = Callable[[Actor, int], object]

_resolvers: dict[str, Resolver] = {}


def register_subject(label: str, resolver: Resolver) -> None:
    """Make a kind of subject ("cases.Case") known; registering again replaces."""
    _resolvers[label] = resolver


def check_reach(actor: Actor, subject: str) -> None:
    """Raise `Denied` unless the subject is known and inside the actor's reach."""
    label, pk = split(subject)
    resolver = _resolvers.get(label)
    if resolver is None:
        raise Denied()
    resolver(actor, pk)


def split(subject: str) -> tuple[str, int]:
    """("cases.Case", 42) of "cases.Case:42"; raises `Denied` for anything that is no address of a subject."""
    label, _, pk = subject.partition(":")
    if not (label and pk.isascii() and pk.isdigit() and len(pk) < 19):
        raise Denied()
    return label, int(pk)


def _address(text: str) -> str:
    try:
        split(text)
    except Denied:
        raise ValueError("对象应写作“房间.类名:编号”，例如 cases.Case:42") from None
    if len(text) > 80:
        raise ValueError("对象太长")
    return text


Subject = Annotated[str, AfterValidator(_address)]
"""A parameter type: the address of a subject, "cases.Case:42"."""
