"""A stored dossier read as plain data, whole or only what its clocks need."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from django.db.models import Prefetch, QuerySet

from ... import seeds
from ...models import AnswerChange, Dossier
from ...obligations import Deadline
from ...questionnaire import Entry
from ...report import DossierData, ReviewDone, list_clocks
from ..revisions import INCIDENT_REVISIONS, TEMPLATE_REVISIONS
from . import reviews, snapshots

DECISION = "decision"  # of which the day is kept, too

Families = tuple[Mapping[int, Any], Mapping[int, Any]]  # of incidents and of templates, by a revision's number


def load_dossier_data(dossier: Dossier, *, with_reviews: bool = True) -> DossierData:
    """Return a stored dossier as plain data; a save has no need of who read it."""
    done = reviews.load_done([dossier.pk]).get(dossier.pk, ()) if with_reviews else ()
    return _build_data(dossier, _load_families([dossier]), find_decided_at(dossier), done)


def load_every_dossier_data(found: QuerySet[Dossier]) -> list[tuple[Dossier, DossierData]]:
    """Return each stored dossier and its plain data, in as many queries for one as for hundreds."""
    decisions = Prefetch("changes", AnswerChange.objects.filter(key=DECISION).order_by("version"), "decisions")
    dossiers = list(found.select_related("practice", "group").prefetch_related("filings", decisions))
    families, done = _load_families(dossiers), reviews.load_done([dossier.pk for dossier in dossiers])
    loaded: list[tuple[Dossier, DossierData]] = []
    for dossier in dossiers:
        changes = cast(Any, dossier).decisions if DECISION in dossier.answers else []
        decided_at = changes[-1].at if changes else None
        loaded.append((dossier, _build_data(dossier, families, decided_at, done.get(dossier.pk, ()))))
    return loaded


def load_clock_data(dossier: Dossier) -> DossierData:
    """Return what the clocks of a dossier follow from, and nothing else: answers and filings."""
    return DossierData(
        questionnaire=seeds.find_questionnaire(dossier.questionnaire),
        answers=dossier.answers,
        zone=dossier.zone,
        obligations=seeds.load_duties(),
        filings=tuple(snapshots.as_data(filing) for filing in snapshots.list_active(dossier)),
    )


def clocks_of(dossier: Dossier, now: datetime, keys: Collection[str] = ()) -> list[Deadline]:
    """Return the clock of each duty, or of those named, as every page, list, reminder and calendar has it."""
    return list_clocks(load_clock_data(dossier), now, keys)


def update_data(dossier_data: DossierData, dossier: Dossier) -> DossierData:
    """Return the data of a dossier whose answers and filings may have moved since it was read."""
    return replace(
        dossier_data,
        answers=read_answers(dossier),
        filings=tuple(snapshots.as_data(filing) for filing in snapshots.list_active(dossier)),
        overruled={key: decision["sha256"] for key, decision in dossier.overruled.items()},
        decided_at=find_decided_at(dossier),
    )


def find_decided_at(dossier: Dossier) -> datetime | None:
    """Return when the practice last said whether it notifies."""
    if DECISION not in dossier.answers:
        return None
    return dossier.changes.filter(key=DECISION).order_by("-version").values_list("at", flat=True).first()


def strip_version(entry: Mapping[str, Any] | None) -> Entry | None:
    """Return a stored entry without the number of the save that last changed it."""
    return {name: value for name, value in entry.items() if name != "version"} if entry else None


def read_answers(dossier: Dossier) -> dict[str, Entry]:
    """Return the answers of a dossier as they stand, by key."""
    return {key: entry for key, stored in dossier.answers.items() if (entry := strip_version(stored))}


def _load_families(dossiers: Sequence[Dossier]) -> Families:
    """Return what is known here of the incidents and of the templates that some dossiers were begun with."""
    begun = {dossier.incident_revision_id for dossier in dossiers if dossier.incident_revision_id}
    templates_begun = {dossier.template_revision_id for dossier in dossiers if dossier.template_revision_id}
    return (
        INCIDENT_REVISIONS.load_families(begun) if begun else {},
        TEMPLATE_REVISIONS.load_families(templates_begun) if templates_begun else {},
    )


def _build_data(
    dossier: Dossier, families: Families, decided_at: datetime | None, done_reviews: tuple[ReviewDone, ...]
) -> DossierData:
    begun, revisions = families[0].get(cast(int, dossier.incident_revision_id), (None, []))
    template, its_revisions = families[1].get(cast(int, dossier.template_revision_id), (None, []))
    return DossierData(
        questionnaire=seeds.find_questionnaire(dossier.questionnaire),
        answers=read_answers(dossier),
        zone=dossier.zone,
        obligations=seeds.load_duties(),
        revision=begun,
        newest=revisions[0] if revisions else None,
        revisions={revision.origin: revision for revision in revisions},
        template=template,
        newest_template=its_revisions[0] if its_revisions else None,
        templates={revision.origin: revision for revision in its_revisions},
        overruled={key: decision["sha256"] for key, decision in dossier.overruled.items()},
        profile=dossier.practice.profile if dossier.practice else {},
        common=dossier.group.answers if dossier.group else {},
        offered=dossier.offered,
        filings=tuple(snapshots.as_data(filing) for filing in snapshots.list_active(dossier)),
        decided_at=decided_at,
        reviews=done_reviews,
    )
