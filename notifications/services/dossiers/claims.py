"""Giving a guest's dossier to an account."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from ...models import Draft, User, Viewer
from .. import journal
from ..accounts import access
from . import reviews


def claimable(viewer: Viewer) -> QuerySet[Draft]:
    """The dossiers that this browser holds and no account has."""
    return Draft.objects.visible_to(Viewer(device=viewer.device)).filter(owner=None)


def own(*, draft: Draft, user: User) -> None:
    """A dossier that was just begun is this account's."""
    Draft.objects.filter(pk=draft.pk).update(owner=user)
    draft.owner = user


@transaction.atomic
def claim(*, draft: Draft, user: User, now: datetime) -> bool:
    """« Rattacher ce dossier »: it is the account's, and nothing else opens it any more, neither browser nor link nor
    calendar. False when another account was quicker."""
    if not Draft.objects.filter(pk=draft.pk, owner=None, practice=None).update(owner=user):
        return False
    draft.grants.all().delete()
    draft.owner = user
    journal.append(draft=draft, event="claimed", by=access.account_author(user), now=now)
    reviews.close(draft=draft, by=access.account_author(user), now=now)
    return True
