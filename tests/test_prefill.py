"""Proposals are laid under what the practice says, and never over it."""

from typing import Any

import pytest

from notifications.catalogue import Fact, Revision
from notifications.prefill import (
    Proposal,
    fill_entries,
    find_changed_keys,
    hash_proposal,
    keep_strongest,
    propose_defaults,
    propose_incident,
    propose_practice,
    settle_origin,
    stack_layers,
)
from notifications.questionnaire import Entry
from tests.dossiers import answered, form, revision

ONE, TWO, THREE = (f"incident:weda-2025-11@{number}" for number in (1, 2, 3))


def weda(number: int) -> Revision:
    return revision(f"weda-2025-11.{number}")


def proposals(found: Revision | None) -> dict[str, Proposal]:
    return keep_strongest(stack_layers(form(), found))


def with_facts(found: Revision, *changed: Fact, without: str = "") -> Revision:
    """A revision with some facts withdrawn or told otherwise."""
    keys = {fact.key for fact in changed} | {without}
    return found.replace(facts=(*(fact for fact in found.facts if fact.key not in keys), *changed))


def fact(key: str, **fields: Any) -> Fact:
    return Fact(key=key, status="claimed", sources=("cnil",), **fields)


# ---------------------------------------------------------------- what is proposed


def test_defaults_are_laid_under_what_an_incident_proposes() -> None:
    told = with_facts(weda(3), fact("cross_border", value=True))
    assert proposals(None)["cross_border"].entry["value"] is False
    assert proposals(told)["cross_border"].entry["value"] is True
    assert proposals(told)["cross_border"].origin == THREE
    assert proposals(told)["country"].origin == "default"


def test_every_default_of_the_form_is_an_unread_answer_with_its_origin() -> None:
    found = propose_defaults(form())
    assert found.keys() == {question.key for question in form() if question.default}
    assert all(each.entry["origin"] == "default" and each.entry["reviewed"] is False for each in found.values())


def test_a_proposal_carries_its_sources_and_how_sure_it_is() -> None:
    found = propose_incident(form(), weda(3))["nature"]
    assert found.sources == ("cnil", "weda-messages", "next", "macsf", "lemonde")
    assert found.entry["certainty"]["confidentiality"] == "suspected"
    assert found.entry["basis"] == THREE


def test_what_a_party_says_did_not_happen_is_not_proposed() -> None:
    absent = with_facts(weda(3), fact("has_sensitive_data", value=True, polarity="absent"))
    assert "has_sensitive_data" not in propose_incident(form(), absent)


def test_suggestions_are_not_proposals() -> None:
    assert not {"data_categories", "sensitive_categories"} & propose_incident(form(), weda(3)).keys()


def test_the_vendors_words_are_proposed_as_its_part_of_a_text() -> None:
    (part,) = propose_incident(form(), weda(1))["measures_taken"].entry["value"]
    assert part["origin"] == ONE
    assert part["text"].startswith("Annoncé par l'éditeur")


# ---------------------------------------------------------------- what is filled in


def test_only_keys_without_an_entry_are_filled_in() -> None:
    mine = answered("nature", ["availability"])
    assert mine is not None
    found = fill_entries({"nature": mine}, proposals(weda(3)))
    assert "nature" not in found
    assert found.keys() == proposals(weda(3)).keys() - {"nature"}


@pytest.mark.parametrize("state", ["cleared", "unknown", "not_applicable"])
def test_an_answer_that_was_cleared_or_set_aside_is_never_proposed_again(state: str) -> None:
    assert "country" not in fill_entries({"country": {"state": state, "origin": "practice"}}, proposals(weda(3)))


def test_filling_in_twice_adds_nothing() -> None:
    found = fill_entries({}, proposals(weda(3)))
    assert fill_entries(found, proposals(weda(3))) == {}


def test_what_is_filled_in_may_change_without_changing_the_proposal() -> None:
    laid = proposals(weda(3))
    fill_entries({}, laid)["nature"]["reviewed"] = True
    assert laid["nature"].entry["reviewed"] is False


# ---------------------------------------------------------------- what to look at again


def to_look_at(answers: dict[str, Entry], newest: Revision, *older: Revision) -> list[str]:
    return find_changed_keys(answers, proposals(newest), {each.origin: proposals(each) for each in (newest, *older)})


def test_a_newer_revision_that_says_something_else_is_to_be_looked_at() -> None:
    found = to_look_at(fill_entries({}, proposals(weda(1))), weda(2), weda(1))
    assert {"description", "dates_comment", "measures_taken"} <= set(found)
    assert not {"nature", "kind", "subjects_informed", "country"} & set(found)


def test_a_newer_revision_that_says_the_same_is_not() -> None:
    assert to_look_at(fill_entries({}, proposals(weda(2))), weda(3), weda(2)) == []


def test_another_certainty_is_a_difference() -> None:
    told = with_facts(weda(3), next(f for f in weda(3).facts if f.key == "nature").replace(option_status={}))
    assert to_look_at(fill_entries({}, proposals(weda(2))), told, weda(2)) == ["nature"]


def test_a_withdrawn_fact_is_a_difference() -> None:
    withdrawn = with_facts(weda(3), without="nature")
    assert to_look_at(fill_entries({}, proposals(weda(2))), withdrawn, weda(2)) == ["nature"]


def test_an_answer_that_the_practice_edited_is_still_compared_with_what_it_was_shown() -> None:
    base = fill_entries({}, proposals(weda(1)))["description"]
    mine = answered("description", "Vu ici.", base)
    assert mine is not None
    assert mine["basis"] == ONE
    assert to_look_at({"description": mine}, weda(2), weda(1)) == ["description"]
    assert to_look_at({"description": {**mine, "basis": TWO}}, weda(3), weda(2)) == []


