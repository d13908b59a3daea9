"""Reading a dossier's file: `dossier.json`, or plain answers for the command. Opens no database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from .. import prefill
from ..catalogue import Revision
from ..deadlines import ZONES
from ..questionnaire import BadFile, Context, Entry, Questionnaire, Refused, check_entry, strict_json
from ..rubrics import FILE_FORMAT, FILE_VERSION
from . import seeds

KEYS = {
    "format", "format_version", "questionnaire", "incident", "template", "kind",
    "timezone", "answers", "deadlines", "missing", "doubts",
}  # fmt: skip
# {old version: function from its tables to those of the next version}
UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
Lookup = Callable[[str], Mapping[str, Revision]]


class Unusable(ValueError):
    """A file that cannot be taken over. `problems` holds one French sentence for each thing found."""

    def __init__(self, problems: list[str]):
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Imported:
    questionnaire: Questionnaire
    revision: Revision | None
    timezone: str
    answers: dict[str, Entry]
    notices: tuple[str, ...]


def read_dossier(data: bytes, *, revisions_of: Lookup, now: datetime) -> Imported:
    """The dossier that a file holds; `revisions_of(slug)` gives the revisions that are here, by origin.

    Raises Unusable with every problem found. Origins that cannot be checked here become unread imports."""
    content = _content(data)
    problems = [f"Élément inconnu : « {str(name)[:40]} »." for name in content.keys() - KEYS]
    questionnaire = _questionnaire(content, problems)
    revision, known = _incident(content, revisions_of, problems)
    timezone = content.get("timezone", "Europe/Paris")
    if not isinstance(timezone, str) or timezone not in ZONES:
        problems.append("Le fuseau horaire de ce dossier n'est pas un fuseau de France.")
    answers = content.get("answers")
    if not isinstance(answers, dict):
        problems.append("Ce fichier ne contient pas de réponses.")
    if problems or questionnaire is None or not isinstance(answers, dict):
        raise Unusable(problems)
    context = Context(ZoneInfo(timezone), now)
    entries = checked(questionnaire, answers, context)
    return Imported(questionnaire, revision, timezone, _standing(questionnaire, entries, known), tuple(context.notices))


def _content(data: bytes) -> dict[str, Any]:
    try:
        content = strict_json.loads(data)
    except Refused as refused:
        raise Unusable([str(refused)]) from None
    if not isinstance(content, dict) or content.get("format") != FILE_FORMAT:
        raise Unusable(["Ce fichier n'est pas un dossier de Breach Assistant (dossier.json)."])
    version = content.get("format_version")
    if type(version) is not int or not 1 <= version <= FILE_VERSION:
        raise Unusable([f"Cette version de fichier ({str(version)[:20]}) n'est pas connue ici."])
    for number in range(version, FILE_VERSION):
        content = UPGRADES[number](content)
    return content


def _questionnaire(content: Mapping[str, Any], problems: list[str]) -> Questionnaire | None:
    try:
        return seeds.questionnaire(str(content.get("questionnaire")))
    except BadFile:
        problems.append(f"Le questionnaire « {str(content.get('questionnaire'))[:40]} » n'est pas connu ici.")
        return None


def _incident(
    content: Mapping[str, Any], revisions_of: Lookup, problems: list[str]
) -> tuple[Revision | None, Mapping[str, Revision]]:
    """The revision the file was begun with (if that one is not here, the newest that is), and all revisions of its
    incident that are here."""
    incident = content.get("incident")
    if incident is None:
        return None, {}
    if not (isinstance(incident, dict) and incident.keys() == {"slug", "revision"}):
        problems.append("L'incident de ce fichier n'a pas la forme attendue.")
        return None, {}
    slug, number = incident["slug"], incident["revision"]
    if not isinstance(slug, str) or type(number) not in (int, str):
        problems.append("L'incident de ce fichier n'a pas la forme attendue.")
        return None, {}
    known = revisions_of(slug[:80])
    here = sorted(
        (each for each in known.values() if each.slug == slug), key=lambda each: seeds.number_key(each.number)
    )
    return known.get(f"incident:{slug}@{number}", here[-1] if here else None), known


def checked(questionnaire: Questionnaire, raw: Mapping[str, Any], context: Context) -> dict[str, Entry]:
    """Every entry checked; raises Unusable with one `key: sentence` for each that is refused."""
    entries, problems = {}, []
    for key, value in raw.items():
        question = questionnaire.get(key)
        if question is None:
            problems.append(f"{str(key)[:80]}: cette question n'existe pas dans le questionnaire.")
            continue
        try:
            entries[key] = check_entry(question, value, context)
        except Refused as refused:
            problems.append(f"{key}: {refused}")
    if problems:
        raise Unusable(problems)
    return entries


def _standing(
    questionnaire: Questionnaire, entries: Mapping[str, Entry], known: Mapping[str, Revision]
) -> dict[str, Entry]:
    proposals: dict[str, Mapping[str, prefill.Proposal]] = {"default": prefill.of_defaults(questionnaire)}
    proposals |= {origin: prefill.of_incident(questionnaire, revision) for origin, revision in known.items()}
    return {key: prefill.standing_origin(entry, proposals, key) for key, entry in entries.items()}
