"""Dossiers to which reminders go, and what is true of them: their clocks, without the cost of a whole report."""

import logging
from collections.abc import Collection, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import DatabaseError

from ...models import Draft, Outgoing, Subscription
from ...obligations import Deadline, clocks
from ...questionnaire import Case
from .. import drafts, filings, seeds
from . import addresses, outbox
from .plan import REMINDED, Reminder, duty_of, plan

logger = logging.getLogger(__name__)

AT_A_TIME = 500  # dossiers read together
# Why a message is not sent.
ENDED, UNCONFIRMED = "rappels arrêtés", "adresse non confirmée"
FILED, STOPPED = "dépôt consigné", "décision de ne pas notifier"
MOVED, REPLACED = "échéance déplacée", "remplacé"


def clocks_of(draft: Draft, now: datetime, keys: Collection[str] = ()) -> list[Deadline]:
    """The clock of each duty, or of those named, as on the dossier's page."""
    duties = [duty for duty in seeds.duties() if not keys or duty.key in keys]
    case = Case(seeds.questionnaire(draft.questionnaire), draft.answers, zone=ZoneInfo(draft.timezone))
    filed = [filings.as_data(each) for each in filings.active(draft)]
    return clocks(duties, case, filed, now)


def due(draft: Draft, found: list[Deadline], now: datetime) -> list[Reminder]:
    """The reminders of a dossier that are true now."""
    stopped = any(clock.state == "stopped" for clock in found)
    return plan(found, drafts.decided_at(draft) if stopped else None, now)


def put_due(now: datetime) -> None:
    """Put into the outbox what is due; a dossier that cannot be read holds nobody else back."""
    live = Subscription.objects.filter(confirmed_at__isnull=False, ended_at=None).order_by("pk")
    keys = list(live.values_list("pk", flat=True))
    for start in range(0, len(keys), AT_A_TIME):
        batch = live.filter(pk__in=keys[start : start + AT_A_TIME]).select_related("draft")
        read = batch.defer("draft__overruled", "draft__copied").prefetch_related("draft__filings")
        outbox.put([row for subscription in read for row in _rows(subscription, now)], now)


def _rows(subscription: Subscription, now: datetime) -> Iterator[Outgoing]:
    draft = subscription.draft
    try:
        for reminder in due(draft, clocks_of(draft, now, REMINDED), now):
            yield outbox.row(draft, reminder.kind, reminder.deadline, subscription.email, now)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("reminders.unreadable_dossier", extra={"fields": {"subscription": subscription.pk}})


def fault(row: Outgoing, subscription: Subscription | None, found: list[Deadline], now: datetime) -> str:
    """Why this message is not to be sent any more; "" while what it says is true."""
    if subscription is None or subscription.ended_at:
        return ENDED
    if addresses.is_request(row.kind):
        return "" if addresses.awaits(subscription, row) else REPLACED
    if subscription.confirmed_at is None:
        return UNCONFIRMED
    return _untrue(row, found, now)


def _untrue(row: Outgoing, found: list[Deadline], now: datetime) -> str:
    planned = due(row.draft, found, now)
    if row.deadline and Reminder(row.kind, row.deadline) in planned:
        return ""
    clock = next(each for each in found if each.obligation.key == duty_of(row.kind))
    if clock.state in ("done", "idle"):
        return FILED if clock.state == "done" else MOVED
    if clock.state == "stopped" and row.kind != "review":
        return STOPPED
    return REPLACED if row.deadline in (clock.due_at, clock.careful_at) else MOVED
