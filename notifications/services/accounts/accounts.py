"""Accounts: made at the first sign-in, given dossiers, promoted, ended."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import F

from ...models import User

UNUSED = timedelta(days=1)  # how long an address that never signed in is kept
SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


@transaction.atomic
def load_for_sign_in(*, email: str, now: datetime) -> User | None:
    """The account of an address, made when there is none, so that known and unknown addresses are answered alike;
    None for one that was disabled. Addresses that somebody typed and nobody confirmed go after a day."""
    never_used = User.objects.filter(last_login=None, is_active=True, is_administrator=False)
    never_used.filter(dossiers=None, editorships=None, date_joined__lt=now - UNUSED).delete()
    user = load_or_make(email, now)
    return user if user.is_active else None


@transaction.atomic
def make_administrator(*, email: str, now: datetime) -> User:
    """The account of this address, made if need be, administers the site."""
    user = load_or_make(email, now)
    user.is_administrator = user.is_active = True
    user.save(update_fields=["is_administrator", "is_active"])
    return user


def load_or_make(email: str, now: datetime) -> User:
    """The account of this address, made if need be."""
    user, made = User.objects.get_or_create(email=email.lower(), defaults={"date_joined": now})
    if made:
        EmailAddress.objects.create(user=user, email=user.email, primary=True)
    return user


def rename(*, user: User, name: str) -> None:
    """The name that colleagues see; without one they see the address."""
    User.objects.filter(pk=user.pk).update(name=name)


def end_sessions(*, user: User) -> None:
    """Every session of this account ends at its next request; `user` may be sealed anew."""
    User.objects.filter(pk=user.pk).update(seal=F("seal") + 1)
    user.refresh_from_db(fields=["seal"])


# -- second factor --------------------------------------------------------------------------------------


def needs_second_factor(user: User) -> bool:
    """Must this account have more than the mailbox? What an editor publishes reaches thousands of dossiers."""
    return user.is_administrator or user.editorships.exists()


def lacks_second_factor(user: User) -> bool:
    needed = needs_second_factor(user)
    return needed and not Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists()
