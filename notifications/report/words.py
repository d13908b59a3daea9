"""Answers in French words: values, certainty, origin."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from .. import deadlines
from ..questionnaire import Question, list_ticked, read_certainty
from ..typography import Words
from .data import DossierData, Line

# What is printed beside an answer that is not established. The words agree with « réponse ».
CERTAINTY_WORDS = {
    "confirmed": "confirmée",
    "claimed": "selon l'éditeur",
    "suspected": "suspectée",
    "contested": "contestée",
    "unknown": "à établir",
}
ORIGIN_WORDS = {
    "practice": "réponse du cabinet",
    "profile": "fiche du cabinet",
    "group": "réponse commune du groupe",
    "default": "valeur usuelle, à vérifier",
    "import": "repris d'un fichier, à relire",
    "filing": "d'après le dépôt consigné",
}

# The state of a duty's clock (`obligations.Deadline.state`), on pages, in the list, the PDF and the CSV alike.
CLOCK_WORDS = {
    "idle": "sans objet à ce stade",
    "waiting": "à calculer",
    "open": "en cours",
    "soon": "bientôt",
    "urgent": "urgent",
    "overdue": "délai dépassé",
    "todo": "à faire",
    "chase": "à relancer",
    "done": "fait",
    "stopped": "arrêté par votre décision",
}


def describe_entry(dossier_data: DossierData, question: Question, entry: Mapping[str, Any] | None) -> tuple[Line, ...]:
    """Any entry of a question in words, be it of the past: its lines, each with its certainty."""
    lines = list_lines(dossier_data, question, entry)
    status = find_status(question, entry)
    return tuple(replace(line, certainty=CERTAINTY_WORDS[status], status=status) if status else line for line in lines)


def describe_origin(dossier_data: DossierData, entry: Mapping[str, Any] | None) -> Words:
    """Where an entry comes from: « réponse du cabinet, d'après fiche « WEDA », révision 3 »."""
    if not entry:
        return Words()
    said = name_origin(dossier_data, entry["origin"])
    basis = entry.get("basis", "")
    if entry["origin"] == "practice" and basis and entry["state"] != "cleared":
        said = f"{said}, d'après {' et '.join(name_origin(dossier_data, each) for each in basis.split('+'))}"
    return Words(said)


def name_origin(dossier_data: DossierData, origin: str) -> str:
    kind, _, rest = origin.partition(":")
    if not rest:
        return ORIGIN_WORDS[kind]
    slug, _, number = rest.partition("@")
    if kind == "template":
        template = dossier_data.templates.get(origin)
        name = f"modèle « {template.title} » ({template.organisation})" if template else f"modèle « {slug} »"
    else:
        revision = dossier_data.revisions.get(origin)
        name = f"fiche « {(revision.product or revision.vendor) if revision else slug} »"
    return f"{name}, révision {number}"


def list_lines(dossier_data: DossierData, question: Question, entry: Mapping[str, Any] | None) -> Iterator[Line]:
    if not entry or entry["state"] == "cleared":
        return
    if entry["state"] == "unknown":
        yield Line("Inconnu à ce stade", "unknown")
    elif entry["state"] == "not_applicable":
        yield Line("Sans objet")
    else:
        yield from list_value_lines(question, entry, dossier_data.zone, partial(name_origin, dossier_data))


def find_status(question: Question, entry: Mapping[str, Any] | None) -> str:
    """Certainty of the whole answer; options carry their own."""
    if not entry or entry["state"] != "known" or question.options:
        return ""
    return find_printed_certainty(entry, "*")


def list_value_lines(
    question: Question, entry: Mapping[str, Any], zone: ZoneInfo, words_of: Any = str
) -> Iterator[Line]:
    """The words of a known value, one line for each ticked option or part of a text."""
    value = entry["value"]
    if question.parts:
        yield from (Line(part["text"], "part", origin=name_part(question, part, words_of)) for part in value)
    elif question.options:
        yield from list_option_lines(question, entry)
    elif question.type == "group":
        yield from (Line(describe_item(question, item)) for item in value)
    else:
        yield Line(write_plain_value(question, value, zone))
    if value == []:
        yield Line("Aucune")


def name_part(question: Question, part: Mapping[str, str], words_of: Any) -> str:
    """Whose words; and which part, where the origin alone does not say it."""
    words = str(words_of(part["origin"]))
    label = next((each.label for each in question.parts if each.key == part.get("part")), "")
    return Words(f"{words} ({label[0].lower()}{label[1:]})" if label else words)


def list_option_lines(question: Question, entry: Mapping[str, Any]) -> Iterator[Line]:
    for key in list_ticked(entry):
        option = question.option(key)
        if option is None:
            continue
        status = find_printed_certainty(entry, key)
        detail = entry.get("details", {}).get(key, "")
        yield Line(option.label, "option", CERTAINTY_WORDS.get(status, ""), detail=detail, status=status)


def find_printed_certainty(entry: Mapping[str, Any], option: str) -> str:
    """The certainty to print. « Confirmée » speaks of sources: the practice's own words do not need it."""
    status = read_certainty(entry, option)
    return "" if status == "confirmed" and entry["origin"] == "practice" else status


def describe_item(question: Question, item: Mapping[str, Any]) -> str:
    said = []
    for each in question.fields:
        if each.key in item:
            option = each.option(item[each.key]) if each.options else None
            said.append(f"{each.label} : {option.label if option else item[each.key]}")
    return " ; ".join(said)


def write_plain_value(question: Question, value: Any, zone: ZoneInfo) -> str:
    """Words of a value without options: text as it is, counts grouped by three, dates in full."""
    if question.type == "yes_no":
        return "Oui" if value else "Non"
    if question.type == "number":
        return group_digits(value)
    if question.type in ("date", "moment", "datetime"):
        words = deadlines.describe_moment(value, zone)
        return f"{words} (heure non connue)" if question.type == "moment" and len(value) == 10 else words
    return str(value)


def group_digits(number: int) -> str:
    """« 1 850 »."""
    return f"{number:,}".replace(",", "\u202f")
