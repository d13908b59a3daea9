"""A draft from files alone: an incident file, a practice's answers, one `now`. Opens no database.

`manage.py draft` calls this; the web journey stores the same entries instead.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .. import catalogue, prefill, seeds
from ..catalogue import Revision
from ..questionnaire import Context, Entry, Question, Refused, Unusable, strict_json
from ..report import DossierData, Report
from . import roster
from .dossier_files import check_entries, read_dossier

ENTRY_FIELDS = {"value", "unknown", "not_applicable", "note", "details", "certainty"}


@dataclass(frozen=True)
class Figures:
    """How much was filled in beforehand among the applicable CNIL questions outside the identity steps."""

    applicable: int
    prefilled: int
    sourced: int
    unknown: int


IDENTITY_STEPS = ("organisme", "responsable", "contact")


def find_incident(name: str) -> Revision | None:
    """A revision by slug (its newest), `slug@revision`, path of a file, or `-` for none. Raises Unusable."""
    if name == "-":
        return None
    path = Path(name)
    if path.suffix == ".toml":
        return catalogue.load_revision(path, seeds.find_questionnaire())
    slug, _, number = name.partition("@")
    found = [each for each in seeds.load_incidents() if each.slug == slug and number in ("", each.number)]
    if not found:
        slugs = ", ".join(dict.fromkeys(each.slug for each in seeds.load_incidents()))
        raise Unusable([f"{name}: cet incident n'est pas connu. Incidents livrés : {slugs}."])
    return found[-1]


def read_answers(
    path: Path, revision: Revision | None, zone: ZoneInfo | None, now: datetime
) -> tuple[dict[str, Entry], ZoneInfo]:
    """Return checked entries from plain answers in TOML or JSON, or from a `dossier.json`, and the zone that they are
    in: `zone` if given, else the dossier's own, else that of Paris. Raises Unusable."""
    data = _read_bytes(path)
    try:
        content = strict_json.loads(data) if path.suffix == ".json" else tomllib.loads(data.decode("utf-8"))
    except Refused as refused:
        raise Unusable([f"{path.name}: {refused}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unusable([f"{path.name}: ce fichier n'est pas lisible ({error or 'trop de niveaux'})."]) from None
    if not isinstance(content, dict):
        raise Unusable([f"{path.name}: une table de réponses est attendue."])
    if "format" in content:
        known = {each.origin: each for each in (*seeds.load_incidents(), *([revision] if revision else []))}
        imported = read_dossier(data, revisions_of=lambda slug: known, now=now)
        return imported.answers, zone or ZoneInfo(imported.timezone)
    questionnaire, zone = seeds.find_questionnaire(), zone or ZoneInfo("Europe/Paris")
    raw = {key: _make_entry(questionnaire.get(key), value) for key, value in content.items()}
    return check_entries(questionnaire, raw, Context(zone, now)), zone


def read_roster(path: Path, zone: ZoneInfo, now: datetime) -> tuple[roster.Line, ...]:
    """Return the lines of a CSV, one practice on each. Raises Unusable."""
    return roster.read_roster(roster.decode_roster(_read_bytes(path)), zone, now).lines


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise Unusable([f"{path}: ce fichier n'existe pas ou n'est pas lisible."]) from None


def _make_entry(question: Question | None, value: Any) -> Mapping[str, Any]:
    """Return the raw entry that a value of a file of answers stands for: a plain value is a known answer; a table is an
    entry written out or, for a text in parts, the text of each part."""
    parts = {part.key for part in question.parts} if question else set()
    of_parts = isinstance(value, dict) and value and value.keys() <= parts
    if not isinstance(value, dict) or of_parts or not value.keys() & ENTRY_FIELDS:
        return {"state": "known", "value": value}
    rest = {name: field for name, field in value.items() if name not in ("unknown", "not_applicable")}
    state = next((name for name in ("unknown", "not_applicable") if value.get(name) is True), "known")
    return {"state": state, **rest}


def build_dossier_data(revision: Revision | None, given: Mapping[str, Entry], zone: ZoneInfo) -> DossierData:
    """Return a dossier of this incident: the practice's entries over the proposals. Its text in parts adds to the
    source's part, it does not erase it; its other answers keep the proposal that they replace as their basis."""
    questionnaire = seeds.find_questionnaire()
    answers = prefill.fill_entries({}, prefill.keep_strongest(prefill.stack_layers(questionnaire, revision)))
    for key, entry in given.items():
        proposed = answers.get(key)
        # with a basis, the practice has had its say on a proposal already
        if proposed is not None and entry["origin"] == "practice" and "basis" not in entry:
            if questionnaire.questions[key].parts and entry["state"] == "known" and proposed["state"] == "known":
                theirs = [part for part in proposed["value"] if part not in entry["value"]]
                certainty = entry.get("certainty", proposed.get("certainty", {}))
                entry = {**entry, "value": theirs + entry["value"], "certainty": certainty}
            entry = {"basis": proposed["basis"], **entry}
        answers[key] = entry
    known = [each for each in seeds.load_incidents() if revision and each.slug == revision.slug]
    return DossierData(
        questionnaire=questionnaire,
        answers=answers,
        zone=zone,
        obligations=seeds.load_duties(),
        revision=revision,
        newest=revision,
        revisions={each.origin: each for each in (*known, *([revision] if revision else []))},
    )


def count_prefilled(report: Report) -> Figures:
    """Return what prefill brought, before the practice's answers: a value or an unknown with its reason."""
    rows = [row for row in report.rows if row.question.step not in IDENTITY_STEPS]
    proposals = [row.proposal for row in rows if row.proposal]
    return Figures(
        applicable=len(rows),
        prefilled=len(proposals),
        sourced=sum(bool(proposal.sources) for proposal in proposals),
        unknown=sum(proposal.entry["state"] == "unknown" for proposal in proposals),
    )
