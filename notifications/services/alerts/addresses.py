"""The address to which reminders of a dossier go: given, confirmed by mail, changed, ended.

Tokens are signed, each purpose with a salt of its own, and are good for one address of one dossier."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core import signing
from django.db import transaction

from ...models import Dossier, Outgoing, Subscription
from .. import journal
from ..locks import lock_rows
from ..mail import limits, outbox

CONFIRM, END, END_ALL = "reminders.confirm", "reminders.end", "reminders.end_all"
CONFIRM_FOR = timedelta(days=3)
MOST_A_DAY = 3  # requests to confirm, for one dossier and to one address
MOST_AN_HOUR = 200  # of them all
RECIPIENT = "le destinataire des rappels"  # who acts by a link of a mail


@dataclass(frozen=True)
class Standing:
    """Where the address of a dossier is: "none", "waiting" (to be confirmed), "live", "ended"."""

    state: str
    email: str = ""
    pending: str = ""  # beside a live one: the address that will take its place once confirmed


def find_standing(dossier: Dossier) -> Standing:
    """Return where the address of a dossier is."""
    subscription = Subscription.objects.filter(dossier=dossier).first()
    if subscription is None:
        return Standing("none")
    state = "ended" if subscription.ended_at else "live" if subscription.confirmed_at else "waiting"
    return Standing(state, subscription.email, subscription.pending_email)


def list_reminded(dossiers: Sequence[Dossier]) -> tuple[list[str], list[str]]:
    """Return the addresses to which reminders of these dossiers go, and those that are to be confirmed; one for each
    dossier that has any."""
    subscriptions = Subscription.objects.filter(dossier__in=dossiers, ended_at=None).order_by("dossier")
    live = [each.email for each in subscriptions if each.confirmed_at]
    return live, [each.email for each in subscriptions if not each.confirmed_at]


@transaction.atomic
def ask_address(*, dossier: Dossier, email: str, by: str, now: datetime) -> Subscription:
    """Ask for this address to be confirmed by a mail to it; until then nothing else goes there, and reminders go on to
    the one confirmed before. Raises BadAddress, or TooOften: one request an hour to an address, three a day to it
    and for a dossier."""
    email = limits.check_address(email)
    subscription = lock_rows(Subscription.objects.filter(dossier=dossier)).first() or Subscription(dossier=dossier)
    is_live = subscription.confirmed_at and not subscription.ended_at
    if is_live and subscription.email == email:
        if not subscription.pending_email:
            return subscription
        subscription.pending_email = ""
    else:
        _ask(subscription, email, now)
    subscription.save()
    journal.append_line(dossier=dossier, event="address_given", by=by, now=now)
    return subscription


@transaction.atomic
def ask_address_for_all(*, dossiers: Sequence[Dossier], email: str, by: str, now: datetime) -> None:
    """The same address for dossiers of one group, by one mail to confirm it for all; those that have a live address
    keep it. Raises limits.BadAddress or TooOften."""
    email = limits.check_address(email)
    live = lock_rows(Subscription.objects.filter(dossier__in=dossiers, ended_at=None, confirmed_at__isnull=False))
    kept = set(live.values_list("dossier", flat=True))
    known = {
        each.dossier_id: each for each in Subscription.objects.filter(dossier__in=dossiers).select_related("dossier")
    }
    asked = [known.get(dossier.pk) or Subscription(dossier=dossier) for dossier in dossiers if dossier.pk not in kept]
    if asked:
        _ask(asked[0], email, now)
    for subscription in asked:
        _replace(subscription, email, now)
        subscription.save()
        journal.append_line(dossier=subscription.dossier, event="address_given", by=by, now=now)


def _ask(subscription: Subscription, email: str, now: datetime) -> None:
    """Replace the address once a mail to the new one was answered."""
    asked_today = Outgoing.objects.filter(
        dossier=subscription.dossier, purpose=outbox.Purpose.CONFIRMATION, made_at__gt=now - limits.DAY
    )
    limits.count_mail(
        email=email,
        salt="reminders.mailbox",
        now=now,
        most_an_hour=1,
        most_a_day=MOST_A_DAY,
        most_in_all=MOST_AN_HOUR,
        others=[(asked_today, MOST_A_DAY)],
    )
    _replace(subscription, email, now)
    kind, purpose = outbox.REQUEST + hash_address(email), outbox.Purpose.CONFIRMATION
    outbox.make_row(subscription.dossier, kind, now, email, now, purpose=purpose).save(force_insert=True)


def _replace(subscription: Subscription, email: str, now: datetime) -> None:
    """An address that nobody confirmed, or that was ended, goes; a live one stays beside the new one."""
    subscription.asked_at = now
    if subscription.confirmed_at and not subscription.ended_at:
        subscription.pending_email = email
    else:
        subscription.email, subscription.pending_email = email, ""
        subscription.confirmed_at = subscription.ended_at = None


@transaction.atomic
def confirm_address(*, token: str, now: datetime) -> bool:
    """Send reminders to this address from now on. Says whether the token is still good; twice is once."""
    subscription = find_asked(token)
    for each in list_asked_together(subscription) if subscription else ():
        email = each.asked_email
        Subscription.objects.filter(pk=each.pk).update(email=email, pending_email="", confirmed_at=now)
        waiting = Outgoing.objects.filter(dossier=each.dossier, state=Outgoing.State.WAITING)
        waiting.exclude(purpose=outbox.Purpose.CONFIRMATION).update(domain=outbox.domain_of(email))
        journal.append_line(dossier=each.dossier, event="address_confirmed", by=RECIPIENT, now=now)
    return subscription is not None


def list_asked_together(subscription: Subscription) -> list[Subscription]:
    """Return those that one mail asks to confirm: this one, and with it those of the dossiers of its group, while they
    are to be confirmed."""
    same = Subscription.objects.filter(asked_at=subscription.asked_at, ended_at=None).select_related("dossier")
    group = subscription.dossier.group_id
    same = same.filter(dossier__group=group) if group else same.filter(pk=subscription.pk)
    return [each for each in same.order_by("pk") if each.is_asked and each.asked_email == subscription.asked_email]


@transaction.atomic
def end_reminders(*, dossier: Dossier, by: str, now: datetime) -> bool:
    """End the reminders of a dossier; say whether there were any to end."""
    ended = Subscription.objects.filter(dossier=dossier, ended_at=None).update(ended_at=now, pending_email="")
    if ended:
        journal.append_line(dossier=dossier, event="address_ended", by=by, now=now)
    return bool(ended)


@transaction.atomic
def end_to(*, dossier: Dossier, email: str, by: str, now: datetime) -> None:
    """End the reminders of a dossier if they go to this address, which may not be confirmed for them any more."""
    subscriptions = Subscription.objects.filter(dossier=dossier, ended_at=None)
    subscriptions.filter(pending_email__iexact=email).update(pending_email="")
    if subscriptions.filter(email__iexact=email).exists():
        end_reminders(dossier=dossier, by=by, now=now)


# -- tokens ---------------------------------------------------------------------------------------------


def hash_address(email: str) -> str:
    """Tell addresses apart without writing them out; letters' case does not count."""
    return hashlib.sha256(email.lower().encode()).hexdigest()[:16]


