"""The data files that ship with the project, read once for each process. Opens no database."""

from functools import cache
from pathlib import Path

from django.conf import settings

from . import catalogue, obligations
from .questionnaire import Questionnaire, Unusable, load_questionnaire

QUESTIONNAIRE = "cnil-2023-07"  # the form that new dossiers are begun with


def locate_folder() -> Path:
    return Path(settings.BASE_DIR) / "seeds"


@cache
def find_questionnaire(name: str = QUESTIONNAIRE) -> Questionnaire:
    """Return a shipped questionnaire. Raises Unusable for a name that is not here."""
    shipped = {path.stem: path for path in (locate_folder() / "questionnaires").glob("*.toml")}
    if name not in shipped:  # asked of the listing: a name from a stranger's file is never made into a path
        raise Unusable([f"le questionnaire « {name[:40]} » n'est pas connu ici."])
    return load_questionnaire(shipped[name])


@cache
def load_duties() -> tuple[obligations.Obligation, ...]:
    return obligations.load_duties(locate_folder() / "obligations.toml", find_questionnaire())


@cache
def load_incidents() -> tuple[catalogue.Revision, ...]:
    """Return every shipped revision, by slug then number."""
    paths = sorted((locate_folder() / "incidents").glob("*.toml"))
    revisions = [catalogue.load_revision(path, find_questionnaire()) for path in paths]
    return tuple(sorted(revisions, key=lambda revision: (revision.slug, split_number(revision.number))))


def split_number(number: str) -> tuple[int, int]:
    """Return what orders revision numbers: 1, 1.local1, 1.local2, 2."""
    major, _, local = number.partition(".local")
    return int(major), int(local or 0)
