"""Whom mail may go to, and how often: nobody is to be annoyed by mails that somebody else asked for."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from ...models import ConfirmationSent

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONGEST = 254  # characters of an address


class BadAddress(Exception):
    """Not an address that mail can be sent to."""


class TooOften(Exception):
    """Somebody might be annoyed: this address was written to recently."""


def check_address(email: str) -> str:
    """Return the address, its domain in lower case. Raises BadAddress."""
    local, _, domain = email.strip().rpartition("@")
    clean = f"{local}@{domain.lower()}"
    try:
        validate_email(clean)
    except ValidationError as error:
        raise BadAddress from error
    if len(clean) > LONGEST or not (local.isascii() and local.isprintable()) or '"' in local:
        raise BadAddress
    return clean


def count_mail(
    *,
    email: str,
    salt: str,
    now: datetime,
    most_an_hour: int | None = None,
    most_a_day: int,
    most_in_all: int,
    others: Iterable[tuple[QuerySet[Any], int]] = (),
) -> None:
    """Count a mail that its reader may not have asked for, or raise TooOften: so many an hour and a day to one mailbox,
    so many in an hour in all, and no more than each of the `others` has rows. Mails of another purpose, with another
    salt, are counted apart. The count belongs to nothing that one may erase, and is kept for a day."""
    forget_counts(now)
    # neither letters' case nor a tag after + tells two mailboxes apart
    local, _, domain = email.lower().rpartition("@")
    mailbox = salted_hmac(salt, f"{local.partition('+')[0]}@{domain}").hexdigest()[:32]
    lately = ConfirmationSent.objects.filter(at__gt=now - HOUR)
    limits = [(ConfirmationSent.objects.filter(address=mailbox), most_a_day), (lately, most_in_all), *others]
    if most_an_hour is not None:
        limits.append((lately.filter(address=mailbox), most_an_hour))
    if any(rows.count() >= most for rows, most in limits):
        raise TooOften
    ConfirmationSent.objects.create(address=mailbox, at=now)


def forget_counts(now: datetime) -> None:
    ConfirmationSent.objects.filter(at__lte=now - DAY).delete()
