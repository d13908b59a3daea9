"""An incident file: what is known of a vendor's breach, fact by fact, with its source and how sure it is.

Input: one whole TOML file for each revision. Output: a frozen `Revision`; `BadFile` names every problem.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Set
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .questionnaire import (
    STATUSES,
    BadFile,
    Context,
    Entry,
    Question,
    Questionnaire,
    Refused,
    Tick,
    check_entry,
    read_toml,
)
from .typography import Words, mark_words

ANY_TIME = Context(ZoneInfo("Europe/Paris"), dt.datetime(9999, 1, 1, tzinfo=dt.UTC))  # facts have no « now »
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
SCOPES = ("vendor", "practice", "service")


@dataclass(frozen=True)
class Source:
    id: str
    publisher: str
    title: str
    quote: str = ""
    address: str = ""
    date: dt.date | None = None
    seen: dt.date | None = None  # day it was seen, for an undated page
    via: str = ""


@dataclass(frozen=True)
class Event:
    at: str
    precision: str
    text: str
    status: str
    sources: tuple[str, ...]
    until: str = ""


@dataclass(frozen=True)
class Fact:
    """A proposal when it has a `value` or an `unknown` reason; otherwise something to show."""

    key: str
    status: str
    sources: tuple[str, ...]
    value: Any = None
    unknown: str = ""
    note: str = ""
    statement: str = ""
    option_status: Mapping[str, str] = field(default_factory=dict)
    polarity: str = "present"
    scope: str = "vendor"
    via: str = ""
    suggest: tuple[str, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    readings: tuple[Mapping[str, Any], ...] = ()
    corrected_on: dt.date | None = None
    correction: str = ""

    @property
    def proposes(self) -> bool:
        return self.value is not None or bool(self.unknown)


@dataclass(frozen=True)
class Guidance:
    body: str
    kind: str
    about: str
    text: str
    sources: tuple[str, ...]
    quote: str = ""
    contrary: bool = False
    asks_before: dt.date | None = None  # the day before which this body asked to notify


@dataclass(frozen=True)
class Advice:
    key: str
    text: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Aid:
    at: str
    text: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Occasion:
    """A tick that this incident adds to a question, or puts in the place of the form's tick of the same key. It fits a
    delay that meets its period: `since` and `until` are days, both included."""

    question: str
    tick: Tick
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True)
class Revision:
    slug: str
    number: str
    title: str
    vendor: str
    product: str
    questionnaire: str
    published_at: dt.date
    as_of: dt.date
    summary: str
    attack: str = ""
    reviewed_by: str = ""
    controller: str = "practice"
    controller_note: str = ""
    sources: Mapping[str, Source] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    facts: tuple[Fact, ...] = ()
    guidance: tuple[Guidance, ...] = ()
    open: tuple[str, ...] = ()
    advice: Mapping[str, Advice] = field(default_factory=dict)
    aids: tuple[Aid, ...] = ()
    occasions: tuple[Occasion, ...] = ()

    def __hash__(self) -> int:  # tables have none of their own
        return hash(self.origin)

    @property
    def origin(self) -> str:
        return f"incident:{self.slug}@{self.number}"


DAYS = {"published_at", "as_of", "date", "seen", "corrected_on", "asks_before"}
PERIOD = {"since", "until"}  # of a tick
TABLES = ("sources", "events", "facts", "guidance", "open", "advice", "aids")  # built from LISTS
LISTS = {"source": Source, "event": Event, "fact": Fact, "guidance": Guidance, "advice": Advice, "aid": Aid}


def load(path: Path, questionnaire: Questionnaire) -> Revision:
    """Read and check an incident file against the questionnaire it answers."""
    return build(read_toml(path), path.name, questionnaire)


def build(data: Mapping[str, Any], file: str, questionnaire: Questionnaire) -> Revision:
    """Check the tables of an incident file; `file` is the name used in messages. Days may be ISO text (JSON)."""
    data = mark_words(data)
    problems: list[str] = []
    found = {name: _list(cls, data.get(name, []), f"{file}: {name}", problems) for name, cls in LISTS.items()}
    plain = {name: value for name, value in data.items() if name not in (*LISTS, "open", "tick")}
    plain |= _days(plain, file, problems)
    plain["number"] = str(plain.get("number", ""))
    names = {f.name for f in fields(Revision) if f.name not in TABLES}
    required = {f.name for f in fields(Revision) if f.default is MISSING and f.default_factory is MISSING}
    problems += [f"{file}: unknown attribute {name}" for name in plain.keys() - names]
    problems += [f"{file}: {name} is missing" for name in required if not plain.get(name)]
    occasions = [_occasion(each, f"{file}: tick {each.get('key', '?')}", problems) for each in data.get("tick", [])]
    ids = [source.id for source in found["source"]]
    problems += [f"{file}: source {each}: duplicate id" for each in set(ids) if ids.count(each) > 1]
    if problems:
        raise BadFile(problems)
    revision = Revision(
        **plain,
        sources={source.id: source for source in found["source"]},
        events=found["event"],
        facts=found["fact"],
        guidance=found["guidance"],
        open=tuple(each.get("text", "") for each in data.get("open", [])),
        advice={advice.key: advice for advice in found["advice"]},
        aids=found["aid"],
        occasions=tuple(occasions),
    )
    problems = [f"{file}: {each}" for each in _problems(revision, questionnaire)]
    if problems:
        raise BadFile(problems)
    return revision


def _occasion(raw: Mapping[str, Any], where: str, problems: list[str]) -> Occasion:
    words = {name: raw.get(name, "") for name in ("key", "label", "sentence")}
    if not all(words.values()) or raw.keys() - {*words, "question", "since", "until"}:
        problems.append(f"{where}: needs question, key, label, sentence and may have since, until")
    return Occasion(raw.get("question", ""), Tick(**words), **_days(raw, where, problems, PERIOD))


def _days(row: Mapping[str, Any], where: str, problems: list[str], names: Set[str] = DAYS) -> dict[str, dt.date]:
    found = {}
    for name in names & row.keys():
        try:
            found[name] = dt.date.fromisoformat(str(row[name]))
        except ValueError:
            problems.append(f"{where}: {name} {row[name]!r} is not a day")
    return found


def _list(cls: type, rows: list[Mapping[str, Any]], where: str, problems: list[str]) -> tuple[Any, ...]:
    found = []
    for number, raw in enumerate(rows, start=1):
        values = {
            name: tuple(value) if isinstance(value, list) and name != "value" else value for name, value in raw.items()
        }
        values |= _days(values, f"{where} {raw.get('key') or raw.get('id') or number}", problems)
        try:
            found.append(cls(**values))
        except TypeError as error:
            problems.append(f"{where} {raw.get('key') or raw.get('id') or number}: {error}")
    return tuple(found)


def _problems(revision: Revision, questionnaire: Questionnaire) -> Iterator[str]:
    if revision.questionnaire != questionnaire.name:
        yield f"answers {revision.questionnaire!r}, not {questionnaire.name!r}"
    instants = [revision.attack, *(each for e in revision.events for each in (e.at, e.until))]
    for text in (*filter(None, instants), *(aid.at for aid in revision.aids)):
        if not _is_moment(text):
            yield f"{text!r} is not the text of a day, or of an instant with its offset"
    if not all(revision.open):
        yield "open: text is missing"
    for source in revision.sources.values():
        if not (source.date or source.seen):
            yield f"source {source.id}: neither a date nor the day it was seen"
    rows: list[tuple[str, str, Any]] = [("event", e.at, e) for e in revision.events] + [
        ("guidance", g.body, g) for g in revision.guidance
    ]
    rows += [("advice", a.key, a) for a in revision.advice.values()] + [("aid", a.at, a) for a in revision.aids]
    for kind, name, row in rows:
        yield from (f"{kind} {name}: unknown source {s!r}" for s in row.sources if s not in revision.sources)
    for guidance in revision.guidance:
        if guidance.kind not in GUIDANCE_WORDS:
            yield f"guidance {guidance.body}: unknown kind {guidance.kind!r}"
    for event in revision.events:
        if event.status not in STATUSES:
            yield f"event {event.at}: unknown status {event.status!r}"
    for occasion in revision.occasions:
        if occasion.question not in questionnaire.questions:
            yield f"tick {occasion.tick.key}: no such question {occasion.question!r}"
    yield from (f"advice {key}: no such question" for key in revision.advice if key not in questionnaire.questions)
    for fact in revision.facts:
        yield from (f"fact {fact.key}: {each}" for each in _fact_problems(fact, revision, questionnaire))
    keys = [fact.key for fact in revision.facts if fact.proposes]
    yield from (f"fact {key}: proposed twice" for key in set(keys) if keys.count(key) > 1)


def _is_moment(text: Any) -> bool:
    try:
        moment = dt.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return False
    return len(text) == 10 or moment.tzinfo is not None


def _fact_problems(fact: Fact, revision: Revision, questionnaire: Questionnaire) -> Iterator[str]:
    cited = [*fact.sources, *(s for reading in fact.readings for s in reading.get("sources", ()))]
    yield from (f"unknown source {s!r}" for s in cited if s not in revision.sources)
    if not cited:
        yield "no source"
    if {fact.status, *fact.option_status.values()} - set(STATUSES):
        yield "unknown status"
    if fact.polarity not in ("present", "absent") or fact.scope not in SCOPES:
        yield "unknown polarity or scope"
    question = questionnaire.get(fact.key)
    if (fact.proposes or fact.suggest) and question is None:
        yield "no such question"
    elif not (fact.proposes or fact.suggest or fact.statement):
        yield "neither a proposal nor a statement"
    elif question is not None and fact.proposes:
        yield from _proposal_problems(fact, questionnaire, revision.origin)
    elif question is not None and fact.suggest:
        yield from (f"suggests a missing option {key!r}" for key in fact.suggest if question.option(key) is None)


def _proposal_problems(fact: Fact, questionnaire: Questionnaire, origin: str) -> Iterator[str]:
    question = questionnaire.questions[fact.key]
    if question.ours or question.practice_only:
        yield "only the practice can answer this question"
    try:
        proposed_entry(question, fact, origin)
    except Refused as refused:
        yield f"{refused}"


def proposed_entry(question: Question, fact: Fact, origin: str) -> Entry:
    """The answer that a fact proposes: its certainty is the fact's status, option by option where given.

    Raises Refused when the fact's value is not one of the question's."""
    raw: Entry = {"state": "known", "origin": origin, "basis": origin, "reviewed": False}
    raw |= {"note": fact.unknown or fact.note, "details": dict(fact.details)}
    if fact.unknown:
        return check_entry(question, raw | {"state": "unknown"}, ANY_TIME)
    value = [{"text": fact.value, "origin": origin}] if question.parts else fact.value
    raw |= {"value": value, "certainty": {"*": fact.status, **fact.option_status}}
    return check_entry(question, raw, ANY_TIME)
