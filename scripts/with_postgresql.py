#!/usr/bin/env python3
"""Run a command with DATABASE_URL naming a PostgreSQL server made for it alone, and thrown away after it.

    python scripts/with_postgresql.py python -m pytest -m database

The server listens on a socket in a private folder, and trades safety for speed: for tests only. Where PostgreSQL is not
installed it says so and ends well. Standard library only."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEBIAN = "/usr/lib/postgresql/*/bin/"  # not on the PATH there
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
SETTINGS = (*FAST, "listen_addresses=", "max_connections=100", "client_min_messages=warning")


def main() -> int:
    if not (initdb := program("initdb")):
        print("ATTENTION : tests sautés (PostgreSQL) ; pour les faire : sudo apt-get install postgresql", flush=True)
        return 0
    with tempfile.TemporaryDirectory(prefix="postgresql-", dir="/tmp") as folder, cluster(Path(folder), initdb) as url:
        return subprocess.run(sys.argv[1:], env={**os.environ, "DATABASE_URL": url}).returncode


def program(name: str) -> str | None:
    return shutil.which(name) or next(iter(sorted(glob.glob(DEBIAN + name), reverse=True)), None)


@contextmanager
def cluster(folder: Path, initdb: str) -> Iterator[str]:
    """A running server in this folder: the address of an empty database."""
    user = unprivileged()
    if user:
        shutil.chown(folder, user)
    data, log = folder / "data", folder / "log"
    bin_folder = Path(initdb).parent
    quiet(user, initdb, "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    options = " ".join(f"-c {setting}" for setting in (*SETTINGS, f"unix_socket_directories={folder}"))
    quiet(user, bin_folder / "pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", options)
    try:
        yield f"postgresql://tests@/postgres?host={folder}"
    finally:
        quiet(user, bin_folder / "pg_ctl", "stop", "-m", "immediate", "-D", data)


def unprivileged() -> str | None:
    """PostgreSQL refuses to run as root: the user to run it as, None for ourselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def quiet(user: str | None, *command: object) -> None:
    # into a file, not a pipe: the server that pg_ctl leaves behind would keep a pipe open
    with tempfile.TemporaryFile() as said:
        ended = subprocess.run([str(part) for part in command], user=user, cwd="/", stdout=said, stderr=said)
        if ended.returncode:
            said.seek(0)
            sys.stderr.write(said.read().decode(errors="replace"))
            sys.exit(f"{Path(str(command[0])).name} failed")


if __name__ == "__main__":
    sys.exit(main())
