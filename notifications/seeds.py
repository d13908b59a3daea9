"""The data files that ship with the project, read once for each process. Opens no database."""

from functools import cache
from pathlib import Path

from django.conf import settings

from . import catalogue, obligations
from .questionnaire import Questionnaire, Unusable, load

QUESTIONNAIRE = "cnil-2023-07"  # the form that new dossiers are begun with


def folder() -> Path:
    return Path(settings.BASE_DIR) / "seeds"


@cache
def questionnaire(name: str = QUESTIONNAIRE) -> Questionnaire:
    """A shipped questionnaire. Raises Unusable for a name that is not here."""
    shipped = {path.stem: path for path in (folder() / "questionnaires").glob("*.toml")}
    if name not in shipped:  # asked of the listing: a name from a stranger's file is never made into a path
        raise Unusable([f"le questionnaire « {name[:40]} » n'est pas connu ici."])
    return load(shipped[name])


@cache
def duties() -> tuple[obligations.Obligation, ...]:
    return obligations.load(folder() / "obligations.toml", questionnaire())


@cache
def incidents() -> tuple[catalogue.Revision, ...]:
    """Every shipped revision, by slug then number."""
    paths = sorted((folder() / "incidents").glob("*.toml"))
    found = [catalogue.load(path, questionnaire()) for path in paths]
    return tuple(sorted(found, key=lambda revision: (revision.slug, number_key(revision.number))))


def number_key(number: str) -> tuple[int, int]:
    """Order of revision numbers: 1, 1.local1, 1.local2, 2."""
    major, _, local = number.partition(".local")
    return int(major), int(local or 0)
