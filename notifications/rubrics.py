"""The one reading of a dossier: (questionnaire, answers, proposals, now) → sections of rows in French words.

Review page, PDF, file, progress and lists all show what `report` returns; none of them looks at an answer itself.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from . import deadlines, prefill
from .catalogue import Revision, Source
from .obligations import Deadline, Obligation, deadline
from .questionnaire import (
    Answers,
    Case,
    Question,
    Questionnaire,
    Rule,
    applicable,
    certainty_of,
    doubts,
    is_blank,
    sentences,
    ticked_options,
    with_copies,
)

# What is printed beside an answer that is not established. The words agree with « réponse ».
CERTAINTY_WORDS = {
    "confirmed": "confirmée",
    "claimed": "selon l'éditeur",
    "suspected": "suspectée",
    "contested": "contestée",
    "unknown": "à établir",
}
STATE_WORDS = {
    "reviewed": "relu",
    "to_review": "à relire",
    "unknown": "inconnu à ce stade",
    "not_applicable": "sans objet",
    "missing": "manquant",
    "blank": "non renseigné",
}
ORGANISATION = "organisation_name"
RULE = "phrase ajoutée par règle, d'après vos réponses"


@dataclass(frozen=True)
class Dossier:
    """A dossier as plain data. `revision` is the one it was begun with, `newest` what is known of the incident now;
    `revisions` holds, by origin, every incident revision that an answer may name."""

    questionnaire: Questionnaire
    answers: Answers
    zone: ZoneInfo
    obligations: tuple[Obligation, ...]
    revision: Revision | None = None
    newest: Revision | None = None
    revisions: Mapping[str, Revision] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """A piece of an answer: a line of text, a ticked option, a part of a text, or a sentence made by rule."""

    text: str
    kind: str = "text"  # text, option, part, sentence, unknown
    certainty: str = ""  # French word, "" when nothing needs to be said
    origin: str = ""  # French words, for parts and sentences
    detail: str = ""
    status: str = ""  # key of the certainty in STATUSES, "" with no certainty


@dataclass(frozen=True)
class Row:
    """One question and its answer in words. `state` is a key of STATE_WORDS."""

    question: Question
    state: str
    lines: tuple[Line, ...]
    note: str
    origin: str  # practice, profile, group, default, import, incident:…, template:…, "" when unanswered
    origin_words: str
    certainty: str  # French word for the whole answer
    status: str  # its key in STATUSES
    sources: tuple[Source, ...]
    doubts: tuple[str, ...]
    needed: bool
    proposal: prefill.Proposal | None
    proposal_lines: tuple[Line, ...]
    outdated: bool  # a newer revision proposes something else

    @property
    def key(self) -> str:
        return self.question.key

    @property
    def state_words(self) -> str:
        return STATE_WORDS[self.state]

    @property
    def answered(self) -> bool:
        return self.state not in ("missing", "blank")

    @property
    def text(self) -> str:
        """The whole answer as plain lines."""
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True)
class Section:
    """One step: the CNIL's questions (`rows`) apart from those that only help the practice (`notes`)."""

    slug: str
    title: str
    help: str
    rows: tuple[Row, ...]
    notes: tuple[Row, ...]

    @property
    def all_rows(self) -> tuple[Row, ...]:
        return self.rows + self.notes

    @property
    def missing(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.state == "missing")

    @property
    def state(self) -> str:
        """The state that most needs work among the CNIL's rows: missing, to_review, blank, unknown, reviewed."""
        states = {row.state for row in self.rows}
        order = ("missing", "to_review", "blank", "unknown", "reviewed")
        return next((each for each in order if each in states), "reviewed")

    @property
    def state_words(self) -> str:
        return STATE_WORDS[self.state]


@dataclass(frozen=True)
class Progress:
    """Counts of CNIL questions that apply."""

    total: int
    answered: int
    to_review: int
    missing: int
    unknown: int
    doubtful: int


