"""What the outbox sends: reminders, derived at each round from what is true now, and all other mail.

Nothing is scheduled, so nothing is lost by an outage: whatever is true afterwards is sent then."""

import logging
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from statistics import mode

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import DatabaseError
from django.utils import timezone

from ...models import Heartbeat, Outgoing, Subscription
from ..dossiers import loading
from ..mail import limits, outbox
from ..mail.post import Post, Refused, Trouble, Unanswered
from . import letters, revision_changes, watch
from .plan import REMINDED, duty_of

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
BEAT = "rappels"
BEAT_EVERY = timedelta(minutes=1)
SILENCE = timedelta(minutes=15)  # after which somebody should look


def run_round(*, clock: Clock = timezone.now, stop: Callable[[], bool] = lambda: False) -> int:
    """Put what is due into the outbox, send what waits there, and return how many were sent. `stop` is asked between
    two mails."""
    sent = 0
    planned_at = _put_due(clock())
    # without a server, what was written becomes files for whoever runs this; reminders wait until one is named again
    purposes = () if settings.MAIL_LEAVES else outbox.WRITTEN
    with closing(Post()) as post:
        while not stop() and (row := outbox.claim_next(clock(), purposes)):
            sent += _deliver(row, post, clock)
            if abs(clock() - planned_at) > BEAT_EVERY:  # a long round: what became due meanwhile may be nearer its end
                planned_at = _put_due(clock())
    return sent


def send_urgent(*, clock: Clock = timezone.now, stop: Callable[[], bool] = lambda: False) -> int:
    """Send what somebody waits for at a screen, codes first; returns how many were sent. One query where there is
    nothing, so that one may look every second."""
    sent = 0
    purposes = [each for each in outbox.URGENT if settings.MAIL_LEAVES or each in outbox.WRITTEN]
    with closing(Post()) as post:
        while not stop() and (row := outbox.claim_next(clock(), purposes)):
            sent += _deliver(row, post, clock)
    return sent


def _put_due(now: datetime) -> datetime:
    """Put what is due into the outbox; the beat tells that this succeeded. Returns `now`."""
    limits.forget_counts(now)
    outbox.drop_expired(now)
    watch.put_due(now)
    revision_changes.put_due(now)
    record_beat(now)
    return now


def record_beat(now: datetime) -> None:
    Heartbeat.objects.update_or_create(name=BEAT, defaults={"at": now})


def is_alive(now: datetime) -> bool:
    """Say whether the loop went round lately, and mails leave. Without a round or a way out, only while nobody waits
    for a reminder."""
    last = Heartbeat.objects.filter(name=BEAT).first()
    if last is None or not settings.MAIL_LEAVES:
        return not Subscription.objects.filter(ended_at=None).exists()
    return abs(now - last.at) <= SILENCE and not outbox.is_stuck(now)


def _deliver(row: Outgoing, post: Post, clock: Clock) -> bool:
    """Send what was claimed, as far as it is still true; say whether it left. Nothing but the database stops the
    round."""
    messages = [message for each in outbox.list_bundle(row) if (message := _read_or_drop(each, clock()))]
    # one that goes elsewhere than most, its address having changed meanwhile, gets a mail of its own
    recipient = mode(message.to for message in messages) if messages else ""
    for message in messages:
        if message.to != recipient:
            outbox.leave_bundle(message.row)
    messages = [message for message in messages if message.to == recipient]
    if not messages:
        return False
    try:
        mail = letters.compose_mail(messages, clock())
    except Exception:
        for message in messages:  # each by itself next time: one of them may be at fault
            _flag(message.row, "reminders.unreadable_message", clock(), outbox.set_aside)
        return False
    return _send(messages[0].row, mail, post, clock)


def _read_or_drop(row: Outgoing, now: datetime) -> letters.Message | None:
    """Return what a claimed message has to say, None when it is not to be sent now."""
    try:
        message = _read_message(row, now)
    except DatabaseError:
        raise
    except Exception:
        _flag(row, "reminders.unreadable_message", now, outbox.set_aside)
        return None
    if isinstance(message, letters.Message):
        return message
    outbox.drop(row, message, now)
    return None


def _read_message(row: Outgoing, now: datetime) -> letters.Message | str:
    """Return what a message says, or why it is not to be sent any more."""
    if row.purpose in outbox.WRITTEN:
        return watch.find_fault_of_written(row, now) or letters.Message(row)
    subscription = Subscription.objects.filter(dossier=row.dossier_id).select_related("dossier__group").first()
    if subscription is None:
        return watch.ENDED
    clocks, clock = [], None
    if row.purpose == outbox.Purpose.REMINDER:
        clocks = loading.clocks_of(subscription.dossier, now, REMINDED)
        clock = next(each for each in clocks if each.obligation.key == duty_of(row.kind))
    return watch.find_fault(row, subscription, clocks, now) or letters.Message(row, subscription, clock)


def _send(row: Outgoing, mail: EmailMessage, post: Post, clock: Clock) -> bool:
    """Send a mail and mark its messages; say whether the server took it."""
    try:
        post.send(mail)
    except Refused:
        logger.warning("reminders.refused", extra={"fields": {"message": row.pk}})
        outbox.mark_refused(row, clock())
    except Unanswered:
        logger.warning("reminders.unanswered", extra={"fields": {"message": row.pk}})
        outbox.mark_unanswered(row, clock())
    except Trouble as trouble:
        logger.warning("reminders.put_off", extra={"fields": {"message": row.pk, "everybody": trouble.everybody}})
        outbox.back_off(row, outbox.RELAY if trouble.everybody else outbox.DOMAIN, clock(), everybody=trouble.everybody)
    except Exception:
        post.close()
        _flag(row, "reminders.unsendable_message", clock(), outbox.put_off)
    else:
        outbox.mark_sent(row, clock())
        return True
    return False


def _flag(row: Outgoing, event: str, now: datetime, put_off: Callable[[Outgoing, str, datetime], None]) -> None:
    """Log that somebody has to look at this message and try it later, unless its dossier was erased just now."""
    if Outgoing.objects.filter(pk=row.pk).exists():
        logger.exception(event, extra={"fields": {"message": row.pk, "kind": row.kind or row.purpose}})
        put_off(row, outbox.UNREADABLE, now + outbox.POISON_AGAIN)
