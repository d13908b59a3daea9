"""A questionnaire file as plain data: what a form asks, read and checked.

Input: one TOML file (see `seeds/questionnaires/`). Output: a frozen `Questionnaire`. A file that breaks a rule
raises `BadFile`, which names the file, the key and what is wrong, for every problem found.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ..typography import mark_words

TYPES = ("text", "choice", "choices", "number", "date", "moment", "datetime", "yes_no", "group")
FORMATS = ("siren", "vat", "email", "phone", "postcode")
STATUSES = ("confirmed", "claimed", "suspected", "contested", "unknown")
KINDS = ("initial", "complete")
REVIEWS = ("tap", "open")

# One subject and one test make a condition; the second line is for doubts and sentences only.
APPLIES_TESTS = {"is", "any", "known"}
OTHER_TESTS = {"state", "after", "more_than", "beside", "certainty", "not_after_fact"}


# Tables inside a question have the singular in the file.
NESTED = {"field": "fields", "tick": "ticks", "situation": "situations"}


class BadFile(ValueError):
    """A data file that cannot be used. `problems` holds one English sentence each: file, key, what is wrong."""

    def __init__(self, problems: list[str]):
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Option:
    key: str
    label: str
    text: bool = False
    help: str = ""


@dataclass(frozen=True)
class Part:
    """A part of a text: `by` says whose words it holds (source or practice)."""

    key: str
    label: str
    by: str
    heading: str = ""  # stands above its words where they are typed among those of others


@dataclass(frozen=True)
class Tick:
    """A box that writes a sentence into a text; `{date}` in it is filled by the day typed beside the box. It is offered
    where all conditions of `when` hold."""

    key: str
    label: str
    sentence: str
    part: str = ""
    when: tuple[Mapping[str, Any], ...] = ()

    @property
    def dated(self) -> bool:
        return "{date}" in self.sentence


@dataclass(frozen=True)
class Situation:
    """A case that a person may recognise, and what to do in it."""

    title: str
    text: str


@dataclass(frozen=True)
class Subject:
    """One screen of « L'essentiel »; `{product}` in its words is the software's name, `first` the key to begin with."""

    slug: str
    title: str
    help: str = ""
    first: str = ""


@dataclass(frozen=True)
class Step:
    slug: str
    title: str
    help: str = ""


@dataclass(frozen=True)
class Question:
    key: str
    type: str
    label: str
    step: str = ""
    help: str = ""
    example: str = ""
    article: str = ""
    format: str = ""
    long: bool = False
    max_length: int = 0
    options: tuple[Option, ...] = ()
    needed_for: tuple[str, ...] = ()
    unknown: bool = False
    forced: str = ""  # the option that says « not known yet » where the form forces a choice
    not_applicable: bool = False
    shareable: bool = False
    practice_only: bool = False  # no incident, template or default may answer it
    profile: bool = False  # says who the practice is: typed once, in its profile
    counts_patients: bool = False  # the number in the practice's profile helps to remember, and is never proposed
    common: bool = False  # controllers of one house may answer it alike
    ours: bool = False
    review: str = "tap"
    subject: str = ""
    summary: bool = False  # printed on the first page of the draft
    merge_with: str = ""
    parts: tuple[Part, ...] = ()
    fields: tuple["Question", ...] = ()
    ticks: tuple[Tick, ...] = ()
    situations: tuple[Situation, ...] = ()
    future: bool = False
    default: Mapping[str, Any] = field(default_factory=dict)
    copied_from: Mapping[str, str] = field(default_factory=dict)
    applies: tuple[Mapping[str, Any], ...] = ()
    verified: bool = False

    def option(self, key: str) -> Option | None:
        return next((option for option in self.options if option.key == key), None)

    @property
    def limit(self) -> int:
        """Longest text accepted, in characters."""
        return self.max_length or (6000 if self.long else 200)

    def part_for(self, origin: str) -> str:
        """Key of the part that words of this origin belong to when nothing else is said."""
        by = "practice" if origin == "practice" else "source"
        return next((part.key for part in self.parts if part.by == by), self.parts[0].key)


@dataclass(frozen=True)
class Rule:
    """A doubt (`keys`, `message`) or a sentence made by rule (`keys` holds the text's key, `message` the sentence)."""

    keys: tuple[str, ...]
    message: str
    when: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Questionnaire:
    name: str
    title: str
    source: str
    verified: bool
    unverified_note: str
    steps: tuple[Step, ...]
    questions: Mapping[str, Question]
    subjects: tuple[Subject, ...] = ()
    doubts: tuple[Rule, ...] = ()
    sentences: tuple[Rule, ...] = ()

    def __hash__(self) -> int:  # tables have none of their own
        return hash(self.name)

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions.values())

    def get(self, key: str) -> Question | None:
        return self.questions.get(key)

    def of_step(self, slug: str) -> tuple[Question, ...]:
        return tuple(question for question in self if question.step == slug)

    def merge_set(self, key: str) -> frozenset[str]:
        """Keys that make sense only together with `key`: they are written together or not at all."""
        question = self.questions[key]
        root = question.merge_with or key
        return frozenset(q.key for q in self if root in (q.key, q.merge_with))


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises BadFile when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadFile([f"{path.name}: cannot be read: {error or type(error).__name__}"]) from error


