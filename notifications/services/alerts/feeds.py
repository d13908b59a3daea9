"""Secret addresses from which a calendar reads the deadlines of one dossier, nothing else. Shown once, revocable."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet

from ... import seeds
from ...models import AnswerChange, Dossier, Grant
from ...obligations import Deadline, Filed
from ...questionnaire import Answers, is_blank
from ...report import list_clocks
from .. import journal
from ..accounts import access
from ..dossiers import loading, snapshots

MOST_FEEDS = 5  # that read one dossier at a time
FEED = "calendrier"  # in the journal: « calendrier 1 »


class TooManyFeeds(Exception):
    """The dossier has as many calendars as it may."""


def _feeds() -> QuerySet[Grant]:
    return Grant.objects.filter(kind=Grant.Kind.FEED)


def feeds(dossier: Dossier) -> QuerySet[Grant]:
    """The addresses that work now, oldest first."""
    return _feeds().filter(dossier=dossier, revoked_at=None).order_by("number")


@transaction.atomic
def make(*, dossier: Dossier, by: str, now: datetime) -> str:
    """The secret of a new address, which nobody can read again. Raises TooManyFeeds."""
    if feeds(dossier).count() >= MOST_FEEDS:
        raise TooManyFeeds
    secret = access.new_secret()
    number = (_feeds().filter(dossier=dossier).aggregate(last=Max("number"))["last"] or 0) + 1
    _feeds().create(
        dossier=dossier, sha256=access.fingerprint(secret), kind=Grant.Kind.FEED, number=number, created_at=now
    )
    journal.append_line(dossier=dossier, event="feed_made", keys=[f"{FEED} {number}"], by=by, now=now)
    return secret


@transaction.atomic
def revoke(*, dossier: Dossier, number: int, by: str, now: datetime) -> bool:
    """Close an address; says whether there was one to close."""
    closed = bool(feeds(dossier).filter(number=number).update(revoked_at=now))
    if closed:
        journal.append_line(dossier=dossier, event="feed_revoked", keys=[f"{FEED} {number}"], by=by, now=now)
    return closed


@transaction.atomic
def close(*, dossier: Dossier, made_by: str, by: str, now: datetime) -> None:
    """End the addresses that this author made, who may no longer open the dossier."""
    made = dossier.journal.filter(event="feed_made", by=made_by).values_list("keys", flat=True)
    for [name] in list(made):
        revoke(dossier=dossier, number=int(name.removeprefix(f"{FEED} ")), by=by, now=now)


def fed(secret: str) -> Dossier | None:
    """The dossier whose deadlines this secret reads."""
    grants = _feeds().filter(sha256=access.fingerprint(secret), revoked_at=None)
    grant = grants.select_related("dossier").first()
    return grant.dossier if grant else None


def gone(dossier: Dossier, found: Sequence[Deadline], now: datetime) -> list[Deadline]:
    """The clocks, as they last were, of duties that had an end in this dossier and have none among those `found` now:
    an answer was cleared, a filing cancelled. Agendas that hold their events are then told."""
    lost = [clock.obligation.key for clock in found if clock.alarm_at is None and clock.obligation.hours]
    duties = [duty for duty in seeds.load_duties() if duty.key in lost]
    once = replace(
        loading.load_clock_data(dossier),
        answers=_last_known(dossier, {key for duty in duties for key in duty.starts}),
        filings=tuple(_cancelled(dossier, {duty.after for duty in duties if duty.after})),
    )
    return [clock for clock in list_clocks(once, now, lost) if clock.alarm_at] if lost else []


def _last_known(dossier: Dossier, keys: set[str]) -> Answers:
    """The last entry of each key that said something."""
    found = {}
    for change in AnswerChange.objects.filter(dossier=dossier, key__in=keys).order_by("version") if keys else ():
        for entry in (change.before, change.after):
            if entry and entry["state"] == "known" and not is_blank(entry):
                found[change.key] = entry
    return found


def _cancelled(dossier: Dossier, kinds: set[str]) -> list[Filed]:
    """The last cancelled filing of these kinds."""
    found = dossier.filings.filter(kind__in=kinds).exclude(cancelled_at=None).order_by("-number") if kinds else ()
    return [snapshots.as_data(each) for each in found[:1]]
