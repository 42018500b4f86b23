"""Anxin 安薪: how a county prevents, detects and clears wage arrears.

The system's SQLite may be old enough to corrupt a write-ahead log that several processes share (fixed in 3.51.3), so
the bundled one takes its place wherever the wheel exists. This has to happen before anything imports `sqlite3`.
"""

import sys

try:
    import pysqlite3
except ImportError:
    pass
else:
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
