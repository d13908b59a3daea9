"""The outbox: one row for each message to send once. A sender claims a row with a lease, sends, and marks it; all of
this in single statements, so that no transaction is open while a mail travels.

Killed anywhere: a row that was claimed is free again after its lease, and keeps its Message-ID."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import OperationalError
from django.db.models import F, Q, QuerySet

from ...models import Draft, Outgoing, Subscription

LEASE = timedelta(minutes=2)  # longer than a mail may take (settings.EMAIL_TIMEOUT for each word of the server)
SETTLE = timedelta(minutes=5)  # a deadline that was just typed may be corrected at once
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(minutes=3)
REFUSED_AGAIN, REFUSED_FOR = timedelta(minutes=20), timedelta(hours=3)
POISON_AGAIN = timedelta(minutes=10)  # often a fault of the whole installation, soon mended
REFUSED = "adresse refusée"
UNREADABLE = "message impossible à composer"
MARK_TRIES = 4  # each waits for SQLite's lock as long as any write


def row(draft: Draft, kind: str, deadline: datetime | None, email: str, now: datetime) -> Outgoing:
    """A message that is not stored yet."""
    return Outgoing(
        draft=draft,
        kind=kind,
        key=key_of(draft, kind, deadline),
        deadline=deadline,
        domain=email.rpartition("@")[2].lower()[:255],
        made_at=now,
        next_at=now + SETTLE if kind == "start" else now,
    )


def key_of(draft: Draft, kind: str, deadline: datetime | None) -> str:
    parts = (draft.public_id, kind, deadline.isoformat() if deadline else "")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def put(rows: Sequence[Outgoing], now: datetime) -> None:
    """Store messages that are not there yet, and take up again those dropped for a reason that has passed."""
    stored = {each.key: each for each in Outgoing.objects.filter(key__in=[each.key for each in rows])}
    missing = [each for each in rows if each.key not in stored]
    if missing:
        Outgoing.objects.bulk_create(missing, ignore_conflicts=True)  # another sender may be as far
    dropped = Outgoing.State.DROPPED
    for each in rows:
        old = stored.get(each.key)
        if old and old.state == dropped and (old.reason != REFUSED or _address_is_newer(old)):
            again = {"made_at": now, "next_at": now, "domain": each.domain, "ended_at": None, "reason": "", "tries": 0}
            Outgoing.objects.filter(pk=old.pk, state=dropped).update(state=Outgoing.State.WAITING, **again)


def _address_is_newer(dropped: Outgoing) -> bool:
    return Subscription.objects.filter(draft=dropped.draft_id, confirmed_at__gt=dropped.ended_at).exists()


def _waiting() -> QuerySet[Outgoing]:
    return Outgoing.objects.filter(state=Outgoing.State.WAITING)


def claim(now: datetime) -> Outgoing | None:
    """The next message that is due, reserved for the caller; None when there is none."""
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    while True:
        found = _waiting().filter(free, next_at__lte=now).order_by("next_at", "pk").first()
        if found is None:
            return None
        before, found.lease = found.lease, secrets.token_urlsafe(16)
        mine = _waiting().filter(free, pk=found.pk, lease=before)  # compare and set
        if mine.update(lease=found.lease, leased_until=now + LEASE):
            return found


def mark_sent(row: Outgoing, now: datetime) -> None:
    """Tried until it is written: what is not marked is sent again."""
    for left in reversed(range(MARK_TRIES)):
        try:
            _release(row, state=Outgoing.State.SENT, ended_at=now, reason="")
        except OperationalError:
            if not left:
                raise
        else:
            return


def drop(row: Outgoing, reason: str, now: datetime) -> None:
    _release(row, state=Outgoing.State.DROPPED, ended_at=now, reason=reason)


def put_off(row: Outgoing, reason: str, next_at: datetime) -> None:
    """Try this one message again later."""
    _release(row, next_at=next_at, tries=F("tries") + 1, reason=reason)


def refuse(row: Outgoing, now: datetime) -> None:
    """The server will not have this message. It is believed after some hours: a relay that is set up wrongly for a
    while says the same of every address."""
    if now - row.made_at >= REFUSED_FOR:
        drop(row, REFUSED, now)
    else:
        put_off(row, REFUSED, now + REFUSED_AGAIN)


def back_off(row: Outgoing, reason: str, now: datetime, *, everybody: bool) -> None:
    """Leave the recipient's domain alone for a while, or the whole relay. This message goes last next time, so that
    one that always fails starves nobody."""
    until = now + min(FIRST_DELAY * 2 ** min(row.tries, 10), LONGEST_DELAY)
    same = _waiting().exclude(pk=row.pk).filter(next_at__lt=until)
    same = same if everybody else same.filter(domain=row.domain)
    same.update(next_at=until, tries=F("tries") + 1)
    put_off(row, reason, until + timedelta(seconds=1))


def _release(row: Outgoing, **changes: object) -> None:
    Outgoing.objects.filter(pk=row.pk, lease=row.lease).update(lease="", leased_until=None, **changes)
