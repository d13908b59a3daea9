"""Dossiers to which reminders go, and what is true of them: their clocks, without the cost of a whole report."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError

from ...models import Dossier, Outgoing, Subscription
from ...obligations import Deadline
from ..dossiers import loading
from ..mail import outbox
from . import revision_changes
from .plan import REMINDED, REVIEW, Reminder, duty_of, list_reminders

logger = logging.getLogger(__name__)

AT_A_TIME = 500  # dossiers read together
SETTLE = timedelta(minutes=3)  # what was just typed or recorded may be corrected at once…
URGENT = timedelta(hours=1)  # …unless there is no time left for that
FIRST_KINDS = ("start", "complement")  # true from the moment that their end is known
# Why a message is not sent.
ENDED, UNCONFIRMED = "rappels arrêtés", "adresse non confirmée"
FILED, STOPPED = "dépôt consigné", "délai arrêté par votre décision"
MOVED, REPLACED = "échéance déplacée", "remplacé"
WITHDRAWN = "invitation retirée"


def list_due(dossier: Dossier, clocks: Sequence[Deadline], now: datetime) -> list[Reminder]:
    """Return the reminders of a dossier that are true now."""
    stopped = any(clock.state == "stopped" for clock in clocks)
    return list_reminders(clocks, loading.find_decided_at(dossier) if stopped else None, now)


def put_due(now: datetime) -> None:
    """Put into the outbox what is due; a dossier that cannot be read holds nobody else back."""
    live = Subscription.objects.filter(confirmed_at__isnull=False, ended_at=None).order_by("pk")
    keys = list(live.values_list("pk", flat=True))
    for start in range(0, len(keys), AT_A_TIME):
        batch = live.filter(pk__in=keys[start : start + AT_A_TIME]).select_related("dossier")
        read = batch.defer("dossier__overruled", "dossier__transcribed").prefetch_related("dossier__filings")
        sent: dict[int | None, list[Outgoing]] = defaultdict(list)  # by dossier, the last one last
        reminders = Outgoing.objects.filter(purpose=outbox.Purpose.REMINDER, state=Outgoing.State.SENT)
        dossiers = [subscription.dossier_id for subscription in read]
        for row in reminders.filter(dossier__in=dossiers).order_by("ended_at", "pk"):
            sent[row.dossier_id].append(row)
        outbox.put_rows([row for each in read for row in _make_rows(each, sent[each.dossier_id], now)], now)


def _make_rows(subscription: Subscription, sent: Sequence[Outgoing], now: datetime) -> Iterator[Outgoing]:
    """Yield a message for each reminder of a dossier that is due."""
    dossier = subscription.dossier
    try:
        for reminder in list_due(dossier, loading.clocks_of(dossier, now, REMINDED), now):
            # an end of which no mail told may still be corrected for a while
            settled_at, urgent = None, timedelta() <= reminder.deadline - now <= URGENT
            since = now if reminder.kind in FIRST_KINDS else dossier.last_saved_at
            if since and not urgent and all(row.deadline != reminder.deadline for row in sent):
                settled_at = min(since, now) + SETTLE
            again, end = _tell_apart(reminder, subscription, sent), reminder.deadline
            yield outbox.make_row(
                dossier, reminder.kind, end, subscription.email, now, settled_at=settled_at, again=again
            )
    except DatabaseError:
        raise
    except Exception:
        logger.exception("reminders.unreadable_dossier", extra={"fields": {"subscription": subscription.pk}})


def _tell_apart(reminder: Reminder, subscription: Subscription, sent: Sequence[Outgoing]) -> str:
    """Return something to tell a reminder apart by, where it goes out once more: the last mail told another end, or
    went to an address that another one has replaced."""
    # what a mail is about: an end, or a decision
    subjects = [row for row in sent if (row.kind == REVIEW) == (reminder.kind == REVIEW)]
    same = [row for row in subjects if duty_of(row.kind) == duty_of(reminder.kind)]
    if not any((row.kind, row.deadline) == (reminder.kind, reminder.deadline) for row in same):
        return ""
    last = same[-1]
    known_here = last.ended_at and subscription.confirmed_at and last.ended_at >= subscription.confirmed_at
    return "" if known_here and last.deadline == reminder.deadline else str(last.pk)


def find_fault(row: Outgoing, subscription: Subscription, clocks: Sequence[Deadline], now: datetime) -> str:
    """Return why a message about a dossier is not to be sent any more, "" while what it says is true."""
    if subscription.ended_at:
        return ENDED
    if row.purpose == outbox.Purpose.CONFIRMATION:
        still_asked = subscription.is_asked and row.deadline == subscription.asked_at
        return "" if still_asked else REPLACED
    if subscription.confirmed_at is None:
        return UNCONFIRMED
    if row.purpose == outbox.Purpose.NEWS:
        return "" if revision_changes.is_true(subscription.dossier, now) else revision_changes.SEEN
    if row.deadline and Reminder(row.kind, row.deadline) in list_due(subscription.dossier, clocks, now):
        return ""
    clock = next(each for each in clocks if each.obligation.key == duty_of(row.kind))
    if clock.state in ("done", "idle"):
        return FILED if clock.state == "done" else MOVED
    if clock.state == "stopped" and row.kind != REVIEW:
        return STOPPED
    return REPLACED if row.deadline in (clock.due_at, clock.careful_at) else MOVED


def find_fault_of_written(row: Outgoing, now: datetime) -> str:
    """Return why a mail that was written beforehand is not to be sent any more, "" while it is."""
    if row.expires_at and row.expires_at <= now:
        return outbox.EXPIRED
    over = row.invitation and (row.invitation.revoked_at or row.invitation.accepted_at)
    return WITHDRAWN if over else ""
