"""What a report is made of: plain, frozen pieces that pages and documents walk through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from .. import deadlines, prefill
from ..catalogue import Revision, Source
from ..obligations import CNIL, Deadline, Filed, Obligation
from ..questionnaire import Answers, Entry, Question, Questionnaire
from ..shared_template import SharedTemplateFile
from ..typography import Words

STATE_WORDS = {
    "reviewed": "relu",
    "to_review": "à relire",
    "unknown": "inconnu à ce stade",
    "not_applicable": "sans objet",
    "missing": "manquant",
    "blank": "non renseigné",
}
ORGANISATION, AWARE = "organisation_name", "aware_at"


@dataclass(frozen=True)
class ReviewDone:
    """Somebody said that they read the dossier; `changed_at`: when an answer last changed since, None when none did."""

    name: str
    at: datetime
    changed_at: datetime | None = None


@dataclass(frozen=True)
class DossierData:
    """A dossier as plain data. `revision` is the one it was begun with, `newest` what is known of the incident now;
    `revisions` holds, by origin, every incident revision that an answer may name; likewise of its template;
    `overruled`, by key, the fingerprint of the free text of which somebody said that it is no patient's data."""

    questionnaire: Questionnaire
    answers: Answers
    zone: ZoneInfo
    obligations: tuple[Obligation, ...]
    revision: Revision | None = None
    newest: Revision | None = None
    revisions: Mapping[str, Revision] = field(default_factory=dict)
    template: SharedTemplateFile | None = None
    newest_template: SharedTemplateFile | None = None
    templates: Mapping[str, SharedTemplateFile] = field(default_factory=dict)
    overruled: Mapping[str, str] = field(default_factory=dict)
    profile: Mapping[str, Entry] = field(default_factory=dict)  # who the practice is, by key
    common: Mapping[str, Entry] = field(default_factory=dict)  # what its group answers alike, by key
    offered: Mapping[str, str] = field(default_factory=dict)  # fingerprints of what these last proposed, by key
    filings: tuple[Filed, ...] = ()  # active ones, the oldest first
    decided_at: datetime | None = None  # when the practice last said whether it notifies
    reviews: tuple[ReviewDone, ...] = ()  # the last one first
    snapshot: bool = False  # read back from a filing: which notification it is stands among its answers

    def layers(self, *, newest: bool) -> tuple[dict[str, prefill.Proposal], ...]:
        """The proposals of the newest revisions, or of those that it was begun with; the weakest layer first."""
        revision, template = (self.newest, self.newest_template) if newest else (self.revision, self.template)
        return prefill.layers(self.questionnaire, revision, template)


@dataclass(frozen=True)
class Line:
    """A piece of an answer: a line of text, a ticked option, a part of a text, or a sentence made by rule."""

    text: str
    kind: str = "text"  # text, option, part, sentence, unknown
    certainty: str = ""  # French word, "" when nothing needs to be said
    origin: str = ""  # French words, for parts and sentences
    detail: str = ""
    status: str = ""  # key of the certainty in STATUSES, "" with no certainty

    def __post_init__(self) -> None:
        for name in ("text", "origin", "detail"):
            object.__setattr__(self, name, Words(getattr(self, name)))


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
    offered: bool = False  # `proposal` is a change of the practice's profile or of its group, to take or to leave
    copied: bool = False  # answered by another question (« c'est la même personne ») or by a recorded filing
    warnings: tuple[str, ...] = ()  # why its free text seems to hold a patient's data; shown on pages only
    fingerprint: str = ""  # of that text, when there is a warning

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
        return tuple(row for row in self.rows if row.state == "missing" and not row.copied)

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
    data: DossierData
    now: datetime
    sections: tuple[Section, ...]
    clocks: tuple[Deadline, ...]
    doubts: tuple[tuple[tuple[str, ...], str], ...]
    kind: str = "initial"  # of the notification that is prepared: initial, complementary, complete

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
        return tuple(row for row in rows if row.offered and not row.copied)

    @property
    def unknowns(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if _is_unknown(row))

    @property
    def to_review(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows + self.notes if row.state == "to_review")

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
    def clock(self) -> Deadline:
        """The clock of the notification itself."""
        return next(clock for clock in self.clocks if clock.obligation.key == CNIL)

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
        return deadlines.in_words(due_at, self.data.zone) if due_at else ""

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
