"""Who may open a dossier without an account: one random secret for each browser, of which only the hash is stored."""

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max, QuerySet

from ...models import Dossier, Grant, User, Viewer
from .. import journal

MOST_LINKS = 5  # that open one dossier at a time
ACCOUNT = "compte"  # an account in the history of a dossier, by its number, which stays when the name changes
DEVICE = "appareil"  # a browser in the history of a dossier: « appareil 2 »
GONE = "un compte supprimé"
LINK = "lien"  # a private link in the journal: « lien 1 »
FIRST_DEVICE = f"{DEVICE} 1"  # the one that begins a dossier


class TooManyLinks(Exception):
    """The dossier has as many active links as it may."""


def new_secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def device_is_known(sha256: str | None) -> bool:
    """Does this browser hold a dossier? A secret that opens nothing is not reused: somebody may have planted it."""
    return bool(sha256) and _devices().filter(sha256=sha256).exists()


@transaction.atomic
def grant_device(*, dossier: Dossier, secret: str, now: datetime) -> Grant:
    """A number is never given twice, so that the history of a dossier keeps meaning what it says."""
    Dossier.objects.filter(pk=dossier.pk).update(devices=F("devices") + 1)
    number = Dossier.objects.values_list("devices", flat=True).get(pk=dossier.pk)
    name = f"{DEVICE} {number}"
    journal.append_line(dossier=dossier, event="device_granted", keys=[name], by=name, now=now)
    return Grant.objects.create(
        dossier=dossier,
        sha256=fingerprint(secret),
        kind=Grant.Kind.DEVICE,
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
    """The links that open this dossier now, oldest first."""
    return Grant.objects.filter(dossier=dossier, kind=Grant.Kind.LINK, revoked_at=None).order_by("number")


@transaction.atomic
def make_link(*, dossier: Dossier, by: str, now: datetime) -> str:
    """The secret of a new link, which nobody can read again. Raises TooManyLinks."""
    if links(dossier).count() >= MOST_LINKS:
        raise TooManyLinks
    secret = new_secret()
    made = Grant.objects.filter(dossier=dossier, kind=Grant.Kind.LINK).aggregate(last=Max("number"))["last"] or 0
    Grant.objects.create(
        dossier=dossier, sha256=fingerprint(secret), kind=Grant.Kind.LINK, number=made + 1, created_at=now
    )
    journal.append_line(dossier=dossier, event="link_made", keys=[f"{LINK} {made + 1}"], by=by, now=now)
    return secret


@transaction.atomic
def revoke_link(*, dossier: Dossier, number: int, by: str, now: datetime) -> bool:
    """Close a link of this dossier; says whether there was one to close. Browsers that it let in stay."""
    closed = bool(links(dossier).filter(number=number).update(revoked_at=now))
    if closed:
        journal.append_line(dossier=dossier, event="link_revoked", keys=[f"{LINK} {number}"], by=by, now=now)
    return closed


def linked(secret: str) -> Dossier | None:
    """The dossier that a link's secret opens."""
    grants = Grant.objects.filter(
        sha256=fingerprint(secret), kind=Grant.Kind.LINK, revoked_at=None, dossier__practice=None
    )
    grant = grants.select_related("dossier").first()
    return grant.dossier if grant else None


def note_link(*, secret: str, now: datetime) -> None:
    Grant.objects.filter(sha256=fingerprint(secret), kind=Grant.Kind.LINK).update(last_used_on=now.date())
