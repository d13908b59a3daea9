"""« Faire relire par le Dr X »: a secret by which one person reads one dossier and says so, once."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import cast

from django.db import transaction
from django.db.models import F

from ...models import AnswerChange, Dossier, Review
from ...questionnaire import is_same_answer
from ...report import ReviewDone
from .. import journal
from ..accounts import secrets

FOR, MOST = timedelta(days=14), secrets.REVIEW.most
TooMany = secrets.TooMany


def list_requests(dossier: Dossier) -> list[tuple[int, Review]]:
    """Every request, each with its number in the dossier, the oldest first. None is ever removed by itself."""
    return [(each.number, each) for each in dossier.reviews.order_by("number")]


def ask(*, dossier: Dossier, name: str, by: str, now: datetime) -> str:
    """The secret by which `name` reads the dossier, which nobody can read again. Raises TooMany."""
    columns = {"name": name, "asked_by": by, "asked_at": now, "expires_at": now + FOR}
    return secrets.make_for_dossier(secrets.REVIEW, dossier=dossier, by=by, now=now, **columns)


def revoke(*, dossier: Dossier, number: int, by: str, now: datetime) -> bool:
    """Close the request of this number; says whether it was still waiting to be read."""
    return secrets.revoke_of_dossier(secrets.REVIEW, dossier=dossier, number=number, by=by, now=now) > 0


def close(*, dossier: Dossier, by: str, now: datetime, asked_by: str = "") -> None:
    """End all requests that nobody answered, or only those of one author: their dossier opens to others now, or their
    author may no longer open it."""
    columns = {"asked_by": asked_by} if asked_by else {}
    secrets.revoke_of_dossier(secrets.REVIEW, dossier=dossier, by=by, now=now, **columns)


def find_opened(secret: str, now: datetime) -> Review | None:
    """What this secret opens now, with its dossier."""
    found = secrets.find_open(secrets.REVIEW, secret, now, unused=False)
    related = ("dossier__practice", "dossier__group", "dossier__incident_revision__incident")
    return found.select_related(*related).defer("dossier__incident_revision__content").first()


@transaction.atomic
def sign_off(*, secret: str, version: int, now: datetime) -> Review | None:
    """« J'ai relu ce dossier », as it stood in that version: said once, a second time changes nothing. None when the
    secret opens nothing."""
    found = find_opened(secret, now)
    if found is None:
        return None
    ticked = secrets.list_open(secrets.REVIEW, now).filter(pk=found.pk).update(read_at=now, version=version)
    if ticked:
        name = f"{secrets.REVIEW.name} {found.number}"
        journal.append_line(dossier=found.dossier, event="proofread", keys=[name], by=name, now=now)
    return find_opened(secret, now)


def load_done(ids: Collection[int]) -> dict[int, tuple[ReviewDone, ...]]:
    """Who read each of these dossiers, the last one first, and when the last answer changed since; in two queries
    whatever their number."""
    read = list(Review.objects.filter(dossier__in=ids).exclude(read_at=None).order_by("-read_at"))
    changed = find_last_changes(read) if read else {}
    found: dict[int, list[ReviewDone]] = {}
    for each in read:
        read_at = cast(datetime, each.read_at)
        found.setdefault(each.dossier_id, []).append(ReviewDone(each.name, read_at, changed.get(each.pk)))
    return {dossier: tuple(each) for dossier, each in found.items()}


def find_last_changes(read: Collection[Review]) -> dict[int, datetime]:
    """By proofreading: when an answer was last made to say something else. Keeping one as it stands is no change."""
    since = AnswerChange.objects.filter(dossier__reviews__in=read, version__gt=F("dossier__reviews__version")).order_by(
        "at"
    )
    rows = since.values_list("dossier__reviews", "before", "after", "at")
    return {pk: at for pk, before, after, at in rows if not is_same_answer(before, after)}