@dataclass(frozen=True)
class Report:
    dossier: Dossier
    now: datetime
    sections: tuple[Section, ...]
    clocks: tuple[Deadline, ...]
    doubts: tuple[tuple[tuple[str, ...], str], ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for section in self.sections for row in section.rows)

    @property
    def notes(self) -> tuple[Row, ...]:
        return tuple(row for section in self.sections for row in section.notes)

    @cached_property
    def by_key(self) -> dict[str, Row]:
        return {row.key: row for section in self.sections for row in section.all_rows}

    @property
    def missing(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.state == "missing")

    @property
    def unknowns(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if _is_unknown(row))

    @property
    def to_review(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows + self.notes if row.state == "to_review")

    @property
    def first_page(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.question.summary)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every source cited by a row, once, in order of first use."""
        return tuple(dict.fromkeys(source for row in self.rows + self.notes for source in row.sources))

    @property
    def clock(self) -> Deadline:
        """The clock of the notification itself, the first duty of the file."""
        return self.clocks[0]

    @property
    def organisation(self) -> str:
        """Name of the practice, "" while it was not given."""
        row = self.by_key.get(ORGANISATION)
        return row.text if row and row.answered else ""

    @property
    def incident_title(self) -> str:
        revision = self.dossier.revision
        return revision.title if revision else ""

    @property
    def deadline_words(self) -> str:
        """« samedi 15 novembre 2025 à 18 h 07 (heure de Paris) », "" while not known."""
        due_at = self.clock.due_at
        return deadlines.in_words(due_at, self.dossier.zone) if due_at else ""

    @property
    def left_words(self) -> str:
        left = self.clock.left
        return deadlines.length_in_words(abs(left)) if left is not None else ""

    @property
    def progress(self) -> Progress:
        rows = self.rows
        return Progress(
            total=len(rows),
            answered=sum(row.answered for row in rows),
            to_review=sum(row.state == "to_review" for row in rows),
            missing=len(self.missing),
            unknown=len(self.unknowns),
            doubtful=sum(bool(row.doubts) for row in rows),
        )


def _is_unknown(row: Row) -> bool:
    return bool(row.lines) and row.lines[0].kind == "unknown"


def facts_of(dossier: Dossier, now: datetime) -> dict[str, Any]:
    """What conditions may ask besides answers: lateness at `now`, the moment of the attack."""
    first = deadline(dossier.obligations[0], dossier.answers, now, dossier.zone)
    return {"late": first.late, "attack": dossier.newest.attack if dossier.newest else ""}


def case_of(dossier: Dossier, now: datetime) -> Case:
    """The dossier as conditions see it."""
    answers = with_copies(dossier.questionnaire, dossier.answers)
    return Case(dossier.questionnaire, answers, facts_of(dossier, now), dossier.zone)


def report(dossier: Dossier, now: datetime) -> Report:
    """Everything that is shown of a dossier at one instant `now` (aware)."""
    case = case_of(dossier, now)
    questions = applicable(case)
    found = doubts(case)
    reader = _Reader(dossier, case, found)
    rows = {question.key: reader.row(question) for question in questions}
    return Report(
        dossier=dossier,
        now=now,
        sections=tuple(_section(step.slug, step.title, step.help, rows) for step in dossier.questionnaire.steps),
        clocks=tuple(deadline(each, case.answers, now, dossier.zone) for each in dossier.obligations),
        doubts=tuple((rule.keys, rule.message) for rule in found),
    )


def _section(slug: str, title: str, help: str, rows: Mapping[str, Row]) -> Section:
    mine = [row for row in rows.values() if row.question.step == slug]
    return Section(
        slug,
        title,
        help,
        tuple(row for row in mine if not row.question.ours),
        tuple(row for row in mine if row.question.ours),
    )


class _Reader:
    """What is the same for all rows of one report, worked out once."""

    def __init__(self, dossier: Dossier, case: Case, found: tuple[Rule, ...]):
        self.dossier, self.case, self.doubts = dossier, case, found
        self.sentences = sentences(case)
        self.kind = "complete" if case.answers.get("kind", {}).get("value") == "complete" else "initial"
        self.newest = prefill.strongest(prefill.layers(dossier.questionnaire, dossier.newest))
        self.at_basis = {
            origin: prefill.strongest(prefill.layers(dossier.questionnaire, revision))
            for origin, revision in dossier.revisions.items()
        }
        self.outdated = set(prefill.differing(case.answers, self.newest, self.at_basis))

    def row(self, question: Question) -> Row:
        entry = self.case.answers.get(question.key)
        proposal = self.newest.get(question.key)
        needed = self.kind in question.needed_for
        return Row(
            question=question,
            state=_state(entry, needed),
            lines=(*self.lines(question, entry), *self.by_rule(question)),
            note=(entry or {}).get("note", ""),
            origin=(entry or {}).get("origin", ""),
            origin_words=self.origin_words(entry),
            certainty=CERTAINTY_WORDS.get(status := self.status(question, entry), ""),
            status=status,
            sources=self.sources(question, entry),
            doubts=tuple(rule.message for rule in self.doubts if question.key in rule.keys),
            needed=needed,
            proposal=proposal,
            proposal_lines=tuple(self.lines(question, proposal.entry)) if proposal else (),
            outdated=question.key in self.outdated,
        )

    def lines(self, question: Question, entry: Mapping[str, Any] | None) -> Iterator[Line]:
        if entry is None or entry["state"] == "cleared":
            return
        if entry["state"] == "unknown":
            yield Line("Inconnu à ce stade", "unknown")
        elif entry["state"] == "not_applicable":
            yield Line("Sans objet")
        else:
            yield from value_lines(question, entry, self.dossier.zone, self.words_of)

    def by_rule(self, question: Question) -> Iterator[Line]:
        for rule in self.sentences:
            if question.key in rule.keys:
                yield Line(rule.message, "sentence", origin=RULE)

    def status(self, question: Question, entry: Mapping[str, Any] | None) -> str:
        """Certainty of the whole answer; options carry their own."""
        if not entry or entry["state"] != "known" or question.options:
            return ""
        return certainty_of(entry)

    def origin_words(self, entry: Mapping[str, Any] | None) -> str:
        if not entry:
            return ""
        words = self.words_of(entry["origin"])
        basis = entry.get("basis", "")
        if entry["origin"] == "practice" and basis and entry["state"] != "cleared":
            return f"{words}, d'après {self.words_of(basis)}"
        return words

    def words_of(self, origin: str) -> str:
        kind, _, rest = origin.partition(":")
        if not rest:
            return ORIGIN_WORDS[kind]
        slug, _, number = rest.partition("@")
        revision = self.dossier.revisions.get(origin)
        name = revision.product or revision.vendor if revision else slug
        return f"{'fiche' if kind == 'incident' else 'modèle'} « {name} », révision {number}"

    def sources(self, question: Question, entry: Mapping[str, Any] | None) -> tuple[Source, ...]:
        if not entry:
            return ()
        for origin in (entry["origin"], entry.get("basis", "")):
            revision, proposals = self.dossier.revisions.get(origin), self.at_basis.get(origin, {})
            if revision and question.key in proposals and proposals[question.key].origin == origin:
                return tuple(revision.sources[each] for each in proposals[question.key].sources)
        return ()


ORIGIN_WORDS = {
    "practice": "réponse du cabinet",
    "profile": "fiche du cabinet",
    "group": "réponse commune du groupe",
    "default": "valeur usuelle, à vérifier",
    "import": "repris d'un fichier, à relire",
}


def _state(entry: Mapping[str, Any] | None, needed: bool) -> str:
    if entry is None or is_blank(entry):
        return "missing" if needed else "blank"
    if not entry.get("reviewed"):
        return "to_review"
    return {"unknown": "unknown", "not_applicable": "not_applicable"}.get(entry["state"], "reviewed")


def value_lines(question: Question, entry: Mapping[str, Any], zone: ZoneInfo, words_of: Any = str) -> Iterator[Line]:
    """The words of a known value, one line for each ticked option or part of a text."""
    value = entry["value"]
    if question.parts:
        yield from (Line(part["text"], "part", origin=_part_words(question, part, words_of)) for part in value)
    elif question.options:
        yield from _option_lines(question, entry)
    elif question.type == "group":
        yield from (Line(_item_words(question, item)) for item in value)
    else:
        yield Line(plain_words(question, value, zone))
    if value == []:
        yield Line("Aucune")


def _part_words(question: Question, part: Mapping[str, str], words_of: Any) -> str:
    """Whose words; and which part, where the origin alone does not say it."""
    words = str(words_of(part["origin"]))
    label = next((each.label for each in question.parts if each.key == part.get("part")), "")
    return f"{words} ({label[0].lower()}{label[1:]})" if label else words


def _option_lines(question: Question, entry: Mapping[str, Any]) -> Iterator[Line]:
    for key in ticked_options(entry):
        option = question.option(key)
        if option is None:
            continue
        certainty = certainty_of(entry, key)
        word = "" if certainty == "confirmed" and entry["origin"] == "practice" else CERTAINTY_WORDS.get(certainty, "")
        detail = entry.get("details", {}).get(key, "")
        yield Line(option.label, "option", word, detail=detail, status=certainty if word else "")


def _item_words(question: Question, item: Mapping[str, Any]) -> str:
    said = []
    for each in question.fields:
        if each.key in item:
            option = each.option(item[each.key]) if each.options else None
            said.append(f"{each.label} : {option.label if option else item[each.key]}")
    return " ; ".join(said)


def plain_words(question: Question, value: Any, zone: ZoneInfo) -> str:
    """Words of a value without options: text as it is, counts grouped by three, dates in full."""
    if question.type == "yes_no":
        return "Oui" if value else "Non"
    if question.type == "number":
        return f"{value:,}".replace(",", "\u202f")
    if question.type in ("date", "moment", "datetime"):
        words = deadlines.moment_in_words(value, zone)
        return f"{words} (heure non connue)" if question.type == "moment" and len(value) == 10 else words
    return str(value)


def typo(text: str) -> str:
    """French spacing for display: no line break before : ; ! ? » and after «."""
    text = re.sub(r"[ \u00a0]([;!?»]|:(?=\s|$))", "\u202f\\1", text)
    return re.sub(r"«[ \u00a0]", "«\u202f", text)
