"""Dossiers to which reminders go, and what is true of them: their clocks, without the cost of a whole report."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import DatabaseError

from ... import seeds
from ...models import Dossier, Outgoing, Subscription
from ...obligations import Deadline, clocks
from ...questionnaire import Case
from ..dossiers import saving, snapshots
from ..mail import outbox
from . import addresses, revision_changes
from .plan import REMINDED, REVIEW, Reminder, duty_of, plan

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


def clocks_of(dossier: Dossier, now: datetime, keys: Collection[str] = ()) -> list[Deadline]:
    """The clock of each duty, or of those named, as on the dossier's page."""
    duties = [duty for duty in seeds.duties() if not keys or duty.key in keys]
    case = Case(seeds.questionnaire(dossier.questionnaire), dossier.answers, zone=ZoneInfo(dossier.timezone))
    filed = [snapshots.as_data(each) for each in snapshots.active(dossier)]
    return clocks(duties, case, filed, now)


def due(dossier: Dossier, found: list[Deadline], now: datetime) -> list[Reminder]:
    """The reminders of a dossier that are true now."""
    stopped = any(clock.state == "stopped" for clock in found)
    return plan(found, saving.decided_at(dossier) if stopped else None, now)


def put_due(now: datetime) -> None:
    """Put into the outbox what is due; a dossier that cannot be read holds nobody else back."""
    live = Subscription.objects.filter(confirmed_at__isnull=False, ended_at=None).order_by("pk")
    keys = list(live.values_list("pk", flat=True))
    for start in range(0, len(keys), AT_A_TIME):
        batch = live.filter(pk__in=keys[start : start + AT_A_TIME]).select_related("dossier")
        read = batch.defer("dossier__overruled", "dossier__copied").prefetch_related("dossier__filings")
        told = _told(subscription.dossier_id for subscription in read)
        outbox.put([row for each in read for row in _rows(each, told[each.dossier_id], now)], now)


def _told(dossiers: Iterable[int]) -> dict[int, list[Outgoing]]:
    """The reminders that were sent, of each dossier, the last one last."""
    found: dict[int, list[Outgoing]] = defaultdict(list)
    sent = Outgoing.objects.filter(dossier__in=list(dossiers), state=Outgoing.State.SENT)
    for each in sent.filter(purpose=outbox.Purpose.REMINDER).order_by("ended_at", "pk"):
        found[each.dossier_id].append(each)
    return found


def _rows(subscription: Subscription, told: Sequence[Outgoing], now: datetime) -> Iterator[Outgoing]:
    dossier = subscription.dossier
    try:
        for reminder in due(dossier, clocks_of(dossier, now, REMINDED), now):
            settled_at, again = _settled_at(reminder, dossier, told, now), _again(reminder, subscription, told)
            email, end = subscription.email, reminder.deadline
            yield outbox.row(dossier, reminder.kind, end, email, now, settled_at=settled_at, again=again)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("reminders.unreadable_dossier", extra={"fields": {"subscription": subscription.pk}})


def _settled_at(reminder: Reminder, dossier: Dossier, told: Sequence[Outgoing], now: datetime) -> datetime | None:
    """Until when an end of which nobody was told may still be corrected."""
    if timedelta() <= reminder.deadline - now <= URGENT or any(each.deadline == reminder.deadline for each in told):
        return None
    since = now if reminder.kind in FIRST_KINDS else dossier.last_saved_at
    return min(since, now) + SETTLE if since else None


def _again(reminder: Reminder, subscription: Subscription, told: Sequence[Outgoing]) -> str:
    """Something to tell it apart by, where a reminder goes out once more: the last mail told another end, or went to an
    address that another one has replaced."""
    same = [each for each in told if _subject(each.kind) == _subject(reminder.kind)]
    if Reminder(reminder.kind, reminder.deadline) not in [Reminder(each.kind, each.deadline) for each in same]:
        return ""
    last = same[-1]
    known_here = last.ended_at and subscription.confirmed_at and last.ended_at >= subscription.confirmed_at
    return "" if known_here and last.deadline == reminder.deadline else str(last.pk)


def _subject(kind: str) -> str:
    """What a mail is about: an end, or a decision."""
    return kind if kind == REVIEW else duty_of(kind)


def fault(row: Outgoing, subscription: Subscription | None, found: list[Deadline], now: datetime) -> str:
    """Why this message is not to be sent any more; "" while what it says is true."""
    if subscription is None or subscription.ended_at:
        return ENDED
    if row.purpose == outbox.Purpose.CONFIRMATION:
        return "" if addresses.awaits(subscription, row) else REPLACED
    if subscription.confirmed_at is None:
        return UNCONFIRMED
    if row.purpose == outbox.Purpose.NEWS:
        return "" if revision_changes.is_true(row, now) else revision_changes.SEEN
    return _untrue(row, found, now)


def fault_of_written(row: Outgoing, now: datetime) -> str:
    """Why a mail that was written beforehand is not to be sent any more; "" while it is."""
    if row.expires_at and row.expires_at <= now:
        return outbox.EXPIRED
    over = row.invitation and (row.invitation.revoked_at or row.invitation.accepted_at)
    return WITHDRAWN if over else ""


def _untrue(row: Outgoing, found: list[Deadline], now: datetime) -> str:
    planned = due(row.dossier, found, now)
    if row.deadline and Reminder(row.kind, row.deadline) in planned:
        return ""
    clock = next(each for each in found if each.obligation.key == duty_of(row.kind))
    if clock.state in ("done", "idle"):
        return FILED if clock.state == "done" else MOVED
    if clock.state == "stopped" and row.kind != REVIEW:
        return STOPPED
    return REPLACED if row.deadline in (clock.due_at, clock.careful_at) else MOVED
