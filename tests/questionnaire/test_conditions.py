"""Which questions apply, and which sentences follow, on the form that ships."""

from itertools import product
from typing import Any

import pytest

from notifications.questionnaire import (
    Answers,
    Case,
    Condition,
    Question,
    apply_edit,
    fill_copies,
    find_applicable,
    find_sentences,
)
from notifications.questionnaire.schema import Questionnaire
from tests.dossiers import answered, form

UNSURE = ("suspected", "claimed", "contested", "unknown")
NATURES = ("confidentiality", "integrity", "availability")
FRENCH = {"confidentiality": "confidentialité", "integrity": "intégrité", "availability": "disponibilité"}
WE_DO_NOT_KNOW = "À ce jour, nous ne savons pas si les dossiers de notre cabinet ont été consultés ou copiés."


def answers(**plain: Any) -> dict[str, Any]:
    """Entries of a practice for plain values, as on the pages."""
    return {key: answered(key, value) for key, value in plain.items()}


def applies(key: str, given: Answers, **facts: Any) -> bool:
    return key in [question.key for question in find_applicable(Case(form(), given, facts))]


def nature(**certainty: str) -> dict[str, Any]:
    """Natures ticked, each with how sure it is."""
    return {"nature": answered("nature", {"value": list(certainty), "certainty": certainty})}


def texts(given: Answers) -> list[str]:
    return [rule.text for rule in find_sentences(Case(form(), given))]


# ---------------------------------------------------------------- applicability


def test_a_question_without_condition_always_applies() -> None:
    assert applies("aware_at", {})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, False),
        ({"has_dpo": False}, False),
        ({"has_dpo": True}, True),
    ],
)
def test_a_question_follows_the_answer_it_depends_on(given: dict[str, Any], expected: bool) -> None:
    assert applies("dpo_number", answers(**given)) is expected


def test_an_unknown_or_cleared_answer_makes_no_question_apply() -> None:
    assert not applies("sensitive_categories", answers(has_sensitive_data={"unknown": True}))
    cleared = {"state": "cleared", "origin": "practice", "reviewed": False}
    assert not applies("sensitive_categories", {"has_sensitive_data": cleared})


def test_an_answer_to_a_question_that_does_not_apply_makes_no_other_apply() -> None:
    chain = chained_form()
    given = {key: {"state": "known", "value": True} for key in ("one", "two")}
    assert [question.key for question in find_applicable(Case(chain, given))] == ["one", "two", "three"]
    given["one"] = {"state": "known", "value": False}
    assert [question.key for question in find_applicable(Case(chain, given))] == ["one"]


def chained_form() -> Questionnaire:
    def yes_no(key: str, after: str = "") -> Question:
        return Question(key, "yes_no", key, asked_if=(Condition(after, is_=True),) if after else ())

    questions = [yes_no("one"), yes_no("two", "one"), yes_no("three", "two")]
    return Questionnaire("x", "X", in_order=tuple(questions))


@pytest.mark.parametrize(("ticked", "expected"), [(["integrity"], True), (["availability"], False), ([], False)])
def test_consequences_are_asked_for_a_ticked_nature_alone(ticked: list[str], expected: bool) -> None:
    assert applies("consequences_integrity", answers(nature=ticked)) is expected


def test_reasons_are_asked_once_it_is_late() -> None:
    assert applies("late_reasons", {}, late=True)
    assert not applies("late_reasons", {}, late=False)
    assert not applies("late_reasons", {})


def test_the_order_of_the_form_is_kept() -> None:
    found = [question.key for question in find_applicable(Case(form(), answers(has_dpo=True)))]
    assert found == [question.key for question in form() if question.key in found]


# ---------------------------------------------------------------- sentences


@pytest.mark.parametrize(("option", "certainty"), list(product(NATURES, UNSURE)))
def test_a_nature_that_is_not_established_never_stands_without_its_sentence(option: str, certainty: str) -> None:
    found = [text for text in texts(nature(**{option: certainty})) if FRENCH[option] in text]
    assert len(found) == 1
    assert texts(nature(**{option: "confirmed"})) == []


