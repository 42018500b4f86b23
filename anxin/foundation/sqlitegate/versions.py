"""Which SQLite may share a write-ahead log between processes."""

import sqlite3

SAFE_WAL = (3, 51, 3)
"""From 3.7.0 to 3.51.2 two connections that checkpoint and write at once could corrupt the database (WAL reset)."""


def wal_is_safe(version: tuple[int, ...] | None = None) -> bool:
    """Whether this SQLite, or one of the given version, keeps a shared write-ahead log sound."""
    return (version or sqlite3.sqlite_version_info) >= SAFE_WAL
