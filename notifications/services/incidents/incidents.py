"""Incident revisions in the database: loading those that ship, and reading them back as data."""

import hashlib
import json
from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction

from ... import catalogue, seeds
from ...models import Incident, IncidentRevision
from ...questionnaire import Unusable, read_toml


def canonical(content: Any) -> str:
    """One text for one content: sorted keys, days in ISO."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, default=lambda each: each.isoformat())


@transaction.atomic
def load_seeds() -> int:
    """Store the shipped revisions that are not stored yet; returns how many.

    Raises Unusable, and stores nothing, when a number is already taken by another content (a released revision is
    never changed) or when a file is wrong."""
    added, problems = 0, []
    for path in sorted((seeds.folder() / "incidents").glob("*.toml")):
        try:
            added += _load(path)
        except Unusable as error:
            problems += error.problems
    if problems:
        raise Unusable(problems)
    return added


def _load(path: Path) -> bool:
    tables = read_toml(path)
    revision = catalogue.build(tables, path.name, seeds.questionnaire())
    text = canonical(tables)
    digest = hashlib.sha256(text.encode()).hexdigest()
    incident, _ = Incident.objects.get_or_create(slug=revision.slug)
    stored = incident.revisions.filter(number=revision.number).first()
    if stored and stored.digest != digest:
        raise Unusable([f"{path.name} ({digest[:12]}) : ce numéro est déjà pris par {stored} ({stored.digest[:12]})."])
    if stored:
        return False
    incident.revisions.create(
        number=revision.number,
        published_at=revision.published_at,
        summary=revision.summary,
        content=json.loads(text),
        digest=digest,
        from_seed=True,
    )
    return True


_known: dict[str, catalogue.Revision] = {}  # by digest


def as_data(stored: IncidentRevision) -> catalogue.Revision:
    """The stored revision as data. One digest is one content for ever: it is fetched (`defer`) and read once."""
    if stored.digest not in _known:
        _known[stored.digest] = _read(stored.content)
    return _known[stored.digest]


def _read(tables: dict[str, Any]) -> catalogue.Revision:
    return catalogue.build(tables, f"{tables['slug']}.{tables['number']}", seeds.questionnaire(tables["questionnaire"]))


def _sorted(stored: Iterable[IncidentRevision]) -> list[IncidentRevision]:
    return sorted(stored, key=lambda each: seeds.number_key(each.number), reverse=True)


def stored_revisions(slug: str) -> list[IncidentRevision]:
    """Stored revisions of one incident, newest first; empty when there is none."""
    return _sorted(IncidentRevision.objects.filter(incident__slug=slug).select_related("incident").defer("content"))


def revisions(slug: str) -> list[catalogue.Revision]:
    """The same as data."""
    return [as_data(stored) for stored in stored_revisions(slug)]


def stored(revision: catalogue.Revision) -> IncidentRevision | None:
    """Where the database holds this revision."""
    return next((each for each in stored_revisions(revision.slug) if each.number == revision.number), None)


def families(ids: Collection[int]) -> dict[int, tuple[catalogue.Revision, list[catalogue.Revision]]]:
    """By the number of a stored revision, for those of `ids` and their kin: itself, and all of its incident, newest
    first."""
    kin = Incident.objects.filter(revisions__in=ids)
    stored = _sorted(IncidentRevision.objects.filter(incident__in=kin).defer("content"))
    found: dict[int, list[catalogue.Revision]] = {}
    read = [(each.pk, found.setdefault(each.incident_id, []), as_data(each)) for each in stored]
    for _, family, revision in read:
        family.append(revision)
    return {pk: (revision, family) for pk, family, revision in read}


def newest() -> list[catalogue.Revision]:
    """The newest revision of each incident, the latest attack first."""
    latest: dict[int, IncidentRevision] = {}
    known = IncidentRevision.objects.select_related("incident").defer("content").order_by("pk")
    for stored in reversed(_sorted(known)):
        latest[stored.incident_id] = stored
    found = [as_data(stored) for stored in latest.values()]
    return sorted(found, key=lambda each: (each.attack or str(date.min), each.slug), reverse=True)
