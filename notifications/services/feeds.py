"""Secret addresses from which a calendar reads the deadlines of one dossier, nothing else. Shown once, revocable."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet

from ..models import Draft, Grant
from . import access, journal

MOST_FEEDS = 5  # that read one dossier at a time
FEED = "calendrier"  # in the journal: « calendrier 1 »


class TooManyFeeds(Exception):
    """The dossier has as many calendars as it may."""


def _feeds() -> QuerySet[Grant]:
    return Grant.objects.filter(kind=Grant.Kind.FEED)


def feeds(draft: Draft) -> QuerySet[Grant]:
    """The addresses that work now, oldest first."""
    return _feeds().filter(draft=draft, revoked_at=None).order_by("number")


@transaction.atomic
def make(*, draft: Draft, by: str, now: datetime) -> str:
    """The secret of a new address, which nobody can read again. Raises TooManyFeeds."""
    if feeds(draft).count() >= MOST_FEEDS:
        raise TooManyFeeds
    secret = access.new_secret()
    number = (_feeds().filter(draft=draft).aggregate(last=Max("number"))["last"] or 0) + 1
    _feeds().create(draft=draft, sha256=access.fingerprint(secret), kind=Grant.Kind.FEED, number=number, created_at=now)
    journal.append(draft=draft, event="feed_made", keys=[f"{FEED} {number}"], by=by, now=now)
    return secret


@transaction.atomic
def revoke(*, draft: Draft, number: int, by: str, now: datetime) -> bool:
    """Close an address; says whether there was one to close."""
    closed = bool(feeds(draft).filter(number=number).update(revoked_at=now))
    if closed:
        journal.append(draft=draft, event="feed_revoked", keys=[f"{FEED} {number}"], by=by, now=now)
    return closed


def fed(secret: str) -> Draft | None:
    """The dossier whose deadlines this secret reads."""
    grants = _feeds().filter(sha256=access.fingerprint(secret), revoked_at=None)
    grant = grants.select_related("draft").first()
    return grant.draft if grant else None