def load(path: Path) -> Questionnaire:
    """Read and check a questionnaire file."""
    return build(read_toml(path), path.name)


def build(data: Mapping[str, Any], file: str) -> Questionnaire:
    """Check the tables of a questionnaire; `file` is the name used in messages."""
    data = mark_words(data)
    problems: list[str] = []
    steps = tuple(Step(**_known(Step, raw, f"{file}: step", problems)) for raw in data.get("step", []))
    subjects = [_known(Subject, raw, f"{file}: subject", problems) for raw in data.get("subject", [])]
    questions: dict[str, Question] = {}
    verified = bool(data.get("verified", False))
    for raw in data.get("question", []):
        question = _question({"verified": verified, **raw}, file, problems)
        if question.key in questions:
            problems.append(f"{file}: {question.key}: duplicate key")
        questions[question.key] = question
    questionnaire = Questionnaire(
        name=data.get("name", ""),
        title=data.get("title", ""),
        source=data.get("source", ""),
        verified=verified,
        unverified_note=data.get("unverified_note", ""),
        steps=steps,
        questions=questions,
        subjects=tuple(Subject(**raw) for raw in subjects),
        doubts=tuple(_rule(raw, raw.get("keys", [])) for raw in data.get("doubt", [])),
        sentences=tuple(_rule(raw, [raw.get("key", "")]) for raw in data.get("sentence", [])),
    )
    problems += _check(questionnaire, file)
    if problems:
        raise BadFile(problems)
    return questionnaire


def _rule(raw: Mapping[str, Any], keys: list[str]) -> Rule:
    return Rule(tuple(keys), raw.get("message") or raw.get("text", ""), tuple(raw.get("when", [])))


def _known(cls: type, raw: Mapping[str, Any], where: str, problems: list[str]) -> dict[str, Any]:
    """The attributes that `cls` has; others are problems, so that a misspelt attribute is never silently lost."""
    names = {f.name for f in fields(cls)}
    for name in raw.keys() - names:
        problems.append(f"{where}: unknown attribute {name}")
    required = {f.name for f in fields(cls) if f.default is f.default_factory}  # both MISSING
    for name in required - raw.keys():
        problems.append(f"{where}: {name} is missing")
    return {name: raw.get(name, "") for name in required} | {n: raw[n] for n in names & raw.keys()}


def _question(raw: Mapping[str, Any], file: str, problems: list[str], *, inside_group: bool = False) -> Question:
    where = f"{file}: {raw.get('key', '(no key)')}"
    raw = {NESTED.get(name, name): value for name, value in raw.items()}
    values = _known(Question, raw, where, problems)
    values["options"] = tuple(
        Option(**_known(Option, option, f"{where}: option {option.get('key', '?')}", problems))
        for option in values.get("options", ())
    )
    for name, cls in (("ticks", Tick), ("situations", Situation)):
        values[name] = tuple(cls(**_known(cls, each, where, problems)) for each in values.get(name, ()))
    values["parts"] = tuple(Part(**_known(Part, part, where, problems)) for part in values.get("parts", ()))
    values["needed_for"] = tuple(values.get("needed_for", ()))
    applies = values.get("applies", ())
    values["applies"] = ({"fact": "late"},) if applies == "late" else tuple(applies)
    nested = [{"verified": values.get("verified", False), **field} for field in values.get("fields", ())]
    if inside_group and values.get("type") == "group":
        problems.append(f"{where}: a group inside a group")
        nested = []
    values["fields"] = tuple(_question(each, file, problems, inside_group=True) for each in nested)
    return Question(**values)


