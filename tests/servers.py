"""The real server on a copy of a migrated, seeded database: kill, two-process and browser tests use this one."""

import hashlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings

SERVER_URL = os.environ.get("DATABASE_URL", "")  # of PostgreSQL, when that is what we test
# What `make setup` runs, in one process.
PREPARE = """
import django
from django.core.management import call_command
django.setup()
for step in ("prepare_database", "migrate", "load_seeds"):
    call_command(step)
"""
STATIC_IS_READY = (settings.STATIC_ROOT / "staticfiles.json").exists()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(var: Path) -> dict[str, str]:
    """What a program of the installation in `var` is told; on PostgreSQL, each has a database of its own."""
    return {"PATH": os.environ["PATH"], "VAR_DIR": str(var), **own_database(var)}


def own_database(var: Path) -> dict[str, str]:
    if not SERVER_URL:
        return {}
    make_database(database_name(var))
    return {"DATABASE_URL": urlsplit(SERVER_URL)._replace(path="/" + database_name(var)).geturl()}


def database_name(var: Path) -> str:
    return "served_" + hashlib.sha256(str(var).encode()).hexdigest()[:16]


def make_database(name: str, like: str = "template1") -> None:
    """Unless it is there."""
    import psycopg

    with psycopg.connect(SERVER_URL, autocommit=True) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')


def copy_installation(source: Path, target: Path) -> None:
    """Of one that nobody uses at the moment."""
    shutil.copytree(source, target)
    if SERVER_URL:
        make_database(database_name(target), database_name(source))


@contextmanager
def reading(var: Path) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """`ask(sql, *values)` gives rows of the installation's database; JSON as text, hence cast it."""
    if SERVER_URL:
        import psycopg

        with psycopg.connect(environment(var)["DATABASE_URL"]) as database:
            database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ  # one moment for all questions
            yield lambda sql, *values: database.execute(sql.replace("?", "%s"), values).fetchall()
        return
    with closing(sqlite3.connect(var / "db.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        yield lambda sql, *values: database.execute(sql, values).fetchall()


def manage(var: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command of the project on the installation in `var`."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=environment(var),
        check=True,
        capture_output=True,
        text=True,
    )


class Server:
    """`manage.py serve` on a port of its own."""

    def __init__(self, var: Path):
        self.var, self.port = var, free_port()
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Server":
        """Returns once the server said that it is ready (its first line)."""
        with (self.var / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port)],
                cwd=settings.BASE_DIR,
                env=environment(self.var),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        line = self.process.stdout.readline()
        assert self.url in line, (line, (self.var / "server.log").read_text()[-2000:])
        return self

    def stop(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """`kill -9` of every process at once, as a power cut would."""
        self._signal(signal.SIGKILL, *descendants(self.process.pid))

    def _signal(self, number: int, *others: int) -> None:
        if self.process is None:
            return
        for pid in (self.process.pid, *others):
            os.kill(pid, number)
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.process = None


def descendants(pid: int) -> list[int]:
    """From /proc, so that a child that left its parent's group still counts."""
    children = children_of(pid)
    return children + [below for child in children for below in descendants(child)]


def children_of(pid: int) -> list[int]:
    return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/stat") if _parent_of(path) == pid]


def _parent_of(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0  # gone in the meantime


@pytest.fixture(scope="session")
def seeded_var(tmp_path_factory) -> Path:
    """An installation that was prepared once, to be copied."""
    var = tmp_path_factory.mktemp("seeded")
    subprocess.run(
        [sys.executable, "-c", PREPARE],
        cwd=settings.BASE_DIR,
        env={**environment(var), "DJANGO_SETTINGS_MODULE": "breach_assistant.settings"},
        check=True,
        capture_output=True,
    )
    return var


@pytest.fixture(scope="session")
def running_server(seeded_var, tmp_path_factory):
    if not STATIC_IS_READY:
        pytest.skip("static files are made by `make setup`")
    var = tmp_path_factory.mktemp("served") / "var"
    copy_installation(seeded_var, var)
    running = Server(var).start()
    yield running
    running.stop()


@pytest.fixture
def server(running_server):
    """The server of this process of the suite, running: a test before may have killed it. Browsers are told apart by
    their cookies, so that tests may share it."""
    if running_server.process is None or running_server.process.poll() is not None:
        running_server.start()
    return running_server
