"""An incident file: what is known of a vendor's breach, fact by fact, with its source and how sure it is.

Input: one whole TOML file for each revision. Output: a frozen `Revision`; `Unusable` names the problems.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from .questionnaire import (
    ANY_TIME,
    Checkbox,
    Entry,
    Filled,
    Question,
    Questionnaire,
    Refused,
    Shape,
    Slug,
    Status,
    check_entry,
    check_keys,
    convert_tables,
    find_doubles,
    read_toml,
)
from .typography import Words

STATUS_WORDS = {
    "confirmed": "confirmé",
    "claimed": "déclaré",
    "suspected": "suspecté",
    "contested": "contesté",
    "unknown": "inconnu",
}
STATUS_MEANING = {
    "confirmed": Words("Dit par une autorité, ou par deux sources de première main indépendantes l'une de l'autre."),
    "claimed": Words("Dit par une des parties, par exemple l'éditeur, sans confirmation extérieure."),
    "suspected": Words("La source elle-même emploie le conditionnel : possible, non établi."),
    "contested": Words("Des sources se contredisent : nous donnons chaque version."),
    "unknown": Words("Cherché, et trouvé nulle part."),
}
# Kinds of guidance, in the order in which they are shown.
GUIDANCE_WORDS = {
    "authority": "autorité chargée des notifications",
    "law": "texte de loi",
    "vendor": "demande de l'éditeur",
    "opinion": "avis",
}
TABLES = ("source", "event", "fact", "guidance", "advice", "aid", "open", "tick")  # of a file; each is a list of rows
Sources = tuple[str, ...]  # ids
Number = (
    Annotated[int, Meta(ge=1, lt=10**6)]
    | Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,5}(?:\.local[1-9][0-9]{0,5})?\Z")]
)


class Source(Shape, frozen=True):
    id: Filled
    publisher: Filled
    title: Filled
    quote: str = ""
    address: str = ""
    date: dt.date | None = None
    seen: dt.date | None = None  # day it was seen, for an undated page
    via: str = ""


class Event(Shape, frozen=True):
    at: str
    precision: Literal["day", "instant", "about", "period"]
    text: str
    status: Status
    sources: Sources
    until: str = ""


class Reading(Shape, frozen=True):
    """One of the versions that sources give of a fact."""

    text: Filled
    sources: Sources = ()


class Fact(Shape, frozen=True):
    """A proposal when it has a `value` or an `unknown` reason; otherwise something to show."""

    key: Filled
    status: Status
    sources: Sources
    value: Any = None
    unknown: str = ""
    note: str = ""
    statement: str = ""
    option_status: Mapping[str, Status] = {}
    polarity: Literal["present", "absent"] = "present"
    scope: Literal["vendor", "practice", "service"] = "vendor"
    via: str = ""
    suggest: tuple[str, ...] = ()
    details: Mapping[str, str] = {}
    readings: tuple[Reading, ...] = ()
    corrected_on: dt.date | None = None
    correction: str = ""

    @property
    def proposes(self) -> bool:
        return self.value is not None or bool(self.unknown)

    @property
    def all_sources(self) -> Sources:
        """Those of the fact and of its versions."""
        return (*self.sources, *(source for reading in self.readings for source in reading.sources))


class Guidance(Shape, frozen=True):
    body: Filled
    kind: Literal["authority", "law", "vendor", "opinion"]
    about: Literal["notify", "clock", "patients", "complaint", "other"]
    text: Filled
    sources: Sources
    quote: str = ""
    contrary: bool = False
    asks_before: dt.date | None = None  # the day before which this body asked to notify


class Advice(Shape, frozen=True):
    key: Filled
    text: Filled
    sources: Sources = ()


class Aid(Shape, frozen=True):
    at: str
    text: Filled
    sources: Sources = ()


class OpenPoint(Shape, frozen=True):
    """What is not known."""

    text: Filled


class Occasion(Shape, frozen=True):
    """A tick that this incident adds to a question, or puts in the place of the form's tick of the same key. It fits a
    delay that meets its period: `since` and `until` are days, both included."""

    question: Filled
    key: Filled
    label: Filled
    sentence: Filled
    since: dt.date | None = None
    until: dt.date | None = None

    @property
    def tick(self) -> Checkbox:
        return Checkbox(self.key, self.label, self.sentence)


class Revision(Shape, frozen=True, dict=True):
    slug: Slug
    written_number: Number = field(name="number")
    title: Filled
    vendor: Filled
    product: Filled
    questionnaire: Filled
    published_at: dt.date
    as_of: dt.date
    summary: Filled
    attack: str = ""
    reviewed_by: str = ""
    controller: Literal["practice", "elsewhere"] = "practice"
    controller_note: str = ""
    source_rows: tuple[Source, ...] = field(name="source", default=())
    events: tuple[Event, ...] = field(name="event", default=())
    facts: tuple[Fact, ...] = field(name="fact", default=())
    guidance: tuple[Guidance, ...] = ()
    open_points: tuple[OpenPoint, ...] = field(name="open", default=())
    advice_rows: tuple[Advice, ...] = field(name="advice", default=())
    aids: tuple[Aid, ...] = field(name="aid", default=())
    occasions: tuple[Occasion, ...] = field(name="tick", default=())

    def __hash__(self) -> int:  # tables have none of their own
        return hash(self.origin)

    @property
    def number(self) -> str:
        return str(self.written_number)

    @property
    def origin(self) -> str:
        return f"incident:{self.slug}@{self.number}"

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        return {source.id: source for source in self.source_rows}

    @cached_property
    def advice(self) -> Mapping[str, Advice]:
        return {advice.key: advice for advice in self.advice_rows}

    @property
    def open(self) -> tuple[str, ...]:
        """What is not known."""
        return tuple(point.text for point in self.open_points)


def load_revision(path: Path, questionnaire: Questionnaire) -> Revision:
    """Read and check an incident file against the questionnaire it answers."""
    return build_revision(read_toml(path), path.name, questionnaire)


def build_revision(tables: Mapping[str, Any], file: str, questionnaire: Questionnaire) -> Revision:
    """Return the revision that the tables hold; `file` is its name in problems. Days may be ISO text (JSON).

    Raises Unusable."""
    return convert_tables(tables, Revision, file, lambda revision: find_problems(revision, questionnaire))


def find_problems(revision: Revision, questionnaire: Questionnaire) -> Iterator[tuple[str, str]]:
    """Yield (row, what is wrong) for each rule that the revision breaks."""
    if revision.questionnaire != questionnaire.name:
        yield "", f"le questionnaire « {revision.questionnaire} » n'est pas celui de cet incident."
    moments = [revision.attack, *(moment for event in revision.events for moment in (event.at, event.until))]
    for text in (*filter(None, moments), *(aid.at for aid in revision.aids)):
        try:
            moment = dt.datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is None or (len(text) > 10 and moment.tzinfo is None):
            yield "", f"« {text} » n'est ni un jour, ni un instant avec son décalage horaire."
    for event in revision.events:
        if (event.precision == "period") != bool(event.until):
            yield (
                f"chronologie, {event.at}",
                "« until », la fin d'une période, va avec la précision period, et seulement avec elle.",
            )
    for identifier in find_doubles(source.id for source in revision.source_rows):
        yield "", f"deux sources ont l'identifiant « {identifier} »."
    for source in revision.source_rows:
        if not (source.date or source.seen):
            yield f"source « {source.id} »", "donnez sa date, ou le jour de lecture."
    cited = [
        *((f"chronologie, {event.at}", event.sources) for event in revision.events),
        *((f"conseil de {guidance.body}", guidance.sources) for guidance in revision.guidance),
        *((f"aide {advice.key}", advice.sources) for advice in revision.advice_rows),
        *((f"aide-mémoire {aid.at}", aid.sources) for aid in revision.aids),
        *((f"fait {fact.key}", fact.all_sources) for fact in revision.facts),
    ]
    for row, sources in cited:
        yield from ((row, f"la source « {each} » n'existe pas.") for each in sources if each not in revision.sources)
    asked = [(f"case {occasion.key}", occasion.question) for occasion in revision.occasions]
    for row, key in (*asked, *((f"aide {advice.key}", advice.key) for advice in revision.advice_rows)):
        yield from ((row, problem) for problem in check_keys([key], questionnaire.questions))
    for key in find_doubles(advice.key for advice in revision.advice_rows):
        yield f"aide {key}", "deux aides sont données à cette question."
    for key in find_doubles(fact.key for fact in revision.facts if fact.proposes):
        yield f"fait {key}", "deux réponses sont proposées à cette question."
    for fact in revision.facts:
        yield from ((f"fait {fact.key}", problem) for problem in check_fact(fact, questionnaire, revision.origin))


def check_fact(fact: Fact, questionnaire: Questionnaire, origin: str) -> Iterator[str]:
    """Yield what is wrong with a fact taken alone."""
    if not fact.all_sources:
        yield "citez au moins une source."
    if not (fact.proposes or fact.suggest or fact.statement):
        yield "donnez une réponse, ou écrivez le constat."
    question = questionnaire.get(fact.key)
    if question is None:
        if fact.proposes or fact.suggest:
            yield "cette question n'existe pas."
        return
    yield from (f"l'option « {key} » n'existe pas." for key in fact.suggest if question.option(key) is None)
    if not fact.proposes:
        return
    if question.ours or question.practice_only:
        yield "seul le cabinet peut répondre à cette question."
    try:
        propose_entry(question, fact, origin)
    except Refused as refused:
        yield str(refused)


def propose_entry(question: Question, fact: Fact, origin: str) -> Entry:
    """Return the answer that a fact proposes: its certainty is the fact's status, option by option where given.

    Raises Refused when the fact's value is not one of the question's."""
    raw: Entry = {"state": "known", "origin": origin, "basis": origin, "reviewed": False}
    raw |= {"note": fact.unknown or fact.note, "details": dict(fact.details)}
    if fact.unknown:
        return check_entry(question, raw | {"state": "unknown"}, ANY_TIME)
    value = [{"text": fact.value, "origin": origin}] if question.parts else fact.value
    raw |= {"value": value, "certainty": {"*": fact.status, **fact.option_status}}
    return check_entry(question, raw, ANY_TIME)
