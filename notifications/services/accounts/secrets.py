"""Secrets that open one thing: a private link, a calendar, a review, an invitation. Each is shown or mailed once, and
only its hash is stored; what belongs to a dossier has a number there, by which the journal names it (« lien 1 »)."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Max, QuerySet

from ...models import Dossier, Grant, Invitation, Review
from .. import journal
from ..locks import lock_rows


class TooMany(Exception):
    """As many secrets of this kind are open as there may be."""


@dataclass(frozen=True)
class Kind:
    """What the secrets of one kind have in common: where they are stored, and what the journal says of them."""

    model: type[models.Model]
    columns: Mapping[str, Any] = field(default_factory=dict)  # that tell these rows from others of the model
    used: str = ""  # the column that says when the secret was used up
    expires: bool = False
    name: str = ""  # in the journal, before the number
    made: str = ""  # the journal's events
    revoked: str = ""
    most: int = 5  # that may be open for one dossier at a time


LINK = Kind(Grant, {"kind": Grant.Kind.LINK}, name="lien", made="link_made", revoked="link_revoked")
FEED = Kind(Grant, {"kind": Grant.Kind.FEED}, name="calendrier", made="feed_made", revoked="feed_revoked")
REVIEW = Kind(
    Review,
    used="read_at",
    expires=True,
    name="relecture",
    made="proofreading_asked",
    revoked="proofreading_revoked",
)
INVITATION = Kind(Invitation, used="accepted_at", expires=True)


def make_secret() -> str:
    """Return 256 random bits, which nobody can read again."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def list_open(kind: Kind, now: datetime, *, unused: bool = True) -> QuerySet[Any]:
    """Return what secrets of this kind open now; with `unused=False` also what they opened once and for all."""
    rows = kind.model._default_manager.filter(**kind.columns, revoked_at=None)
    if kind.expires:
        rows = rows.filter(expires_at__gt=now)
    return rows.filter(**{kind.used: None}) if kind.used and unused else rows


def find_open(kind: Kind, secret: str, now: datetime, *, unused: bool = True) -> QuerySet[Any]:
    """Return what this secret opens now: one row, or none."""
    return list_open(kind, now, unused=unused).filter(sha256=hash_secret(secret))


@transaction.atomic
def make_for_dossier(kind: Kind, *, dossier: Dossier, by: str, now: datetime, **columns: Any) -> str:
    """Make a secret that opens something of this dossier, and return it. Raises TooMany. No number is given twice."""
    lock_rows(Dossier.objects.filter(pk=dossier.pk)).first()
    if list_open(kind, now).filter(dossier=dossier).count() >= kind.most:
        raise TooMany
    rows = kind.model._default_manager.filter(**kind.columns, dossier=dossier)
    number = (rows.aggregate(last=Max("number"))["last"] or 0) + 1
    secret = make_secret()
    rows.create(**kind.columns, **columns, dossier=dossier, sha256=hash_secret(secret), number=number)
    journal.append_line(dossier=dossier, event=kind.made, keys=[f"{kind.name} {number}"], by=by, now=now)
    return secret


@transaction.atomic
def revoke_of_dossier(kind: Kind, *, dossier: Dossier, by: str, now: datetime, **columns: Any) -> int:
    """End the secrets of this dossier that were neither used nor revoked, those with these columns; return how many."""
    rows = kind.model._default_manager.filter(**kind.columns, **columns, dossier=dossier, revoked_at=None)
    numbers = list((rows.filter(**{kind.used: None}) if kind.used else rows).values_list("number", flat=True))
    for number in numbers:
        journal.append_line(dossier=dossier, event=kind.revoked, keys=[f"{kind.name} {number}"], by=by, now=now)
    return rows.filter(number__in=numbers).update(revoked_at=now)
