"""The address to which reminders of a dossier go: given, confirmed by mail, changed, ended.

Tokens are signed, each purpose with a salt of its own, and are good for one address of one dossier."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from ...models import Draft, Outgoing, Subscription
from .. import journal
from . import outbox

CONFIRM, END = "reminders.confirm", "reminders.end"
CONFIRM_FOR = timedelta(days=3)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_A_DAY = 3  # requests to confirm, for one dossier and to one address
REQUEST = "confirm-"
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


def standing(draft: Draft) -> Standing:
    found = Subscription.objects.filter(draft=draft).first()
    if found is None:
        return Standing("none")
    state = "ended" if found.ended_at else "live" if found.confirmed_at else "waiting"
    return Standing(state, found.email)


@transaction.atomic
def give(*, draft: Draft, email: str, by: str, now: datetime) -> Subscription:
    """Ask for this address to be confirmed by a mail to it; until then, nothing else is sent. Raises BadAddress, or
    TooOften: one request an hour for a dossier and an address, three a day for either."""
    email = checked(email)
    subscription = Subscription.objects.select_for_update().filter(draft=draft).first() or Subscription(draft=draft)
    if subscription.confirmed_at and not subscription.ended_at and subscription.email == email:
        return subscription
    kind = REQUEST + fingerprint(email)
    _not_too_often(draft, email, kind, now)
    subscription.email, subscription.asked_at = email, now
    subscription.confirmed_at = subscription.ended_at = None
    subscription.save()
    outbox.row(draft, kind, now, email, now).save(force_insert=True)
    journal.append(draft=draft, event="address_given", by=by, now=now)
    return subscription


def checked(email: str) -> str:
    """The address, its domain in lower case. Raises BadAddress."""
    local, _, domain = email.strip().rpartition("@")
    clean = f"{local}@{domain.lower()}"
    try:
        validate_email(clean)
    except ValidationError as error:
        raise BadAddress from error
    if len(clean) > LONGEST or not local.isascii():
        raise BadAddress
    return clean


def _not_too_often(draft: Draft, email: str, kind: str, now: datetime) -> None:
    requests = Outgoing.objects.filter(kind__startswith=REQUEST)
    recent = requests.filter(Q(draft=draft) | Q(kind=kind), made_at__gt=now - DAY)
    of_dossier = recent.filter(draft=draft)
    if (
        of_dossier.filter(kind=kind, made_at__gt=now - HOUR).exists()
        or of_dossier.count() >= MOST_A_DAY
        or recent.filter(kind=kind).count() >= MOST_A_DAY
    ):
        raise TooOften


@transaction.atomic
def confirm(*, token: str, now: datetime) -> bool:
    """The person who reads this address wants the reminders. Says whether the token is still good; twice is once."""
    subscription = asked(token)
    if subscription and subscription.confirmed_at is None:
        Subscription.objects.filter(pk=subscription.pk).update(confirmed_at=now)
        journal.append(draft=subscription.draft, event="address_confirmed", by=RECIPIENT, now=now)
    return subscription is not None


@transaction.atomic
def end(*, draft: Draft, by: str, now: datetime) -> bool:
    """No more reminders; says whether there were any to end."""
    ended = Subscription.objects.filter(draft=draft, ended_at=None).update(ended_at=now)
    if ended:
        journal.append(draft=draft, event="address_ended", by=by, now=now)
    return bool(ended)


def is_request(kind: str) -> bool:
    return kind.startswith(REQUEST)


def awaits(subscription: Subscription, row: Outgoing) -> bool:
    """Is this still the request to be confirmed?"""
    return subscription.confirmed_at is None and row.deadline == subscription.asked_at


# -- tokens ---------------------------------------------------------------------------------------------


def fingerprint(email: str) -> str:
    """Tells addresses apart without writing them out; letters' case does not count."""
    return hashlib.sha256(email.lower().encode()).hexdigest()[:16]


def confirm_token(subscription: Subscription) -> str:
    return _token(subscription, CONFIRM)


def end_token(subscription: Subscription) -> str:
    return _token(subscription, END)


def asked(token: str) -> Subscription | None:
    """The address that this token confirms, which was not ended since."""
    subscription = _read(token, CONFIRM, CONFIRM_FOR)
    return subscription if subscription and not subscription.ended_at else None


def ending(token: str) -> Subscription | None:
    """The address whose reminders this token ends. Good for as long as mails are kept."""
    return _read(token, END, None)


def _token(subscription: Subscription, salt: str) -> str:
    return signing.dumps([subscription.draft.public_id, fingerprint(subscription.email)], salt=salt)


def _read(token: str, salt: str, max_age: timedelta | None) -> Subscription | None:
    try:
        public_id, address = signing.loads(token, salt=salt, max_age=max_age)
    except signing.BadSignature:
        return None
    found = Subscription.objects.filter(draft__public_id=public_id).select_related("draft").first()
    return found if found and fingerprint(found.email) == address else None
