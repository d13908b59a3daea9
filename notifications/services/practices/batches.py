"""Batches: many dossiers' files, made one after the other, kept for a day."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from ...models import Batch, BatchItem, Dossier, Practice, User, Viewer
from ..accounts import roles

MOST_DOSSIERS = 500  # in a batch that somebody chose
MOST_BATCHES = 5  # of one person: the oldest makes room
KEPT = timedelta(hours=24)
# Why a dossier's files could not be made.
BROKEN = "ses fichiers n'ont pas pu être mis en page"
GIVEN_UP = "plusieurs essais ont été interrompus"

_LEFT = Q(content=None, fault="")


@transaction.atomic
def begin(
    *, user: User, kind: str, dossiers: Iterable[Dossier], now: datetime, practice: Practice | None = None
) -> Batch:
    """A batch of these dossiers, in this order; enqueue its first task in the same transaction."""
    older = Batch.objects.filter(user=user).order_by("-created_at", "-pk")
    Batch.objects.filter(pk__in=list(older.values_list("pk", flat=True)[MOST_BATCHES - 1 :])).delete()
    batch = Batch.objects.create(user=user, kind=kind, practice=practice, created_at=now)
    items = [BatchItem(batch=batch, dossier=dossier, number=number) for number, dossier in enumerate(dossiers, start=1)]
    BatchItem.objects.bulk_create(items)
    return batch


def visible(viewer: Viewer, public_id: str) -> Batch | None:
    """The batch, if it is this viewer's; a practice's export only while the role allows it."""
    found = Batch.objects.visible_to(viewer).select_related("practice").filter(public_id=public_id).first()
    allowed = found and (found.practice is None or roles.may_keep(viewer, found.practice))
    return found if allowed else None


def items(batch: Batch, viewer: Viewer) -> QuerySet[BatchItem]:
    """Those of the dossiers that this viewer may open now, each with `made`; their content is read when asked for."""
    found = batch.items.filter(dossier__in=Dossier.objects.visible_to(viewer)).order_by("number")
    found = found.annotate(made=Q(content__isnull=False)).select_related("dossier__incident_revision__incident")
    return found.defer("content", "dossier__answers", "dossier__incident_revision__content")


def is_running(batch: Batch) -> bool:
    return batch.items.filter(_LEFT).exists()


# -- for the worker -------------------------------------------------------------------------------------


def next_item(batch_id: int) -> BatchItem | None:
    """The first one to be made, None when the batch is done, or gone."""
    return BatchItem.objects.filter(_LEFT, batch=batch_id).select_related("batch").order_by("number").first()


def settle(*, item: BatchItem, content: bytes | None = None, fault: str = "") -> bool:
    """Keep what was made of a dossier, or why it could not be. False when somebody else did so meanwhile, whose task
    then goes on; a dossier that was erased meanwhile holds nothing up."""
    found = BatchItem.objects.filter(pk=item.pk)
    return bool(found.filter(_LEFT).update(content=content, fault=fault)) or not found.exists()


def retry(*, batch: Batch) -> bool:
    """The dossiers that failed are to be made again; says whether there were any. Enqueue a task if so."""
    return bool(batch.items.exclude(fault="").update(fault=""))


def unfinished() -> QuerySet[Batch]:
    return Batch.objects.filter(Exists(BatchItem.objects.filter(_LEFT, batch=OuterRef("pk"))))


def forget_old(now: datetime) -> int:
    """Batches go after a day; returns how many."""
    old = Batch.objects.filter(created_at__lt=now - KEPT)
    return old.delete()[1].get(Batch._meta.label, 0)
