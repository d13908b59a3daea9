"""A template's answers lie over the incident's and under the practice's, whatever it holds."""

import datetime as dt
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from notifications.catalogue import Revision
from notifications.prefill import (
    Proposal,
    fill_entries,
    find_changed_keys,
    index_by_basis,
    keep_strongest,
    propose_defaults,
    propose_incident,
    propose_practice,
    propose_template,
    settle_origin,
    stack_layers,
)
from notifications.questionnaire import Entry, apply_edit, read_part_texts
from notifications.shared_template import SharedTemplateFile, clean_answer
from tests.dossiers import answered, form, revision

ONE, TWO = "template:union-weda@1", "template:union-weda@2"
SHAREABLE = sorted(question.key for question in form() if question.shareable)


def weda(number: int) -> Revision:
    return revision(f"weda-2025-11.{number}")


def template(number: str = "1", **answers: Any) -> SharedTemplateFile:
    """A union's template for Weda; a plain value is known, one of a text in parts is its words."""
    said = {
        key: clean_answer(form().questions[key], {"state": "known", "value": each}) for key, each in answers.items()
    }
    day = dt.date(2026, 2, 2)
    return SharedTemplateFile(
        "union-weda", number, "Incident Weda", "Union", "", form().name, ("weda-2025-11", "3"), "", None, day, "", said
    )


def proposals(found: Revision | None, own: SharedTemplateFile | None) -> dict[str, Proposal]:
    return keep_strongest(stack_layers(form(), found, own))


# ---------------------------------------------------------------- the order


@given(st.sets(st.sampled_from(SHAREABLE)), st.sets(st.sampled_from(SHAREABLE)), st.sampled_from([None, 1, 3]))
def test_each_answer_comes_from_the_strongest_that_speaks(by_union, by_practice, number) -> None:
    """default < incident < template < profile or group < practice, for any choice of who speaks of what."""
    found = weda(number) if number else None
    own = template(**{key: ANYTHING[key] for key in by_union})
    below = proposals(found, own)
    group: dict[str, Entry] = {
        "measures_taken": {"state": "known", "value": [], "origin": "practice", "reviewed": True}
    }
    group = group if "measures_taken" in by_practice else {}
    profile: dict[str, Entry] = {"country": {"state": "known", "value": "Belgique", "origin": "practice"}}
    entries = fill_entries({}, {**below, **propose_practice(form(), profile, group, below)})
    told = propose_incident(form(), found) if found else {}
    for key, entry in entries.items():
        expected = "default" if key not in told else found.origin
        expected = own.origin if key in by_union else expected
        expected = "group" if key in group else "profile" if key in profile else expected
        assert entry["origin"] == expected
        assert entry["reviewed"] is False
    assert by_union <= entries.keys()
    mine = {key: {"state": "cleared", "origin": "practice", "reviewed": False} for key in by_practice}
    assert not by_practice & fill_entries(mine, below).keys()


def _anything(key: str) -> Any:
    question = form().questions[key]
    if question.parts:
        return "Ce que dit l'union."
    if question.options:
        first = question.forced or question.options[0].key
        return [first] if question.type == "choices" else first
    return {"yes_no": True, "group": [{"name": "WEDA"}], "moment": "2025-11-10"}.get(question.type, "Un texte.")


ANYTHING = {key: _anything(key) for key in SHAREABLE}


def test_a_template_of_another_form_proposes_nothing() -> None:
    other = replace(template(has_sensitive_data=True), questionnaire="edpb-2026-06")
    assert propose_template(form(), other) == {}


def test_a_template_replaces_the_certainty_with_the_answer() -> None:
    found = proposals(weda(3), template(nature=["availability"]))["nature"]
    assert found.entry["certainty"] == {"availability": "suspected"}
    assert (found.origin, found.basis, found.sources) == (ONE, ONE, ())


# ---------------------------------------------------------------- texts in parts


def test_the_unions_words_stand_beside_the_vendors() -> None:
    found = proposals(weda(3), template(description="Avis de l'union."))["description"]
    theirs, own = found.entry["value"]
    assert (theirs["origin"], own) == (weda(3).origin, {"text": "Avis de l'union.", "origin": ONE})
    assert (found.origin, found.basis) == (ONE, f"{ONE}+{weda(3).origin}")
    assert found.entry["certainty"] == {"*": "suspected"}
    assert found.sources == propose_incident(form(), weda(3))["description"].sources


