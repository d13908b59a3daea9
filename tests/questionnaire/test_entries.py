"""What an act of the practice makes of an answer: its word, never more certainty than was said, provenance kept."""

from typing import Any

import pytest

from notifications.questionnaire import (
    Context,
    Entry,
    Question,
    Refused,
    apply_edit,
    check_entry,
    is_blank,
    is_same_answer,
    list_ticked,
    mark_reviewed,
    read_certainty,
    read_part_texts,
)
from tests.dossiers import LATE, PARIS, form

SOURCE = "incident:weda-2025-11@3"


def question(key: str) -> Question:
    return form().questions[key]


def checked(key: str, raw: Any) -> Entry:
    return check_entry(question(key), raw, Context(PARIS, LATE))


def proposed(key: str, value: Any, **fields: Any) -> Entry:
    """An entry as prefilled from the incident."""
    raw = {"state": "known", "value": value, "origin": SOURCE, "basis": SOURCE, "reviewed": False, **fields}
    return checked(key, raw)


def after(key: str, base: Entry | None, value: Any, **fields: Any) -> Entry | None:
    """What the page's post of `value` makes of `base`."""
    return apply_edit(question(key), base, checked(key, {"state": "known", "value": value, **fields}))


def refusal(key: str, raw: Any) -> str:
    with pytest.raises(Refused) as caught:
        checked(key, raw)
    return str(caught.value)


# ---------------------------------------------------------------- checking


def test_words_of_an_option_that_is_not_ticked_are_not_kept() -> None:
    raw = {"state": "known", "value": ["lost_equipment"], "details": {"other": "Autre chose"}}
    assert "details" not in checked("origins", raw)
    assert checked("origins", {**raw, "value": ["other"]})["details"] == {"other": "Autre chose"}


def test_without_an_origin_an_entry_is_the_practices_own_read_word() -> None:
    assert checked("city", {"state": "known", "value": "Dieppe"}) == {
        "state": "known",
        "value": "Dieppe",
        "origin": "practice",
        "reviewed": True,
    }


def test_a_foreign_entry_is_unread_unless_it_says_so() -> None:
    assert checked("city", {"state": "known", "value": "Dieppe", "origin": "import"})["reviewed"] is False


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (None, "pas la forme attendue"),
        ([], "pas la forme attendue"),
        ({"state": "known", "value": "x", "version": 3}, "pas la forme attendue"),
        ({"value": "x"}, "L'état de cette réponse"),
        ({"state": "maybe"}, "L'état de cette réponse"),
        ({"state": "cleared", "value": "x"}, "Une valeur est donnée"),
        ({"state": "known", "value": "x", "note": 5}, "texte est attendue"),
        ({"state": "known", "value": "x", "note": "n" * 501}, "trop long"),
        ({"state": "known", "value": "x", "origin": "vendor"}, "L'origine de cette réponse"),
        ({"state": "known", "value": "x", "origin": "incident:weda"}, "L'origine de cette réponse"),
        ({"state": "known", "value": "x", "origin": None}, "L'origine de cette réponse"),
        ({"state": "known", "value": "x", "basis": "practice"}, "La proposition d'origine"),
        ({"state": "known", "value": "x", "reviewed": "yes"}, "pas la forme attendue"),
        ({"state": "known", "value": "x", "details": ["other"]}, "pas la forme attendue"),
    ],
)
def test_a_misshapen_entry_is_refused(raw: Any, words: str) -> None:
    assert words in refusal("city", raw)


def test_not_yet_known_is_an_answer_only_where_the_form_allows_it() -> None:
    assert checked("record_count", {"state": "unknown", "note": "Demandé à l'éditeur."})["state"] == "unknown"
    assert "« Je ne sais pas encore » n'est pas possible" in refusal("aware_at", {"state": "unknown"})


def test_not_applicable_is_an_answer_only_where_the_form_allows_it() -> None:
    assert checked("siren", {"state": "not_applicable"})["state"] == "not_applicable"
    assert "« Sans objet » n'est pas possible" in refusal("aware_at", {"state": "not_applicable"})


