"""The book in force: configured once at start, replaced for the length of a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

import anxin
from anxin.foundation.policy.book import PolicyBook

DEFAULT_ROOT = Path(anxin.__file__).resolve().parent.parent / "packs"

_roots: tuple[Path, ...] = (DEFAULT_ROOT,)
_override: ContextVar[PolicyBook | None] = ContextVar("policy_override", default=None)


def configure(roots: Sequence[Path | str]) -> None:
    """Names the folders of packs; later ones are laid over earlier ones."""
    global _roots
    _roots = tuple(Path(root).resolve() for root in roots)


def roots() -> tuple[Path, ...]:
    """The configured folders."""
    return _roots


def book() -> PolicyBook:
    """The book of this context, loaded once. Raises the first fault of a bad pack."""
    return _override.get() or _loaded(_roots)


@contextmanager
def using(extra_roots: Sequence[Path | str]) -> Iterator[PolicyBook]:
    """Within the block further folders of packs are in force, for scenarios and rehearsals."""
    other = _loaded((*_roots, *(Path(root).resolve() for root in extra_roots)))
    token = _override.set(other)
    try:
        yield other
    finally:
        _override.reset(token)


@lru_cache(maxsize=16)
def _loaded(roots: tuple[Path, ...]) -> PolicyBook:
    return PolicyBook.load(roots)
