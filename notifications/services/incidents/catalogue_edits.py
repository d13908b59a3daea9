"""Coming revisions of an incident: written by editors, proposed by one, published by another where there is one.

A published revision is never changed. An edit holds one whole revision; what it would change is its difference with
the revision that it was begun from."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.timezone import localtime

from ... import seeds
from ...catalogue import TABLES
from ...merge import merge_three_ways
from ...models import Editor, Incident, IncidentEdit, IncidentRevision, User, Viewer
from ...questionnaire import Unusable
from . import incidents, revision_files

SUMMARY = 300  # characters
MOVED = "Cette modification a changé depuis l'ouverture de la page : relisez-la avant de continuer."
CLOSED = "Cette modification est déjà publiée ou abandonnée."
OUTDATED = "Une autre révision a été publiée entre-temps : reprenez d'abord cette modification sur celle-ci."
NOT_PROPOSED = "Cette modification doit d'abord être proposée, avec un résumé."
NEEDS_ANOTHER = "Vous avez proposé cette modification : un autre éditeur doit la relire et la publier."
NO_SUMMARY = "Dites en une phrase ce qui change : 300 caractères au plus."
UNCHANGED = "Rien ne change encore : il n'y a rien à proposer."
CLASHING = "Cette modification et la nouvelle révision se contredisent : recommencez à partir de celle-ci."

Change = tuple[str, int | None, dict[str, Any] | None]  # table, place (None: a further row), row (None: withdrawn)


def is_editor(viewer: Viewer) -> bool:
    """May this viewer see and write what is coming in the catalogue?"""
    return viewer.user is not None and Editor.objects.filter(user=viewer.user).exists()


def fingerprint(edit: IncidentEdit) -> str:
    """Tells whether an edit is still as a page showed it."""
    return hashlib.sha256(incidents.canonical(edit.content).encode()).hexdigest()[:16]


def newest(incident: Incident) -> IncidentRevision:
    return incidents.stored_revisions(incident.slug)[0]


@transaction.atomic
def begin(*, incident: Incident, file: bytes | None = None) -> IncidentEdit:
    """A further edit, as the newest revision is or as a file says. Raises Unusable for the file."""
    base = newest(incident)
    content = revision_files.read(file, incident.slug) if file is not None else base.content
    return IncidentEdit.objects.create(incident=incident, based_on=base, content=content)


@transaction.atomic
def change(*, edit: IncidentEdit, base: str, changes: Sequence[Change]) -> IncidentEdit:
    """Write, add or withdraw rows; whoever proposed the edit before proposed something else. `base` is the fingerprint
    that the page showed. Raises Unusable, and changes nothing, where no revision would come of it."""
    locked = _locked(edit, base)
    content = locked.content
    for table, place, row in changes:
        content = {**content, table: _with(content.get(table, []), place, row)}
    locked.content = revision_files.checked(revision_files.plain(content), locked.incident.slug)
    locked.proposed_at = locked.proposed_by = None
    locked.save(update_fields=["content", "proposed_at", "proposed_by"])
    return locked


def _with(rows: Sequence[Any], place: int | None, row: dict[str, Any] | None) -> list[Any]:
    if place is None:
        return [*rows, row]
    if place >= len(rows):
        raise Unusable([MOVED])
    return [*rows[:place], *([row] if row is not None else []), *rows[place + 1 :]]


@transaction.atomic
def propose(*, edit: IncidentEdit, base: str, summary: str, by: User, now: datetime) -> None:
    """Hand the edit over to another editor. Raises Unusable."""
    locked = _locked(edit, base)
    summary = " ".join(summary.split())
    if not summary or len(summary) > SUMMARY:
        raise Unusable([NO_SUMMARY])
    if not is_changed(locked):
        raise Unusable([UNCHANGED])
    revision_files.checked({**locked.content, "summary": summary}, locked.incident.slug)
    locked.summary, locked.proposed_by, locked.proposed_at = summary, by, now
    locked.save(update_fields=["summary", "proposed_by", "proposed_at"])


def is_changed(edit: IncidentEdit) -> bool:
    """Does it hold other rows than the revision that it was begun from?"""
    return any(edit.content.get(table) != edit.based_on.content.get(table) for table in TABLES)


def may_publish(edit: IncidentEdit, user: User) -> bool:
    """A second editor, or the only one of the installation."""
    return edit.proposed_by_id != user.pk or not Editor.objects.exclude(user=user).exists()


@transaction.atomic
def publish(*, edit: IncidentEdit, base: str, by: User, now: datetime) -> IncidentRevision:
    """The edit becomes the newest revision. Raises Unusable where another one came first, or where another editor has
    to read it."""
    locked = _locked(edit, base)
    before = newest(locked.incident)
    if not locked.proposed_at:
        raise Unusable([NOT_PROPOSED])
    if locked.based_on_id != before.pk:
        raise Unusable([OUTDATED])
    if not may_publish(locked, by):
        raise Unusable([NEEDS_ANOTHER])
    day = localtime(now).date().isoformat()
    said = {"number": _next_number(locked.incident), "summary": locked.summary, "published_at": day, "as_of": day}
    said["reviewed_by"] = "" if locked.proposed_by_id == by.pk else f"un second éditeur ({_organisation(by)})"
    locked.content = revision_files.checked({**locked.content, **said}, locked.incident.slug)
    locked.published_by, locked.published_at = by, now
    locked.save(update_fields=["content", "published_by", "published_at"])
    return _stored(locked, now)


def _stored(edit: IncidentEdit, now: datetime) -> IncidentRevision:
    return IncidentRevision.objects.create(
        incident=edit.incident,
        number=edit.content["number"],
        published_at=localtime(now).date(),
        summary=edit.summary,
        content=edit.content,
        digest=hashlib.sha256(incidents.canonical(edit.content).encode()).hexdigest(),
    )


def _next_number(incident: Incident) -> str:
    """After the newest, and never that of a revision that ships."""
    major, local = seeds.number_key(newest(incident).number)
    return f"{major}.local{local + 1}"


def _organisation(user: User) -> str:
    return str(Editor.objects.filter(user=user).order_by("pk").values_list("organisation__name", flat=True)[0])


@transaction.atomic
def rebase(*, edit: IncidentEdit, base: str) -> None:
    """Take the edit up again from the newest revision: rows that it withdrew are withdrawn there, rows that it wrote
    are added. Raises Unusable where both changed the same row."""
    locked = _locked(edit, base)
    now = newest(locked.incident)
    then, mine, theirs = locked.based_on.content, locked.content, now.content
    merged = dict(theirs)
    for table in TABLES:
        merged[table] = _merged(then.get(table, []), mine.get(table, []), theirs.get(table, []))
    try:
        locked.content = revision_files.checked(merged, locked.incident.slug)
    except Unusable as error:
        raise Unusable([CLASHING, *error.problems]) from None
    locked.based_on, locked.proposed_at, locked.proposed_by = now, None, None
    locked.save(update_fields=["content", "based_on", "proposed_at", "proposed_by"])


def _merged(then: list[Any], mine: list[Any], theirs: list[Any]) -> list[Any]:
    base, ours, others = ({incidents.canonical(row): row for row in rows} for rows in (then, mine, theirs))
    # whoever rewrites a row withdraws it and adds another: done on both sides, it is a conflict and no agreement
    edits = merge_three_ways(base, dict.fromkeys(base, "by us") | ours, dict.fromkeys(base, "by them") | others)
    if edits.conflicts:
        raise Unusable([CLASHING])
    left = [row for text, row in others.items() if edits.changed.get(text) != "by us"]
    return [*left, *(row for text, row in ours.items() if text in edits.changed and text not in others)]


@transaction.atomic
def drop(*, edit: IncidentEdit, base: str, now: datetime) -> None:
    locked = _locked(edit, base)
    locked.dropped_at = now
    locked.save(update_fields=["dropped_at"])


def publishers(slug: str) -> dict[str, str]:
    """By number of the revisions of an incident that were made here: the organisation of whoever published it."""
    made = IncidentEdit.objects.filter(incident__slug=slug, published_at__isnull=False)
    found: Iterable[tuple[str, str | None]] = made.order_by("-published_by__editorships").values_list(
        "content__number", "published_by__editorships__organisation__name"
    )
    return {number: name or "" for number, name in found}


def _locked(edit: IncidentEdit, base: str) -> IncidentEdit:
    """The edit as it stands, its incident locked until the end of the transaction. Raises Unusable when it is not as
    the page showed it."""
    Incident.objects.filter(pk=edit.incident_id).update(slug=F("slug"))
    locked = IncidentEdit.objects.select_related("incident", "based_on").get(pk=edit.pk)
    if locked.published_at or locked.dropped_at:
        raise Unusable([CLOSED])
    if fingerprint(locked) != base:
        raise Unusable([MOVED])
    return locked
