"""What a coming revision changes, row by row, in the words of the incident's page."""

from datetime import date
from itertools import zip_longest
from typing import Any

from ..catalogue import GUIDANCE_WORDS, STATUS_WORDS, Event, Fact, Revision, propose_entry
from ..questionnaire import Questionnaire
from ..typography import Words
from . import Line, list_value_lines, timeline, write_day, write_source_date
from .incident_page import describe_moment

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

NamedRow = tuple[str, Any, list[Line]]  # its name, the row, its lines


def list_row_differences(
    newer: Revision, older: Revision, questionnaire: Questionnaire
) -> list[dict[str, list[Line] | str | None]]:
    """Return each row that was added, withdrawn or changed: its name, its lines before and now."""
    differences: list[dict[str, list[Line] | str | None]] = []
    tables = (_name_rows(revision, questionnaire, newer.origin) for revision in (older, newer))
    for before, now in zip(*tables, strict=True):
        gone = [(name, lines) for name, row, lines in before if row not in [row for _, row, _ in now]]
        new = [(name, lines) for name, row, lines in now if row not in [row for _, row, _ in before]]
        for title in dict.fromkeys(name for name, _ in (*gone, *new)):
            pairs = zip_longest(*([lines for name, lines in changed if name == title] for changed in (gone, new)))
            differences += [{"name": Words(title), "before": then, "now": after} for then, after in pairs]
    return differences


def _name_rows(revision: Revision, questionnaire: Questionnaire, origin: str) -> list[list[NamedRow]]:
    """Return all rows of a revision, table by table; `origin` is the one that proposed answers bear."""
    head = {name: getattr(revision, name) for name in HEAD}
    head["controller"] = "Un autre organisme" if revision.controller == "elsewhere" else "Le cabinet"
    head["attack"] = revision.attack and write_day(date.fromisoformat(revision.attack[:10]))
    return [
        [(name_fact(row, questionnaire), row, _list_fact_lines(row, questionnaire, origin)) for row in revision.facts],
        [
            (f"Chronologie : {describe_moment(row)}", row, _to_lines(row.text, _describe_backing(row)))
            for row in revision.events
        ],
        [
            (
                f"Conseil : {row.body}",
                row,
                _to_lines(
                    row.text,
                    f"« {row.quote} »" if row.quote else "",
                    f"{GUIDANCE_WORDS[row.kind]} ; sources : {', '.join(row.sources)}",
                    "Contredit la ligne de l'autorité" if row.contrary else "",
                ),
            )
            for row in revision.guidance
        ],
        [
            (
                f"Source : {row.publisher}",
                row,
                _to_lines(
                    f"{row.title}, {write_source_date(row)}", row.address, f"« {row.quote} »" if row.quote else ""
                ),
            )
            for row in revision.sources.values()
        ],
        [("Ce qui n'est pas connu", text, [Line(text)]) for text in revision.open],
        [
            (f"Aide pour répondre : {questionnaire.questions[row.key].label}", row, [Line(row.text)])
            for row in revision.advice.values()
        ],
        [(HEAD[name], (name, words), [Line(words)]) for name, words in head.items() if words],
        [
            (f"Aide-mémoire : {write_day(date.fromisoformat(row.at[:10]))}", row, [Line(row.text)])
            for row in revision.aids
        ],
        [
            (
                f"Phrase à cocher : {row.tick.label}",
                row,
                _to_lines(
                    row.tick.sentence,
                    f"Proposée depuis le {write_day(row.since)}" if row.since else "",
                    f"Proposée jusqu'au {write_day(row.until)}" if row.until else "",
                ),
            )
            for row in revision.occasions
        ],
    ]


def _to_lines(*texts: str) -> list[Line]:
    return [Line(text) for text in texts if text]


def _describe_backing(row: Fact | Event) -> str:
    return f"{STATUS_WORDS[row.status]} ; sources : {', '.join(row.sources)}"


def name_fact(fact: Fact, questionnaire: Questionnaire) -> str:
    """Return the question that a fact is about."""
    question = questionnaire.get(fact.key)
    return question.label if question else "Constat"


def _list_fact_lines(fact: Fact, questionnaire: Questionnaire, origin: str) -> list[Line]:
    """What it proposes and says, whom it concerns, what its source says, how it may be read, how sure it is."""
    question = questionnaire.get(fact.key)
    lines = [Line(fact.unknown)] if fact.unknown else []
    if question and fact.proposes and not fact.unknown:
        lines = list(list_value_lines(question, propose_entry(question, fact, origin), timeline.PARIS))
    named = [option.label for key in fact.suggest if question and (option := question.option(key))]
    backing = _describe_backing(fact)
    return lines + _to_lines(
        fact.statement,
        fact.note,
        ABSENT if fact.polarity == "absent" else "",
        ABOUT.get(fact.scope, ""),
        fact.via,
        *(reading.text for reading in fact.readings),
        f"À envisager : {', '.join(named)}" if named else "",
        f"{backing[0].upper()}{backing[1:]}",
        f"Corrigé le {write_day(fact.corrected_on)} : {fact.correction}" if fact.corrected_on else "",
    )


def list_editable_tables(revision: Revision, questionnaire: Questionnaire) -> list[dict[str, Any]]:
    """Return the rows that an editor may open, each table with its part of the address, its title and its rows."""
    facts, *_ = _name_rows(revision, questionnaire, revision.origin)
    named = [
        ("faits", "Faits", "Ajouter un fait", [(name, lines[:1]) for name, _, lines in facts]),
        (
            "chronologie",
            "Chronologie",
            "Ajouter une ligne",
            [(describe_moment(event), [Line(event.text)]) for event in revision.events],
        ),
        ("conseils", "Conseils", "Ajouter un conseil", [(each.body, [Line(each.text)]) for each in revision.guidance]),
        (
            "sources",
            "Sources",
            "Ajouter une source",
            [(source.publisher, [Line(source.title)]) for source in revision.sources.values()],
        ),
    ]
    return [{"slug": slug, "title": title, "add": add, "rows": rows} for slug, title, add, rows in named]
