"""Giving a guest's dossier to an account."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from ...models import Dossier, User, Viewer
from .. import journal
from ..accounts import access
from . import reviews


def list_claimable(viewer: Viewer) -> QuerySet[Dossier]:
    """The dossiers that this browser holds and no account has."""
    return Dossier.objects.visible_to(Viewer(device=viewer.device)).filter(owner=None)


def give_to_account(*, dossier: Dossier, user: User) -> None:
    """A dossier that was just begun is this account's."""
    Dossier.objects.filter(pk=dossier.pk).update(owner=user)
    dossier.owner = user


@transaction.atomic
def claim_dossier(*, dossier: Dossier, user: User, now: datetime) -> bool:
    """« Rattacher ce dossier »: it is the account's, and nothing else opens it any more, neither browser nor link nor
    calendar. False when another account was quicker."""
    if not Dossier.objects.filter(pk=dossier.pk, owner=None, practice=None).update(owner=user):
        return False
    dossier.grants.all().delete()
    dossier.owner = user
    journal.append_line(dossier=dossier, event="claimed", by=access.account_author(user), now=now)
    reviews.close(dossier=dossier, by=access.account_author(user), now=now)
    return True
