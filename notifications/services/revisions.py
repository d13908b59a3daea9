"""Published revisions of incidents and of shared templates: stored once, never changed, read back as data, in order."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.db import transaction

from .. import catalogue, seeds, shared_template
from ..digests import compute_digest, write_canonical_json
from ..models import Incident, IncidentRevision, SharedTemplate, SharedTemplateRevision
from ..questionnaire import Questionnaire, Unusable
from ..shared_template import SharedTemplateFile

Stored = TypeVar("Stored", IncidentRevision, SharedTemplateRevision)
Data = TypeVar("Data", catalogue.Revision, SharedTemplateFile)


@dataclass(frozen=True)
class RevisionStore(Generic[Stored, Data]):
    """The published revisions of one kind of thing (its subject: an incident, a template).

    `build` checks a stored content and gives it as data; `digest` gives the SHA-256 by which a content is known."""

    model: type[Stored]
    build: Callable[[dict[str, Any]], Data]
    digest: Callable[[dict[str, Any]], str]
    read: dict[str, Data] = field(default_factory=dict)  # by digest: one digest is one content for ever

    def as_data(self, stored: Stored) -> Data:
        """Return a stored revision as data. Its content is fetched (`defer`) and read only once for each process."""
        if stored.digest not in self.read:
            self.read[stored.digest] = self.build(stored.content)
        return self.read[stored.digest]

    def sort_newest_first(self, stored: Iterable[Stored]) -> list[Stored]:
        """Sort rows by their numbers: 2, 1.local2, 1.local1, 1."""
        return sorted(stored, key=lambda row: seeds.split_number(row.number), reverse=True)

    def list_stored(self, slug: str) -> list[Stored]:
        """Return the rows of one subject, newest first; none while nothing is published."""
        subject = self.model.SUBJECT
        rows = self.model.objects.filter(**{f"{subject}__slug": slug}).select_related(subject).defer("content")
        return self.sort_newest_first(rows)

    def load_all(self, slug: str) -> list[Data]:
        """Return the revisions of one subject as data, newest first."""
        return [self.as_data(row) for row in self.list_stored(slug)]

    def load_by_origin(self, slug: str) -> dict[str, Data]:
        """Return the revisions of one subject as data, by what answers taken from them name as their origin."""
        return {revision.origin: revision for revision in self.load_all(slug)}

    def find_stored(self, revision: Data) -> Stored | None:
        """Return the row that holds this revision, None where it is not published here."""
        return next((row for row in self.list_stored(revision.slug) if row.number == revision.number), None)

    def load_families(self, ids: Collection[int]) -> dict[int, tuple[Data, list[Data]]]:
        """Return, by the id of a row, for those of `ids` and the others of their subjects: the revision itself, and
        all revisions of its subject, newest first."""
        subject = self.model.SUBJECT
        subjects = self.model.objects.filter(pk__in=ids).values(subject)
        rows = self.sort_newest_first(self.model.objects.filter(**{f"{subject}__in": subjects}).defer("content"))
        families: dict[int, list[Data]] = {}
        for row in rows:
            families.setdefault(getattr(row, f"{subject}_id"), []).append(self.as_data(row))
        return {row.pk: (self.as_data(row), families[getattr(row, f"{subject}_id")]) for row in rows}

    def list_newest(self, **conditions: Any) -> list[Stored]:
        """Return the newest row of each subject that has one, in one query."""
        subject = self.model.SUBJECT
        rows = self.model.objects.filter(**conditions).select_related(subject).defer("content").order_by("pk")
        newest = {getattr(row, f"{subject}_id"): row for row in reversed(self.sort_newest_first(rows))}
        return list(newest.values())

    def choose_local_number(self, slug: str) -> str:
        """Return the number of a revision made here, `<n>.local<k>`: after the newest, and never the number of one that
        will ship."""
        major, local = next((seeds.split_number(row.number) for row in self.list_stored(slug)), (1, 0))
        return f"{major}.local{local + 1}"

    def publish(
        self, subject: Incident | SharedTemplate, revision: Data, content: dict[str, Any], **columns: Any
    ) -> tuple[Stored, bool]:
        """Store a checked revision; return its row, and whether it is new here. Raises Unusable where its number has
        another content: what is published never changes."""
        digest, named = self.digest(content), {self.model.SUBJECT: subject, "number": revision.number}
        taken = self.model.objects.filter(**named).first()
        if taken and taken.digest != digest:
            raise Unusable(
                [
                    f"La révision {revision.number} de « {revision.slug} » existe déjà ici avec un autre contenu "
                    f"({taken.digest[:12]}, et dans ce fichier {digest[:12]})."
                ]
            )
        if taken:
            return taken, False
        columns |= {"published_at": revision.published_at, "summary": revision.summary}
        return self.model.objects.create(**named, content=content, digest=digest, **columns), True


def find_questionnaire(name: str) -> Questionnaire | None:
    """Return a shipped questionnaire, None where it is not known here."""
    try:
        return seeds.find_questionnaire(name)
    except Unusable:
        return None


INCIDENT_REVISIONS = RevisionStore(
    IncidentRevision,
    build=lambda content: catalogue.build_revision(
        content, f"{content['slug']}.{content['number']}", seeds.find_questionnaire(content["questionnaire"])
    ),
    digest=lambda content: compute_digest(write_canonical_json(content)),
)
TEMPLATE_REVISIONS = RevisionStore(
    SharedTemplateRevision,
    build=lambda content: shared_template.build_file(content, find_questionnaire),
    digest=shared_template.digest_content,
)


@transaction.atomic
def load_shipped(pattern: str, store_file: Callable[[Path], bool]) -> int:
    """Store the revisions that ship in the folder `seeds` and are not stored yet; return how many. Raises Unusable with
    every problem, and stores nothing, when a file is wrong or its number is taken by another content."""
    added, problems = 0, []
    for path in sorted(seeds.locate_folder().glob(pattern)):
        try:
            added += store_file(path)
        except Unusable as error:
            problems += [each if each.startswith(path.name) else f"{path.name}: {each}" for each in error.problems]
    if problems:
        raise Unusable(problems)
    return added