def _check(questionnaire: Questionnaire, file: str) -> list[str]:
    problems = [f"{file}: {name} is missing" for name in ("name", "title") if not getattr(questionnaire, name)]
    slugs = [step.slug for step in questionnaire.steps]
    problems += [f"{file}: step {slug}: duplicate slug" for slug in {s for s in slugs if slugs.count(s) > 1}]
    seen: set[str] = set()
    for question in questionnaire:
        where = f"{file}: {question.key}"
        problems += [f"{where}: {each}" for each in _question_problems(question)]
        if question.step not in slugs:
            problems.append(f"{where}: unknown step {question.step!r}")
        for condition in question.applies:
            problems += [f"{where}: {each}" for each in _applies_problems(condition, seen, questionnaire)]
        problems += [f"{where}: {each}" for each in _link_problems(question, questionnaire)]
        for tick in question.ticks:
            problems += [f"{where}: tick {tick.key}: {each}" for each in _when_problems(tick.when, questionnaire)]
        seen.add(question.key)
    for rule in (*questionnaire.doubts, *questionnaire.sentences):
        problems += [f"{file}: rule on {', '.join(rule.keys)}: {each}" for each in _rule_problems(rule, questionnaire)]
    return problems


def _question_problems(question: Question) -> Iterator[str]:
    if question.type not in TYPES:
        yield f"unknown type {question.type!r}"
    if question.format and question.format not in FORMATS:
        yield f"unknown format {question.format!r}"
    if question.review not in REVIEWS:
        yield f"unknown review {question.review!r}"
    if set(question.needed_for) - set(KINDS):
        yield "needed_for holds something else than initial, complete"
    if (question.type in ("choice", "choices")) != bool(question.options):
        yield "options go with choice and choices, and only with them"
    if (question.type == "group") != bool(question.fields):
        yield "fields go with group, and only with it"
    if question.ticks and question.type != "text":
        yield "ticks go with text"
    if {tick.part for tick in question.ticks} - {part.key for part in question.parts} - {""}:
        yield "a tick names a missing part"
    if question.practice_only and (question.default or question.shareable):
        yield "practice_only goes with neither default nor shareable"
    if question.parts and question.type != "text":
        yield "parts go with text"
    keys = [option.key for option in question.options]
    if question.forced and question.forced not in keys:
        yield f"forced names a missing option {question.forced!r}"
    for option in question.options:
        if not option.label:
            yield f"option {option.key} has no label"
        if keys.count(option.key) > 1:
            yield f"option {option.key}: duplicate key"
    for each in question.fields:
        yield from (f"field {each.key}: {problem}" for problem in _question_problems(each))


def _applies_problems(condition: Mapping[str, Any], seen: set[str], questionnaire: Questionnaire) -> Iterator[str]:
    if condition == {"fact": "late"}:
        return
    if condition.get("key") not in seen:
        yield f"condition on a missing or later key {condition.get('key')!r}"
    elif not (len(condition) == 2 and condition.keys() - {"key"} <= APPLIES_TESTS):
        yield f"condition {dict(condition)} needs one of {', '.join(sorted(APPLIES_TESTS))}"
    else:
        yield from _option_problems(condition, questionnaire)


def _option_problems(condition: Mapping[str, Any], questionnaire: Questionnaire) -> Iterator[str]:
    question = questionnaire.questions[condition["key"]]
    named = [condition.get("is"), condition.get("option"), condition.get("beside"), *condition.get("any", [])]
    for option in named:
        if question.options and option is not None and question.option(option) is None:
            yield f"condition on {question.key}: it has no option {option!r}"


def _link_problems(question: Question, questionnaire: Questionnaire) -> Iterator[str]:
    links = [question.merge_with, question.copied_from.get("key", ""), question.copied_from.get("if", "")]
    if question.subject and question.subject not in [subject.slug for subject in questionnaire.subjects]:
        yield f"unknown subject {question.subject!r}"
    for key in links:
        if key and key not in questionnaire.questions:
            yield f"refers to a missing key {key!r}"
    root = questionnaire.get(question.merge_with)
    if root is not None and root.merge_with:
        yield f"merge_with {question.merge_with!r}, which itself has a merge_with"


def _rule_problems(rule: Rule, questionnaire: Questionnaire) -> Iterator[str]:
    if not (rule.keys and rule.message and rule.when):
        yield "needs keys, a message and conditions"
    for key in rule.keys:
        if key not in questionnaire.questions:
            yield f"missing key {key!r}"
    yield from _when_problems(rule.when, questionnaire)


def _when_problems(when: tuple[Mapping[str, Any], ...], questionnaire: Questionnaire) -> Iterator[str]:
    for condition in when:
        tests = condition.keys() - {"key", "option"}
        if condition.get("fact") == "late" or "unknown_for" in condition:
            continue
        if condition.get("key") not in questionnaire.questions:
            yield f"condition on a missing key {condition.get('key')!r}"
        elif len(tests) != 1 or not tests <= APPLIES_TESTS | OTHER_TESTS:
            yield f"condition {dict(condition)} needs exactly one test"
        elif (other := condition.get("after", condition.get("more_than"))) and other not in questionnaire.questions:
            yield f"condition on {condition['key']}: missing key {other!r}"
        else:
            yield from _option_problems(condition, questionnaire)
