"""Nothing is kept for longer than it is said on « Vos données »: what is over, what will be soon, and its erasure.

A dossier ends some time after its last use: its last line in the journal, or the last day on which a browser wrote."""

import logging
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ...models import (
    ConfirmationSent,
    ControllerGroup,
    Dossier,
    Erasure,
    Filing,
    Grant,
    Invitation,
    JournalEntry,
    Outgoing,
    RegisterLine,
    Subscription,
)
from ..locks import lock_rows
from ..mail import outbox
from ..practices import batches
from . import erasure, register

BY = "durée de conservation"  # who erased, in the line that stays
DAY = timedelta(days=1)
WARNED = 30 * DAY  # before the end…
WARNED_GUEST = 7 * DAY  # …or less, for what is kept for a month only
NOT_NOTIFY = "not_notify"  # the option of a decision
UNRELATED = "member_"  # lines of a journal that tell of the practice's team

logger = logging.getLogger(__name__)


# -- when a dossier ends --------------------------------------------------------------------------------


def date_dossiers(dossiers: QuerySet[Dossier]) -> QuerySet[Any]:
    """Return these dossiers with what their end follows from, without their answers."""
    lines = JournalEntry.objects.filter(dossier=OuterRef("pk")).exclude(event__startswith=UNRELATED)
    grants = Grant.objects.filter(dossier=OuterRef("pk")).exclude(kind=Grant.Kind.FEED)  # a calendar asks by itself
    last_line, last_grant = lines.order_by().values("dossier"), grants.order_by().values("dossier")
    return dossiers.defer("answers", "overruled", "offered", "transcribed").annotate(
        touched_at=Coalesce(Subquery(last_line.annotate(last=Max("at")).values("last")), F("created_at")),
        used_on=Subquery(last_grant.annotate(last=Max("last_used_on")).values("last")),
        filed=Exists(Filing.objects.filter(dossier=OuterRef("pk"), cancelled_at=None)),
    )


def is_of_guest(dossier: Dossier) -> bool:
    return dossier.owner_id is None and dossier.practice_id is None


def is_closed(dossier: Any) -> bool:
    """Does a dated dossier of an account or a practice document a breach (RGPD, art. 33(5)): it was filed, or it says
    why it is not?"""
    return not is_of_guest(dossier) and (dossier.filed or dossier.decision == NOT_NOTIFY)


def find_last_use(dossier: Any) -> datetime:
    """Return when a dated dossier was last used. A day counts to its end."""
    touched_at: datetime = dossier.touched_at
    if dossier.used_on is None:
        return touched_at
    return max(touched_at, datetime.combine(dossier.used_on + DAY, time(), UTC))


def compute_end(dossier: Any) -> datetime:
    """Return when a dated dossier is erased, or reduced to a line of the register, if nobody uses it until then."""
    keep = settings.RETENTION
    if is_of_guest(dossier):
        length = keep.guest_filed if dossier.filed else keep.guest
    else:
        length = keep.closed if is_closed(dossier) else keep.dossier
    return find_last_use(dossier) + length


def list_leaving(dossiers: QuerySet[Dossier], now: datetime) -> list[Any]:
    """Return those of these dossiers whose end is near, with `ends_at`, `ends_on` (its day in their zone) and `closed`,
    the nearest first."""
    near = []
    for dossier in _touched_before(dossiers, now + WARNED):
        notice = WARNED_GUEST if is_of_guest(dossier) and not dossier.filed else WARNED
        dossier.ends_at, dossier.closed = compute_end(dossier), is_closed(dossier)
        if dossier.ends_at - notice <= now:
            dossier.ends_on = dossier.ends_at.astimezone(dossier.zone).date()
            near.append(dossier)
    return sorted(near, key=lambda dossier: dossier.ends_at)


