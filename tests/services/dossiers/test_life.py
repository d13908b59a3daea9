"""An answer's life: proposed once, read or edited by the practice, to be seen again when the incident file changes."""

from datetime import timedelta

import pytest

from notifications.models import Dossier
from notifications.questionnaire import Case, apply_edit, find_applicable
from notifications.report import build_report
from notifications.services.dossiers import loading, saving
from notifications.services.revisions import INCIDENT_REVISIONS
from tests.dossiers import NOW, answered, form
from tests.stored import WEDA, Tab, everything, fact, publish, start_weda, withdraw

LATER = NOW + timedelta(hours=1)
REV_3, REV_4 = f"incident:{WEDA}@3", f"incident:{WEDA}@4"


def entry(key):
    return loading.strip_version(Dossier.objects.get().answers.get(key))


def to_see_again():
    """Keys « à revoir », as every page shows them."""
    report = build_report(loading.load_dossier_data(Dossier.objects.get()), LATER)
    return sorted(row.key for row in report.rows + report.notes if row.outdated)


def say(**act):
    """One of the acts of a page, on the dossier as it is now."""
    [(name, key)] = act.items()
    return getattr(saving, name)(dossier=Dossier.objects.get(), key=key, by="Camille", now=LATER)


def change_causes(content):
    fact(content, "causes")["value"] = ["external_malicious", "unknown"]


@pytest.fixture
def newer(weda_dossier):
    """A fourth revision: one fact changed, one withdrawn, one surer, one only said with other sources."""

    def change(content):
        change_causes(content)
        withdraw(content, "harms_text")
        fact(content, "origins")["status"] = "confirmed"
        fact(content, "person_categories")["sources"] = ["cnil"]

    return publish("4", change)


# -- start ----------------------------------------------------------------------------------------------


def test_a_dossier_starts_with_proposals_that_nobody_has_read(weda_dossier):
    answers = weda_dossier.answers
    assert answers["nature"]["value"] == ["confidentiality", "availability"]
    assert answers["nature"]["certainty"]["confidentiality"] == "suspected"
    assert {(answers["nature"]["origin"], answers["nature"]["basis"])} == {(REV_3, REV_3)}
    assert answers["country"]["origin"] == "default"
    assert {entry["reviewed"] for entry in answers.values()} == {False}
    assert weda_dossier.version == 1


@pytest.mark.parametrize(
    "key", ["aware_at", "siren", "person_count", "severity", "prior_measures", "discovery", "ongoing"]
)
def test_what_only_the_practice_knows_is_not_proposed(weda_dossier, key):
    assert key not in weda_dossier.answers


def test_without_an_incident_only_usual_answers_are_proposed(seeds_loaded):
    dossier = saving.start_dossier(revision=None, timezone="Europe/Paris", by="Camille", now=NOW)
    assert {entry["origin"] for entry in dossier.answers.values()} == {"default"}
    assert dossier.title == "Cabinet à nommer – violation sans incident connu"


def test_proposals_are_laid_once(weda_dossier, newer):
    """Neither a save nor a page shown later adds what a newer revision proposes."""
    Tab(weda_dossier).type(headcount=2)
    to_see_again()
    assert entry("causes")["origin"] == REV_3
    assert {each["origin"] for each in Dossier.objects.get().answers.values()} == {REV_3, "default", "practice"}


def test_a_cleared_answer_is_not_proposed_again(weda_dossier, newer):
    Tab(weda_dossier).send({"causes": {"state": "cleared", "origin": "practice", "reviewed": False}})
    to_see_again()
    assert entry("causes")["state"] == "cleared"
    row = build_report(loading.load_dossier_data(Dossier.objects.get()), LATER).by_key["causes"]
    assert not row.answered


def test_answers_that_were_imported_stay_alone(seeds_loaded):
    newest = INCIDENT_REVISIONS.list_stored(WEDA)[0]
    given = {"city": answered("city", "Rouen")}
    dossier = saving.start_dossier(revision=newest, timezone="Europe/Paris", by="Camille", now=NOW, answers=given)
    assert {key: loading.strip_version(entry) for key, entry in dossier.answers.items()} == given


# -- reading --------------------------------------------------------------------------------------------


def test_keeping_an_answer_makes_it_read_and_changes_nothing_else(weda_dossier):
    before = entry("description")
    saving.keep_answers(dossier=weda_dossier, keys=["description"], by="Camille", now=LATER)
    assert before["reviewed"] is False
    assert entry("description") == {**before, "reviewed": True}
    assert entry("nature")["reviewed"] is False


def test_keeping_a_step_leaves_out_what_must_be_opened(weda_dossier):
    assert sorted(saving.list_keepable(weda_dossier, "violation")) == ["causes", "origins"]
    saving.keep_answers(
        dossier=weda_dossier, keys=saving.list_keepable(weda_dossier, "violation"), by="Camille", now=LATER
    )
    assert entry("causes")["reviewed"] is True
    assert (entry("nature")["reviewed"], entry("description")["reviewed"]) == (False, False)
    assert saving.list_keepable(Dossier.objects.get(), "violation") == []


