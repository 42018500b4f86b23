"""Reads the environment for the settings; each function turns one kind of variable into one kind of value."""

import os
import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from anxin.foundation.sqlitegate.versions import wal_is_safe

YES, NO = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


def flag(name: str, default: bool = False) -> bool:
    """A yes or no; anything else stops the start, so that a mistyped safety switch is never read as off."""
    value = os.environ.get(name, "1" if default else "").strip().lower()
    if value not in YES | NO:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}")
    return value in YES


def words(name: str, default: str) -> list[str]:
    """A list separated by commas."""
    return [w.strip() for w in os.environ.get(name, default).split(",") if w.strip()]


def count(name: str, default: int) -> int:
    """A positive whole number."""
    value = os.environ.get(name) or str(default)
    if not value.isdecimal() or int(value) < 1:
        raise ImproperlyConfigured(f"{name} must be a positive whole number, not {value!r}")
    return int(value)


def secret_key(data_dir: Path) -> str:
    """The signing key: from the environment, else a random one made once and kept readable by its owner only."""
    if key := os.environ.get("ANXIN_SECRET_KEY"):
        return key
    file = data_dir / "secret_key"
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _kept_key(file)
    with os.fdopen(handle, "w") as out:
        out.write(key := secrets.token_urlsafe(50))
    return key


def _kept_key(file: Path) -> str:
    """Read the kept key; a process that starts at the same moment may not have finished writing it."""
    for _ in range(50):
        if key := file.read_text().strip():
            return key
        time.sleep(0.02)
    raise ImproperlyConfigured(f"{file} is empty: delete it, or set ANXIN_SECRET_KEY")


def database(url: str) -> dict[str, Any]:
    """Django's settings of the database that a URL names."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(unquote(parts.path)[1:])
    if parts.scheme in {"postgresql", "postgres"}:
        return _postgresql(url)
    raise ImproperlyConfigured("ANXIN_DATABASE_URL must begin with sqlite:/// or postgresql://")


def _sqlite(name: str) -> dict[str, Any]:
    if not name:
        raise ImproperlyConfigured("ANXIN_DATABASE_URL names no file: sqlite:///path or sqlite:///:memory:")
    if name != ":memory:":
        Path(name).resolve().parent.mkdir(parents=True, exist_ok=True)
    processes = count("ANXIN_PROCESSES", 3)
    journal = "WAL" if wal_is_safe() or processes == 1 else "DELETE"
    pragmas = [
        f"journal_mode={journal}",
        "synchronous=FULL",  # a receipt number already read out to a worker must survive a power cut
        "cache_size=-32000",
        "temp_store=MEMORY",
        "journal_size_limit=67108864",
    ]
    return {
        "ENGINE": "anxin.foundation.sqlitegate",
        "NAME": name,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": ";".join(f"PRAGMA {p}" for p in pragmas),
            "processes": processes,
        },
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or parts.hostname or ""
    port = options.pop("port", "") or _port(parts)
    if not (name := unquote(parts.path).lstrip("/")):
        raise ImproperlyConfigured("ANXIN_DATABASE_URL names no database: postgresql://host/name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(host),
        "PORT": port,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**options, "pool": {"min_size": 2, "max_size": 4, "timeout": 10}},
    }


def _port(parts: SplitResult) -> str:
    try:
        return str(parts.port or "")
    except ValueError:
        raise ImproperlyConfigured("ANXIN_DATABASE_URL names a port that is no number") from None
