"""The real server, as `make run` starts it."""

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from django.conf import settings

from tests.servers import children_of, descendants, environment, free_port

pytestmark = pytest.mark.skipif(
    not (settings.STATIC_ROOT / "staticfiles.json").exists(), reason="static files are made by `make setup`"
)


def command(port):
    return [sys.executable, "manage.py", "serve", "--port", str(port)]


@pytest.fixture
def prepared(seeded_var, tmp_path):
    return shutil.copytree(seeded_var, tmp_path / "var")


@contextmanager
def served(var, port):
    process = subprocess.Popen(
        command(port),
        cwd=settings.BASE_DIR,
        env=environment(var),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # tests started in the background ignore Ctrl-C, and would hand that on
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def first_line(process):
    readable, _, _ = select.select([process.stdout], [], [], 60)
    return process.stdout.readline() if readable else ""


def watched(pids):
    """Handles that become readable when their process ends, whoever its parent is by then."""
    return [os.pidfd_open(pid) for pid in pids]


def all_end(handles):
    ended = [bool(select.select([handle], [], [], 10)[0]) for handle in handles]
    for handle in handles:
        os.close(handle)
    return ended and all(ended)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_to_click_answers_logs_no_path_and_ends_whole(prepared, number):
    port = free_port()
    with served(prepared, port) as process:
        assert first_line(process).startswith(f"Breach Assistant est prêt : ouvrez http://127.0.0.1:{port}/ ")
        assert process.stdout.readline().endswith(f"ils sont écrits dans {prepared / 'mails'}\n")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as response:
            assert response.status == 200
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/d/s3cret/?nom=DUPONT", timeout=30)
        family = watched(descendants(process.pid))
        assert len(family) >= 3  # the server, at least one of its workers, and the loop of reminders
        process.send_signal(number)
        _, log = process.communicate(timeout=30)
        assert process.returncode == 0
        assert all_end(family)
    assert '"event": "request"' in log
    assert "s3cret" not in log
    assert "DUPONT" not in log


@pytest.mark.parametrize("which", [0, 1])
def test_when_the_server_or_the_reminders_die_everything_stops(prepared, which):
    with served(prepared, free_port()) as process:
        first_line(process)
        family = watched(descendants(process.pid))
        os.kill(sorted(children_of(process.pid))[which], signal.SIGKILL)
        assert process.wait(timeout=30) == 1
        assert all_end(family)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_nothing_outlives_a_killed_parent(prepared):
    with served(prepared, free_port()) as process:
        first_line(process)
        family = watched(descendants(process.pid))
        process.kill()
        assert all_end(family)


def test_a_taken_port_is_said_in_one_french_line(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = subprocess.run(
            command(port),
            cwd=settings.BASE_DIR,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert result.returncode == 1
    assert result.stderr.startswith(f"Impossible d'écouter sur 127.0.0.1, port {port} : port déjà pris")
    assert result.stderr.count("\n") == 1
