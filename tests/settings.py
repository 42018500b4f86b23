"""The house's settings on a database and a data directory of the tests' own.

ANXIN_TEST_DATABASE=sqlite (default) uses a file, because an in-memory database has no write-ahead log and no gate;
=postgresql uses the server of ANXIN_DATABASE_URL (see tests/postgres.py).
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

ENGINE = os.environ.get("ANXIN_TEST_DATABASE", "sqlite")
if ENGINE not in {"sqlite", "postgresql"}:
    raise SystemExit(f"ANXIN_TEST_DATABASE is sqlite or postgresql, not {ENGINE!r}")

_own = Path(tempfile.mkdtemp(prefix="anxin-tests-"))
(_own / "static").mkdir()
atexit.register(shutil.rmtree, _own, ignore_errors=True)
os.environ.update(ANXIN_DATA_DIR=str(_own), ANXIN_DEBUG="1", ANXIN_SECRET_KEY="only-for-tests", ANXIN_DEMO="0")
if ENGINE == "sqlite":
    os.environ["ANXIN_DATABASE_URL"] = f"sqlite:///{_own / 'county.sqlite3'}"
elif not os.environ.get("ANXIN_DATABASE_URL", "").startswith("postgresql://"):
    raise SystemExit("start PostgreSQL tests with: python tests/postgres.py -- pytest …")

from anxin.config.settings import *
from anxin.config.settings import DATABASES

if ENGINE == "sqlite":
    DATABASES["default"]["TEST"] = {"NAME": str(_own / "test.sqlite3")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
