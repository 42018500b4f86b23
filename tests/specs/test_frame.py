"""The frame: settings from the environment, health, headers, and how the command line refuses."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from anxin.config.environment import count, database, flag, secret_key, words


def test_an_sqlite_url_names_a_file_behind_the_gate(tmp_path):
    settings = database(f"sqlite:///{tmp_path}/new/county.sqlite3")
    assert settings["ENGINE"] == "anxin.foundation.sqlitegate"
    assert settings["NAME"] == f"{tmp_path}/new/county.sqlite3" and (tmp_path / "new").is_dir()
    assert settings["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "synchronous=FULL" in settings["OPTIONS"]["init_command"]


def test_a_relative_sqlite_url_and_one_in_memory():
    assert database("sqlite:///county.sqlite3")["NAME"] == "county.sqlite3"
    assert database("sqlite:///:memory:")["NAME"] == ":memory:"


def test_a_postgresql_url_over_the_network():
    settings = database("postgresql://clerk:p%40ss@db.example:5433/anxin?sslmode=require")
    assert [settings[k] for k in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == [
        "anxin", "clerk", "p@ss", "db.example", "5433",
    ]  # fmt: skip
    assert settings["OPTIONS"]["sslmode"] == "require" and settings["OPTIONS"]["pool"]["max_size"] == 4


def test_a_postgresql_url_over_a_unix_socket():
    settings = database("postgresql://anxin@/anxin?host=%2Frun%2Fpg")
    assert (settings["HOST"], settings["PORT"], settings["NAME"]) == ("/run/pg", "", "anxin")
    assert "host" not in settings["OPTIONS"]


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "county.sqlite3", "sqlite://", "postgresql://host", "postgresql://h:x/d"]
)
def test_a_url_nobody_can_use_stops_the_start(url):
    with pytest.raises(ImproperlyConfigured, match="ANXIN_DATABASE_URL"):
        database(url)


def test_a_mistyped_switch_is_not_read_as_off(monkeypatch):
    monkeypatch.setenv("ANXIN_SWITCH", "yse")
    with pytest.raises(ImproperlyConfigured, match="ANXIN_SWITCH must be 1 or 0"):
        flag("ANXIN_SWITCH")
    monkeypatch.setenv("ANXIN_SWITCH", "On")
    assert flag("ANXIN_SWITCH")


def test_lists_and_counts(monkeypatch):
    monkeypatch.setenv("ANXIN_LIST", " a , ,b ")
    monkeypatch.setenv("ANXIN_COUNT", "0")
    assert words("ANXIN_LIST", "") == ["a", "b"]
    with pytest.raises(ImproperlyConfigured):
        count("ANXIN_COUNT", 3)


def test_a_key_is_made_once_and_kept_from_others(monkeypatch, tmp_path):
    monkeypatch.delenv("ANXIN_SECRET_KEY", raising=False)
    key = secret_key(tmp_path / "data")
    assert len(key) >= 50 and secret_key(tmp_path / "data") == key
    assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600


def test_an_empty_key_file_stops_the_start(monkeypatch, tmp_path):
    monkeypatch.delenv("ANXIN_SECRET_KEY", raising=False)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    (tmp_path / "secret_key").touch()
    with pytest.raises(ImproperlyConfigured, match="is empty"):
        secret_key(tmp_path)


def test_the_process_answers_without_a_database(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_it_is_ready_when_every_migration_is_there(client):
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_it_is_not_ready_while_a_migration_is_missing(client):
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.filter(app="sessions").delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503 and b"anxin migrate" in answer.content


def test_every_answer_forbids_inline_and_foreign_content(client):
    answer = client.get("/healthz")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy and "http" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "arguments, environment, told",
    [
        (["nonsense"], {}, "Unknown command"),
        (["check", "--nonsense"], {}, "unrecognized arguments"),
        (["check"], {"ANXIN_DATABASE_URL": "mysql://x/y"}, "ANXIN_DATABASE_URL must begin with"),
        (["check"], {"ANXIN_DEBUG": "perhaps"}, "ANXIN_DEBUG must be 1 or 0"),
    ],
)
def test_bad_input_on_the_command_line_is_one_clear_line_and_code_2(arguments, environment, told, tmp_path):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("ANXIN_", "DJANGO_"))}
    done = subprocess.run(
        [Path(sys.executable).with_name("anxin"), *arguments],
        env={**clean, "ANXIN_DATA_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert told in done.stderr and "Traceback" not in done.stderr
