"""« Faire relire par le Dr X »: a secret by which one person reads one dossier and says so, once."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import cast

from django.db import transaction
from django.db.models import F, QuerySet

from ...models import AnswerChange, Dossier, Review
from ...questionnaire import is_same_answer
from ...report import ReviewDone
from .. import journal
from ..accounts import access
from ..locks import lock_dossier, lock_rows

FOR = timedelta(days=14)
MOST = 5  # that may be open for one dossier at a time
NAME = "relecture"  # in the journal: « relecture 1 »


class TooMany(Exception):
    """The dossier has as many open requests as it may."""


def list_requests(dossier: Dossier) -> list[tuple[int, Review]]:
    """Every request, each with its number in the dossier, the oldest first. None is ever removed by itself."""
    return list(enumerate(dossier.reviews.order_by("pk"), start=1))


def list_open(now: datetime) -> QuerySet[Review]:
    return Review.objects.filter(revoked_at=None, expires_at__gt=now)


@transaction.atomic
def ask(*, dossier: Dossier, name: str, by: str, now: datetime) -> str:
    """The secret by which `name` reads the dossier, which nobody can read again. Raises TooMany."""
    lock_dossier(dossier.pk)
    if list_open(now).filter(dossier=dossier, read_at=None).count() >= MOST:
        raise TooMany
    secret = access.new_secret()
    Review.objects.create(
        dossier=dossier,
        name=name,
        sha256=access.fingerprint(secret),
        asked_by=by,
        asked_at=now,
        expires_at=now + FOR,
    )
    journal.append_line(
        dossier=dossier, event="proofreading_asked", keys=[f"{NAME} {len(list_requests(dossier))}"], by=by, now=now
    )
    return secret


@transaction.atomic
def revoke(*, dossier: Dossier, number: int, by: str, now: datetime) -> bool:
    """Close the request of this number; says whether it was still waiting to be read."""
    lock_dossier(dossier.pk)
    found = dict(list_requests(dossier)).get(number)
    return found is not None and close_waiting(Review.objects.filter(pk=found.pk), by, now) > 0


@transaction.atomic
def close(*, dossier: Dossier, by: str, now: datetime, asked_by: str = "") -> None:
    """End all requests that nobody answered, or only those of one author: their dossier opens to others now, or their
    author may no longer open it."""
    found = dossier.reviews.filter(asked_by=asked_by) if asked_by else dossier.reviews.all()
    close_waiting(found, by, now)


def close_waiting(found: QuerySet[Review], by: str, now: datetime) -> int:
    waiting = list(found.filter(revoked_at=None, read_at=None).select_related("dossier"))
    for each in waiting:
        journal.append_line(
            dossier=each.dossier, event="proofreading_revoked", keys=[name_review(each)], by=by, now=now
        )
    Review.objects.filter(pk__in=[each.pk for each in waiting]).update(revoked_at=now)
    return len(waiting)


def find_opened(secret: str, now: datetime) -> Review | None:
    """What this secret opens now, with its dossier."""
    found = list_open(now).filter(sha256=access.fingerprint(secret))
    related = ("dossier__practice", "dossier__group", "dossier__incident_revision__incident")
    return found.select_related(*related).defer("dossier__incident_revision__content").first()


@transaction.atomic
def sign_off(*, secret: str, version: int, now: datetime) -> Review | None:
    """« J'ai relu ce dossier », as it stood in that version: said once, a second time changes nothing. None when the
    secret opens nothing."""
    found = find_opened(secret, now)
    if found is None:
        return None
    if lock_rows(Dossier.objects.filter(pk=found.dossier_id)).first() is None:
        return None  # erased meanwhile
    ticked = list_open(now).filter(pk=found.pk, read_at=None).update(read_at=now, version=version)
    if ticked:
        name = name_review(found)
        journal.append_line(dossier=found.dossier, event="proofread", keys=[name], by=name, now=now)
    return find_opened(secret, now)


def name_review(found: Review) -> str:
    return f"{NAME} {Review.objects.filter(dossier=found.dossier_id, pk__lte=found.pk).count()}"


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