def test_an_answer_that_was_shown_no_proposal_is_not_compared() -> None:
    mine = answered("description", "Vu ici.")
    assert mine is not None
    assert to_look_at({"description": mine}, weda(3)) == []


def test_an_answer_based_on_a_revision_that_is_not_here_is_not_compared() -> None:
    assert to_look_at(fill_entries({}, proposals(weda(1))), weda(2)) == []


# ---------------------------------------------------------------- what an imported file may claim

HERE = {"default": propose_defaults(form()), THREE: propose_incident(form(), weda(3))}


def stands(key: str, entry: Entry) -> Entry:
    return settle_origin(entry, HERE, key)


def imported(key: str, origin: str = THREE, **fields: Any) -> Entry:
    """An entry as this installation would have exported it, then changed by hand."""
    return {**HERE[THREE][key].entry, "origin": origin, "basis": origin, **fields}


def test_an_origin_that_says_the_same_here_stands() -> None:
    assert stands("nature", imported("nature")) == imported("nature")
    assert stands("country", dict(HERE["default"]["country"].entry)) == HERE["default"]["country"].entry
    assert stands("nature", imported("nature", reviewed=True))["reviewed"] is True


@pytest.mark.parametrize(
    "change",
    [
        {"value": ["confidentiality", "integrity"]},
        {"certainty": {"*": "confirmed"}},
        {"note": "Selon nous."},
        {"origin": "incident:ailleurs@1"},
        {"origin": "profile"},
        {"origin": "default"},
    ],
)
def test_an_origin_that_says_something_else_or_is_not_here_becomes_an_unread_import(change: dict[str, Any]) -> None:
    found = stands("nature", imported("nature", reviewed=True, **change))
    assert (found["origin"], found["reviewed"], "basis" in found) == ("import", False, False)


def test_how_sure_an_imported_answer_is_stays_with_it() -> None:
    found = stands("nature", imported("nature", origin="incident:ailleurs@1"))
    assert found["certainty"]["confidentiality"] == "suspected"


def test_the_practices_own_word_stays_with_the_basis_that_is_here() -> None:
    mine: Entry = {"state": "known", "value": ["availability"], "origin": "practice", "reviewed": True}
    assert stands("nature", {**mine, "basis": THREE}) == {**mine, "basis": THREE}
    assert stands("nature", {**mine, "basis": "incident:ailleurs@1"}) == mine


def test_words_that_a_file_attributes_to_a_vendor_are_imported_unless_they_are_the_vendors() -> None:
    (theirs,) = HERE[THREE]["description"].entry["value"]
    false = {"text": "Vos dossiers sont intacts.", "origin": THREE}
    mine = {"text": "Vu ici.", "origin": "practice"}
    entry: Entry = {"state": "known", "value": [theirs, false, mine], "origin": "practice", "reviewed": True}
    assert stands("description", entry)["value"] == [theirs, {**false, "origin": "import"}, mine]


def test_a_text_whose_origin_does_not_stand_keeps_the_parts_that_do() -> None:
    (theirs,) = HERE[THREE]["description"].entry["value"]
    false = {"text": "Vos dossiers sont intacts.", "origin": THREE}
    found = stands("description", imported("description", value=[theirs, false]))
    assert found["origin"] == "import"
    assert found["value"] == [theirs, {**false, "origin": "import"}]


# ---------------------------------------------------------------- what the practice and its group propose


def test_what_a_group_answers_alike_lies_over_the_profile_and_questions_of_other_forms_are_left_out() -> None:
    lyon, rouen = (
        {"state": "known", "value": city, "origin": "practice", "reviewed": True} for city in ("Lyon", "Rouen")
    )
    found = propose_practice(form(), {"city": lyon, "colour": lyon}, {"city": rouen, "colour": rouen}, {})
    assert found.keys() == {"city"}
    assert (found["city"].entry["value"], found["city"].origin, found["city"].entry["reviewed"]) == (
        "Rouen",
        "group",
        False,
    )


def test_a_text_in_parts_of_a_group_adds_to_the_words_that_are_proposed_below() -> None:
    mine = [{"text": "Vu chez nous.", "origin": "group"}]
    entry: Entry = {"state": "known", "value": mine, "origin": "group", "reviewed": True}
    found = propose_practice(form(), {}, {"description": entry}, proposals(weda(3)))["description"]
    assert found.entry["value"] == [*proposals(weda(3))["description"].entry["value"], *mine]
    assert (found.origin, found.basis) == ("group", THREE)


def test_a_text_in_parts_of_a_group_stands_alone_over_words_that_are_not_known() -> None:
    mine = [{"text": "Vu chez nous.", "origin": "group"}]
    entry: Entry = {"state": "known", "value": mine, "origin": "group", "reviewed": True}
    below = {"description": Proposal("description", {"state": "unknown", "origin": THREE, "reviewed": False})}
    assert propose_practice(form(), {}, {"description": entry}, below)["description"].entry["value"] == mine


def test_a_proposal_has_one_fingerprint_whoever_makes_it() -> None:
    first, other = (
        Proposal("description", {"state": "known", "value": [{"text": "Vu.", "origin": origin}], "origin": origin})
        for origin in ("group", THREE)
    )
    assert hash_proposal(first) == hash_proposal(other)
    assert hash_proposal(first) != hash_proposal(Proposal("description", {"state": "unknown", "origin": "group"}))
