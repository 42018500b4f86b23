"""Django's SQLite backend with a fair gate in front of every write transaction.

SQLite's own busy handler sleeps and retries: under ten writers somebody waits seconds while newcomers overtake. Here a
transaction first takes `flock` on `<database>.gate` and gives it back after commit, rollback or close; the kernel wakes
the waiters in turn, and frees the gate of a process that dies. Databases in memory have no other writers and no gate.

Settings: ENGINE "anxin.foundation.sqlitegate"; OPTIONS `transaction_mode` must be "IMMEDIATE", `timeout` (seconds) also
bounds the wait at the gate, `processes` says how many processes share the file.
Errors: OperationalError "database is locked" when the gate stays shut longer than `timeout`; ImproperlyConfigured when
a write-ahead log would be shared by processes whose SQLite may corrupt it.
"""

import fcntl
import os
import threading
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from anxin.foundation.sqlitegate.versions import SAFE_WAL, wal_is_safe

DEFAULT_TIMEOUT = 5.0


class Gate:
    """An exclusive lock on a file, between processes and between the threads of one process; not re-entrant."""

    def __init__(self, path: str, timeout: float) -> None:
        self.path = path
        self.timeout = timeout
        self._handle: int | None = None

    @property
    def held(self) -> bool:
        """Whether this gate is taken by its owner."""
        return self._handle is not None

    def take(self) -> None:
        """Wait in turn for the gate, at most `timeout` seconds, else OperationalError."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._queue(handle)
        self._handle = handle

    def drop(self) -> None:
        """Open the gate for the next one; nothing happens if it is not held."""
        if self._handle is not None:
            handle, self._handle = self._handle, None
            os.close(handle)

    def _queue(self, handle: int) -> None:
        """Stand in the kernel's queue. `flock` knows no time limit, so a thread waits there in our stead."""
        waiter = _Waiter(handle)
        waiter.start()
        if not waiter.answered(self.timeout):
            raise OperationalError("database is locked")


class _Waiter(threading.Thread):
    """Waits for the lock; if nobody wants it any more when it comes, gives it straight back."""

    def __init__(self, handle: int) -> None:
        super().__init__(name="sqlite-gate", daemon=True)
        self._file = handle
        self._settled = threading.Condition()
        self._locked = False
        self._given_up = False

    def run(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        with self._settled:
            self._locked = True
            if self._given_up:
                os.close(self._file)
            self._settled.notify()

    def answered(self, timeout: float) -> bool:
        """Whether the lock came within `timeout` seconds; if not, the waiter owns the file and closes it."""
        with self._settled:
            try:
                self._settled.wait_for(lambda: self._locked, timeout)
            finally:
                self._given_up = not self._locked
            return self._locked


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper; only the edges of a transaction are different. (`Any`: the stubs leave out private methods.)"""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gate: Gate | None = None

    def get_connection_params(self) -> dict[str, Any]:
        """The parameters of `sqlite3.connect`, after refusing a log that this SQLite could corrupt."""
        options = self.settings_dict["OPTIONS"]
        if not self.is_in_memory_db():
            refuse_unsafe_log(str(options.get("init_command", "")), int(options.get("processes", 1)))
        params: dict[str, Any] = super().get_connection_params()
        params.pop("processes", None)
        return params

    def _start_transaction_under_autocommit(self) -> None:
        parent: Any = super()
        gate = self._own_gate()
        if gate is not None:
            gate.take()
        try:
            parent._start_transaction_under_autocommit()
        except BaseException:
            self._drop_gate()
            raise

    def _commit(self) -> None:
        parent: Any = super()
        try:
            parent._commit()
        finally:
            # A commit that failed leaves the transaction open, and the gate shut until its rollback.
            if self.connection is None or not self.connection.in_transaction:
                self._drop_gate()

    def _rollback(self) -> None:
        parent: Any = super()
        try:
            parent._rollback()
        finally:
            self._drop_gate()

    def _close(self) -> None:
        parent: Any = super()
        try:
            parent._close()
        finally:
            self._drop_gate()

    def _own_gate(self) -> Gate | None:
        """The gate of this connection's file, unless it is held already or the database lives in memory."""
        if self.is_in_memory_db():
            return None
        path = gate_path(str(self.settings_dict["NAME"]))
        if self._gate is None or self._gate.path != path:
            self._gate = Gate(path, float(self.settings_dict["OPTIONS"].get("timeout", DEFAULT_TIMEOUT)))
        return None if self._gate.held else self._gate

    def _drop_gate(self) -> None:
        if self._gate is not None:
            self._gate.drop()


def gate_path(name: str) -> str:
    """The gate file beside the database: for a path, or for a `file:` URI."""
    return (unquote(urlsplit(name).path) if name.startswith("file:") else name) + ".gate"


def refuse_unsafe_log(init_command: str, processes: int) -> None:
    """Stop the start if several processes would share a write-ahead log under an SQLite that can corrupt it."""
    if "journal_mode=wal" in init_command.lower().replace(" ", "") and processes > 1 and not wal_is_safe():
        safe = ".".join(map(str, SAFE_WAL))
        raise ImproperlyConfigured(
            f"This SQLite is older than {safe} and may corrupt a write-ahead log shared by {processes} processes: "
            "install pysqlite3, set ANXIN_PROCESSES=1 and run one process, or use PostgreSQL."
        )
