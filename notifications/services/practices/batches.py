"""Batches: many dossiers' files, made one after the other, kept for a day.

Items are the worker's queue. It claims one with a lease, makes its files outside any transaction, and keeps them; each
of this is one statement. Killed anywhere: the item is free again after its lease. Leases are by the database's clock:
those of several hosts need not agree."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from ...models import Batch, BatchItem, Dossier, Practice, User, Viewer
from ..accounts import roles

MOST_DOSSIERS = 500  # in a batch that somebody chose
MOST_BATCHES = 5  # of one person: the oldest makes room
KEPT = timedelta(hours=24)
LEASE = timedelta(minutes=1)  # an item that takes longer may be made twice, and is kept once
TRIES = 5  # of an item during which workers die, or the database stays busy
# Why a dossier's files could not be made.
BROKEN = "ses fichiers n'ont pas pu être mis en page"
GIVEN_UP = "plusieurs essais ont été interrompus"

_LEFT = Q(content=None, fault="")


@transaction.atomic
def begin(
    *, user: User, kind: str, dossiers: Iterable[Dossier], now: datetime, practice: Practice | None = None
) -> Batch:
    """A batch of these dossiers, in this order, for the worker to make."""
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


def items(batch: Batch, viewer: Viewer) -> QuerySet[Any]:  # of BatchItem, whose type does not know `made`
    """Those of the dossiers that this viewer may open now, each with `made`; their content is read when asked for."""
    found = batch.items.filter(dossier__in=Dossier.objects.visible_to(viewer)).order_by("number")
    found = found.annotate(made=Q(content__isnull=False)).select_related("dossier__incident_revision__incident")
    return found.defer("content", "dossier__answers", "dossier__incident_revision__content")


def is_running(batch: Batch) -> bool:
    return batch.items.filter(_LEFT).exists()


# -- for the worker -------------------------------------------------------------------------------------


def claim_item() -> BatchItem | None:
    """The next item that nobody is making, now the caller's for a lease; None when there is none. The first dossiers of
    all batches come first, so that a small batch does not wait for a large one."""
    # a lease longer than any that we give was set by a clock that ran ahead: it does not count
    free = Q(leased_until=None) | Q(leased_until__lte=Now()) | Q(leased_until__gt=Now() + LEASE)
    while True:
        item = BatchItem.objects.filter(_LEFT, free).select_related("batch").order_by("number", "pk").first()
        if item is None:
            return None
        unchanged = BatchItem.objects.filter(_LEFT, pk=item.pk, tries=item.tries)  # compare and set
        if item.tries >= TRIES:
            unchanged.update(fault=GIVEN_UP)
        elif unchanged.update(tries=F("tries") + 1, leased_until=Now() + LEASE):
            return item


def settle(*, item: BatchItem, content: bytes | None = None, fault: str = "") -> None:
    """Keep what was made of a dossier, or why it could not be; nothing when another worker was faster, or the dossier
    was erased meanwhile."""
    BatchItem.objects.filter(_LEFT, pk=item.pk).update(content=content, fault=fault)


def retry(*, batch: Batch) -> None:
    """The dossiers that failed are to be made again."""
    batch.items.exclude(fault="").update(fault="", tries=0, leased_until=None)


def forget_old(now: datetime) -> int:
    """Batches go after a day; returns how many."""
    old = Batch.objects.filter(created_at__lt=now - KEPT)
    return old.delete()[1].get(Batch._meta.label, 0)
