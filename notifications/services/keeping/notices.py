"""Mails that announce the end of dossiers: to whoever could still use them, a month and a week before.

None goes through the outbox, which knows reminders only. What is marked as announced is what left: a round that is cut
short begins again the next day."""

import logging
from collections import defaultdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from ... import deadlines
from ...models import Dossier, Membership, Role, User
from ..mail.post import Unanswered
from . import retention
from .retention import DAY

BEFORE = (30 * DAY, 7 * DAY)
TOLD = (Role.OWNER, Role.MANAGER)  # of a practice

logger = logging.getLogger(__name__)


def announce(*, now: datetime) -> int:
    """One mail for each person, about all dossiers that reached one of these days; returns how many left. Nothing where
    no mail leaves: the pages say it too."""
    if not settings.MAIL_LEAVES:
        return 0
    found = retention.list_leaving(Dossier.objects.exclude(owner=None, practice=None), now)
    due = [dossier for dossier in found if _is_due(dossier, now)]
    letters = _letters(due)
    put_off = [theirs for email, theirs in letters.items() if not _sent(email, theirs)]
    again = {dossier.pk for theirs in put_off for dossier in theirs}
    Dossier.objects.filter(pk__in={dossier.pk for dossier in due} - again).update(warned_at=now)
    return len(letters) - len(put_off)


def _is_due(dossier: Any, now: datetime) -> bool:
    """Was the last day to announce its end reached since it was announced? A use puts these days off."""
    reached = [dossier.ends_at - before for before in BEFORE if dossier.ends_at - before <= now < dossier.ends_at]
    return bool(reached) and (dossier.warned_at is None or dossier.warned_at < max(reached))


def _letters(due: list[Any]) -> dict[str, list[Any]]:
    """By address, the dossiers of which somebody is told."""
    accounts = User.objects.filter(pk__in={dossier.owner_id for dossier in due}, is_active=True)
    addresses: dict[Any, list[str]] = {(owner, None): [email] for owner, email in accounts.values_list("pk", "email")}
    team = Membership.objects.filter(practice__in={dossier.practice_id for dossier in due}, role__in=TOLD)
    for practice, email in team.filter(user__is_active=True).values_list("practice", "user__email"):
        addresses.setdefault((None, practice), []).append(email)
    letters: dict[str, list[Any]] = defaultdict(list)
    for dossier in due:
        for email in addresses.get((dossier.owner_id, dossier.practice_id), []):
            letters[email].append(dossier)
    return letters


def _sent(email: str, theirs: list[Any]) -> bool:
    """No fact and no name in it: how many, the first end, a link."""
    first = theirs[0]  # they come by their end
    context = {
        "count": len(theirs),
        "end": deadlines.describe_day(first.ends_on.isoformat()),
        "link": settings.SITE_URL + reverse("dossiers"),
        "about": settings.SITE_URL + reverse("your_data"),
    }
    headers = {"Auto-Submitted": "auto-generated"}
    text = render_to_string("keeping/mail/leaving.txt", context)
    mail = EmailMessage(
        "Fin de conservation de vos dossiers", text, settings.DEFAULT_FROM_EMAIL, [email], headers=headers
    )
    try:
        mail.send()
    except (OSError, Unanswered):  # SMTPException is an OSError
        logger.warning("notices.put_off")
        return False
    return True
