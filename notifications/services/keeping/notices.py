"""Mails that announce the end of dossiers: to whoever could still use them, a month and a week before."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from ... import deadlines
from ...models import Dossier, Membership, Role, User
from ..mail import outbox
from . import retention
from .retention import DAY

BEFORE = (30 * DAY, 7 * DAY)
TOLD_ROLES = (Role.OWNER, Role.MANAGER)  # of a practice


@transaction.atomic
def announce_ends(*, now: datetime) -> int:
    """Put one mail for each person, about all dossiers that reached one of these days, into the outbox; return how
    many. Nothing where no mail leaves: the pages say it too."""
    if not settings.MAIL_LEAVES:
        return 0
    dossiers = retention.list_leaving(Dossier.objects.exclude(owner=None, practice=None), now)
    due = [dossier for dossier in dossiers if _is_due(dossier, now)]
    by_address = _group_by_address(due)
    for email, theirs in by_address.items():
        # no fact and no name in it: how many, the first end (they come by their end), a link
        context = {
            "count": len(theirs),
            "end": deadlines.describe_day(theirs[0].ends_on.isoformat()),
            "link": settings.SITE_URL + reverse("dossiers"),
            "about": settings.SITE_URL + reverse("your_data"),
        }
        outbox.put_mail(
            purpose=outbox.Purpose.RETENTION,
            email=email,
            subject="Fin de conservation de vos dossiers",
            body=render_to_string("keeping/mail/leaving.txt", context),
            expires_at=theirs[0].ends_at,
            now=now,
        )
    Dossier.objects.filter(pk__in=[dossier.pk for dossier in due]).update(warned_at=now)
    return len(by_address)


def _is_due(dossier: Any, now: datetime) -> bool:
    """Was the last day to announce its end reached since it was announced? A use puts these days off."""
    reached = [dossier.ends_at - before for before in BEFORE if dossier.ends_at - before <= now < dossier.ends_at]
    return bool(reached) and (dossier.warned_at is None or dossier.warned_at < max(reached))


def _group_by_address(due: list[Any]) -> dict[str, list[Any]]:
    """By address, the dossiers of which somebody is told."""
    owners = User.objects.filter(pk__in={dossier.owner_id for dossier in due}, is_active=True)
    addresses: dict[Any, list[str]] = {(owner, None): [email] for owner, email in owners.values_list("pk", "email")}
    team = Membership.objects.filter(practice__in={dossier.practice_id for dossier in due}, role__in=TOLD_ROLES)
    for practice, email in team.filter(user__is_active=True).values_list("practice", "user__email"):
        addresses.setdefault((None, practice), []).append(email)
    by_address: dict[str, list[Any]] = defaultdict(list)
    for dossier in due:
        for email in addresses.get((dossier.owner_id, dossier.practice_id), []):
            by_address[email].append(dossier)
    return by_address
