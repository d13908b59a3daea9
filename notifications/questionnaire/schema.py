"""A questionnaire file as plain data: what a form asks. Its rules are in `rules.py`."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, field

from .loading import Filled, Shape

Status = Literal["confirmed", "claimed", "suspected", "contested", "unknown"]
Kind = Literal["initial", "complete"]
STATUSES: tuple[str, ...] = get_args(Status)
# Of a condition: what it may ask of an answer anywhere, and what only doubts, sentences and ticks ask.
PLAIN_TESTS = ("is_", "any", "known")
OTHER_TESTS = ("state", "after", "more_than", "beside", "certainty", "not_after_fact", "fact", "unknown_for")


class Condition(Shape, frozen=True):
    """One test of the answer to `key`, or of what is known beside the answers (`fact`, `unknown_for`)."""

    key: str = ""
    is_: bool | int | str | None = field(name="is", default=None)
    any: tuple[str, ...] | None = None
    known: bool | None = None
    state: Literal["known", "unknown", "not_applicable", "cleared"] | None = None
    after: str | None = None
    more_than: str | None = None
    beside: str | None = None
    option: str | None = None  # whose certainty is asked; that of the whole answer without it
    certainty: tuple[Status, ...] | None = None
    not_after_fact: Literal["attack"] | None = None
    fact: Literal["late"] | None = None
    unknown_for: Kind | None = None

    def __post_init__(self) -> None:
        tests = [name for name in (*PLAIN_TESTS, *OTHER_TESTS) if getattr(self, name) is not None]
        if len(tests) != 1 or bool(self.key) == (tests[0] in ("fact", "unknown_for")):
            raise ValueError("une condition a une clé et un seul essai.")
        if self.option is not None and self.certainty is None:
            raise ValueError("« option » va avec « certainty ».")

    @property
    def plain(self) -> bool:
        """Is it one of those that may stand anywhere?"""
        return any(getattr(self, name) is not None for name in PLAIN_TESTS)


LATE = (Condition(fact="late"),)


class Option(Shape, frozen=True):
    key: Filled
    label: Filled
    text: bool = False
    help: str = ""


class Part(Shape, frozen=True):
    """A part of a text: `by` says whose words it holds."""

    key: Filled
    label: Filled
    by: Literal["source", "practice"]
    heading: str = ""  # stands above its words where they are typed among those of others


class Checkbox(Shape, frozen=True):
    """A box that writes a sentence into a text; `{date}` in it is filled by the day typed beside the box. It is offered
    where all conditions of `when` hold."""

    key: Filled
    label: Filled
    sentence: Filled
    part: str = ""
    when: tuple[Condition, ...] = ()

    @property
    def dated(self) -> bool:
        return "{date}" in self.sentence


class Situation(Shape, frozen=True):
    """A case that a person may recognise, and what to do in it."""

    title: Filled
    text: Filled


class Subject(Shape, frozen=True):
    """One screen of « L'essentiel »; `{product}` in its words is the software's name, `first` the key to begin with."""

    slug: Filled
    title: Filled
    help: str = ""
    first: str = ""


class Step(Shape, frozen=True):
    slug: Filled
    title: Filled
    help: str = ""


class Copy(Shape, frozen=True):
    """The question whose answer is taken (`key`) where the question `when` is answered by yes."""

    key: Filled
    when: Filled = field(name="if")


class Question(Shape, frozen=True):
    key: Filled
    type: Literal["text", "choice", "choices", "number", "date", "moment", "datetime", "yes_no", "group"]
    label: Filled
    step: str = ""
    help: str = ""
    example: str = ""
    article: str = ""
    format: Literal["", "siren", "vat", "email", "phone", "postcode"] = ""
    long: bool = False
    max_length: Annotated[int, Meta(ge=0)] = 0
    options: tuple[Option, ...] = ()
    needed_for: tuple[Kind, ...] = ()
    unknown: bool = False
    forced: str = ""  # the option that says « not known yet » where the form forces a choice
    not_applicable: bool = False
    shareable: bool = False
    practice_only: bool = False  # no incident, template or default may answer it
    profile: bool = False  # says who the practice is: typed once, in its profile
    counts_patients: bool = False  # the number in the practice's profile helps to remember, and is never proposed
    common: bool = False  # controllers of one house may answer it alike
    ours: bool = False
    review: Literal["tap", "open"] = "tap"
    subject: str = ""
    summary: bool = False  # printed on the first page of the draft
    merge_with: str = ""
    parts: tuple[Part, ...] = ()
    fields: tuple["Question", ...] = field(name="field", default=())
    ticks: tuple[Checkbox, ...] = field(name="tick", default=())
    situations: tuple[Situation, ...] = field(name="situation", default=())
    future: bool = False
    default: dict[str, Any] = {}
    copied_from: Copy | None = None
    asked_if: tuple[Condition, ...] | Literal["late"] = field(name="applies", default=())
    verified: bool | None = None  # as the whole form unless said

    def option(self, key: str) -> Option | None:
        return next((option for option in self.options if option.key == key), None)

    @property
    def applies(self) -> tuple[Condition, ...]:
        """The conditions that must all hold for the question to be asked."""
        return LATE if self.asked_if == "late" else self.asked_if

    @property
    def limit(self) -> int:
        """Longest text accepted, in characters."""
        return self.max_length or (6000 if self.long else 200)

    def part_for(self, origin: str) -> str:
        """Key of the part that words of this origin belong to when nothing else is said."""
        by = "practice" if origin == "practice" else "source"
        return next((part.key for part in self.parts if part.by == by), self.parts[0].key)


class Doubt(Shape, frozen=True):
    """Answers that disagree: shown beside the questions `keys`, never blocking."""

    keys: Annotated[tuple[str, ...], Meta(min_length=1)]
    message: Filled
    when: Annotated[tuple[Condition, ...], Meta(min_length=1)]
    key: str = ""  # its name, for those who read the file


class Sentence(Shape, frozen=True):
    """A sentence added to the text `key` wherever it is printed; `{other}` is the words of that answer."""

    key: Filled
    text: Filled
    when: Annotated[tuple[Condition, ...], Meta(min_length=1)]


class Questionnaire(Shape, frozen=True, dict=True):
    name: Filled
    title: Filled
    source: str = ""
    verified: bool = False
    unverified_note: str = ""
    steps: tuple[Step, ...] = field(name="step", default=())
    in_order: tuple[Question, ...] = field(name="question", default=())
    subjects: tuple[Subject, ...] = field(name="subject", default=())
    doubts: tuple[Doubt, ...] = field(name="doubt", default=())
    sentences: tuple[Sentence, ...] = field(name="sentence", default=())

    def __hash__(self) -> int:  # tables have none of their own
        return hash(self.name)

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        return {question.key: question for question in self.in_order}

    def __iter__(self) -> Iterator[Question]:
        return iter(self.in_order)

    def get(self, key: str) -> Question | None:
        return self.questions.get(key)

    def of_step(self, slug: str) -> tuple[Question, ...]:
        return tuple(question for question in self if question.step == slug)

    def merge_set(self, key: str) -> frozenset[str]:
        """Keys that make sense only together with `key`: they are written together or not at all."""
        question = self.questions[key]
        root = question.merge_with or key
        return frozenset(q.key for q in self if root in (q.key, q.merge_with))
