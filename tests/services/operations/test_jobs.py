"""What is put off is done: once or again, whatever happens to the worker or to another task."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from notifications.management.commands.worker import Round, follow
from notifications.models import Heartbeat
from notifications.services.operations import jobs
from tests import errands
from tests.servers import copy_installation, environment, reading


@pytest.fixture
def queue(db, settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "workers"


def ended(result):
    return DBTaskResult.objects.get(pk=result.id).status


def run_all(folder, now=None):
    with jobs.worker(folder) as name:
        while jobs.run_one(worker=name, now=now or timezone.now()):
            pass


def test_a_task_that_fails_holds_nobody_up_and_its_words_are_kept_nowhere(queue, folder, tmp_path, caplog):
    results = [errands.fail.enqueue("DUPONT"), errands.write_down.enqueue(str(tmp_path), "after")]
    run_all(folder)
    assert [ended(each) for each in results] == ["FAILED", "SUCCESSFUL"]
    assert (tmp_path / "after").read_text() == "after"
    failed = DBTaskResult.objects.get(pk=results[0].id)
    assert failed.exception_class_path == "builtins.ValueError"
    assert "DUPONT" not in failed.traceback
    assert not list(folder.iterdir())


def test_a_task_of_a_dead_worker_is_tried_again_until_it_was_tried_often_enough(queue, folder, tmp_path):
    result = errands.write_down.enqueue(str(tmp_path), "word")
    now = timezone.now()
    for tries in range(1, jobs.TRIES + 1):
        with jobs.worker(folder) as name:
            claimed = jobs._claim(name)
            assert len(claimed.worker_ids) == tries
            assert jobs.look_after(folder=folder, now=now) == 0  # it lives
        assert jobs.look_after(folder=folder, now=now) == 1
    assert ended(result) == "FAILED"
    assert Heartbeat.objects.get(name=jobs.HEARTBEAT).at == now


def test_a_worker_elsewhere_has_its_time(queue, folder, tmp_path):
    errands.write_down.enqueue(str(tmp_path), "word")
    jobs._claim("another-machine")
    now = timezone.now()
    assert jobs.look_after(folder=folder, now=now + jobs.LIMIT / 2) == 0
    assert jobs.look_after(folder=folder, now=now + 2 * jobs.LIMIT) == 1
    run_all(folder, now + 2 * jobs.LIMIT)
    assert not (tmp_path / "word").exists()  # not before its hour, which is then
    DBTaskResult.objects.update(run_after=now)
    run_all(folder)
    assert (tmp_path / "word").exists()


def test_a_busy_database_is_tried_again_later(queue, folder, monkeypatch):
    result = errands.fail.enqueue("x")

    def busy(*args):
        raise OperationalError("database is locked")

    monkeypatch.setattr(type(errands.fail), "call", busy)
    run_all(folder)
    task = DBTaskResult.objects.get(pk=result.id)
    assert task.status == "READY"
    assert task.run_after > timezone.now()


def test_how_a_task_ended_is_forgotten_in_the_end(queue, folder, tmp_path):
    result = errands.write_down.enqueue(str(tmp_path), "word")
    run_all(folder)
    jobs.look_after(folder=folder, now=timezone.now() + jobs.KEPT / 2)
    assert ended(result) == "SUCCESSFUL"
    jobs.look_after(folder=folder, now=timezone.now() + jobs.KEPT + timedelta(days=1))
    assert not DBTaskResult.objects.exists()


@pytest.mark.django_db
def test_a_round_that_fails_comes_again_and_the_others_go_on():
    said, clock = [], [0.0]

    def asked(seconds):
        clock[0] += seconds
        return clock[0] > 20

    def locked(stop):
        said.append("locked")
        raise OperationalError("database is locked")

    def more(stop):
        said.append("more")
        return said.count("more") < 3

    follow([Round("locked", 15.0, locked), Round("more", 10.0, more)], asked, clock=lambda: clock[0])
    assert said == ["locked", "more", "more", "more", "more", "locked", "more"][: len(said)]
    assert said.count("locked") == 2


@contextmanager
def working(var):
    with (var / "worker.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "worker"], cwd=settings.BASE_DIR, env=environment(var), stderr=log
        )
    try:
        yield process
    finally:
        process.terminate()
        assert process.wait(timeout=30) in (0, -signal.SIGKILL)


def test_a_task_that_was_killed_is_done_by_the_next_worker(seeded_var, tmp_path):
    var = tmp_path / "var"
    copy_installation(seeded_var, var)
    os.mkfifo(tmp_path / "pipe")
    enqueue = f"from tests import errands as e; e.hang_at_first.enqueue({str(tmp_path)!r}); e.fail.enqueue('x'); "
    enqueue += f"e.write_down.enqueue({str(tmp_path)!r}, 'other'); e.tell.enqueue({str(tmp_path)!r}, 'last')"
    code = [sys.executable, "manage.py", "shell", "--no-imports", "-c", enqueue]
    subprocess.run(code, cwd=settings.BASE_DIR, env=environment(var), check=True)
    with working(var) as process:
        assert (tmp_path / "pipe").read_text() == "started"
        process.kill()
    with working(var):
        said = ""
        while not ("started" in said and "last" in said):
            said += (tmp_path / "pipe").read_text()
    assert (tmp_path / "other").exists()
    with reading(var) as ask:
        table = "django_tasks_database_dbtaskresult"
        states = ask(f"SELECT task_path, status FROM {table} ORDER BY task_path")
    assert [(path.rpartition(".")[2], state) for path, state in states] == [
        ("fail", "FAILED"), ("hang_at_first", "SUCCESSFUL"), ("tell", "SUCCESSFUL"), ("write_down", "SUCCESSFUL"),
    ]  # fmt: skip
