"""What a coming revision changes, row by row, in the words of the incident's page."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import zip_longest
from typing import Any

from ..catalogue import GUIDANCE_WORDS, STATUS_WORDS, Event, Fact, Guidance, Occasion, Revision, Source, proposed_entry
from ..questionnaire import Questionnaire
from ..typography import Words
from . import Line, list_value_lines, timeline, write_day, write_source_date
from .incident_page import when_words

Line = Line
HEAD = {
    "title": "Titre",
    "vendor": "Éditeur",
    "product": "Logiciel",
    "attack": "Date de l'attaque",
    "controller": "Qui notifie",
    "controller_note": "Qui notifie, en clair",
}
# What a fact is about, and what its source says of it, where that is not the usual.
ABOUT = {"practice": "Cela concerne le cabinet lui-même", "service": "Cela concerne l'accès au service"}
ABSENT = "La source dit que ce n'est pas le cas : rien n'est proposé"


def differences(newer: Revision, older: Revision, questionnaire: Questionnaire) -> list[dict[str, Any]]:
    """Each row that was added, withdrawn or changed: its name, its lines before and now."""
    found: list[dict[str, Any]] = []
    for name, words, rows in _tables(questionnaire, newer.origin):
        found += _changes(rows(older), rows(newer), name, words)
    return found


def _tables(
    questionnaire: Questionnaire, origin: str
) -> list[tuple[Callable[[Any], str], Callable[[Any], list[Line]], Any]]:
    return [
        (
            lambda each: label(each, questionnaire),
            lambda each: fact_lines(each, questionnaire, origin),
            lambda r: r.facts,
        ),
        (lambda each: f"Chronologie : {when_words(each)}", event_lines, lambda r: r.events),
        (lambda each: f"Conseil : {each.body}", guidance_lines, lambda r: r.guidance),
        (lambda each: f"Source : {each.publisher}", source_lines, lambda r: tuple(r.sources.values())),
        (lambda each: "Ce qui n'est pas connu", lambda each: [Line(each)], lambda r: r.open),
        (
            lambda each: f"Aide pour répondre : {questionnaire.questions[each.key].label}",
            lambda each: [Line(each.text)],
            lambda r: tuple(r.advice.values()),
        ),
        (lambda each: HEAD[each[0]], lambda each: [Line(each[1])], _head),
        (lambda each: f"Aide-mémoire : {_day(each.at)}", lambda each: [Line(each.text)], lambda r: r.aids),
        (lambda each: f"Phrase à cocher : {each.tick.label}", occasion_lines, lambda r: r.occasions),
    ]


def _head(revision: Revision) -> list[tuple[str, str]]:
    said = {name: getattr(revision, name) for name in HEAD}
    said["controller"] = "Un autre organisme" if revision.controller == "elsewhere" else "Le cabinet"
    said["attack"] = revision.attack and _day(revision.attack)
    return [(name, words) for name, words in said.items() if words]


def _day(at: str) -> str:
    return write_day(date.fromisoformat(at[:10]))


def _changes(
    before: Sequence[Any], now: Sequence[Any], name: Callable[[Any], str], words: Callable[[Any], list[Line]]
) -> Iterator[dict[str, Any]]:
    gone, new = [each for each in before if each not in now], [each for each in now if each not in before]
    for title in dict.fromkeys(name(each) for each in (*gone, *new)):
        pairs = zip_longest(*([each for each in rows if name(each) == title] for rows in (gone, new)))
        for then, after in pairs:
            yield {
                "name": Words(title),
                "before": words(then) if then else None,
                "now": words(after) if after else None,
            }


def label(fact: Fact, questionnaire: Questionnaire) -> str:
    """The question that a fact is about."""
    question = questionnaire.get(fact.key)
    return question.label if question else "Constat"


def fact_lines(fact: Fact, questionnaire: Questionnaire, origin: str) -> list[Line]:
    lines = []
    if fact.proposes:
        question = questionnaire.questions[fact.key]
        entry = proposed_entry(question, fact, origin)
        lines += list_value_lines(question, entry, timeline.PARIS) if not fact.unknown else [Line(fact.unknown)]
    lines += [Line(text) for text in (fact.statement, fact.note, *_about(fact, questionnaire)) if text]
    said = f"{STATUS_WORDS[fact.status]} ; sources : {', '.join(fact.sources)}"
    corrected = f"Corrigé le {write_day(fact.corrected_on)} : {fact.correction}" if fact.corrected_on else ""
    return [*lines, Line(f"{said[0].upper()}{said[1:]}"), *([Line(corrected)] if corrected else [])]


def _about(fact: Fact, questionnaire: Questionnaire) -> Iterator[str]:
    """Whom it concerns, what its source says, how it may be read."""
    if fact.polarity == "absent":
        yield ABSENT
    yield ABOUT.get(fact.scope, "")
    yield fact.via
    yield from (each["text"] for each in fact.readings)
    question = questionnaire.get(fact.key)
    named = [option.label for key in fact.suggest if question and (option := question.option(key))]
    yield f"À envisager : {', '.join(named)}" if named else ""


def event_lines(event: Event) -> list[Line]:
    return [Line(event.text), Line(f"{STATUS_WORDS[event.status]} ; sources : {', '.join(event.sources)}")]


def guidance_lines(guidance: Guidance) -> list[Line]:
    quote = f"« {guidance.quote} »" if guidance.quote else ""
    contrary = "Contredit la ligne de l'autorité" if guidance.contrary else ""
    lines = [
        guidance.text,
        quote,
        f"{GUIDANCE_WORDS[guidance.kind]} ; sources : {', '.join(guidance.sources)}",
        contrary,
    ]
    return [Line(each) for each in lines if each]


def occasion_lines(occasion: Occasion) -> list[Line]:
    days = (("Proposée depuis le", occasion.since), ("Proposée jusqu'au", occasion.until))
    return [Line(occasion.tick.sentence), *(Line(f"{words} {write_day(day)}") for words, day in days if day)]


def source_lines(source: Source) -> list[Line]:
    lines = [f"{source.title}, {write_source_date(source)}", source.address, source.quote and f"« {source.quote} »"]
    return [Line(each) for each in lines if each]


def tables(revision: Revision, questionnaire: Questionnaire) -> list[dict[str, Any]]:
    """The rows that an editor may open, each table with its part of the address, its title and its rows' names."""
    facts = [
        (label(each, questionnaire), fact_lines(each, questionnaire, revision.origin)[:1]) for each in revision.facts
    ]
    events = [(when_words(each), [Line(each.text)]) for each in revision.events]
    guidance = [(each.body, [Line(each.text)]) for each in revision.guidance]
    sources = [(each.publisher, [Line(each.title)]) for each in revision.sources.values()]
    named = [
        ("faits", "Faits", "Ajouter un fait", facts),
        ("chronologie", "Chronologie", "Ajouter une ligne", events),
        ("conseils", "Conseils", "Ajouter un conseil", guidance),
        ("sources", "Sources", "Ajouter une source", sources),
    ]
    return [{"slug": slug, "title": title, "add": add, "rows": rows} for slug, title, add, rows in named]
