"""What the outbox sends: reminders, derived at each tick from what is true now, and all other mail.

Nothing is scheduled, so nothing is lost by an outage: whatever is true afterwards is sent then."""

import logging
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from statistics import mode

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from ...models import Heartbeat, Outgoing, Subscription
from ..mail import limits, outbox
from ..mail.post import Post, Refused, Trouble, Unanswered
from . import letters, revision_changes, watch
from .plan import REMINDED, duty_of

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
BEAT = "rappels"
BEAT_EVERY = timedelta(minutes=1)
SILENCE = timedelta(minutes=15)  # after which somebody should look


def tick(*, clock: Clock = timezone.now, stop: Callable[[], bool] = lambda: False) -> int:
    """One round: put what is due into the outbox, send what waits there. `stop` is asked between two mails. Returns
    how many were sent."""
    sent = 0
    planned = _plan(clock())
    # without a server, what was written becomes files for whoever runs this; reminders wait until one is named again
    purposes = () if settings.MAIL_LEAVES else outbox.WRITTEN
    with closing(Post()) as post:
        while not stop() and (row := outbox.claim(clock(), purposes)):
            sent += _deliver(row, post, clock)
            if abs(clock() - planned) > BEAT_EVERY:  # a long round: what became due meanwhile may be nearer its end
                planned = _plan(clock())
    return sent


def send_urgent(*, clock: Clock = timezone.now, stop: Callable[[], bool] = lambda: False) -> int:
    """Send what somebody waits for at a screen, codes first; returns how many were sent. One query where there is
    nothing, so that one may look every second."""
    sent = 0
    purposes = [each for each in outbox.URGENT if settings.MAIL_LEAVES or each in outbox.WRITTEN]
    with closing(Post()) as post:
        while not stop() and (row := outbox.claim(clock(), purposes)):
            sent += _deliver(row, post, clock)
    return sent


def _plan(now: datetime) -> datetime:
    """Put what is due into the outbox; the beat tells that this succeeded."""
    limits.forget_counts(now)
    outbox.drop_expired(now)
    watch.put_due(now)
    revision_changes.put_due(now)
    return beat(now)


def beat(now: datetime) -> datetime:
    Heartbeat.objects.update_or_create(name=BEAT, defaults={"at": now})
    return now


def is_alive(now: datetime) -> bool:
    """Did the loop go round lately, and do mails leave? Without a round or a way out, only while nobody waits for a
    reminder."""
    last = Heartbeat.objects.filter(name=BEAT).first()
    if last is None or not settings.MAIL_LEAVES:
        return not Subscription.objects.filter(ended_at=None).exists()
    return abs(now - last.at) <= SILENCE and not outbox.is_stuck(now)


def _deliver(row: Outgoing, post: Post, clock: Clock) -> bool:
    """Send what was claimed, as far as it is still true. Nothing but the database stops the round."""
    told = _same_address([said for each in outbox.bound(row) if (said := _news(each, clock))])
    if not told:
        return False
    try:
        mail = letters.letter(told, clock())
    except Exception:
        for each in told:  # each by itself next time: one of them may be at fault
            _flagged(each.row, "reminders.unreadable_message", clock(), outbox.set_aside)
        return False
    return _sent(told[0].row, mail, post, clock)


def _news(row, clock):
    """What a claimed message has to say, None when it is not to be sent now."""
    now = clock()
    try:
        said, fault = _read(row, now)
    except DatabaseError:
        raise
    except Exception:
        _flagged(row, "reminders.unreadable_message", now, outbox.set_aside)
        return None
    if fault:
        outbox.drop(row, fault, now)
    return None if fault else said


def _read(row, now):
    """(What it says, why it is not to be sent)."""
    if row.purpose in outbox.WRITTEN:
        return letters.News(row, None, None), watch.fault_of_written(row, now)
    subscription = Subscription.objects.filter(dossier=row.dossier_id).select_related("dossier__group").first()
    if row.purpose != outbox.Purpose.REMINDER:
        found, clock = [], None
    else:
        found = watch.clocks_of(row.dossier, now, REMINDED)
        clock = next(each for each in found if each.obligation.key == duty_of(row.kind))
    return letters.News(row, subscription, clock), watch.fault(row, subscription, found, now)


def _same_address(told):
    """Those that go where most of them go; an address that was changed meanwhile gets a mail of its own."""
    most = mode(each.to for each in told) if told else ""
    here = [each for each in told if each.to == most]
    for other in told:
        if other not in here:
            outbox.unbind(other.row)
    return here


def _sent(row, mail, post, clock):
    try:
        post.send(mail)
    except Refused:
        logger.warning("reminders.refused", extra={"fields": {"message": row.pk}})
        outbox.refuse(row, clock())
    except Unanswered:
        logger.warning("reminders.unanswered", extra={"fields": {"message": row.pk}})
        outbox.doubt(row, clock())
    except Trouble as trouble:
        logger.warning("reminders.put_off", extra={"fields": {"message": row.pk, "everybody": trouble.everybody}})
        outbox.back_off(row, outbox.RELAY if trouble.everybody else outbox.DOMAIN, clock(), everybody=trouble.everybody)
    except Exception:
        post.close()
        _flagged(row, "reminders.unsendable_message", clock(), outbox.put_off)
    else:
        outbox.mark_sent(row, clock())
        return True
    return False


def _flagged(row, event, now, put_off):
    """Somebody has to look at this one, unless its dossier was erased just now; the others go on."""
    if not Outgoing.objects.filter(pk=row.pk).exists():
        return False
    logger.exception(event, extra={"fields": {"message": row.pk, "kind": row.kind}})
    put_off(row, outbox.UNREADABLE, now + outbox.POISON_AGAIN)
    return False
