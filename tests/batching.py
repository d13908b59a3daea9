"""A worker for batches, in this process: one dossier after the other until nothing waits."""

from notifications import tasks
from notifications.documents import zipped
from notifications.models import BatchItem


def work(dossiers: int = 1000) -> None:
    while dossiers and tasks.make_next():
        dossiers -= 1


def files_of(item: BatchItem) -> dict[str, bytes]:
    item.refresh_from_db()
    return dict(zipped.unpack(item.content))
