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
from ..dossiers import saving
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


def dated(found: QuerySet[Dossier]) -> QuerySet[Dossier]:
    """These dossiers with what their end follows from, without their answers."""
    lines = JournalEntry.objects.filter(dossier=OuterRef("pk")).exclude(event__startswith=UNRELATED)
    used = Grant.objects.filter(dossier=OuterRef("pk")).exclude(kind=Grant.Kind.FEED)  # a calendar asks by itself
    return found.defer("answers", "overruled", "offered", "copied").annotate(
        touched_at=Coalesce(_last(lines, "at"), F("created_at")),
        used_on=_last(used, "last_used_on"),
        filed=Exists(Filing.objects.filter(dossier=OuterRef("pk"), cancelled_at=None)),
    )


def _last(found: QuerySet[Any], name: str) -> Subquery:
    return Subquery(found.order_by().values("dossier").annotate(last=Max(name)).values("last"))


def is_guest_s(dossier: Dossier) -> bool:
    return dossier.owner_id is None and dossier.practice_id is None


def is_closed(dossier: Any) -> bool:
    """Does a dated dossier of an account or a practice document a breach (RGPD, art. 33(5)): it was filed, or it says
    why it is not?"""
    return not is_guest_s(dossier) and (dossier.filed or dossier.decision == NOT_NOTIFY)


def last_use(dossier: Any) -> datetime:
    """Of a dated dossier. A day counts to its end."""
    if dossier.used_on is None:
        return dossier.touched_at
    return max(dossier.touched_at, datetime.combine(dossier.used_on + DAY, time(), UTC))


def end_of(dossier: Any) -> datetime:
    """When a dated dossier is erased, or reduced to a line of the register, if nobody uses it until then."""
    keep = settings.RETENTION
    if is_guest_s(dossier):
        return last_use(dossier) + (keep.guest_filed if dossier.filed else keep.guest)
    return last_use(dossier) + (keep.closed if is_closed(dossier) else keep.dossier)


def leaving(found: QuerySet[Dossier], now: datetime) -> list[Any]:
    """Those of these dossiers whose end is near, with `ends_at`, `ends_on` (its day in their zone) and `closed`,
    the nearest first."""
    near = []
    for dossier in _touched_before(found, now + WARNED):
        dossier.ends_at, dossier.closed = end_of(dossier), is_closed(dossier)
        dossier.ends_on = dossier.ends_at.astimezone(saving.zone(dossier)).date()
        notice = WARNED_GUEST if is_guest_s(dossier) and not dossier.filed else WARNED
        near += [dossier] if dossier.ends_at - notice <= now else []
    return sorted(near, key=lambda dossier: dossier.ends_at)


def _touched_before(found: QuerySet[Dossier], at: datetime) -> QuerySet[Any]:
    """Those that may have ended at that time."""
    keep = settings.RETENTION
    guest, ours = min(keep.guest, keep.guest_filed), min(keep.dossier, keep.closed)
    guests = Q(owner=None, practice=None, touched_at__lte=at - guest)
    return dated(found).filter(guests | Q(touched_at__lte=at - ours) & ~Q(owner=None, practice=None))


# -- the purge ------------------------------------------------------------------------------------------


def purge(*, now: datetime, dry: bool = False) -> dict[str, int]:
    """End all that is over, each dossier in a transaction of its own. `dry`: only say how much there is of what."""
    ended = [dossier for dossier in _touched_before(Dossier.objects.all(), now).iterator() if end_of(dossier) <= now]
    if dry:
        done = ["reduced" if is_closed(dossier) else "erased" for dossier in ended]
    else:
        done = [end(pk=dossier.pk, now=now) for dossier in ended]
        batches.forget_old(now)
    counts = {"dossiers_erased": done.count("erased"), "dossiers_reduced": done.count("reduced")}
    for name, rows in over(now).items():
        counts[name] = rows.count() if dry else rows.delete()[1].get(rows.model._meta.label, 0)
    counts["cached"] = _cached(now, dry)
    if not dry:
        logger.info("retention.purged", extra={"fields": counts})
    return counts


@transaction.atomic
def end(*, pk: int, now: datetime) -> str:
    """ "erased", or "reduced" to its line of the register; "" when it was used, or erased, meanwhile."""
    if not Dossier.objects.filter(pk=pk).update(version=F("version")):  # locks the row, then those of its browsers
        return ""
    list(Grant.objects.select_for_update().filter(dossier=pk))
    dossier = dated(Dossier.objects.filter(pk=pk)).get()
    if end_of(dossier) > now:
        return ""
    if is_closed(dossier):
        whole = Dossier.objects.select_related("incident_revision__incident", "practice", "group").get(pk=pk)
        register.note(dossier=whole, closed_at=last_use(dossier), now=now)
    erasure.erase(dossier=dossier, by=BY, now=now)
    return "reduced" if is_closed(dossier) else "erased"


def over(now: datetime) -> dict[str, QuerySet[Any]]:
    """By name, rows of other things that are kept no longer."""
    keep = settings.RETENTION
    return {
        "register_lines": RegisterLine.objects.filter(closed_at__lte=now - keep.register),
        "erasures": Erasure.objects.filter(at__lte=now - keep.register),
        "invitations": Invitation.objects.filter(expires_at__lte=now - keep.invitation),
        "groups": ControllerGroup.objects.filter(dossiers=None, created_at__lte=now - keep.dossier),
        "mails": Outgoing.objects.filter(_is_told_of_no_more(), ended_at__lte=now - keep.mails),
        "requests": ConfirmationSent.objects.filter(at__lte=now - DAY),
        "sessions": Session.objects.filter(expire_date__lte=now),
    }


def _is_told_of_no_more() -> Q:
    """While reminders go to somebody, what was sent tells which ones are not to be sent again."""
    live = Subscription.objects.filter(dossier=OuterRef("dossier"), ended_at=None)
    return Q(purpose=outbox.Purpose.CONFIRMATION) | ~Exists(live)


def _cached(now: datetime, dry: bool) -> int:
    """Rows of the cache that ended. It forgets them by itself only when it is full."""
    table = connection.ops.quote_name(settings.CACHES["default"]["LOCATION"])
    query = f"FROM {table} WHERE expires < %s"  # the name of the table is ours
    at = [connection.ops.adapt_datetimefield_value(now.replace(microsecond=0))]
    with connection.cursor() as cursor:
        cursor.execute(f"{'SELECT COUNT(*)' if dry else 'DELETE'} {query}", at)
        return int(cursor.fetchone()[0] if dry else cursor.rowcount)
