"""A PostgreSQL of one's own for one command: `python tests/postgres.py [--durable] -- command …`.

The cluster lives in a temporary directory, listens on a Unix socket only and is gone afterwards. The command finds it
in ANXIN_DATABASE_URL. `--durable` keeps fsync on, for tests that kill the server. Exit code: that of the command; 1
with one line when PostgreSQL is missing or does not start.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class Unavailable(RuntimeError):
    """PostgreSQL is not installed, or would not start; the message is one line for a person."""


def programs() -> Path:
    """The directory of the newest installed server."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    if versions:
        return versions[-1].parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise Unavailable("PostgreSQL is not installed: install the package postgresql")


def demoted() -> dict[str, object]:
    """How to start its programs: as this user, or as an unprivileged one when root (PostgreSQL refuses root)."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise Unavailable("PostgreSQL does not run as root, and there is no user postgres")


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[str]:
    """Start a cluster and yield its URL; stop and delete it afterwards."""
    home = Path(tempfile.mkdtemp(prefix="anxin-pg-", dir="/tmp"))
    data, who, at = home / "data", demoted(), programs()
    if who:
        os.chown(home, int(str(who["user"])), int(str(who["group"])))
    settings = ["listen_addresses=", f"unix_socket_directories={home}", "max_connections=200"]
    settings += [] if durable else FAST
    options = " ".join(f"-c {setting}" for setting in settings)
    try:
        _run(
            [at / "initdb", "-D", data, "-U", "anxin", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"], home, who
        )
        _run([at / "pg_ctl", "-D", data, "-l", home / "log", "-w", "-o", options, "start"], home, who)
        _run([at / "createdb", "-h", home, "-U", "anxin", "anxin"], home, who)
        yield f"postgresql://anxin@/anxin?host={quote(str(home), safe='')}"
    finally:
        subprocess.run([at / "pg_ctl", "-D", data, "-m", "immediate", "stop"], capture_output=True, cwd=home, **who)
        shutil.rmtree(home, ignore_errors=True)


def _run(command: Sequence[object], home: Path, who: dict[str, object]) -> None:
    # pg_ctl leaves the server behind; were its output a pipe, we would wait for the server to close it.
    with open(home / "output", "a+") as output:
        done = subprocess.run([str(c) for c in command], stdout=output, stderr=output, cwd=home, **who)
        if done.returncode:
            output.seek(0)
            raise Unavailable(f"PostgreSQL does not start: {' '.join(output.read().split())[-300:]}")


def main(arguments: Sequence[str]) -> int:
    durable = arguments[:1] == ["--durable"]
    rest = list(arguments[durable:])
    if rest[:1] != ["--"] or len(rest) < 2:
        print("usage: python tests/postgres.py [--durable] -- command …", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with cluster(durable=durable) as url:
            environment = {**os.environ, "ANXIN_DATABASE_URL": url, "ANXIN_TEST_DATABASE": "postgresql"}
            return subprocess.run(rest[1:], env=environment).returncode
    except Unavailable as reason:
        print(f"tests/postgres.py: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