def make_confirm_token(subscription: Subscription) -> str:
    return signing.dumps([subscription.dossier.public_id, *_describe_request(subscription)], salt=CONFIRM)


def make_end_token(subscription: Subscription) -> str:
    return signing.dumps([subscription.dossier.public_id, hash_address(subscription.email)], salt=END)


def make_end_all_token(subscription: Subscription) -> str:
    """Return a token for every dossier of its group that goes to the same address."""
    group = subscription.dossier.group
    return signing.dumps([group.public_id if group else "", hash_address(subscription.email)], salt=END_ALL)


def find_asked(token: str) -> Subscription | None:
    """Return the address that this token confirms: the last one asked for, and not ended since."""
    public_id, claims = _read_token(token, CONFIRM, CONFIRM_FOR)
    live = Subscription.objects.filter(dossier__public_id=public_id, ended_at=None)
    subscription = live.select_related("dossier").first()
    return subscription if subscription and claims == _describe_request(subscription) else None


def list_ended_by(token: str) -> list[Subscription]:
    """Return the addresses whose reminders this token ends. Good for as long as mails are kept."""
    subscriptions = Subscription.objects.select_related("dossier").order_by("pk")
    public_id, claims = _read_token(token, END, None)
    ended = subscriptions.filter(dossier__public_id=public_id)
    if not public_id:
        public_id, claims = _read_token(token, END_ALL, None)
        ended = subscriptions.filter(dossier__group__public_id=public_id)
    return [each for each in ended if claims == [hash_address(each.email)]]


def _describe_request(subscription: Subscription) -> list[str]:
    return [hash_address(subscription.asked_email), subscription.asked_at.astimezone(UTC).isoformat()]


def _read_token(token: str, salt: str, max_age: timedelta | None) -> tuple[str, list[str]]:
    """Return what a token is of and what it says, "" and nothing when it is not our token for this purpose."""
    try:
        public_id, *claims = signing.loads(token, salt=salt, max_age=max_age)
    except signing.BadSignature:
        return "", []
    return public_id, claims
