"""Reminders by mail: derived at each tick from what is true now, put into an outbox, sent, marked.

Nothing is scheduled, so nothing is lost by an outage: whatever is true afterwards is sent then."""

import logging
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.utils import timezone

from ...models import Heartbeat, Outgoing, Subscription
from . import addresses, letters, outbox, watch
from .plan import REMINDED, duty_of
from .post import Post, Refused, Trouble

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
BEAT = "rappels"
BEAT_EVERY = timedelta(minutes=1)
SILENCE = timedelta(minutes=15)  # after which somebody should look
RELAY, DOMAIN = "serveur d'envoi injoignable", "refus temporaire"


def tick(*, clock: Clock = timezone.now, stop: Callable[[], bool] = lambda: False) -> int:
    """One round: put what is due into the outbox, send what waits there. `stop` is asked between two mails. Returns
    how many were sent."""
    sent = 0
    beaten = beat(clock())
    watch.put_due(clock())
    with closing(Post()) as post:
        while not stop() and (row := outbox.claim(clock())):
            sent += _deliver(row, post, clock)
            if clock() - beaten > BEAT_EVERY:
                beaten = beat(clock())
    return sent


def beat(now: datetime) -> datetime:
    Heartbeat.objects.update_or_create(name=BEAT, defaults={"at": now})
    return now


def is_alive(now: datetime) -> bool:
    """Did the loop go round lately? Before its first round, only while nobody waits for a reminder."""
    last = Heartbeat.objects.filter(name=BEAT).first()
    if last is None:
        return not Subscription.objects.filter(ended_at=None).exists()
    return now - last.at <= SILENCE


def _deliver(row: Outgoing, post: Post, clock: Clock) -> bool:
    """Send one claimed message, if it is still true. Nothing but the database stops the round."""
    try:
        mail, fault = _composed(row, clock())
    except DatabaseError:
        raise
    except Exception:
        return _flagged(row, "reminders.unreadable_message", clock())
    if mail is None:
        outbox.drop(row, fault, clock())
        return False
    return _sent(row, mail, post, clock)


def _composed(row, now):
    """(the mail, "") or (None, why it is not to be sent)."""
    subscription = Subscription.objects.filter(draft=row.draft_id).select_related("draft").first()
    if addresses.is_request(row.kind):
        found, clock = [], None
    else:
        found = watch.clocks_of(row.draft, now, REMINDED)
        clock = next(each for each in found if each.obligation.key == duty_of(row.kind))
    if fault := watch.fault(row, subscription, found, now):
        return None, fault
    return letters.letter(row, subscription, clock, now), ""


def _sent(row, mail, post, clock):
    try:
        post.send(mail)
    except Refused:
        logger.warning("reminders.refused", extra={"fields": {"message": row.pk}})
        outbox.refuse(row, clock())
    except Trouble as trouble:
        logger.warning("reminders.put_off", extra={"fields": {"message": row.pk, "everybody": trouble.everybody}})
        outbox.back_off(row, RELAY if trouble.everybody else DOMAIN, clock(), everybody=trouble.everybody)
    except Exception:
        post.close()
        _flagged(row, "reminders.unsendable_message", clock())
    else:
        outbox.mark_sent(row, clock())
        return True
    return False


def _flagged(row, event, now):
    """Somebody has to look at this one; the others go on."""
    logger.exception(event, extra={"fields": {"message": row.pk, "kind": row.kind}})
    outbox.put_off(row, outbox.UNREADABLE, now + outbox.POISON_AGAIN)
    return False
