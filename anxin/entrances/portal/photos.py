"""Photos and recordings that wait for the end of a report: checked as evidence is, kept under a random name."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from anxin.foundation.documents import files
from anxin.foundation.kernel.errors import BadInput
from anxin.foundation.outbox.worker import job

MOST = 6
"""Files of one report."""
LIMIT = 12 * 1024 * 1024
"""Bytes of one file: more than the photo of a phone."""
ROOM = 2 * 1024**3
"""Bytes that may wait at one time; beyond it people are asked to telephone."""
LASTS = timedelta(hours=24)
_NAME = re.compile(r"[A-Za-z0-9_-]{22}")


def keep(file: Any) -> dict[str, str]:
    """Check and keep one upload; answers with what the draft remembers of it. Raises `BadInput`."""
    checked = files.checked(files.received(file, "", limit=LIMIT))
    folder = _folder()
    if sum(kept.stat().st_size for kept in folder.iterdir()) > ROOM:
        raise BadInput("现在传照片的人太多，请先不传，打电话时再补")
    token = secrets.token_urlsafe(16)
    (folder / token).write_bytes(checked.content)
    kind = {"image": "photo", "audio": "voice"}.get(checked.mime.split("/")[0], "other")
    return {"token": token, "name": _short(checked.name), "kind": kind}


def load(token: str) -> bytes | None:
    """The content of a kept file; None when it was handed in already, or is too old."""
    path = _folder() / token
    return path.read_bytes() if _NAME.fullmatch(token) and path.is_file() else None


def drop(token: str) -> None:
    """Forget a kept file; safe to repeat."""
    if _NAME.fullmatch(token):
        (_folder() / token).unlink(missing_ok=True)


@job(minutes=60)
def tidy(*, now: datetime) -> None:
    """Forget files whose report was never handed in."""
    for path in _folder().iterdir():
        if path.stat().st_mtime < (now - LASTS).timestamp():
            path.unlink(missing_ok=True)


def _folder() -> Path:
    folder = Path(settings.MEDIA_ROOT) / "portal"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _short(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return name if len(name) <= 20 else f"{stem[:14]}…{dot}{suffix}"
