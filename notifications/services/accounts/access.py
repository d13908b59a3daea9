"""Who may open a dossier without an account: one random secret for each browser, of which only the hash is stored."""

import re
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from ...models import Dossier, Grant, User, Viewer
from .. import journal
from . import secrets

ACCOUNT = "compte"  # an account in the history of a dossier, by its number, which stays when the name changes
DEVICE = "appareil"  # a browser in the history of a dossier: « appareil 2 »
GONE = "un compte supprimé"
FIRST_DEVICE = f"{DEVICE} 1"  # the one that begins a dossier


def device_is_known(sha256: str | None) -> bool:
    """Does this browser hold a dossier? A secret that opens nothing is not reused: somebody may have planted it."""
    return bool(sha256) and _devices().filter(sha256=sha256).exists()


@transaction.atomic
def grant_device(*, dossier: Dossier, secret: str, now: datetime, via: Grant | None = None) -> Grant:
    """Let the browser with this secret open the dossier; `via`: the link by which it came in. A number is never given
    twice, so that the history of a dossier keeps meaning what it says."""
    Dossier.objects.filter(pk=dossier.pk).update(devices=F("devices") + 1)
    number = Dossier.objects.values_list("devices", flat=True).get(pk=dossier.pk)
    name = f"{DEVICE} {number}"
    journal.append_line(dossier=dossier, event="device_granted", keys=[name], by=name, now=now)
    return Grant.objects.create(
        dossier=dossier,
        sha256=secrets.hash_secret(secret),
        kind=Grant.Kind.DEVICE,
        via=via,
        number=number,
        created_at=now,
        last_used_on=now.date(),
    )


def note_use(*, device: str, now: datetime) -> None:
    """The day of last use, from which retention counts; written at most once a day."""
    stale = Grant.objects.filter(sha256=device, kind=Grant.Kind.DEVICE).exclude(last_used_on=now.date())
    stale.update(last_used_on=now.date())


@transaction.atomic
def forget_device(*, device: str, now: datetime) -> None:
    """This browser's secret opens nothing any more. The links that it made stay."""
    held = Grant.objects.filter(sha256=device, kind=Grant.Kind.DEVICE)
    for grant in held.select_related("dossier"):
        name = f"{DEVICE} {grant.number}"
        journal.append_line(dossier=grant.dossier, event="device_forgotten", keys=[name], by=name, now=now)
    held.delete()


def _devices() -> QuerySet[Grant]:
    return Grant.objects.filter(kind=Grant.Kind.DEVICE, revoked_at=None)


# -- who wrote ------------------------------------------------------------------------------------------


def account_author(user: User) -> str:
    return f"{ACCOUNT} {user.pk}"


def first_author(viewer: Viewer) -> str:
    """Who begins a dossier."""
    return account_author(viewer.user) if viewer.user else FIRST_DEVICE


def author(dossier: Dossier, viewer: Viewer) -> str:
    """Who writes: « compte 7 », or a browser told apart without being identified, « appareil 2 »; "" for neither."""
    if viewer.user and (dossier.practice_id or dossier.owner_id == viewer.user.pk):
        return account_author(viewer.user)
    number = _devices().filter(dossier=dossier, sha256=viewer.device).values_list("number", flat=True).first()
    return f"{DEVICE} {number}" if number else ""


def author_words(by: str, mine: str) -> str:
    """An author as it stands after « de » or « par », for the reader who writes as `mine`."""
    return authors_words([by], mine)[by]


def authors_words(authors: Collection[str], mine: str) -> dict[str, str]:
    """The same for many, by author, in one query."""
    # who filed is typed by people: it may look like an account, of any number
    numbers = {by: int(found[1]) for by in authors if (found := re.fullmatch(rf"{ACCOUNT} ([0-9]{{1,18}})", by))}
    users = User.objects.in_bulk(set(numbers.values()))
    return {by: _words(by, mine, str(users.get(numbers.get(by, 0), GONE))) for by in authors}


def _words(by: str, mine: str, name: str) -> str:
    if by.startswith(f"{ACCOUNT} "):
        return "vous" if by == mine else name
    if by and by == mine:
        return f"cet {DEVICE} ({by})" if by.startswith(f"{DEVICE} ") else by
    return f"l'{by}" if by.startswith(f"{DEVICE} ") else by


# -- private links --------------------------------------------------------------------------------------


def links(dossier: Dossier) -> QuerySet[Grant]:
    """Return the links that open this dossier now, oldest first."""
    return Grant.objects.filter(dossier=dossier, kind=Grant.Kind.LINK, revoked_at=None).order_by("number")


def make_link(*, dossier: Dossier, by: str, now: datetime) -> str:
    """Make a link and return its secret, which nobody can read again. Raises secrets.TooMany."""
    return secrets.make_for_dossier(secrets.LINK, dossier=dossier, by=by, now=now, created_at=now)


def revoke_link(*, dossier: Dossier, number: int, by: str, now: datetime) -> bool:
    """Close a link; says whether there was one to close. Browsers that it let in stay."""
    return secrets.revoke_of_dossier(secrets.LINK, dossier=dossier, number=number, by=by, now=now) > 0


def find_link(secret: str, now: datetime) -> Grant | None:
    """Return the link that this secret opens, with its dossier; never of a practice's, which its team opens."""
    return secrets.find_open(secrets.LINK, secret, now).filter(dossier__practice=None).select_related("dossier").first()


def note_link(*, link: Grant, now: datetime) -> None:
    Grant.objects.filter(pk=link.pk).update(last_used_on=now.date())
