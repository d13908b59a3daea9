"""Secret addresses from which a calendar reads the deadlines of one dossier, nothing else. Shown once, revocable."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import QuerySet

from ... import seeds
from ...models import AnswerChange, Dossier, Grant
from ...obligations import Deadline, Filed
from ...questionnaire import Answers, is_blank
from ...report import list_clocks
from ..accounts import secrets
from ..dossiers import loading, snapshots


def list_feeds(dossier: Dossier) -> QuerySet[Grant]:
    """Return the addresses that work now, oldest first."""
    return Grant.objects.filter(dossier=dossier, kind=Grant.Kind.FEED, revoked_at=None).order_by("number")


def make_feed(*, dossier: Dossier, by: str, now: datetime) -> str:
    """Make a new address and return its secret, which nobody can read again. Raises secrets.TooMany."""
    return secrets.make_for_dossier(secrets.FEED, dossier=dossier, by=by, now=now, created_at=now)


def revoke_feed(*, dossier: Dossier, number: int, by: str, now: datetime) -> bool:
    """Close an address; says whether there was one to close."""
    return secrets.revoke_of_dossier(secrets.FEED, dossier=dossier, number=number, by=by, now=now) > 0


def close(*, dossier: Dossier, made_by: str, by: str, now: datetime) -> None:
    """End the addresses that this author made, who may no longer open the dossier."""
    made = dossier.journal.filter(event=secrets.FEED.made, by=made_by).values_list("keys", flat=True)
    numbers = [int(name.rpartition(" ")[2]) for [name] in made]
    secrets.revoke_of_dossier(secrets.FEED, dossier=dossier, number__in=numbers, by=by, now=now)


def find_fed_dossier(secret: str, now: datetime) -> Dossier | None:
    """Return the dossier whose deadlines this secret reads."""
    grant = secrets.find_open(secrets.FEED, secret, now).select_related("dossier").first()
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