def test_details_and_certainty_stay_only_for_what_is_ticked() -> None:
    entry = checked(
        "causes",
        {
            "state": "known",
            "value": ["other"],
            "details": {"other": " Sous-traitant "},
            "certainty": {"other": "suspected", "unknown": "confirmed"},
        },
    )
    assert (entry["details"], entry["certainty"]) == ({"other": "Sous-traitant"}, {"other": "suspected"})


@pytest.mark.parametrize(
    "fields",
    [
        {"details": {"hacking": "x"}},
        {"details": {"nowhere": "x"}},
        {"certainty": {"hacking": "sure"}},
        {"certainty": {"nowhere": "confirmed"}},
    ],
)
def test_details_and_certainty_of_something_else_are_refused(fields: dict[str, Any]) -> None:
    refusal("origins", {"state": "known", "value": ["hacking"], **fields})


def test_a_text_in_parts_that_says_nothing_is_no_answer() -> None:
    assert is_blank(checked("description", {"state": "known", "value": ""}))
    assert not is_blank(checked("consequences_availability", {"state": "known", "value": []}))


# ---------------------------------------------------------------- editing


def test_sending_the_same_answer_changes_nothing() -> None:
    base = proposed("origins", ["hacking"], certainty={"*": "claimed"}, note="Selon l'éditeur.")
    assert after("origins", base, ["hacking"], note="Selon l'éditeur.") is base


def test_an_edit_is_the_practices_read_word_and_remembers_what_it_was_shown() -> None:
    entry = after("origins", proposed("origins", ["hacking"]), ["hacking", "unintended_publication"])
    assert entry is not None
    assert (entry["origin"], entry["basis"], entry["reviewed"]) == ("practice", SOURCE, True)


def test_a_first_answer_has_no_basis() -> None:
    entry = after("city", None, "Dieppe")
    assert entry is not None
    assert "basis" not in entry


def test_another_note_is_an_edit() -> None:
    base = proposed("origins", ["hacking"], note="Selon l'éditeur.")
    entry = after("origins", base, ["hacking"], note="Vu chez nous.")
    assert entry is not None
    assert entry["origin"] == "practice"


def test_what_was_suspected_stays_suspected_after_an_edit() -> None:
    base = proposed(
        "nature",
        ["confidentiality", "availability"],
        certainty={"confidentiality": "suspected", "availability": "confirmed"},
    )
    entry = after("nature", base, ["confidentiality"])
    assert entry is not None
    assert entry["certainty"] == {"confidentiality": "suspected"}


@pytest.mark.parametrize("value", [["confidentiality", "integrity"], ["integrity"]])
def test_an_added_option_does_not_inherit_the_certainty_of_the_others(value: list[str]) -> None:
    entry = after("nature", proposed("nature", ["confidentiality"], certainty={"*": "confirmed"}), value)
    assert entry is not None
    assert read_certainty(entry, "integrity") == ""
    assert read_certainty(entry, "confidentiality") == ("confirmed" if "confidentiality" in value else "")


def test_another_choice_does_not_inherit_the_certainty_of_the_first() -> None:
    entry = after(
        "subjects_informed", proposed("subjects_informed", "undetermined", certainty={"*": "confirmed"}), "planned"
    )
    assert entry is not None
    assert "certainty" not in entry


def test_a_person_may_change_how_sure_an_answer_is() -> None:
    base = proposed("nature", ["confidentiality"], certainty={"*": "suspected"})
    entry = after("nature", base, ["confidentiality"], certainty={"confidentiality": "confirmed"})
    assert entry is not None
    assert entry["certainty"] == {"confidentiality": "confirmed"}
    assert entry["origin"] == "practice"


def test_changing_one_certainty_leaves_the_others() -> None:
    base = proposed("nature", ["confidentiality", "availability"], certainty={"*": "suspected"})
    entry = after("nature", base, ["confidentiality", "availability"], certainty={"availability": "confirmed"})
    assert entry is not None
    assert entry["certainty"] == {"confidentiality": "suspected", "availability": "confirmed"}


def test_the_certainty_of_a_text_survives_another_wording() -> None:
    entry = after("harms_text", proposed("harms_text", "Faux messages.", certainty={"*": "suspected"}), "Faux appels.")
    assert entry is not None
    assert read_certainty(entry) == "suspected"


def test_the_certainty_of_yes_says_nothing_of_no() -> None:
    base = proposed("other_bodies_involved", True, certainty={"*": "confirmed"})
    entry = after("other_bodies_involved", base, False)
    assert entry is not None
    assert "certainty" not in entry


