"""A questionnaire file is refused with words that lead to the fault; a good one needs no code of its own."""

import json
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifications import prefill
from notifications.documents import dossier_file, pdf
from notifications.obligations import CNIL, Obligation
from notifications.questionnaire import (
    Context,
    Question,
    Refused,
    Unusable,
    build_questionnaire,
    check_entry,
    load_questionnaire,
)
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
[[question]]
key = "count"
step = "un"
type = "number"
label = "Nombre"
"""
LAST = """
[[question]]
key = "last"
step = "un"
label = "Dernier"
"""
FAULTS = {
    "unknown type": ('type = "colour"', "question[last].type : « colour » n'est pas une valeur permise."),
    "unknown format": ('type = "text"\nformat = "iban"', "question[last].format : « iban » n'est pas une valeur"),
    "unknown review": ('type = "text"\nreview = "maybe"', "question[last].review : « maybe » n'est pas une valeur"),
    "forced without its option": (
        'type = "number"\nforced = "unknown"',
        "last : « forced » : l'option « unknown » n'existe pas.",
    ),
    "misspelt attribute": ('type = "text"\nhlep = "Aide"', "question[last] : élément inconnu « hlep »."),
    "needed for nothing known": (
        'type = "text"\nneeded_for = ["always"]',
        "question[last].needed_for[1] : « always » n'est pas une valeur permise.",
    ),
    "choice without options": ('type = "choice"', "last : « options » va avec les types choice et choices"),
    "options of a text": (
        'type = "text"\noptions = [{ key = "a", label = "A" }]',
        "last : « options » va avec les types choice et choices",
    ),
    "option without label": (
        'type = "choice"\noptions = [{ key = "a" }]',
        "question[last].options[a] : l'élément « label » manque.",
    ),
    "empty option label": (
        'type = "choice"\noptions = [{ key = "a", label = "" }]',
        "question[last].options[a].label : ce texte manque.",
    ),
    "misspelt option attribute": (
        'type = "choice"\noptions = [{ key = "a", label = "A", txt = true }]',
        "question[last].options[a] : élément inconnu « txt ».",
    ),
    "same option twice": (
        'type = "choice"\noptions = [{ key = "a", label = "A" }, { key = "a", label = "B" }]',
        "last : deux options ont la clé « a ».",
    ),
    "group without fields": ('type = "group"', "last : « field » va avec le type group"),
    "group in a group": (
        'type = "group"\nfield = [{ key = "in", label = "In", type = "group", '
        'field = [{ key = "deep", label = "Deep", type = "text" }] }]',
        "last : in : « field » va avec le type group, et seulement avec lui ; un groupe n'en contient pas d'autre.",
    ),
    "unknown type in a group": (
        'type = "group"\nfield = [{ key = "in", label = "In", type = "colour" }]',
        "question[last].field[in].type : « colour » n'est pas une valeur permise.",
    ),
    "parts of a number": (
        'type = "number"\nparts = [{ key = "a", label = "A", by = "practice" }]',
        "last : « tick » et « parts » vont avec le type text.",
    ),
    "a tick on a number": (
        'type = "number"\ntick = [{ key = "a", label = "A", sentence = "Oui." }]',
        "last : « tick » et « parts » vont avec le type text.",
    ),
    "a tick in a missing part": (
        'type = "text"\ntick = [{ key = "a", label = "A", sentence = "Oui.", part = "nowhere" }]',
        "last : la case « a » va dans une partie qui n'existe pas.",
    ),
    "a tick offered on a missing key": (
        'type = "text"\ntick = [{ key = "a", label = "A", sentence = "B", when = [{ key = "nowhere", is = 1 }] }]',
        "last : la question « nowhere » n'existe pas.",
    ),
    "practice_only with default": (
        'type = "yes_no"\npractice_only = true\ndefault = { value = true }',
        "last : « practice_only » ne va ni avec « default » ni avec « shareable ».",
    ),
    "practice_only and shareable": (
        'type = "yes_no"\npractice_only = true\nshareable = true',
        "last : « practice_only » ne va ni avec « default » ni avec « shareable ».",
    ),
    "a default that is no answer": (
        'type = "yes_no"\ndefault = { value = "peut-être" }',
        "last : « default » : Répondez par oui ou par non.",
    ),
    "condition on a missing key": (
        'type = "text"\napplies = [{ key = "nowhere", is = true }]',
        "last : « nowhere » ne vient pas avant elle.",
    ),
    "condition on itself": (
        'type = "yes_no"\napplies = [{ key = "last", is = true }]',
        "last : « last » ne vient pas avant elle.",
    ),
    "condition on a missing option": (
        'type = "text"\napplies = [{ key = "colour", any = ["red", "green"] }]',
        "last : « colour » n'a pas l'option « green ».",
    ),
    "condition that tests nothing": (
        'type = "text"\napplies = [{ key = "first" }]',
        "question[last].applies[first] : une condition a une clé et un seul essai.",
    ),
    "condition for rules only": (
        'type = "text"\napplies = [{ key = "day", after = "day" }]',
        "last : « applies » n'essaie que is, any ou known.",
    ),
    "applies at no known word": (
        'type = "text"\napplies = "later"',
        "question[last].applies : « later » n'est pas une valeur permise.",
    ),
    "on a missing screen": ('type = "text"\nsubject = "nowhere"', "last : l'écran « nowhere » n'existe pas."),
    "merged with a missing key": (
        'type = "text"\nmerge_with = "nowhere"',
        "last : la question « nowhere » n'existe pas.",
    ),
    "copied from a missing key": (
        'type = "text"\ncopied_from = { key = "nowhere", if = "first" }',
        "last : la question « nowhere » n'existe pas.",
    ),
    "copied if a missing key": (
        'type = "text"\ncopied_from = { key = "day", if = "nowhere" }',
        "last : la question « nowhere » n'existe pas.",
    ),
}
RULE_FAULTS = {
    "no message": (
        'keys = ["day"]\nwhen = [{ key = "day", known = true }]',
        "doubt[1] : l'élément « message » manque.",
    ),
    "no condition": ('keys = ["day"]\nmessage = "Vraiment ?"', "doubt[1] : l'élément « when » manque."),
    "no key": (
        'keys = []\nmessage = "Vraiment ?"\nwhen = [{ key = "day", known = true }]',
        "doubt[1].keys : il faut au moins une valeur.",
    ),
    "missing key": (
        'keys = ["nowhere"]\nmessage = "Vraiment ?"\nwhen = [{ key = "day", known = true }]',
        "nowhere : la question « nowhere » n'existe pas.",
    ),
    "condition on a missing key": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "nowhere", known = true }]',
        "day : la question « nowhere » n'existe pas.",
    ),
    "condition on a missing option": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "colour", any = ["green"] }]',
        "day : « colour » n'a pas l'option « green ».",
    ),
    "an option beside others where one alone is chosen": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "colour", beside = "red" }]',
        "day : « beside » ne va pas avec « colour », de type choice.",
    ),
    "one of the options of what has none": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "first", any = ["red"] }]',
        "day : « any » ne va pas avec « first », de type yes_no.",
    ),
    "the certainty of an option of what has none": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "first", option = "red", certainty = ["suspected"] }]',
        "day : « option » ne va pas avec « first », de type yes_no.",
    ),
    "more than a number, of what is none": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "colour", more_than = "count" }]',
        "day : « more_than » ne va pas avec « colour », de type choice.",
    ),
    "more than what is no number": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "count", more_than = "day" }]',
        "day : « more_than » ne va pas avec « day », de type date.",
    ),
    "after what is no moment": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "day", after = "colour" }]',
        "day : « after » ne va pas avec « colour », de type choice.",
    ),
    "before an attack, of what is no moment": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "colour", not_after_fact = "attack" }]',
        "day : « not_after_fact » ne va pas avec « colour », de type choice.",
    ),
    "yes or no in words": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "first", is = "oui" }]',
        "day : « first », de type yes_no, n'a jamais la valeur « oui ».",
    ),
    "a number in words": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "count", is = "0" }]',
        "day : « count », de type number, n'a jamais la valeur « 0 ».",
    ),
    "yes for a number": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "count", is = true }]',
        "day : « count », de type number, n'a jamais la valeur « True ».",
    ),
    "the value of what has none to compare": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "day", is = "2025-01-01" }]',
        "day : « day », de type date, n'a jamais la valeur « 2025-01-01 ».",
    ),
    "compared with a missing key": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "day", after = "nowhere" }]',
        "day : la question « nowhere » n'existe pas.",
    ),
    "two tests at once": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "day", known = true, is = "2025-01-01" }]',
        "doubt[1].when[day] : une condition a une clé et un seul essai.",
    ),
    "a fact of a question": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "day", fact = "late" }]',
        "doubt[1].when[day] : une condition a une clé et un seul essai.",
    ),
    "an option without its certainty": (
        'keys = ["day"]\nmessage = "Vraiment ?"\nwhen = [{ key = "colour", option = "red", known = true }]',
        "doubt[1].when[colour] : « option » va avec « certainty ».",
    ),
}


def problems_of(text: str) -> list[str]:
    with pytest.raises(Unusable) as caught:
        build_questionnaire(tomllib.loads(text), "essai.toml")
    return caught.value.problems


@pytest.mark.parametrize(("attributes", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_question_is_refused_by_file_key_and_fault(attributes: str, sentence: str) -> None:
    problems = problems_of(START + QUESTIONS + LAST + attributes)
    assert any(each.startswith(f"essai.toml : {sentence}") for each in problems), problems


@pytest.mark.parametrize(("attributes", "sentence"), RULE_FAULTS.values(), ids=RULE_FAULTS)
def test_a_faulty_doubt_is_refused_by_file_keys_and_fault(attributes: str, sentence: str) -> None:
    problems = problems_of(f"{START}{QUESTIONS}[[doubt]]\n{attributes}")
    assert problems == [f"essai.toml : {sentence}"]


def test_the_questionnaire_that_faults_are_put_into_is_good() -> None:
    assert [
        each.key
        for each in build_questionnaire(tomllib.loads(START + QUESTIONS + LAST + 'type = "text"'), "essai.toml")
    ] == [
        "first",
        "colour",
        "day",
        "count",
        "last",
    ]


def test_a_key_used_twice_is_refused() -> None:
    assert problems_of(START + QUESTIONS + QUESTIONS)[0] == "essai.toml : first : deux questions ont ce nom."


def test_a_condition_on_a_later_question_is_refused() -> None:
    late = LAST + 'type = "text"\napplies = [{ key = "first", is = true }]'
    assert problems_of(START + late + QUESTIONS) == ["essai.toml : last : « first » ne vient pas avant elle."]


def test_a_merge_that_leads_to_another_merge_is_refused() -> None:
    chain = LAST + 'type = "text"\nmerge_with = "day"' + QUESTIONS.replace('"date"', '"date"\nmerge_with = "first"')
    assert problems_of(START + chain) == ["essai.toml : last : « merge_with » mène à « day », qui en a un elle-même."]


def test_a_question_of_an_unknown_step_is_refused() -> None:
    assert "essai.toml : first : l'étape « un » n'existe pas." in problems_of('name = "a"\ntitle = "A"' + QUESTIONS)


def test_every_rule_that_is_broken_is_named_at_once() -> None:
    faults = LAST + 'type = "choice"\nforced = "red"\nmerge_with = "nowhere"'
    assert len(problems_of(START + QUESTIONS + faults)) == 3


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", b"a = " + b"[" * 100_000, None])
def test_a_file_that_is_not_toml_is_refused_by_its_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "abîmé.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unusable, match=r"^abîmé\.toml : ce fichier n'est pas lisible"):
        load_questionnaire(path)


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


def test_a_step_holds_its_questions_in_order() -> None:
    assert [question.key for question in form().of_step("type")] == ["kind", "initial_reference"]


def test_what_the_practice_answers_together_is_merged_together() -> None:
    assert form().merge_set("ended_at") == {"period_known", "started_at", "ended_at", "ongoing"}
    assert form().merge_set("period_known") == form().merge_set("ended_at")
    assert form().merge_set("city") == {"city"}


# ---------------------------------------------------------------- a second form, without new code


@pytest.fixture
def small() -> Report:
    """The report of a small form answered at noon, two hours before its only delay ends."""
    questionnaire = load_questionnaire(DATA / "petit-formulaire.toml")
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
    answers = given | prefill.fill_entries(given, prefill.keep_strongest(prefill.stack_layers(questionnaire, None)))
    words = {"who": "la clinique", "to": "l'assureur", "delay": "24 heures", "tone": "", "basis": "contrat", "link": ""}
    known = {"valid_from": date(2018, 5, 25), "certainty": "confirmed"}
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
