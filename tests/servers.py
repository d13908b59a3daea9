"""The real server on a copy of a migrated, seeded database: kill, two-process and browser tests use this one."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

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
    return {"PATH": os.environ["PATH"], "VAR_DIR": str(var)}


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
    shutil.copytree(seeded_var, var)
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
