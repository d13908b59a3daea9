"""What editors are writing of a template: elements, saved and merged by name, with their history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from ... import seeds, shared_template
from ...models import Incident, Organisation, SharedTemplate, SharedTemplateChange, User
from ...questionnaire import Refused
from ...shared_template import SharedTemplateFile
from ...shared_template.content import list_elements, nest_elements
from ..accounts import access
from ..revisions import INCIDENT_REVISIONS
from . import unions

PUBLIC_LINE = 300  # characters


@dataclass
class Saved:
    """What a save did. `conflicts` holds, for each element not written, both values and who wrote the other one when;
    `refused`, for each, why."""

    version: int
    saved: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, dict[str, Any]] = field(default_factory=dict)


@transaction.atomic
def begin_template(*, organisation: Organisation, incident: Incident | None, now: datetime) -> SharedTemplate:
    """Begin a template that holds nothing of its own yet: what the incident proposes shows through it, and is stored
    only where an editor writes something else."""
    published = INCIDENT_REVISIONS.load_all(incident.slug) if incident else []
    title = published[0].title if published else "Violation de données"
    slug = f"{organisation.slug}-{incident.slug if incident else 'modele'}"[:70].strip("-")
    return SharedTemplate.objects.create(
        organisation=organisation,
        slug=unions.choose_free_slug(SharedTemplate, slug),
        questionnaire=published[0].questionnaire if published else seeds.QUESTIONNAIRE,
        incident=incident,
        content=nest_elements({"title": title[: shared_template.TITLE]}),
        created_at=now,
    )


def lock_template(template: SharedTemplate) -> SharedTemplate:
    """Return the template as it stands; others who would change it wait until this transaction ends."""
    rows = SharedTemplate.objects.select_related("organisation", "incident")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=template.pk)


@transaction.atomic
def save_elements(
    *, template: SharedTemplate, base: int, elements: Mapping[str, Any], by: User, now: datetime
) -> Saved:
    """Write elements of the content, each by its name: `title`, `cover`, `position`, `answers.<key>`, `advice.<key>`;
    None or "" takes it away. They are merged by name, three ways, like the answers of a dossier: `base` is the version
    that the page was rendered from."""
    saved, mine = Saved(template.version), {}
    for name, raw in elements.items():
        try:
            mine[name] = _clean_element(template, name, raw)
        except Refused as refused:
            saved.refused[name] = str(refused)
    locked = lock_template(template)
    theirs = list_elements(locked.content)
    before = {name: theirs.get(name) for name in mine}
    later = locked.changes.filter(version__gt=base, key__in=list(mine)).order_by("-version")
    before |= {change.key: change.before for change in later}
    changed = {}
    for name, value in mine.items():
        if value == before[name]:
            continue
        if theirs.get(name) in (before[name], value):
            changed[name] = value
        else:
            last = locked.changes.filter(key=name).order_by("-version").first()
            author = {"by": last.by if last else "", "at": last.at.isoformat() if last else ""}
            saved.conflicts[name] = {"mine": value, "theirs": theirs.get(name), **author}
    saved.saved = sorted(changed)
    _write_elements(locked, {name: value for name, value in changed.items() if value != theirs.get(name)}, by, now)
    saved.version = locked.version
    return saved


def _clean_element(template: SharedTemplate, name: str, raw: Any) -> Any:
    """Return the element as it is kept, None for one that is taken away. Raises Refused."""
    kind, _, key = name.partition(".")
    if kind not in ("title", "cover", "position", "answers", "advice"):
        raise Refused("Cet élément n'existe pas dans un modèle.")
    if kind == "title":
        if title := shared_template.clean_line(raw, shared_template.TITLE):
            return title
        raise Refused("Donnez un titre à ce modèle.")
    if raw in (None, ""):
        return None
    if kind == "cover":
        return shared_template.clean_plain(raw, shared_template.COVER) or None
    if kind == "position":
        return shared_template.clean_position(raw)
    question = seeds.find_questionnaire(template.questionnaire).get(key)
    if question is None:
        raise Refused("Cette question n'existe pas dans le questionnaire.")
    clean = shared_template.clean_answer if kind == "answers" else shared_template.clean_advice
    return clean(question, raw)


def follow_revision(
    *, template: SharedTemplate, last: SharedTemplateFile | None, revision: SharedTemplateFile, now: datetime
) -> None:
    """Let what editors are writing follow a revision that came from elsewhere, unless they have begun to write
    something else, or it is older than `last`, the newest before. The caller has locked the row."""
    if last and seeds.split_number(last.number) > seeds.split_number(revision.number):
        return
    mine, theirs = list_elements(template.content), list_elements(shared_template.build_content(revision))
    if not mine or (last and mine == list_elements(shared_template.build_content(last))):
        names = [name for name in mine | theirs if mine.get(name) != theirs.get(name)]
        _write_elements(template, {name: theirs.get(name) for name in names}, None, now)


@transaction.atomic
def set_public_line(*, template: SharedTemplate, base: int, text: str, by: User, now: datetime) -> None:
    """Set the line that stands on the public page beside the revision. A page that shows an older one (`base`: the
    version it was rendered from) and leaves it alone does not bring it back. Raises Refused."""
    line, locked = shared_template.clean_line(text, PUBLIC_LINE), lock_template(template)
    later = locked.changes.filter(version__gt=base, key="public_line").order_by("version").first()
    if line != locked.public_line and not (later and line == later.before):
        before, locked.public_line = locked.public_line, line
        _save_with_history(locked, "public_line", {"public_line": (before, line)}, by, now)


@transaction.atomic
def withdraw_template(*, template: SharedTemplate, by: User, now: datetime) -> None:
    """Offer the template no more; the dossiers that were begun with it keep it."""
    locked = lock_template(template)
    if locked.withdrawn_at is None:
        locked.withdrawn_at = now
        _save_with_history(locked, "withdrawn_at", {"withdrawn_at": (None, now.isoformat())}, by, now)


def _write_elements(template: SharedTemplate, changed: Mapping[str, Any], by: User | None, now: datetime) -> None:
    """Store elements, those of them that are None taken away. The caller has locked the row."""
    if not changed:
        return
    stored = list_elements(template.content)
    template.content = nest_elements({**stored, **changed})
    changes = {name: (stored.get(name), after) for name, after in changed.items()}
    _save_with_history(template, "content", changes, by, now)


def _save_with_history(
    template: SharedTemplate, column: str, changes: Mapping[str, tuple[Any, Any]], by: User | None, now: datetime
) -> None:
    """Save one column under the next version, with a line of history for each element: what it was, what it is."""
    template.version += 1
    author = access.account_author(by) if by else ""
    SharedTemplateChange.objects.bulk_create(
        SharedTemplateChange(
            template=template, version=template.version, key=name, before=before, after=after, at=now, by=author
        )
        for name, (before, after) in changes.items()
    )
    template.save(update_fields=[column, "version"])