def _touched_before(dossiers: QuerySet[Dossier], at: datetime) -> QuerySet[Any]:
    """Return those that may have ended at that time."""
    keep = settings.RETENTION
    shortest_of_guests, shortest = min(keep.guest, keep.guest_filed), min(keep.dossier, keep.closed)
    guest = Q(owner=None, practice=None)
    return date_dossiers(dossiers).filter(
        guest & Q(touched_at__lte=at - shortest_of_guests) | ~guest & Q(touched_at__lte=at - shortest)
    )


# -- the purge ------------------------------------------------------------------------------------------


def purge(*, now: datetime, dry: bool = False) -> dict[str, int]:
    """End all that is over, each dossier in a transaction of its own; returns how much there was of what. `dry`: only
    count."""
    ended = [
        dossier for dossier in _touched_before(Dossier.objects.all(), now).iterator() if compute_end(dossier) <= now
    ]
    if dry:
        done = ["reduced" if is_closed(dossier) else "erased" for dossier in ended]
    else:
        done = [end_dossier(pk=dossier.pk, now=now) for dossier in ended]
        batches.forget_old(now)
    counts = {"dossiers_erased": done.count("erased"), "dossiers_reduced": done.count("reduced")}
    for name, rows in list_expired(now).items():
        counts[name] = rows.count() if dry else rows.delete()[1].get(rows.model._meta.label, 0)
    # rows of the cache that ended: it forgets them by itself only when it is full
    rows_that_ended = (
        f"FROM {connection.ops.quote_name(str(settings.CACHES['default']['LOCATION']))} WHERE expires < %s"
    )
    at = [connection.ops.adapt_datetimefield_value(now.replace(microsecond=0))]
    with connection.cursor() as cursor:
        cursor.execute(f"{'SELECT COUNT(*)' if dry else 'DELETE'} {rows_that_ended}", at)
        counts["cached"] = int(cursor.fetchone()[0] if dry else cursor.rowcount)
    if not dry:
        logger.info("retention.purged", extra={"fields": counts})
    return counts


@transaction.atomic
def end_dossier(*, pk: int, now: datetime) -> str:
    """End a dossier that is over. Returns "erased", or "reduced" to its line of the register; "" when it was used, or
    erased, meanwhile."""
    if not lock_rows(Dossier.objects.only("pk").filter(pk=pk)).first():
        return ""
    list(lock_rows(Grant.objects.filter(dossier=pk)))  # no browser comes meanwhile
    dossier = date_dossiers(Dossier.objects.filter(pk=pk)).get()
    if compute_end(dossier) > now:
        return ""
    if is_closed(dossier):
        whole = Dossier.objects.select_related("incident_revision__incident", "practice", "group").get(pk=pk)
        register.write_line(dossier=whole, closed_at=find_last_use(dossier), now=now)
    erasure.erase_dossier(dossier=dossier, by=BY, now=now)
    return "reduced" if is_closed(dossier) else "erased"


def list_expired(now: datetime) -> dict[str, QuerySet[Any]]:
    """Return, by name, the rows of other things that are kept no longer."""
    keep = settings.RETENTION
    # while reminders go to somebody, what was sent tells which ones are not to be sent again
    reminded = Subscription.objects.filter(dossier=OuterRef("dossier"), ended_at=None)
    told_no_more = Q(purpose=outbox.Purpose.CONFIRMATION) | ~Exists(reminded)
    return {
        "register_lines": RegisterLine.objects.filter(closed_at__lte=now - keep.register),
        "erasures": Erasure.objects.filter(at__lte=now - keep.register),
        "invitations": Invitation.objects.filter(expires_at__lte=now - keep.invitation),
        "groups": ControllerGroup.objects.filter(dossiers=None, created_at__lte=now - keep.dossier),
        "mails": Outgoing.objects.filter(told_no_more, ended_at__lte=now - keep.mails),
        "requests": ConfirmationSent.objects.filter(at__lte=now - DAY),
        "sessions": Session.objects.filter(expire_date__lte=now),
    }
