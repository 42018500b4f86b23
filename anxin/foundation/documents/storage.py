"""Files on disk that agree with rows in the database.

A row must never name a file that is not there, while a file without a row is only litter. So a file is written and
synced in `incoming/` *before* its row, and moved to its place once the transaction has committed. If the process dies
in between, `path_of` still finds it and `tidy` finishes the move. A rollback leaves litter, and `tidy` removes that; as
it looks only into `incoming/`, no mistake of a clock or a database can ever make it delete evidence in its place.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from anxin.foundation.kernel.errors import Refused

_together: ContextVar[bool] = ContextVar("together", default=False)

KEEP = timedelta(days=1)
"""Litter younger than this may belong to a transaction that is still running."""


def store(content: bytes, *, folder: str, suffix: str) -> str:
    """Write a file for a row about to be created; returns the random path to keep in the row."""
    token = secrets.token_hex(16)
    relative = f"{folder}/{token[:2]}/{token}.{suffix}"
    _write(_incoming(relative), content)
    transaction.on_commit(lambda: _settle(relative))
    return relative


@contextmanager
def synced_together() -> Iterator[None]:
    """For loading very many files: they are synced once, at the end, instead of one by one."""
    token = _together.set(True)
    try:
        yield
        os.sync()
    finally:
        _together.reset(token)


def load(relative: str) -> bytes:
    """The content of a stored file; raises `Refused` when it is not there."""
    try:
        return path_of(relative).read_bytes()
    except OSError:
        raise Refused("文件不在存储目录中，无法打开", fix="请联系系统管理员从备份中恢复") from None


def digest(content: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def path_of(relative: str) -> Path:
    """Where a stored file lies now."""
    final = _final(relative)
    return final if final.exists() else _incoming(relative)


def tidy(*, now: datetime, wanted: Callable[[str], bool]) -> int:
    """Settle or remove what has waited in `incoming/` for a day; returns how many files were removed."""
    base, removed = _root() / "incoming", 0
    for file in sorted(base.rglob("*")):
        if not file.is_file() or now.timestamp() - file.stat().st_mtime < KEEP.total_seconds():
            continue
        relative = file.relative_to(base).as_posix()
        if wanted(relative):
            _settle(relative)
        else:
            file.unlink(missing_ok=True)
            removed += 1
    return removed


def _root() -> Path:
    return Path(settings.DATA_DIR)


def _final(relative: str) -> Path:
    return _root() / relative


def _incoming(relative: str) -> Path:
    return _root() / "incoming" / relative


def _settle(relative: str) -> None:
    source, final = _incoming(relative), _final(relative)
    if source.exists():
        final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.replace(source, final)
        _sync(final.parent)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            if not _together.get():
                os.fsync(out.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """A new name survives a power cut only when its folder has been synced too."""
    if _together.get():
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
