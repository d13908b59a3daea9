"""Erasing a dossier, a practice, an account: all of it goes. Of each dossier one line stays, which names nobody."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import OperationalError, connection, transaction
from django.db.models import F

from ...models import ControllerGroup, Dossier, Erasure, Invitation, Outgoing, Practice, Subscription, User
from .. import journal
from ..accounts import access
from ..practices import team


@transaction.atomic
def erase(*, dossier: Dossier, by: str, now: datetime) -> Erasure:
    """Remove a dossier with its answers, history, filings, grants, reminders and journal. The line that stays tells
    when, how long the journal was and its last hash, so that a copy kept elsewhere can still be recognised."""
    Dossier.objects.filter(pk=dossier.pk).update(version=F("version"))  # locks the row: nobody writes a line meanwhile
    count, head = Dossier.objects.values_list("journal_count", "journal_head").get(pk=dossier.pk)
    Dossier.objects.filter(pk=dossier.pk).delete()
    transaction.on_commit(_forget_log)
    return Erasure.objects.create(at=now, by=by, lines=count, journal_head=head)


def _forget_log() -> None:
    """SQLite's write-ahead log would keep the old pages for a while; in its other modes this does nothing. A database
    that is busy empties the log later by itself: the dossier is gone all the same."""
    if connection.vendor == "sqlite":
        with suppress(OperationalError), connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


# -- a practice -----------------------------------------------------------------------------------------


@transaction.atomic
def erase_practice(*, practice: Practice, by: str, now: datetime) -> int:
    """Remove a practice with its dossiers, profile, team, invitations, files and register; and groups of which no
    dossier is left, which hold its words too. Returns how many dossiers there were."""
    # FOR UPDATE: nobody begins a dossier of it meanwhile
    locked = Practice.objects.select_for_update().get(pk=practice.pk)
    groups = list(ControllerGroup.objects.filter(dossiers__practice=locked).values_list("pk", flat=True))
    dossiers = list(locked.dossiers.order_by("pk"))
    for dossier in dossiers:
        erase(dossier=dossier, by=by, now=now)
    ControllerGroup.objects.filter(pk__in=groups, dossiers=None).delete()
    locked.delete()
    return len(dossiers)


# -- an account -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Parting:
    """What the end of an account means."""

    dossiers: list[Dossier]  # its own, which are erased
    alone: list[Practice]  # nobody else is in them: they are erased, too
    held: list[Practice]  # nobody else would answer for them: these first
    left: list[Practice]  # they go on without it


def parting(user: User) -> Parting:
    found = Parting(list(user.dossiers.order_by("-created_at")), [], [], [])
    for membership in user.memberships.select_related("practice").order_by("practice__name", "pk"):
        if not membership.practice.memberships.exclude(user=user).exists():
            found.alone.append(membership.practice)
            continue
        try:
            team.must_stay_governed(membership)
        except (team.LastOwner, team.LastManager):
            found.held.append(membership.practice)
        else:
            found.left.append(membership.practice)
    return found


@transaction.atomic
def erase_account(*, user: User, now: datetime) -> None:
    """Remove an account with its dossiers, register and roles, what was sent to its address, and the practices in which
    it is alone. Journals keep « compte 7 », which is nobody any more. Raises LastOwner or LastManager."""
    locked = User.objects.select_for_update().get(pk=user.pk)  # FOR UPDATE: it begins no dossier meanwhile
    list(Practice.objects.select_for_update().filter(memberships__user=locked).order_by("pk"))  # nor does anybody join
    by = access.account_author(locked)
    found = parting(locked)
    for practice in found.alone:
        erase_practice(practice=practice, by=by, now=now)
    _stop_mails(locked, by, now)
    for practice in [*found.held, *found.left]:
        team.remove(practice=practice, email=locked.email, by=locked, now=now)
    for dossier in found.dossiers:
        erase(dossier=dossier, by=by, now=now)
    ControllerGroup.objects.filter(created_by=locked, dossiers=None).delete()
    Invitation.objects.filter(email__iexact=locked.email).delete()
    Outgoing.objects.filter(email__iexact=locked.email).delete()
    locked.delete()
    _end_sessions(user)


def _stop_mails(user: User, by: str, now: datetime) -> None:
    """Practices' dossiers remind this address no more."""
    theirs = Subscription.objects.filter(dossier__practice__memberships__user=user)
    theirs.filter(pending_email__iexact=user.email).update(pending_email="")
    for subscription in theirs.filter(email__iexact=user.email).select_related("dossier"):
        journal.append(dossier=subscription.dossier, event="address_ended", by=by, now=now)
        subscription.delete()


def _end_sessions(user: User) -> None:
    """They are of no use without the account, and hold its address."""
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()
