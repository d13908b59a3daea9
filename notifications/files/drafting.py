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
from ..questionnaire import Context, Entry, Question, Questionnaire, Refused, Unusable, strict_json
from ..report import DossierData, Report
from . import roster
from .dossier_files import checked, read_dossier

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
        return catalogue.load(path, seeds.questionnaire())
    slug, _, number = name.partition("@")
    found = [each for each in seeds.incidents() if each.slug == slug and number in ("", each.number)]
    if not found:
        slugs = ", ".join(dict.fromkeys(each.slug for each in seeds.incidents()))
        raise Unusable([f"{name}: cet incident n'est pas connu. Incidents livrés : {slugs}."])
    return found[-1]


def read_answers(
    path: Path, revision: Revision | None, zone: ZoneInfo | None, now: datetime
) -> tuple[dict[str, Entry], ZoneInfo]:
    """Checked entries from plain answers in TOML or JSON, or from a `dossier.json`, and the zone that they are in:
    `zone` if given, else the dossier's own, else that of Paris. Raises Unusable."""
    questionnaire = seeds.questionnaire()
    content = _tables(path)
    if "format" in content:
        known = {each.origin: each for each in (*seeds.incidents(), *([revision] if revision else []))}
        imported = read_dossier(path.read_bytes(), revisions_of=lambda slug: known, now=now)
        return imported.answers, zone or ZoneInfo(imported.timezone)
    zone = zone or ZoneInfo("Europe/Paris")
    raw = {key: _entry_of(questionnaire.get(key), value) for key, value in content.items()}
    return checked(questionnaire, raw, Context(zone, now)), zone


def read_roster(path: Path, zone: ZoneInfo, now: datetime) -> tuple[roster.Line, ...]:
    """The lines of a CSV, one practice on each. Raises Unusable."""
    try:
        data = path.read_bytes()
    except OSError:
        raise Unusable([f"{path}: ce fichier n'existe pas ou n'est pas lisible."]) from None
    return roster.read(roster.decoded(data), zone, now).lines


def _tables(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
        content = strict_json.loads(data) if path.suffix == ".json" else tomllib.loads(data.decode("utf-8"))
    except OSError:
        raise Unusable([f"{path}: ce fichier n'existe pas ou n'est pas lisible."]) from None
    except Refused as refused:
        raise Unusable([f"{path.name}: {refused}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unusable([f"{path.name}: ce fichier n'est pas lisible ({error or 'trop de niveaux'})."]) from None
    if not isinstance(content, dict):
        raise Unusable([f"{path.name}: une table de réponses est attendue."])
    return content


def _entry_of(question: Question | None, value: Any) -> Mapping[str, Any]:
    """A table is either an entry written out, or (for a text in parts) the text of each part."""
    parts = {part.key for part in question.parts} if question else set()
    if isinstance(value, dict) and value and value.keys() <= parts:
        return _entry({"value": value})
    return _entry(value)


def _entry(value: Any) -> Mapping[str, Any]:
    """A plain value means a known answer of the practice, read by it."""
    if not isinstance(value, dict) or not value.keys() & ENTRY_FIELDS:
        return {"state": "known", "value": value}
    rest = {name: each for name, each in value.items() if name not in ("unknown", "not_applicable")}
    state = next((name for name in ("unknown", "not_applicable") if value.get(name) is True), "known")
    return {"state": state, **rest}


def lay_over(questionnaire: Questionnaire, revision: Revision | None, given: Mapping[str, Entry]) -> dict[str, Entry]:
    """The practice's entries over the proposals. Its text in parts adds to the source's part, it does not erase it;
    its other answers keep the proposal that they replace as their basis."""
    proposals = prefill.strongest(prefill.layers(questionnaire, revision))
    answers = prefill.prefill({}, proposals)
    for key, entry in given.items():
        answers[key] = _over(questionnaire.questions[key], answers.get(key), entry)
    return answers


def _over(question: Question, proposed: Entry | None, entry: Entry) -> Entry:
    if proposed is None or entry["origin"] != "practice" or "basis" in entry:
        return entry  # with a basis, the practice has had its say on a proposal already
    if question.parts and entry["state"] == "known" and proposed["state"] == "known":
        theirs = [part for part in proposed["value"] if part not in entry["value"]]
        entry = {**entry, "value": theirs + entry["value"]}
        entry.setdefault("certainty", proposed.get("certainty", {}))
    return {"basis": proposed["basis"], **entry}


def build_dossier_data(revision: Revision | None, given: Mapping[str, Entry], zone: ZoneInfo) -> DossierData:
    questionnaire = seeds.questionnaire()
    known = [each for each in seeds.incidents() if revision and each.slug == revision.slug]
    known += [revision] if revision else []
    return DossierData(
        questionnaire=questionnaire,
        answers=lay_over(questionnaire, revision, given),
        zone=zone,
        obligations=seeds.duties(),
        revision=revision,
        newest=revision,
        revisions={each.origin: each for each in known},
    )


def figures(report: Report) -> Figures:
    """What prefill brought, before the practice's answers: a value or an unknown with its reason."""
    rows = [row for row in report.rows if row.question.step not in IDENTITY_STEPS]
    proposals = [row.proposal for row in rows if row.proposal]
    return Figures(
        applicable=len(rows),
        prefilled=len(proposals),
        sourced=sum(bool(each.sources) for each in proposals),
        unknown=sum(each.entry["state"] == "unknown" for each in proposals),
    )
