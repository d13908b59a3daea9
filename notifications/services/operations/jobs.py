"""Running what was put off: tasks of django-tasks, claimed from the database's queue and run one at a time.

A task takes ids and may be run twice. Enqueue it inside the transaction of the change that wants it: the queue is in
the same database, so that it is there when the change is, and only then."""

import fcntl
import hashlib
import logging
import secrets
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import OperationalError, transaction
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from ...models import Heartbeat

HEARTBEAT = "tasks"
LIMIT = timedelta(minutes=10)  # after which a task of another machine is taken for lost
TRIES = 5  # of a task during which workers die, or the database stays busy
PATIENCE = timedelta(seconds=30)  # before a task is tried again that found the database busy
KEPT = timedelta(days=7)  # for which it is remembered how a task ended

logger = logging.getLogger(__name__)


# -- who runs ------------------------------------------------------------------------------------------


@contextmanager
def worker(folder: Path) -> Iterator[str]:
    """A name for this worker, which holds the lock of a file of that name in `folder` while it lives: the kernel lets
    go of it whatever the death, so that others on this machine know whose tasks are nobody's any more."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{_here(folder)}-{secrets.token_hex(8)}"
    with (folder / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield name
        finally:
            (folder / name).unlink()


def _here(folder: Path) -> str:
    """What the names of workers of this folder on this machine begin with."""
    place = f"{uuid.getnode()} {socket.gethostname()} {folder.resolve()}"
    return hashlib.sha256(place.encode()).hexdigest()[:16]


def _lives(name: str, folder: Path) -> bool:
    try:
        with (folder / name).open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    (folder / name).unlink(missing_ok=True)
    return False


def in_hand(task_path: str) -> list[list[Any]]:
    """What the tasks of this kind that wait or run were given."""
    going = [TaskResultStatus.READY, TaskResultStatus.RUNNING]
    found = DBTaskResult.objects.filter(task_path=task_path, status__in=going)
    return [each["args"] for each in found.values_list("args_kwargs", flat=True)]


# -- the round -----------------------------------------------------------------------------------------


def run_one(*, worker: str, now: datetime) -> bool:
    """Run the first task of the queue; whatever it does, the next one has its turn. False when there is none."""
    if not DBTaskResult.objects.ready().exists():
        return False  # without asking for SQLite's one write lock
    claimed = _claim(worker)
    if claimed:
        _run(claimed, now)
    return claimed is not None


@transaction.atomic
def _claim(worker: str) -> Any:
    """The first ready task, now ours; PostgreSQL skips those that another worker is claiming."""
    first = DBTaskResult.objects.ready().get_locked()
    if first:
        first.claim(worker)
    return first


def _run(claimed: Any, now: datetime) -> None:
    try:
        result = claimed.task_result
        value = claimed.task.call(*result.args, **result.kwargs)
    except OperationalError as busy:
        _again(claimed, type(busy), now=now, after=now + PATIENCE)
    except Exception as fault:
        logger.exception("task.failed", extra={"fields": _named(claimed)})
        _fail(claimed, type(fault), now)
    else:
        claimed.set_successful(value)


def look_after(*, folder: Path, now: datetime) -> int:
    """Say that we live, put tasks of dead workers back into the queue, and forget what ended long ago. Returns how many
    were put back."""
    Heartbeat.objects.update_or_create(name=HEARTBEAT, defaults={"at": now})
    DBTaskResult.objects.finished().filter(finished_at__lt=now - KEPT).delete()
    lost = [each for each in DBTaskResult.objects.running() if _is_lost(each, folder, now)]
    for each in lost:
        logger.warning("task.lost", extra={"fields": _named(each)})
        _again(each, WorkerDied, now=now, after=now)
    return len(lost)


class WorkerDied(Exception):
    """The worker ended in the middle of a task: killed, out of memory, or the machine went down."""


def _is_lost(task: Any, folder: Path, now: datetime) -> bool:
    name = task.worker_ids[-1]
    if name.startswith(_here(folder)):
        return not _lives(name, folder)
    return bool(task.started_at < now - LIMIT)


def _again(task: Any, why: type[BaseException], *, now: datetime, after: datetime) -> None:
    """Back into the queue, unless it was tried often enough; nothing when another worker was faster."""
    if len(task.worker_ids) >= TRIES:
        _fail(task, why, now)
        return
    mine = DBTaskResult.objects.filter(pk=task.pk, status=TaskResultStatus.RUNNING, started_at=task.started_at)
    mine.update(status=TaskResultStatus.READY, run_after=after)


def _fail(task: Any, why: type[BaseException], now: datetime) -> None:
    """The kind of the fault only: its text may hold answers."""
    task.status = TaskResultStatus.FAILED
    task.exception_class_path = f"{why.__module__}.{why.__qualname__}"
    task.finished_at = now
    task.save(update_fields=["status", "exception_class_path", "finished_at"])


def _named(task: Any) -> dict[str, Any]:
    return {"task": task.task_path, "tries": len(task.worker_ids)}
