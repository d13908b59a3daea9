"""Reading a dossier's file: `dossier.json`, or plain answers for the command. Opens no database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from .. import prefill, seeds
from ..catalogue import Revision
from ..deadlines import ZONES
from ..questionnaire import Context, Entry, Questionnaire, Refused, Unusable, check_entry, strict_json
from ..report import FILE_FORMAT, FILE_VERSION
from ..shared_template import SharedTemplateFile

KEYS = {
    "format", "format_version", "questionnaire", "incident", "template", "kind",
    "timezone", "answers", "deadlines", "missing", "doubts",
}  # fmt: skip
NO_SUCH_FORM = {
    "incident": "L'incident de ce fichier n'a pas la forme attendue.",
    "template": "Le modèle de ce fichier n'a pas la forme attendue.",
}
# {old version: function from its tables to those of the next version}
UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
Lookup = Callable[[str], Mapping[str, Revision]]
Templates = Callable[[str], Mapping[str, SharedTemplateFile]]
Known = TypeVar("Known", Revision, SharedTemplateFile)


@dataclass(frozen=True)
class Imported:
    questionnaire: Questionnaire
    revision: Revision | None
    timezone: str
    answers: dict[str, Entry]
    notices: tuple[str, ...]
    template: SharedTemplateFile | None = None


def no_templates(slug: str) -> Mapping[str, SharedTemplateFile]:
    """Where none are known."""
    return {}


def read_dossier(
    data: bytes, *, revisions_of: Lookup, templates_of: Templates = no_templates, now: datetime
) -> Imported:
    """Return the dossier that a file holds; `revisions_of(slug)` gives the revisions that are here, by origin, and
    `templates_of(slug)` those of a template.

    Raises Unusable with every problem found. Origins that cannot be checked here become unread imports."""
    content = _read_content(data)
    problems = [f"Élément inconnu : « {str(name)[:40]} »." for name in content.keys() - KEYS]
    questionnaire = None
    try:
        questionnaire = seeds.find_questionnaire(str(content.get("questionnaire")))
    except Unusable:
        problems.append(f"Le questionnaire « {str(content.get('questionnaire'))[:40]} » n'est pas connu ici.")
    revision, known = _find_origin(content, "incident", revisions_of, problems)
    template, templates = _find_origin(content, "template", templates_of, problems)
    timezone = content.get("timezone", "Europe/Paris")
    if not isinstance(timezone, str) or timezone not in ZONES:
        problems.append("Le fuseau horaire de ce dossier n'est pas un fuseau de France.")
    answers = content.get("answers")
    if not isinstance(answers, dict):
        problems.append("Ce fichier ne contient pas de réponses.")
    if problems or questionnaire is None or not isinstance(answers, dict):
        raise Unusable(problems)
    context = Context(ZoneInfo(timezone), now)
    entries = check_entries(questionnaire, answers, context)
    if template and not template.fits(questionnaire.name, revision.slug if revision else None):
        template, templates = None, {}
    proposals = prefill.index_by_basis(questionnaire, known.values(), templates.values())
    proposals["default"] = prefill.propose_defaults(questionnaire)
    answers = {key: prefill.settle_origin(entry, proposals, key) for key, entry in entries.items()}
    return Imported(questionnaire, revision, timezone, answers, tuple(context.notices), template)


def _read_content(data: bytes) -> dict[str, Any]:
    """Return the tables of a file in its newest format. Raises Unusable."""
    try:
        content: object = strict_json.loads(data)
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


def _find_origin(
    content: Mapping[str, Any], kind: str, known_of: Callable[[str], Mapping[str, Known]], problems: list[str]
) -> tuple[Known | None, Mapping[str, Known]]:
    """Return the revision of the incident or of the template that the file was begun with (if that one is not here, the
    newest that is), and all revisions of it that are here."""
    match content.get(kind):
        case None:
            return None, {}
        case {"slug": str(slug), "revision": number, **rest} if type(number) in (int, str) and not rest:
            known = known_of(slug[:80])
        case _:
            problems.append(NO_SUCH_FORM[kind])
            return None, {}
    here = [revision for revision in known.values() if revision.slug == slug]
    newest = max(here, key=lambda revision: seeds.split_number(revision.number), default=None)
    return known.get(f"{kind}:{slug}@{number}", newest), known


def check_entries(questionnaire: Questionnaire, raw: Mapping[str, Any], context: Context) -> dict[str, Entry]:
    """Return every entry checked; raises Unusable with one `key: sentence` for each that is refused."""
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