@pytest.mark.parametrize("key", ["harms_text", "description"])
def test_emptying_an_answer_stores_that_it_was_cleared(key: str) -> None:
    assert after(key, proposed(key, "Des mots."), "") == {
        "state": "cleared",
        "origin": "practice",
        "reviewed": False,
        "basis": SOURCE,
    }


def test_sending_an_empty_field_that_was_empty_stores_nothing() -> None:
    cleared: Entry = {"state": "cleared", "origin": "practice", "reviewed": False}
    assert after("city", None, "") is None
    assert after("description", None, {"practice": " "}) is None
    assert after("city", cleared, "") is cleared


def test_known_becomes_not_yet_known_without_its_value() -> None:
    base = proposed("has_sensitive_data", True, certainty={"*": "confirmed"})
    entry = apply_edit(question("has_sensitive_data"), base, checked("has_sensitive_data", {"state": "unknown"}))
    assert entry == {"state": "unknown", "origin": "practice", "reviewed": True, "basis": SOURCE}


# ---------------------------------------------------------------- texts in parts

VENDOR = {"text": "Accès fermé.", "origin": SOURCE}
OURS = {"text": "Vu ici.", "origin": "practice"}


def description() -> Entry:
    return proposed("description", [VENDOR])


def test_the_vendors_words_and_the_practices_stay_apart() -> None:
    entry = after("description", description(), {"source": "Accès fermé.", "practice": "Vu ici."})
    assert entry is not None
    assert entry["value"] == [VENDOR, OURS]


def test_vendors_words_that_the_practice_changed_are_its_own() -> None:
    entry = after("description", description(), {"source": "Accès fermé, dit-on.", "practice": ""})
    assert entry is not None
    assert entry["value"] == [{"part": "source", "text": "Accès fermé, dit-on.", "origin": "practice"}]


def test_the_same_words_in_another_part_are_not_the_vendors() -> None:
    entry = after("description", description(), {"source": "", "practice": "Accès fermé."})
    assert entry is not None
    assert entry["value"] == [{"text": "Accès fermé.", "origin": "practice"}]


def test_sending_the_parts_as_they_are_shown_changes_nothing() -> None:
    base = proposed("measures_taken", [VENDOR, OURS, {"part": "planned", "text": "Bientôt.", "origin": "practice"}])
    shown = read_part_texts(question("measures_taken"), base)
    assert shown == {"source": "Accès fermé.", "practice": "Vu ici.", "planned": "Bientôt."}
    assert after("measures_taken", base, shown) is base


def test_parts_of_no_answer_are_empty() -> None:
    assert read_part_texts(question("description"), None) == {"source": "", "practice": ""}


# ---------------------------------------------------------------- keeping and comparing


def test_keeping_an_answer_only_says_that_it_was_read() -> None:
    base = proposed("origins", ["hacking"], certainty={"*": "claimed"})
    assert mark_reviewed(base) == {**base, "reviewed": True}
    assert base["reviewed"] is False


def test_two_answers_are_the_same_whoever_gave_them() -> None:
    base = proposed("origins", ["hacking"], certainty={"*": "claimed"})
    assert is_same_answer(base, {**base, "origin": "practice", "basis": None, "reviewed": True})


@pytest.mark.parametrize(
    "other",
    [
        None,
        {"value": ["hacking", "other"]},
        {"note": "Selon l'éditeur."},
        {"certainty": {"*": "confirmed"}},
        {"state": "cleared", "value": None},
    ],
)
def test_another_value_note_or_certainty_is_another_answer(other: dict[str, Any] | None) -> None:
    base = proposed("origins", ["hacking"], certainty={"*": "claimed"})
    assert not is_same_answer(base, {**base, **other} if other else None)


def test_nothing_is_the_same_as_nothing() -> None:
    assert is_same_answer(None, None)


def test_ticked_options_are_read_from_choices_alone() -> None:
    assert list_ticked({"value": "yes"}) == ["yes"]
    assert list_ticked({"value": ["a", "b"]}) == ["a", "b"]
    assert list_ticked({"value": [VENDOR]}) == []
    assert list_ticked({"value": True}) == list_ticked(None) == []
