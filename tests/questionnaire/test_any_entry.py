"""Whatever a stranger sends: an entry of its question's type, or a refusal; never another fault."""

import json
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from notifications.questionnaire import Context, Entry, Question, Refused, check_entry
from notifications.questionnaire.entries import STATES
from notifications.questionnaire.schema import STATUSES
from tests.dossiers import AS_IN_EXAMPLE, LATE, PARIS, form, weda_data

ORIGINS = (
    "practice",
    "profile",
    "default",
    "import",
    "incident:weda-2025-11@3",
    "template:csmf@2.local1",
    "incident:@",
    "",
)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)
QUESTIONS = st.sampled_from(list(form()))
SAMPLES = {
    "siren": ("123 456 782", "12345678200010", "123456789"),
    "vat": ("FR83404833048", "fr 83 404 833 048", "FR00"),
    "email": ("Nom@exemple.fr", "nom@"),
    "phone": ("01.99.00.12.34", "+33 (0)1 99 00 12 34", "12"),
    "postcode": ("76 200", "2A004"),
    "": ("", " ", "e\u0301", "un\r\ndeux", "\u202eabc", "\x85a\u2028b\u200b"),
}


def days() -> st.SearchStrategy[Any]:
    found = st.dates(date(1989, 1, 1), date(2026, 12, 31))
    return found.map(str) | found.map("{:%d/%m/%Y}".format)


def moments() -> st.SearchStrategy[Any]:
    times = st.times()
    offsets = st.sampled_from(["", "Z", "+01:00", "-09:30", "+14:00", "-23:59"])
    return (
        days()
        | st.builds(lambda day, time, offset: f"{day}T{time.isoformat()}{offset}", days(), times, offsets)
        | st.fixed_dictionaries({"day": days(), "time": times.map("{:%H h %M}".format) | st.just("")})
    )


def values(question: Question) -> st.SearchStrategy[Any]:
    """Values near to those of the question's type."""
    options = st.sampled_from([option.key for option in question.options] or ["-"])
    texts = st.sampled_from(SAMPLES[question.format]) | ANY_TEXT
    if question.parts:
        keys = st.sampled_from([part.key for part in question.parts])
        part = st.fixed_dictionaries({"text": texts, "origin": st.sampled_from(ORIGINS)}, optional={"part": keys})
        return texts | st.dictionaries(keys, texts) | st.lists(part, max_size=4)
    fields = {field.key: values(field) for field in question.fields}
    return {
        "text": texts,
        "choice": options,
        "choices": st.lists(options | st.just("-"), max_size=4),
        "number": st.integers(-1, 10**10) | st.integers(0, 10**7).map("{:,}".format).map(lambda n: n.replace(",", " ")),
        "date": days(),
        "moment": moments(),
        "datetime": moments(),
        "yes_no": st.booleans() | st.sampled_from(["yes", "no", "oui"]),
        "group": st.lists(st.fixed_dictionaries({}, optional=fields), max_size=3),
    }[question.type]


def entries(question: Question) -> st.SearchStrategy[Any]:
    """Entries near to those of a question: every field may be missing, right or wrong."""
    keys = st.sampled_from(["*", *(option.key for option in question.options)])
    optional: dict[str, st.SearchStrategy[Any]] = {
        "note": ANY_TEXT,
        "details": st.dictionaries(keys, ANY_TEXT, max_size=2),
        "certainty": st.dictionaries(keys, st.sampled_from(STATUSES), max_size=3),
        "origin": st.sampled_from(ORIGINS),
        "basis": st.sampled_from(ORIGINS),
        "reviewed": st.booleans(),
    }
    known = st.fixed_dictionaries({"state": st.just("known"), "value": values(question)}, optional=optional)
    others = st.fixed_dictionaries({"state": st.sampled_from(STATES)}, optional=optional)
    return known | others


def context() -> Context:
    return Context(PARIS, LATE)


def checked(question: Question, raw: Any) -> Entry | None:
    """None when refused; any other fault fails the test."""
    try:
        return check_entry(question, raw, context())
    except Refused:
        return None


@given(QUESTIONS, ANYTHING)
def test_anything_sent_as_an_entry_is_kept_or_refused(question: Question, raw: Any) -> None:
    checked(question, raw)


@given(QUESTIONS, st.fixed_dictionaries({"state": st.just("known"), "value": ANYTHING}))
def test_anything_sent_as_a_value_is_kept_or_refused(question: Question, raw: Any) -> None:
    checked(question, raw)


@given(QUESTIONS, st.sampled_from(["state", "note", "details", "certainty", "origin", "basis", "reviewed"]), ANYTHING)
def test_anything_sent_in_a_field_is_kept_or_refused(question: Question, field: str, anything: Any) -> None:
    checked(question, {"state": "cleared", field: anything})


@given(st.data())
def test_an_entry_that_was_checked_passes_again_unchanged_also_through_a_file(data: st.DataObject) -> None:
    question = data.draw(QUESTIONS)
    once = checked(question, data.draw(entries(question)))
    if once is not None:
        assert check_entry(question, json.loads(json.dumps(once)), context()) == once


def test_every_answer_of_a_whole_dossier_passes_again_unchanged() -> None:
    answers = weda_data().answers
    assert set(AS_IN_EXAMPLE) < set(answers)
    assert {key: check_entry(form().questions[key], entry, context()) for key, entry in answers.items()} == answers
