"""The catalogue of incidents as it is published: loading what ships, and the newest revision of each incident."""

from datetime import date
from pathlib import Path

from ... import catalogue, seeds
from ...models import Incident
from ...questionnaire import read_toml
from ..revisions import INCIDENT_REVISIONS, load_shipped
from . import revision_files


def load_seeds() -> int:
    """Store the shipped revisions of incidents that are not stored yet; return how many. Raises Unusable."""

    def store_file(path: Path) -> bool:
        tables = read_toml(path)
        revision = catalogue.build_revision(tables, path.name, seeds.find_questionnaire())
        incident, _ = Incident.objects.get_or_create(slug=revision.slug)
        content = revision_files.make_plain(tables)
        return INCIDENT_REVISIONS.publish(incident, revision, content, from_seed=True)[1]

    return load_shipped("incidents/*.toml", store_file)


def load_newest_revisions() -> list[catalogue.Revision]:
    """Return the newest revision of each incident, the latest attack first."""
    newest = [INCIDENT_REVISIONS.as_data(row) for row in INCIDENT_REVISIONS.list_newest()]
    return sorted(newest, key=lambda revision: (revision.attack or str(date.min), revision.slug), reverse=True)
