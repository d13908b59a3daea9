"""« Faire relire par le Dr X »: a secret by which one person reads one dossier and says so, once."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from ...models import AnswerChange, Dossier, Review
from ...questionnaire import is_same_answer
from ...report import ReviewDone
from .. import journal
from ..accounts import access

FOR = timedelta(days=14)
MOST = 5  # that may be open for one dossier at a time
NAME = "relecture"  # in the journal: « relecture 1 »


class TooMany(Exception):
    """The dossier has as many open requests as it may."""


def asked(dossier: Dossier) -> list[tuple[int, Review]]:
    """Every request, each with its number in the dossier, the oldest first. None is ever removed by itself."""
    return list(enumerate(dossier.reviews.order_by("pk"), start=1))


def _open(now: datetime) -> QuerySet[Review]:
    return Review.objects.filter(revoked_at=None, expires_at__gt=now)


@transaction.atomic
def ask(*, dossier: Dossier, name: str, by: str, now: datetime) -> str:
    """The secret by which `name` reads the dossier, which nobody can read again. Raises TooMany."""
    _lock(dossier)
    if _open(now).filter(dossier=dossier, read_at=None).count() >= MOST:
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
    journal.append(dossier=dossier, event="proofreading_asked", keys=[f"{NAME} {len(asked(dossier))}"], by=by, now=now)
    return secret


@transaction.atomic
def revoke(*, dossier: Dossier, number: int, by: str, now: datetime) -> bool:
    """Close the request of this number; says whether it was still waiting to be read."""
    _lock(dossier)
    found = dict(asked(dossier)).get(number)
    return bool(found) and _close(Review.objects.filter(pk=found.pk), by, now) > 0


@transaction.atomic
def close(*, dossier: Dossier, by: str, now: datetime, asked_by: str = "") -> None:
    """End all requests that nobody answered, or only those of one author: their dossier opens to others now, or their
    author may no longer open it."""
    found = dossier.reviews.filter(asked_by=asked_by) if asked_by else dossier.reviews.all()
    _close(found, by, now)


def _close(found: QuerySet[Review], by: str, now: datetime) -> int:
    waiting = list(found.filter(revoked_at=None, read_at=None).select_related("dossier"))
    for each in waiting:
        journal.append(dossier=each.dossier, event="proofreading_revoked", keys=[_name(each)], by=by, now=now)
    Review.objects.filter(pk__in=[each.pk for each in waiting]).update(revoked_at=now)
    return len(waiting)


def opened(secret: str, now: datetime) -> Review | None:
    """What this secret opens now, with its dossier."""
    found = _open(now).filter(sha256=access.fingerprint(secret))
    related = ("dossier__practice", "dossier__group", "dossier__incident_revision__incident")
    return found.select_related(*related).defer("dossier__incident_revision__content").first()


@transaction.atomic
def tick(*, secret: str, version: int, now: datetime) -> Review | None:
    """« J'ai relu ce dossier », as it stood in that version: said once, a second time changes nothing. None when the
    secret opens nothing."""
    found = opened(secret, now)
    if found is None:
        return None
    _lock(found.dossier)  # where it was erased meanwhile, nothing is left to tick
    ticked = _open(now).filter(pk=found.pk, read_at=None).update(read_at=now, version=version)
    if ticked:
        name = _name(found)
        journal.append(dossier=found.dossier, event="proofread", keys=[name], by=name, now=now)
    return opened(secret, now)


def _lock(dossier: Dossier) -> None:
    Dossier.objects.filter(pk=dossier.pk).update(version=F("version"))


def _name(found: Review) -> str:
    return f"{NAME} {Review.objects.filter(dossier=found.dossier_id, pk__lte=found.pk).count()}"


def done(ids: Collection[int]) -> dict[int, tuple[ReviewDone, ...]]:
    """Who read each of these dossiers, the last one first, and when the last answer changed since; in two queries
    whatever their number."""
    read = list(Review.objects.filter(dossier__in=ids).exclude(read_at=None).order_by("-read_at"))
    changed = _changed(read) if read else {}
    found: dict[int, list[ReviewDone]] = {}
    for each in read:
        found.setdefault(each.dossier_id, []).append(ReviewDone(each.name, each.read_at, changed.get(each.pk)))
    return {dossier: tuple(each) for dossier, each in found.items()}


def _changed(read: Collection[Review]) -> dict[int, datetime]:
    """By proofreading: when an answer was last made to say something else. Keeping one as it stands is no change."""
    since = AnswerChange.objects.filter(dossier__reviews__in=read, version__gt=F("dossier__reviews__version")).order_by(
        "at"
    )
    rows = since.values_list("dossier__reviews", "before", "after", "at")
    return {pk: at for pk, before, after, at in rows if not is_same_answer(before, after)}
