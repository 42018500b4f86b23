"""Database triggers that make the trail and its seals append-only even for someone who bypasses Python."""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = ("audit_entry", "audit_seal")
REFUSAL = "audit entries are append-only"


def install(connection: BaseDatabaseWrapper, *tables: str) -> None:
    """Forbid UPDATE, DELETE and TRUNCATE on `tables`, on all of the trail when none is named; safe to repeat."""
    make = _sqlite if connection.vendor == "sqlite" else _postgres
    with connection.cursor() as cursor:
        for table in tables or TABLES:
            for statement in make(table):
                cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper, *tables: str) -> None:
    """Lift the prohibition; only migrations backwards and the test database's flush do so."""
    on_table = "" if connection.vendor == "sqlite" else " ON {table}"
    names = ("no_update", "no_delete") if connection.vendor == "sqlite" else ("append_only", "no_truncate")
    with connection.cursor() as cursor:
        for table in tables or TABLES:
            for name in names:
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_{name}" + on_table.format(table=table))


def _sqlite(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        for verb in ("update", "delete")
    ]


def _postgres(table: str) -> list[str]:
    return [
        f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger AS $$ "
        f"BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$ LANGUAGE plpgsql",
        f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}",
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
        f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()",
    ]
