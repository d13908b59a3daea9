"""What a report is made of: rows that are worked out where they are looked at, in sections that pages and documents
walk through."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from .. import deadlines, prefill
from ..catalogue import Source
from ..obligations import Deadline, Filed
from ..questionnaire import (
    Case,
    Doubt,
    Question,
    Sentence,
    find_doubts,
    find_sentences,
    is_blank,
    is_copy,
    patient_data,
)
from ..typography import Words
from .clocks import list_clocks
from .data import AWARE, ORGANISATION, DossierData, Line
from .filings import BY_FILING, KIND
from .words import CERTAINTY_WORDS, describe_origin, find_status, list_lines

STATE_WORDS = {
    "reviewed": "relu",
    "to_review": "à relire",
    "unknown": "inconnu à ce stade",
    "not_applicable": "sans objet",
    "missing": "manquant",
    "blank": "non renseigné",
}
# What is said of a text that seems to hold a patient's data, by what it seems to hold.
NO_PATIENT_DATA = "N'écrivez aucune donnée de patient : un nombre et des catégories suffisent."
SUSPICION_WORDS = {
    "nir": f"Ce texte semble contenir un numéro de sécurité sociale. {NO_PATIENT_DATA} "
    "Retirez-le, ou indiquez que ce n'en est pas un.",
    "birth": f"Ce texte semble contenir une date de naissance. {NO_PATIENT_DATA} "
    "Retirez-la, ou indiquez qu'elle n'est pas celle d'un patient.",
    "patient": f"Ce texte semble contenir le nom d'une personne, peut-être d'un patient. {NO_PATIENT_DATA} "
    "Retirez-le, ou indiquez que ce n'est pas un patient.",
}
RULE = "phrase ajoutée par règle, d'après vos réponses"


@dataclass(frozen=True, eq=False)
class Reading:
    """What is the same for all rows of one report."""

    data: DossierData
    case: Case

    @cached_property
    def doubts(self) -> tuple[Doubt, ...]:
        return find_doubts(self.case)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        return find_sentences(self.case)

    @cached_property
    def needed_kind(self) -> str:
        """The kind of notification by what is needed for it: a complement needs what the initial one does."""
        return "complete" if self.case.answers.get(KIND, {}).get("value") == "complete" else "initial"

    def fill_in(self, named: re.Match[str]) -> str:
        """Return the words of an answer, for its `{key}` in a sentence made by rule."""
        question, entry = self.data.questionnaire.questions[named[1]], self.case.answers.get(named[1])
        return ", ".join(line.text for line in list_lines(self.data, question, entry))


@dataclass(frozen=True)
class Row:
    """One question and its answer in words."""

    question: Question
    reading: Reading

    @property
    def key(self) -> str:
        return self.question.key

    @cached_property
    def entry(self) -> Mapping[str, Any]:
        """The answer; empty without one."""
        return self.reading.case.answers.get(self.question.key) or {}

    @cached_property
    def state(self) -> str:
        """A key of STATE_WORDS."""
        if is_blank(self.entry):
            return "missing" if self.needed else "blank"
        if not self.entry.get("reviewed"):
            return "to_review"
        return {"unknown": "unknown", "not_applicable": "not_applicable"}.get(self.entry["state"], "reviewed")

    @property
    def state_words(self) -> str:
        return STATE_WORDS[self.state]

    @property
    def answered(self) -> bool:
        return self.state not in ("missing", "blank")

    @cached_property
    def answered_elsewhere(self) -> bool:
        """Is it answered by another question (« c'est la même personne ») or by a recorded filing?"""
        return self.entry.get("origin") == BY_FILING or is_copy(self.question, self.reading.case.answers)

    @property
    def needed(self) -> bool:
        return self.reading.needed_kind in self.question.needed_for

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        rules = [rule for rule in self.reading.sentences if rule.key == self.question.key]
        said = [re.sub(r"\{(\w+)\}", self.reading.fill_in, rule.text) for rule in rules]
        by_rule = (Line(sentence, "sentence", origin=RULE) for sentence in said)
        return (*list_lines(self.reading.data, self.question, self.entry), *by_rule)

    @property
    def text(self) -> str:
        """The whole answer as plain lines."""
        return "\n".join(line.text for line in self.lines)

    @property
    def note(self) -> Words:
        return Words(self.entry.get("note", ""))

    @property
    def origin(self) -> str:
        """practice, profile, group, default, import, incident:…, template:…, "" when unanswered."""
        return str(self.entry.get("origin", ""))

    @property
    def origin_words(self) -> str:
        return describe_origin(self.reading.data, self.entry)

    @property
    def status(self) -> str:
        """How sure the whole answer is, a key of STATUSES; "" when nothing needs to be said."""
        return find_status(self.question, self.entry)

    @property
    def certainty(self) -> str:
        """The same as a French word."""
        return CERTAINTY_WORDS.get(self.status, "")

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The sources of what the answer was first shown: those of its origin, else of its basis."""
        data = self.reading.data
        for origin in (self.origin, *str(self.entry.get("basis", "")).split("+")):
            revision, proposal = data.revisions.get(origin), data.by_basis.get(origin, {}).get(self.question.key)
            if revision and proposal and proposal.origin == origin:
                return tuple(revision.sources[source] for source in proposal.sources)
        return ()

    @property
    def doubts(self) -> tuple[str, ...]:
        return tuple(rule.message for rule in self.reading.doubts if self.question.key in rule.keys)

    @property
    def proposal(self) -> prefill.Proposal | None:
        """What is proposed now: by the practice's profile or its group (`offered`), else by the newest revisions."""
        data, key = self.reading.data, self.question.key
        return data.offers.get(key) or data.sourced.get(key)

    @property
    def proposal_lines(self) -> tuple[Line, ...]:
        return tuple(list_lines(self.reading.data, self.question, self.proposal.entry)) if self.proposal else ()

    @property
    def offered(self) -> bool:
        """Is the proposal a change of the practice's profile or of its group, to take or to leave?"""
        return self.question.key in self.reading.data.offers

    @cached_property
    def outdated(self) -> bool:
        """Does a newer revision propose something else?"""
        data, key = self.reading.data, self.question.key
        if self.entry and prefill.find_changed_keys({key: self.entry}, data.sourced, data.by_basis):
            return True
        return key in data.sourced and key not in data.answers and key not in data.begun_with

    @cached_property
    def suspected(self) -> tuple[str, ...]:
        """What patient's data its free text seems to hold, unless somebody said of this very text that it does not."""
        kinds = () if self.answered_elsewhere else patient_data.suspect_entry(self.question, self.entry)
        overruled = self.reading.data.overruled.get(self.question.key)
        return () if overruled and overruled == patient_data.hash_texts(self.question, self.entry) else kinds

    @property
    def warnings(self) -> tuple[str, ...]:
        """The same in words, shown on pages only."""
        return tuple(Words(SUSPICION_WORDS[kind]) for kind in self.suspected)

    @property
    def fingerprint(self) -> str:
        """That of the text, when there is a warning."""
        return patient_data.hash_texts(self.question, self.entry) if self.suspected else ""


@dataclass(frozen=True)
class Section:
    """One step: the CNIL's questions (`rows`) apart from those that only help the practice (`notes`)."""

    slug: str
    title: str
    help: str
    all_rows: tuple[Row, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for row in self.all_rows if not row.question.ours)

    @property
    def notes(self) -> tuple[Row, ...]:
        return tuple(row for row in self.all_rows if row.question.ours)

    @property
    def missing(self) -> tuple[Row, ...]:
        """What is to be answered here; a copy is answered where it is copied from."""
        return tuple(row for row in self.rows if row.state == "missing" and not row.answered_elsewhere)

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
    """Everything that is shown of a dossier at one instant `now`. `clock` is that of the notification itself."""

    data: DossierData
    now: datetime
    reading: Reading
    clock: Deadline
    sections: tuple[Section, ...]

    @property
    def kind(self) -> str:
        """Which notification is prepared: initial, complementary, complete."""
        return str(self.reading.case.answers.get(KIND, {}).get("value", "initial"))

    @cached_property
    def clocks(self) -> tuple[Deadline, ...]:
        """The clock of each duty."""
        return tuple(list_clocks(self.data, self.now))

    @property
    def doubts(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """Answers that disagree: their keys, and why."""
        return tuple((rule.keys, rule.message) for rule in self.reading.doubts)

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
        return tuple(row for section in self.sections for row in section.missing)

    @property
    def offered(self) -> tuple[Row, ...]:
        """Answers for which the practice's profile or its group proposes something else."""
        rows = (row for section in self.sections for row in section.all_rows)
        return tuple(row for row in rows if row.offered and not row.answered_elsewhere)

    @property
    def unknowns(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.entry.get("state") == "unknown")

    @property
    def warnings(self) -> tuple[Row, ...]:
        """Answers whose free text seems to hold a patient's data."""
        return tuple(row for row in self.rows + self.notes if row.warnings)

    @property
    def first_page(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.question.summary)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every source cited by a row, once, in order of first use."""
        return tuple(dict.fromkeys(source for row in self.rows + self.notes for source in row.sources))

    @property
    def notified(self) -> Filed | None:
        """The filing that is the notification itself, not a complement of it."""
        return next((each for each in self.data.filings if each.kind in self.clock.obligation.done_by), None)

    @property
    def organisation(self) -> str:
        """Name of the practice, "" while it was not given."""
        row = self.by_key.get(ORGANISATION)
        return row.text if row and row.answered else ""

    @property
    def incident_title(self) -> str:
        revision = self.data.revision
        return revision.title if revision else ""

    @property
    def learnt_words(self) -> str:
        """When the practice learnt of the breach, "" while it was not said."""
        row = self.by_key.get(AWARE)
        return row.text if row and row.answered else ""

    @property
    def deadline_words(self) -> str:
        """« samedi 15 novembre 2025 à 18 h 07 (heure de Paris) », "" while not known."""
        due_at = self.clock.due_at
        return deadlines.describe_instant(due_at, self.data.zone) if due_at else ""

    @property
    def left_words(self) -> str:
        left = self.clock.left
        return deadlines.describe_length(abs(left)) if left is not None else ""

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
