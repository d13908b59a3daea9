"""A template's file: text of a closed schema, that comes out as it went in, byte for byte, or is refused."""

import hashlib

import pytest

from notifications import shared_template
from notifications.questionnaire import Refused, Unusable
from notifications.shared_template import (
    SharedTemplateFile,
    clean_answer,
    clean_plain,
    propose_entry,
    read_file,
    split_links,
    write_file,
)
from tests.broken_templates import BROKEN, GOOD, changed
from tests.dossiers import form

QUESTIONS = form().questions


def forms(name: str):
    return form() if name == form().name else None


def template() -> SharedTemplateFile:
    return read_file(GOOD.read_bytes(), forms)


def test_the_file_that_ships_comes_out_as_it_went_in() -> None:
    assert write_file(template()) == GOOD.read_bytes()


def test_its_fingerprint_is_that_of_the_file_as_any_tool_takes_it() -> None:
    printed = shared_template.digest_content(shared_template.build_content(template()))
    assert printed == hashlib.sha256(GOOD.read_bytes()).hexdigest()


def test_another_layout_of_the_same_content_is_the_same_template() -> None:
    assert read_file(changed(lambda content: None), forms) == template()


def test_the_example_says_that_it_is_one_and_dates_its_position() -> None:
    found = template()
    assert "n'existe pas" in found.cover
    assert found.position is not None
    assert found.position.date <= found.published_at


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused_with_its_reason(case: str) -> None:
    data, words = BROKEN[case]
    with pytest.raises(Unusable) as refused:
        read_file(data, forms)
    (problem,) = refused.value.problems
    assert words in problem
    assert "\n" not in problem


def test_every_fault_is_told_at_once() -> None:
    def spoil(content):
        content["title"] = ""
        content["position"] = "Oui."
        content["answers"]["severity"] = {"state": "known", "value": "limited"}
        content["advice"]["severity"] = "<b>"

    with pytest.raises(Unusable) as refused:
        read_file(changed(spoil), forms)
    named = [problem.partition(" : ")[0] for problem in refused.value.problems]
    assert named == ["title", "position", "answers.severity", "advice.severity"]


def test_a_template_without_incident_without_position_is_one() -> None:
    def strip(content):
        content.update(incident=None, position=None, answers={}, cover="")
        content["organisation"]["contact"] = ""

    data = changed(strip)
    found = read_file(data, forms)
    assert (found.incident, found.position, found.answers) == (None, None, {})
    assert read_file(write_file(found), forms) == found


@pytest.mark.parametrize("key", [question.key for question in form() if not question.shareable])
def test_what_is_not_shareable_takes_no_answer(key: str) -> None:
    """Whatever the value: the refusal comes before it is looked at."""
    with pytest.raises(Refused, match="Seul le cabinet peut répondre"):
        clean_answer(QUESTIONS[key], {"state": "unknown"})


# ---------------------------------------------------------------- how sure it is


def test_what_is_added_without_saying_how_sure_is_suspected() -> None:
    raw = {"state": "known", "value": ["confidentiality", "integrity"], "certainty": {"confidentiality": "claimed"}}
    kept = clean_answer(QUESTIONS["nature"], raw)
    assert kept["certainty"] == {"confidentiality": "claimed", "integrity": "suspected"}
    assert clean_answer(QUESTIONS["has_sensitive_data"], {"state": "known", "value": True})["certainty"] == {
        "*": "suspected"
    }
    assert clean_answer(QUESTIONS["harms"], {"state": "known", "value": []})["certainty"] == {"*": "suspected"}


def test_how_sure_it_is_stays_as_it_was_said() -> None:
    raw = {"state": "known", "value": ["integrity"], "certainty": {"*": "confirmed"}}
    assert clean_answer(QUESTIONS["nature"], raw) == raw


@pytest.mark.parametrize("key", ["subjects_informed", "person_categories"])
def test_not_determined_yet_states_no_fact(key: str) -> None:
    value = "undetermined" if key == "subjects_informed" else ["undetermined"]
    assert "certainty" not in clean_answer(QUESTIONS[key], {"state": "known", "value": value})


# ---------------------------------------------------------------- what it proposes


def test_a_proposal_is_never_read_and_names_the_template() -> None:
    found = template()
    for key, answer in found.answers.items():
        entry = propose_entry(QUESTIONS[key], answer, found.origin)
        assert (entry["origin"], entry["basis"], entry["reviewed"]) == (found.origin, found.origin, False)
    entry = propose_entry(QUESTIONS["description"], found.answers["description"], found.origin)
    assert entry["value"] == [{"text": found.answers["description"]["value"], "origin": "template:exemple-weda@1"}]


# ---------------------------------------------------------------- links


def test_links_are_told_apart_with_their_domain() -> None:
    text = "Voir https://www.CNIL.fr/fr/x?a=1#b, puis (https://cnil.fr). Rien d'autre."
    assert split_links(text) == [
        ("Voir ", ""),
        ("https://www.CNIL.fr/fr/x?a=1#b", "www.cnil.fr"),
        (", puis (", ""),
        ("https://cnil.fr", "cnil.fr"),
        ("). Rien d'autre.", ""),
    ]
    assert split_links("") == []


@pytest.mark.parametrize(
    "text",
    ["ftp://cnil.fr", "HTTP://cnil.fr", "https://localhost/", "https://cnil.fr:8443/", "https://a:b@cnil.fr", "data:x",
     "https://", "VBScript:x", "intent://cnil.fr", "https://1"],
)  # fmt: skip
def test_other_links_are_refused(text: str) -> None:
    with pytest.raises(Refused, match="n'est pas un lien accepté"):
        clean_plain(f"Voir {text} ici", 200)


@pytest.mark.parametrize(
    "text", ["1 < 2 et 3 > 2", "{{ key }} {% now %}", "Données : aucune", "à 10 h : midi", "a <- b"]
)
def test_plain_words_are_no_code(text: str) -> None:
    assert clean_plain(text, 200) == text
    assert split_links(text) == [(text, "")]
