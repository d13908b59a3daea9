"""Erasing a dossier, a practice, an account: all of it goes. Of each dossier one line stays, which names nobody."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import OperationalError, connection, transaction

from ...models import ControllerGroup, Dossier, Erasure, Invitation, Outgoing, Practice, Subscription, User
from .. import journal
from ..accounts import access
from ..locks import lock_rows
from ..practices import team


@transaction.atomic
def erase_dossier(*, dossier: Dossier, by: str, now: datetime) -> Erasure:
    """Remove a dossier with its answers, history, filings, grants, reminders and journal. The line that stays tells
    when, how long the journal was and its last hash, so that a copy kept elsewhere can still be recognised."""
    # nobody writes a line of its journal meanwhile
    locked = lock_rows(Dossier.objects.only("journal_count", "journal_head"))
    last = locked.get(pk=dossier.pk)
    Dossier.objects.filter(pk=dossier.pk).delete()
    transaction.on_commit(_empty_log)
    return Erasure.objects.create(at=now, by=by, lines=last.journal_count, journal_head=last.journal_head)


def _empty_log() -> None:
    """Empty SQLite's write-ahead log, which would keep the old pages for a while; in its other modes this does nothing.
    A database that is busy empties the log later by itself: the dossier is gone all the same."""
    if connection.vendor == "sqlite":
        with suppress(OperationalError), connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


# -- a practice -----------------------------------------------------------------------------------------


@transaction.atomic
def erase_practice(*, practice: Practice, by: str, now: datetime) -> int:
    """Remove a practice with its dossiers, profile, team, invitations, files and register; and groups of which no
    dossier is left, which hold its words too. Returns how many dossiers there were."""
    # FOR UPDATE: nobody begins a dossier of it meanwhile
    locked = lock_rows(Practice.objects.all(), against_references=True).get(pk=practice.pk)
    groups = list(ControllerGroup.objects.filter(dossiers__practice=locked).values_list("pk", flat=True))
    dossiers = list(locked.dossiers.order_by("pk"))
    for dossier in dossiers:
        erase_dossier(dossier=dossier, by=by, now=now)
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


def describe_parting(user: User) -> Parting:
    """Return what the end of this account would mean. Changes nothing."""
    parting = Parting(list(user.dossiers.order_by("-created_at")), [], [], [])
    for membership in user.memberships.select_related("practice").order_by("practice__name", "pk"):
        if not membership.practice.memberships.exclude(user=user).exists():
            parting.alone.append(membership.practice)
            continue
        try:
            team.check_stays_governed(membership)
        except (team.LastOwner, team.LastManager):
            parting.held.append(membership.practice)
        else:
            parting.left.append(membership.practice)
    return parting


@transaction.atomic
def erase_account(*, user: User, now: datetime) -> None:
    """Remove an account with its dossiers, register, roles and sessions, what was sent to its address, and the
    practices in which it is alone. Journals keep « compte 7 », which is nobody any more. Raises LastOwner or
    LastManager."""
    locked = lock_rows(User.objects.all(), against_references=True).get(
        pk=user.pk
    )  # FOR UPDATE: it begins no dossier meanwhile
    list(lock_rows(Practice.objects.filter(memberships__user=locked).order_by("pk"), against_references=True))
    by = access.account_author(locked)
    parting = describe_parting(locked)
    for practice in parting.alone:
        erase_practice(practice=practice, by=by, now=now)
    # dossiers of the practices that go on remind this address no more
    reminders = Subscription.objects.filter(dossier__practice__memberships__user=locked)
    reminders.filter(pending_email__iexact=locked.email).update(pending_email="")
    for subscription in reminders.filter(email__iexact=locked.email).select_related("dossier"):
        journal.append_line(dossier=subscription.dossier, event="address_ended", by=by, now=now)
        subscription.delete()
    for practice in [*parting.held, *parting.left]:
        team.remove(practice=practice, email=locked.email, by=locked, now=now)
    for dossier in parting.dossiers:
        erase_dossier(dossier=dossier, by=by, now=now)
    ControllerGroup.objects.filter(created_by=locked, dossiers=None).delete()
    Invitation.objects.filter(email__iexact=locked.email).delete()
    Outgoing.objects.filter(email__iexact=locked.email).delete()
    locked.delete()
    for session in Session.objects.iterator():  # of no use without the account, and they hold its address
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()
