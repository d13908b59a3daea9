"""A questionnaire file is refused with words that lead to the fault; a good one needs no code of its own."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifications import prefill
from notifications.documents import dossier_file, pdf
from notifications.obligations import CNIL, Obligation
from notifications.questionnaire import BadFile, Context, Question, Refused, build, check_entry, load
from notifications.report import DossierData, Report, build_report
from tests.dossiers import ROOT, form

DATA = ROOT / "tests/data"
START = """
name = "essai"
title = "Essai"
[[step]]
slug = "un"
title = "Un"
"""
QUESTIONS = """
[[question]]
key = "first"
step = "un"
type = "yes_no"
label = "Premier"
[[question]]
key = "colour"
step = "un"
type = "choice"
label = "Couleur"
options = [{ key = "red", label = "Rouge" }, { key = "blue", label = "Bleu" }]
[[question]]
key = "day"
step = "un"
type = "date"
label = "Jour"
"""
LAST = """
[[question]]
key = "last"
step = "un"
label = "Dernier"
"""
FAULTS = {
    "unknown type": ('type = "colour"', "last: unknown type 'colour'"),
    "unknown format": ('type = "text"\nformat = "iban"', "last: unknown format 'iban'"),
    "unknown review": ('type = "text"\nreview = "maybe"', "last: unknown review 'maybe'"),
    "forced without its option": (
        'type = "number"\nforced = "unknown"',
        "last: forced names a missing option 'unknown'",
    ),
    "misspelt attribute": ('type = "text"\nhlep = "Aide"', "last: unknown attribute hlep"),
    "needed for nothing known": ('type = "text"\nneeded_for = ["always"]', "last: needed_for holds"),
    "choice without options": ('type = "choice"', "last: options go with choice"),
    "options of a text": ('type = "text"\noptions = [{ key = "a", label = "A" }]', "last: options go with choice"),
    "option without label": ('type = "choice"\noptions = [{ key = "a" }]', "last: option a: label is missing"),
    "empty option label": ('type = "choice"\noptions = [{ key = "a", label = "" }]', "last: option a has no label"),
    "misspelt option attribute": (
        'type = "choice"\noptions = [{ key = "a", label = "A", txt = true }]',
        "last: option a: unknown attribute txt",
    ),
    "same option twice": (
        'type = "choice"\noptions = [{ key = "a", label = "A" }, { key = "a", label = "B" }]',
        "last: option a: duplicate key",
    ),
    "group without fields": ('type = "group"', "last: fields go with group"),
    "group in a group": (
        'type = "group"\nfield = [{ key = "in", label = "In", type = "group" }]',
        "in: a group inside a group",
    ),
    "unknown type in a group": (
        'type = "group"\nfield = [{ key = "in", label = "In", type = "colour" }]',
        "last: field in: unknown type 'colour'",
    ),
    "parts of a number": (
        'type = "number"\nparts = [{ key = "a", label = "A", by = "practice" }]',
        "last: parts go with",
    ),
    "practice_only with default": (
        'type = "yes_no"\npractice_only = true\ndefault = { value = true }',
        "last: practice_only goes with neither default nor shareable",
    ),
    "practice_only and shareable": (
        'type = "yes_no"\npractice_only = true\nshareable = true',
        "last: practice_only goes with neither default nor shareable",
    ),
    "condition on a missing key": (
        'type = "text"\napplies = [{ key = "nowhere", is = true }]',
        "last: condition on a missing or later key 'nowhere'",
    ),
    "condition on itself": (
        'type = "yes_no"\napplies = [{ key = "last", is = true }]',
        "last: condition on a missing or later key 'last'",
    ),
    "condition on a missing option": (
        'type = "text"\napplies = [{ key = "colour", any = ["red", "green"] }]',
        "last: condition on colour: it has no option 'green'",
    ),
    "condition that tests nothing": ('type = "text"\napplies = [{ key = "first" }]', "last: condition"),
    "condition for rules only": (
        'type = "text"\napplies = [{ key = "day", after = "day" }]',
        "last: condition {'key': 'day', 'after': 'day'} needs one of any, is, known",
    ),
    "merged with a missing key": ('type = "text"\nmerge_with = "nowhere"', "last: refers to a missing key 'nowhere'"),
    "copied from a missing key": (
        'type = "text"\ncopied_from = { key = "nowhere", if = "first" }',
        "last: refers to a missing key 'nowhere'",
    ),
    "copied if a missing key": (
        'type = "text"\ncopied_from = { key = "day", if = "nowhere" }',
        "last: refers to a missing key 'nowhere'",
    ),
}
RULE_FAULTS = {
    "no message": ('keys = ["day"]\nwhen = [{ key = "day", known = true }]', "needs keys, a message and conditions"),
    "no condition": ('keys = ["day"]\nmessage = "Vraiment ?"', "needs keys, a message and conditions"),
    "missing key": (
        'keys = ["nowhere"]\nmessage = "Vraiment ?"\nwhen = [{ key = "day", known = true }]',
        "missing key 'nowhere'",
    ),
    "condition on a missing key": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "nowhere", known = true }]',
        "condition on a missing key 'nowhere'",
    ),
    "condition on a missing option": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "colour", beside = "green" }]',
        "condition on colour: it has no option 'green'",
    ),
    "compared with a missing key": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "day", after = "nowhere" }]',
        "condition on day: missing key 'nowhere'",
    ),
    "two tests at once": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "day", known = true, is = "2025-01-01" }]',
        "needs exactly one test",
    ),
}


def problems_of(text: str) -> list[str]:
    with pytest.raises(BadFile) as caught:
        build(tomllib.loads(text), "essai.toml")
    return caught.value.problems


@pytest.mark.parametrize(("attributes", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_question_is_refused_by_file_key_and_fault(attributes: str, sentence: str) -> None:
    problems = problems_of(START + QUESTIONS + LAST + attributes)
    assert any(each.startswith(f"essai.toml: {sentence}") for each in problems), problems


@pytest.mark.parametrize(("attributes", "sentence"), RULE_FAULTS.values(), ids=RULE_FAULTS)
def test_a_faulty_doubt_is_refused_by_file_keys_and_fault(attributes: str, sentence: str) -> None:
    problems = problems_of(f"{START}{QUESTIONS}[[doubt]]\n{attributes}")
    assert any(each.startswith("essai.toml: rule on") and sentence in each for each in problems), problems


def test_the_questionnaire_that_faults_are_put_into_is_good() -> None:
    assert [each.key for each in build(tomllib.loads(START + QUESTIONS + LAST + 'type = "text"'), "essai.toml")] == [
        "first",
        "colour",
        "day",
        "last",
    ]


def test_a_key_used_twice_is_refused() -> None:
    assert problems_of(START + QUESTIONS + QUESTIONS)[0] == "essai.toml: first: duplicate key"


def test_a_condition_on_a_later_question_is_refused() -> None:
    late = LAST + 'type = "text"\napplies = [{ key = "first", is = true }]'
    assert "last: condition on a missing or later key 'first'" in problems_of(START + late + QUESTIONS)[0]


def test_a_merge_that_leads_to_another_merge_is_refused() -> None:
    chain = LAST + 'type = "text"\nmerge_with = "day"' + QUESTIONS.replace('"date"', '"date"\nmerge_with = "first"')
    assert problems_of(START + chain) == ["essai.toml: last: merge_with 'day', which itself has a merge_with"]


def test_a_question_of_an_unknown_step_is_refused() -> None:
    assert "essai.toml: first: unknown step 'un'" in problems_of('name = "a"\ntitle = "A"' + QUESTIONS)


def test_every_fault_is_named_at_once() -> None:
    faults = LAST + 'type = "colour"\nhlep = "Aide"\nmerge_with = "nowhere"'
    assert len(problems_of(START + QUESTIONS + faults)) == 3


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", b"a = " + b"[" * 100_000, None])
def test_a_file_that_is_not_toml_is_refused_by_its_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "abîmé.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadFile, match=r"^abîmé\.toml: cannot be read"):
        load(path)


# ---------------------------------------------------------------- the form that ships


def keys_of(question: Question) -> dict[str, Any]:
    lists = {"options": question.options, "parts": question.parts}
    found: dict[str, Any] = {name: [each.key for each in rows] for name, rows in lists.items() if rows}
    if question.fields:
        found["fields"] = {each.key: keys_of(each) for each in question.fields}
    return found


def test_keys_and_option_keys_of_the_released_form_never_change() -> None:
    released = json.loads((DATA / "cnil-2023-07.keys.json").read_text("utf-8"))
    assert {question.key: keys_of(question) for question in form()} == released


def test_what_the_practice_answers_together_is_merged_together() -> None:
    assert form().merge_set("ended_at") == {"period_known", "started_at", "ended_at", "ongoing"}
    assert form().merge_set("period_known") == form().merge_set("ended_at")
    assert form().merge_set("city") == {"city"}


# ---------------------------------------------------------------- a second form, without new code


@pytest.fixture
def small() -> Report:
    """The report of a small form answered at noon, two hours before its only delay ends."""
    questionnaire = load(DATA / "petit-formulaire.toml")
    context = Context(ZoneInfo("Europe/Paris"), datetime(2026, 3, 2, 11, 0, tzinfo=UTC))
    raw: dict[str, Any] = {
        "clinic": "Clinique des Saules",
        "found_at": "2026-03-01T14:00:00+01:00",
        "animal_count": "1 200",
        "scan_count": 1500,
        "story": {"seen": "Le dossier était vide ce matin."},
        "helpers": [{"name": "M. Dupont", "trade": "repair"}],
        "diary": "yes",
    }
    given = {
        key: check_entry(questionnaire.questions[key], {"state": "known", "value": value}, context)
        for key, value in raw.items()
    }
    lost = {"state": "known", "value": ["scans"], "certainty": {"scans": "suspected"}}
    given["lost"] = check_entry(questionnaire.questions["lost"], lost, context)
    answers = given | prefill.prefill(given, prefill.strongest(prefill.layers(questionnaire, None)))
    words = {"who": "la clinique", "to": "l'assureur", "delay": "24 heures", "tone": "", "basis": "contrat", "link": ""}
    known = {"valid_from": "2018-05-25", "certainty": "confirmed"}
    duty = Obligation(CNIL, "Déclarer", **words, **known, hours=24, starts=("found_at",))  # the clock of every page
    return build_report(DossierData(questionnaire, answers, context.zone, (duty,)), context.now)


def test_another_form_is_read_like_the_first(small: Report) -> None:
    assert [section.slug for section in small.sections] == ["clinique", "perte"]
    assert small.by_key["region"].origin == "default"
    assert small.by_key["animal_count"].text == "1\u202f200"
    assert "La perte des radiographies est seulement supposée." in small.by_key["story"].text
    assert [message for _, message in small.doubts] == ["Plus de radiographies que d'animaux ?"]
    assert [row.key for row in small.notes] == ["diary"]
    assert (small.missing, small.left_words) == ((), "2 heures")
    assert "why_late" not in small.by_key


def test_another_form_leaves_as_a_file(small: Report) -> None:
    content = json.loads(dossier_file.dump(small))
    assert content["questionnaire"] == "petit-formulaire"
    assert content["deadlines"][0]["due_at"] == "2026-03-02T13:00:00Z"
    assert content["answers"]["helpers"]["value"] == [{"name": "M. Dupont", "trade": "repair"}]


def test_another_form_is_printed(small: Report) -> None:
    assert pdf.draft_pdf(small).startswith(b"%PDF-")


def test_the_practice_alone_answers_for_itself_in_another_form(small: Report) -> None:
    question = small.data.questionnaire.questions["clinic"]
    with pytest.raises(Refused):
        check_entry(question, {"state": "unknown"}, Context(small.data.zone, small.now))