def test_where_the_incident_says_nothing_the_unions_words_stand_alone() -> None:
    found = proposals(None, template(description="Avis de l'union."))["description"]
    assert found.entry["value"] == [{"text": "Avis de l'union.", "origin": ONE}]
    assert found.basis == ONE


def test_a_page_that_shows_both_as_one_text_leaves_each_its_author() -> None:
    question = form().questions["description"]
    base = fill_entries({}, proposals(weda(3), template(description="Avis de l'union.")))["description"]
    shown = read_part_texts(question, base)
    assert shown["source"].endswith("Avis de l'union.")
    sent = [{"text": shown["source"], "origin": "practice", "part": "source"}]
    unchanged = apply_edit(question, base, {"state": "known", "value": sent, "note": base["note"]})
    assert unchanged == base
    mine = answered("description", {"practice": "Vu ici."}, base)
    assert mine is not None
    assert [part["origin"] for part in mine["value"]] == [weda(3).origin, ONE, "practice"]
    assert mine["basis"] == base["basis"]


def test_what_a_group_says_comes_after_both() -> None:
    below = proposals(weda(3), template(measures_taken="Avis de l'union."))
    said: Entry = {"state": "known", "value": [{"text": "Papier.", "origin": "practice"}], "origin": "practice"}
    found = propose_practice(form(), {}, {"measures_taken": said}, below)["measures_taken"]
    assert [part["origin"] for part in found.entry["value"]] == [weda(3).origin, ONE, "practice"]
    assert found.entry["basis"] == f"{ONE}+{weda(3).origin}"


# ---------------------------------------------------------------- what to look at again


def to_look_at(answers: dict[str, Entry], newest: Revision, own: SharedTemplateFile) -> list[str]:
    known = index_by_basis(form(), [weda(1), weda(2), weda(3)], [template(**OLD), own])
    return sorted(find_changed_keys(answers, proposals(newest, own), known))


OLD = {"description": "Avis de l'union.", "has_sensitive_data": True}


def begun(number: int) -> dict[str, Entry]:
    return fill_entries({}, proposals(weda(number), template(**OLD)))


def test_a_newer_revision_of_a_template_that_says_the_same_is_not_looked_at() -> None:
    assert to_look_at(begun(3), weda(3), template("2", **OLD)) == []


def test_what_a_newer_revision_of_a_template_says_otherwise_is_to_be_looked_at() -> None:
    newer = template("2", description="Autre avis.", has_sensitive_data=True)
    assert to_look_at(begun(3), weda(3), newer) == ["description"]
    assert to_look_at(begun(3), weda(3), template("2", has_sensitive_data=False)) == [
        "description",
        "has_sensitive_data",
    ]


def test_what_a_newer_revision_of_a_template_answers_first_is_to_be_looked_at() -> None:
    assert to_look_at(begun(3), weda(3), template("2", **OLD, nature=["integrity"])) == ["nature"]


def test_what_the_vendor_says_otherwise_is_to_be_looked_at_beside_the_unions_words() -> None:
    found = to_look_at(begun(1), weda(2), template(**OLD))
    assert "description" in found
    assert "has_sensitive_data" not in found


# ---------------------------------------------------------------- what an imported file may claim


def stands(key: str, entry: Entry) -> Entry:
    here = index_by_basis(form(), [weda(2), weda(3)], [template(**OLD)]) | {"default": propose_defaults(form())}
    return settle_origin(entry, here, key)


def test_a_templates_words_stand_where_it_is_here_and_says_them() -> None:
    for key in OLD:
        assert stands(key, begun(3)[key]) == begun(3)[key]
        assert stands(key, begun(2)[key]) == begun(2)[key]


def test_otherwise_they_become_an_unread_import() -> None:
    forged = {**begun(3)["has_sensitive_data"], "value": False, "reviewed": True}
    assert stands("has_sensitive_data", forged)["origin"] == "import"
    entry = begun(3)["description"]
    theirs, own = entry["value"]
    found = stands("description", {**entry, "value": [theirs, {**own, "text": "Le vol est établi."}]})
    assert [part["origin"] for part in found["value"]] == [weda(3).origin, "import"]
    assert (found["origin"], found["reviewed"], "basis" in found) == ("import", False, False)


def test_a_basis_of_a_revision_that_is_not_here_goes() -> None:
    mine = {**begun(3)["has_sensitive_data"], "origin": "practice", "value": False, "basis": TWO}
    assert "basis" not in stands("has_sensitive_data", mine)
