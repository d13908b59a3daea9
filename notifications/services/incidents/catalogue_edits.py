"""Coming revisions of an incident: written by editors, proposed by one, published by another where there is one.

A published revision is never changed. An edit holds one whole revision; what it would change is its difference with
the revision that it was begun from."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from ...catalogue import TABLES
from ...digests import compute_digest, write_canonical_json
from ...merge import merge_three_ways
from ...models import Editor, Incident, IncidentEdit, IncidentRevision, User, Viewer
from ...questionnaire import Unusable
from ..locks import lock_row
from ..revisions import INCIDENT_REVISIONS
from . import revision_files

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
    """Tell whether this viewer may see and write what is coming in the catalogue."""
    return viewer.user is not None and Editor.objects.filter(user=viewer.user).exists()


def may_publish(edit: IncidentEdit, user: User) -> bool:
    """Tell whether this person is a second editor, or the only one of the installation."""
    return edit.proposed_by_id != user.pk or not Editor.objects.exclude(user=user).exists()


def is_changed(edit: IncidentEdit) -> bool:
    """Tell whether the edit holds other rows than the revision that it was begun from."""
    return any(edit.content.get(table) != edit.based_on.content.get(table) for table in TABLES)


def digest_edit(edit: IncidentEdit) -> str:
    """Return what tells whether an edit is still as a page showed it."""
    return compute_digest(write_canonical_json(edit.content))[:16]


def get_newest(incident: Incident) -> IncidentRevision:
    """Return the newest revision of an incident; one of the catalogue always has some."""
    return INCIDENT_REVISIONS.list_stored(incident.slug)[0]


@transaction.atomic
def begin_edit(*, incident: Incident, file: bytes | None = None) -> IncidentEdit:
    """Begin a further edit, as the newest revision is or as a file says. Raises Unusable for the file."""
    newest = get_newest(incident)
    content = revision_files.read_file(file, incident.slug) if file is not None else newest.content
    return IncidentEdit.objects.create(incident=incident, based_on=newest, content=content)


@transaction.atomic
def change_rows(*, edit: IncidentEdit, base: str, changes: Sequence[Change]) -> IncidentEdit:
    """Write, add or withdraw rows; whoever proposed the edit before proposed something else. `base` is the digest that
    the page showed. Raises Unusable, and changes nothing, where no revision would come of it."""
    locked = _lock_edit(edit, base)
    content = dict(locked.content)
    for table, place, row in changes:
        rows = list(content.get(table, []))
        if place is not None and place >= len(rows):
            raise Unusable([MOVED])
        rows[slice(len(rows), None) if place is None else slice(place, place + 1)] = [] if row is None else [row]
        content[table] = rows
    locked.content = revision_files.check_tables(revision_files.make_plain(content), locked.incident.slug)
    locked.proposed_at = locked.proposed_by = None
    locked.save(update_fields=["content", "proposed_at", "proposed_by"])
    return locked


@transaction.atomic
def propose_edit(*, edit: IncidentEdit, base: str, summary: str, by: User, now: datetime) -> None:
    """Hand the edit over to another editor. Raises Unusable."""
    locked = _lock_edit(edit, base)
    summary = " ".join(summary.split())
    if not summary or len(summary) > SUMMARY:
        raise Unusable([NO_SUMMARY])
    if not is_changed(locked):
        raise Unusable([UNCHANGED])
    revision_files.check_tables({**locked.content, "summary": summary}, locked.incident.slug)
    locked.summary, locked.proposed_by, locked.proposed_at = summary, by, now
    locked.save(update_fields=["summary", "proposed_by", "proposed_at"])


@transaction.atomic
def publish_edit(*, edit: IncidentEdit, base: str, by: User, now: datetime) -> IncidentRevision:
    """Make the edit the newest revision, and return it. Raises Unusable where another one came first, or where another
    editor has to read it."""
    locked = _lock_edit(edit, base)
    slug = locked.incident.slug
    if not locked.proposed_at:
        raise Unusable([NOT_PROPOSED])
    if locked.based_on_id != get_newest(locked.incident).pk:
        raise Unusable([OUTDATED])
    if not may_publish(locked, by):
        raise Unusable([NEEDS_ANOTHER])
    day = localtime(now).date().isoformat()
    organisation = Editor.objects.filter(user=by).order_by("pk").values_list("organisation__name", flat=True)[0]
    head = {
        "number": INCIDENT_REVISIONS.choose_local_number(slug),
        "summary": locked.summary,
        "published_at": day,
        "as_of": day,
        "reviewed_by": "" if locked.proposed_by_id == by.pk else f"un second éditeur ({organisation})",
    }
    locked.content = revision_files.check_tables({**locked.content, **head}, slug)
    locked.published_by, locked.published_at = by, now
    locked.save(update_fields=["content", "published_by", "published_at"])
    revision = INCIDENT_REVISIONS.build(locked.content)
    return INCIDENT_REVISIONS.publish(locked.incident, revision, locked.content)[0]


@transaction.atomic
def rebase_edit(*, edit: IncidentEdit, base: str) -> None:
    """Take the edit up again from the newest revision: rows that it withdrew are withdrawn there, rows that it wrote
    are added. Raises Unusable where both changed the same row."""
    locked = _lock_edit(edit, base)
    newest = get_newest(locked.incident)
    before, mine, theirs = locked.based_on.content, locked.content, newest.content
    merged = dict(theirs)
    for table in TABLES:
        before_rows, my_rows, their_rows = (
            {write_canonical_json(row): row for row in content.get(table, [])} for content in (before, mine, theirs)
        )
        # whoever rewrites a row withdraws it and adds another: done on both sides, it is a conflict and no agreement
        edits = merge_three_ways(
            before_rows,
            dict.fromkeys(before_rows, "by us") | my_rows,
            dict.fromkeys(before_rows, "by them") | their_rows,
        )
        if edits.conflicts:
            raise Unusable([CLASHING])
        kept = [row for text, row in their_rows.items() if edits.changed.get(text) != "by us"]
        added = [row for text, row in my_rows.items() if text in edits.changed and text not in their_rows]
        merged[table] = [*kept, *added]
    try:
        locked.content = revision_files.check_tables(merged, locked.incident.slug)
    except Unusable as error:
        raise Unusable([CLASHING, *error.problems]) from None
    locked.based_on, locked.proposed_at, locked.proposed_by = newest, None, None
    locked.save(update_fields=["content", "based_on", "proposed_at", "proposed_by"])


@transaction.atomic
def drop_edit(*, edit: IncidentEdit, base: str, now: datetime) -> None:
    """Give the edit up; it stays in history. Raises Unusable."""
    locked = _lock_edit(edit, base)
    locked.dropped_at = now
    locked.save(update_fields=["dropped_at"])


def find_publishers(slug: str) -> dict[str, str]:
    """Return, by number of the revisions of an incident that were made here, the organisation of who published it."""
    edits = IncidentEdit.objects.filter(incident__slug=slug, published_at__isnull=False)
    published = edits.order_by("-published_by__editorships").values_list(
        "content__number", "published_by__editorships__organisation__name"
    )
    return {number: organisation or "" for number, organisation in published}


def _lock_edit(edit: IncidentEdit, base: str) -> IncidentEdit:
    """Return the edit as it stands, its incident locked until the end of the transaction. Raises Unusable when it is
    not as the page showed it."""
    lock_row(Incident.objects.all(), pk=edit.incident_id)
    locked = IncidentEdit.objects.select_related("incident", "based_on").get(pk=edit.pk)
    if locked.published_at or locked.dropped_at:
        raise Unusable([CLOSED])
    if digest_edit(locked) != base:
        raise Unusable([MOVED])
    return locked