def test_several_natures_have_each_their_sentence() -> None:
    found = texts(nature(confidentiality="suspected", integrity="unknown", availability="claimed"))
    assert [sum(word in text for text in found) for word in FRENCH.values()] == [1, 1, 1]


def test_a_certainty_given_for_the_whole_answer_counts_for_each_nature() -> None:
    found = texts({"nature": answered("nature", {"value": ["confidentiality"], "certainty": {"*": "suspected"}})})
    assert found[0].startswith("La perte de confidentialité est suspectée")


def test_the_sentence_survives_an_edit_of_the_natures() -> None:
    base = nature(confidentiality="suspected", availability="confirmed")["nature"]
    sent = answered("nature", ["confidentiality", "integrity", "availability"])
    entry = apply_edit(form().questions["nature"], base, {"state": "known", "value": sent["value"]})
    assert entry is not None
    assert any("La perte de confidentialité est suspectée" in text for text in texts({"nature": entry}))


@pytest.mark.parametrize("of", ["availability", "*"])
def test_nothing_is_said_of_a_nature_that_is_not_ticked(of: str) -> None:
    ticked = {"state": "known", "value": ["availability"], "certainty": {of: "suspected"}}
    assert not any("confidentialité" in text for text in texts({"nature": ticked}))


@pytest.mark.parametrize("said", ["no", "unknown_yet", None])
def test_that_we_do_not_know_whether_files_were_read_is_said_once(said: str | None) -> None:
    named = answers(own_accounts_named=said) if said else {}
    assert texts(nature(confidentiality="suspected") | named).count(WE_DO_NOT_KNOW) == 1


def test_that_our_accounts_were_named_is_said_instead() -> None:
    found = texts(nature(confidentiality="suspected") | answers(own_accounts_named="yes"))
    assert WE_DO_NOT_KNOW not in found
    assert any("L'éditeur nous a écrit que des comptes ou des dossiers" in text for text in found)


def test_nothing_is_said_of_files_read_when_that_is_established_or_not_ticked() -> None:
    assert WE_DO_NOT_KNOW not in texts(nature(confidentiality="confirmed"))
    assert WE_DO_NOT_KNOW not in texts(nature(availability="suspected"))


@pytest.mark.parametrize(
    ("availability", "words"),
    [("confirmed", "il est certain pour l'indisponibilité"), ("suspected", "c'est un maximum.")],
)
def test_a_count_is_a_maximum_while_an_access_is_not_established(availability: str, words: str) -> None:
    counted = answers(person_count=1240)
    found = texts(nature(confidentiality="suspected", availability=availability) | counted)
    assert sum("Le nombre de personnes indiqué" in text for text in found) == 1
    assert any(words in text for text in found)


@pytest.mark.parametrize("count", [{}, {"person_count": {"unknown": True}}])
def test_nothing_is_said_of_a_count_that_was_not_given(count: dict[str, Any]) -> None:
    found = texts(nature(confidentiality="suspected", availability="confirmed") | answers(**count))
    assert not any("nombre de personnes" in text for text in found)


# ---------------------------------------------------------------- the same person

LEGAL = {"legal_title": "madame", "legal_first_name": "Camille", "legal_last_name": "Exemple"}


def test_the_contact_is_the_legal_representative_when_the_practice_says_so() -> None:
    found = fill_copies(form(), answers(contact_same_as_legal=True, **LEGAL))
    assert found["contact_first_name"]["value"] == "Camille"
    assert found["contact_title"]["value"] == "madame"
    assert "contact_role" not in found


def test_a_correction_of_the_first_is_seen_in_the_second() -> None:
    given = answers(contact_same_as_legal=True, contact_last_name="Ancien", **LEGAL)
    assert fill_copies(form(), given)["contact_last_name"]["value"] == "Exemple"
    del given["legal_last_name"]
    assert "contact_last_name" not in fill_copies(form(), given)


@pytest.mark.parametrize("said", [{}, {"contact_same_as_legal": False}])
def test_another_contact_keeps_its_own_name(said: dict[str, bool]) -> None:
    given = answers(contact_last_name="Ancien", **LEGAL, **said)
    assert fill_copies(form(), given) == given
