"""A worker for batches, in this process: one task after the other until nothing waits."""

from pathlib import Path

import pytest
from django.utils import timezone

from notifications.documents import zipped
from notifications.models import BatchItem
from notifications.services.operations import jobs

QUEUE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def queue(db, settings):
    settings.TASKS = QUEUE


def work(folder: Path, tasks: int = 1000) -> None:
    with jobs.worker(folder) as name:
        while tasks and jobs.run_one(worker=name, now=timezone.now()):
            tasks -= 1


def files_of(item: BatchItem) -> dict[str, bytes]:
    item.refresh_from_db()
    return dict(zipped.unpack(item.content))