def test_what_the_practice_answers_for_can_never_be_kept_by_step(weda_dossier):
    by_step = {key for step in form().steps for key in saving.list_keepable(weda_dossier, step.slug)}
    opened = {question.key for question in form() if question.review == "open"}
    assert {
        "nature",
        "description",
        "person_categories",
        "harms",
        "measures_taken",
    } <= opened & weda_dossier.answers.keys()
    asked = {question.key for question in find_applicable(Case(form(), weda_dossier.answers))}
    assert "initial_reference" not in asked  # answered beforehand, and shown nowhere: nobody can have read it
    assert by_step == (weda_dossier.answers.keys() & asked) - opened


def test_a_cleared_answer_is_not_kept(weda_dossier):
    Tab(weda_dossier).send({"causes": {"state": "cleared", "origin": "practice", "reviewed": False}})
    assert saving.list_keepable(Dossier.objects.get(), "violation") == ["origins"]


def test_keeping_twice_moves_nothing(weda_dossier):
    saving.keep_answers(dossier=weda_dossier, keys=["causes"], by="Camille", now=LATER)
    before = everything()
    saving.keep_answers(dossier=Dossier.objects.get(), keys=["causes", "city"], by="Camille", now=LATER)
    assert everything() == before


def test_keeping_does_not_keep_what_changed_meanwhile(weda_dossier):
    """The page showed another answer than the one that is stored by then."""
    Tab(weda_dossier).type(causes=["unknown"])
    saved = saving.keep_answers(dossier=weda_dossier, keys=["causes"], by="Camille", now=LATER)
    assert list(saved.conflicts) == ["causes"]
    assert entry("causes")["value"] == ["unknown"]


def test_saving_a_page_that_shows_proposals_is_not_reading_them(weda_dossier):
    tab, before = Tab(weda_dossier), everything()
    words = ("state", "value", "note", "details", "certainty")
    posted = {key: {name: shown[name] for name in words if name in shown} for key, shown in tab.shown.items()}
    tab.send({key: apply_edit(form().questions[key], tab.shown[key], sent) for key, sent in posted.items()})
    assert everything() == before


def test_an_edit_is_the_practice_word_is_read_and_keeps_its_basis(weda_dossier):
    Tab(weda_dossier).type(causes=["unknown"])
    assert entry("causes") == {
        "state": "known",
        "value": ["unknown"],
        "origin": "practice",
        "reviewed": True,
        "basis": REV_3,
    }


# -- a newer revision -----------------------------------------------------------------------------------


def test_nothing_is_to_be_seen_again_while_nothing_changed(weda_dossier):
    assert to_see_again() == []
    publish("4")
    assert to_see_again() == []


def test_a_changed_a_withdrawn_and_a_surer_fact_are_to_be_seen_again(newer):
    assert to_see_again() == ["causes", "harms_text", "origins"]


def test_a_dossier_that_begins_with_the_newer_revision_has_nothing_to_see_again(newer):
    Dossier.objects.all().delete()
    start_weda()
    assert to_see_again() == []
    assert entry("causes")["origin"] == REV_4


def test_an_edited_answer_is_to_be_seen_again_too(newer, weda_dossier):
    Tab(weda_dossier).type(causes=["internal_accidental"])
    assert "causes" in to_see_again()


def test_taking_sets_value_certainty_origin_and_basis_and_counts_as_reading(newer):
    note = entry("causes")["note"]
    assert say(take_proposal="causes").saved == ["causes"]
    assert entry("causes") == {
        "state": "known",
        "value": ["external_malicious", "unknown"],
        "note": note,
        "certainty": {"*": "claimed"},
        "origin": REV_4,
        "basis": REV_4,
        "reviewed": True,
    }
    assert to_see_again() == ["harms_text", "origins"]


def test_taking_also_brings_a_surer_word(newer):
    say(take_proposal="origins")
    assert entry("origins")["certainty"] == {"*": "confirmed"}


@pytest.mark.parametrize("key", ["harms_text", "city"])
def test_what_is_not_proposed_cannot_be_taken(newer, key):
    before = everything()
    assert say(take_proposal=key).saved == []
    assert everything() == before


def test_keeping_mine_moves_only_the_basis(newer, weda_dossier):
    Tab(weda_dossier).type(causes=["internal_accidental"])
    mine = entry("causes")
    say(keep_own_answer="causes")
    assert entry("causes") == {**mine, "basis": REV_4}
    assert "causes" not in to_see_again()


def test_keeping_an_untouched_proposal_as_mine_says_so_for_the_old_revision(newer):
    old = entry("causes")
    say(keep_own_answer="causes")
    assert entry("causes") == {**old, "basis": REV_4, "reviewed": True}
    assert entry("causes")["origin"] == REV_3


def test_mine_may_be_kept_although_the_fact_was_withdrawn(newer):
    old = entry("harms_text")
    say(keep_own_answer="harms_text")
    assert entry("harms_text")["value"] == old["value"]
    assert "harms_text" not in to_see_again()


def test_after_mine_was_kept_a_further_revision_asks_again(newer):
    say(keep_own_answer="causes")
    publish("5", lambda content: fact(content, "causes").update(value=["unknown"]))
    assert "causes" in to_see_again()


def test_a_revision_made_here_comes_after_the_one_it_corrects(weda_dossier):
    publish("3.local1", change_causes)
    assert to_see_again() == ["causes"]
    say(take_proposal="causes")
    assert entry("causes")["origin"] == f"incident:{WEDA}@3.local1"
    publish("4")  # the shipped one that follows says what revision 3 said
    assert to_see_again() == ["causes"]


def test_nothing_to_keep_where_nothing_was_answered(newer):
    before = everything()
    say(keep_own_answer="city")
    assert everything() == before
