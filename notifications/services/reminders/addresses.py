"""The address to which reminders of a dossier go: given, confirmed by mail, changed, ended.

Tokens are signed, each purpose with a salt of its own, and are good for one address of one dossier."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.crypto import salted_hmac

from ...models import ConfirmationSent, Draft, Outgoing, Subscription
from .. import journal
from . import outbox

CONFIRM, END = "reminders.confirm", "reminders.end"
CONFIRM_FOR = timedelta(days=3)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_A_DAY = 3  # requests to confirm, for one dossier and to one address
MOST_AN_HOUR = 200  # of them all
LONGEST = 254
RECIPIENT = "le destinataire des rappels"  # who acts by a link of a mail


class BadAddress(Exception):
    """Not an address that mail can be sent to."""


class TooOften(Exception):
    """Somebody might be annoyed: this address was written to recently."""


@dataclass(frozen=True)
class Standing:
    """Where the address of a dossier is: "none", "waiting" (to be confirmed), "live", "ended"."""

    state: str
    email: str = ""
    pending: str = ""  # beside a live one: the address that will take its place once confirmed


def standing(draft: Draft) -> Standing:
    found = Subscription.objects.filter(draft=draft).first()
    if found is None:
        return Standing("none")
    state = "ended" if found.ended_at else "live" if found.confirmed_at else "waiting"
    return Standing(state, found.email, found.pending_email)


@transaction.atomic
def give(*, draft: Draft, email: str, by: str, now: datetime) -> Subscription:
    """Ask for this address to be confirmed by a mail to it; until then nothing else goes there, and reminders go on to
    the one confirmed before. Raises BadAddress, or TooOften: one request an hour to an address, three a day to it and
    for a dossier."""
    email = checked(email)
    subscription = Subscription.objects.select_for_update().filter(draft=draft).first() or Subscription(draft=draft)
    is_live = subscription.confirmed_at and not subscription.ended_at
    if is_live and subscription.email == email:
        if not subscription.pending_email:
            return subscription
        subscription.pending_email = ""
    else:
        _ask(subscription, email, now)
    subscription.save()
    journal.append(draft=draft, event="address_given", by=by, now=now)
    return subscription


def _ask(subscription: Subscription, email: str, now: datetime) -> None:
    """Replace an address that nobody confirmed, or that was ended; a live one stays beside the new one."""
    _not_too_often(subscription.draft, email, now)
    subscription.asked_at = now
    if subscription.confirmed_at and not subscription.ended_at:
        subscription.pending_email = email
    else:
        subscription.email, subscription.pending_email = email, ""
        subscription.confirmed_at = subscription.ended_at = None
    outbox.row(subscription.draft, outbox.REQUEST + fingerprint(email), now, email, now).save(force_insert=True)


def checked(email: str) -> str:
    """The address, its domain in lower case. Raises BadAddress."""
    local, _, domain = email.strip().rpartition("@")
    clean = f"{local}@{domain.lower()}"
    try:
        validate_email(clean)
    except ValidationError as error:
        raise BadAddress from error
    if len(clean) > LONGEST or not (local.isascii() and local.isprintable()) or '"' in local:
        raise BadAddress
    return clean


def _not_too_often(draft: Draft, email: str, now: datetime) -> None:
    """Count this request, or raise TooOften."""
    forget_requests(now)
    mailbox, lately = _mailbox(email), ConfirmationSent.objects.filter(at__gt=now - HOUR)
    of_dossier = Outgoing.objects.filter(draft=draft, kind__startswith=outbox.REQUEST, made_at__gt=now - DAY)
    if (
        lately.filter(address=mailbox).exists()
        or ConfirmationSent.objects.filter(address=mailbox).count() >= MOST_A_DAY
        or of_dossier.count() >= MOST_A_DAY
        or lately.count() >= MOST_AN_HOUR
    ):
        raise TooOften
    ConfirmationSent.objects.create(address=mailbox, at=now)


def _mailbox(email: str) -> str:
    """Fingerprint of whom mail to this address reaches: neither letters' case nor a tag after + tells two apart."""
    local, _, domain = email.lower().rpartition("@")
    return salted_hmac("reminders.mailbox", f"{local.partition('+')[0]}@{domain}").hexdigest()[:32]


def forget_requests(now: datetime) -> None:
    """What was counted is kept for a day."""
    ConfirmationSent.objects.filter(at__lte=now - DAY).delete()


@transaction.atomic
def confirm(*, token: str, now: datetime) -> bool:
    """The person who reads this address wants the reminders. Says whether the token is still good; twice is once."""
    subscription = asked(token)
    if subscription and is_asked(subscription):
        email = subscription.asked_email
        Subscription.objects.filter(pk=subscription.pk).update(email=email, pending_email="", confirmed_at=now)
        waiting = Outgoing.objects.filter(draft=subscription.draft, state=Outgoing.State.WAITING)
        waiting.exclude(kind__startswith=outbox.REQUEST).update(domain=outbox.domain_of(email))
        journal.append(draft=subscription.draft, event="address_confirmed", by=RECIPIENT, now=now)
    return subscription is not None


@transaction.atomic
def end(*, draft: Draft, by: str, now: datetime) -> bool:
    """No more reminders; says whether there were any to end."""
    ended = Subscription.objects.filter(draft=draft, ended_at=None).update(ended_at=now, pending_email="")
    if ended:
        journal.append(draft=draft, event="address_ended", by=by, now=now)
    return bool(ended)


def is_request(kind: str) -> bool:
    return kind.startswith(outbox.REQUEST)


def is_asked(subscription: Subscription) -> bool:
    """Is an address still to be confirmed?"""
    return subscription.confirmed_at is None or bool(subscription.pending_email)


def awaits(subscription: Subscription, row: Outgoing) -> bool:
    """Is this still the request to be confirmed?"""
    return is_asked(subscription) and row.deadline == subscription.asked_at


# -- tokens ---------------------------------------------------------------------------------------------


def fingerprint(email: str) -> str:
    """Tells addresses apart without writing them out; letters' case does not count."""
    return hashlib.sha256(email.lower().encode()).hexdigest()[:16]


def confirm_token(subscription: Subscription) -> str:
    return signing.dumps([subscription.draft.public_id, *_request(subscription)], salt=CONFIRM)


def end_token(subscription: Subscription) -> str:
    return signing.dumps([subscription.draft.public_id, fingerprint(subscription.email)], salt=END)


def asked(token: str) -> Subscription | None:
    """The address that this token confirms: the last one asked for, and not ended since."""
    subscription, said = _read(token, CONFIRM, CONFIRM_FOR)
    return subscription if subscription and not subscription.ended_at and said == _request(subscription) else None


def ending(token: str) -> Subscription | None:
    """The address whose reminders this token ends. Good for as long as mails are kept."""
    subscription, said = _read(token, END, None)
    return subscription if subscription and said == [fingerprint(subscription.email)] else None


def _request(subscription: Subscription) -> list[str]:
    return [fingerprint(subscription.asked_email), subscription.asked_at.astimezone(UTC).isoformat()]


def _read(token: str, salt: str, max_age: timedelta | None) -> tuple[Subscription | None, list[str]]:
    """(The dossier's address, what the token says of it.)"""
    try:
        public_id, *said = signing.loads(token, salt=salt, max_age=max_age)
    except signing.BadSignature:
        return None, []
    return Subscription.objects.filter(draft__public_id=public_id).select_related("draft").first(), said
