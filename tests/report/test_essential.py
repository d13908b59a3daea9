"""« L'essentiel »: which screens there are, worked out from the data alone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from notifications import obligations, prefill, questionnaire
from notifications.questionnaire import Context, check_entry, read_part_texts, ticks
from notifications.report import DossierData, Screen, build_report, list_essential_screens
from tests.dossiers import AS_IN_EXAMPLE, LATE, NOW, PARIS, ROOT, SEEDS, form, weda_data

ON_TIME = [
    "quand",
    "cabinet",
    "contact",
    "dossiers",
    "contenu",
    "acces",
    "mesures",
    "protections",
    "suites",
    "patients",
]
AWARE = {"aware_at": AS_IN_EXAMPLE["aware_at"]}
# Whatever an incident file knows, only the practice can say these.
NEVER_PREFILLED = {
    *("aware_at", "attack_known_at", "informed_by_processor_at", "awareness_evidence", "discovery", "late_reasons"),
    *("controller_role", "siren", "organisation_name", "headcount", "address", "postcode", "city"),
    *("legal_title", "legal_first_name", "legal_last_name", "legal_email"),
    *("contact_title", "contact_first_name", "contact_last_name", "contact_email", "contact_role", "contact_phone"),
    *("has_dpo", "dpo_number", "person_count", "record_count", "own_accounts_named", "access_today", "access_back_at"),
    *("ongoing", "prior_measures", "severity", "data_categories", "sensitive_categories"),
    *("patients_told_of_outage", "complaint_filed", "complaint_filed_on", "insurer_informed"),
}


def screens(answers: Mapping[str, Any] | None = None, now: Any = NOW, **given: Any) -> tuple[Screen, ...]:
    return list_essential_screens(build_report(weda_data(answers or {}, **given), now))


def slugs(answers: Mapping[str, Any] | None = None, now: Any = NOW, **given: Any) -> list[str]:
    return [screen.slug for screen in screens(answers, now, **given)]


# -- how many, and which --------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2, 3])
def test_ten_questions_in_time_and_an_eleventh_only_when_late(number: int) -> None:
    assert slugs(AWARE, NOW, number=number, newest=number) == ON_TIME
    assert slugs(AWARE, LATE, number=number, newest=number) == [*ON_TIME, "retard"]
    assert slugs({}, LATE, number=number, newest=number) == ON_TIME  # nobody knows yet whether it is late


def test_at_most_eleven_are_written_down_at_all() -> None:
    assert [subject.slug for subject in form().subjects] == [*ON_TIME, "retard"]


@pytest.mark.parametrize("now", [NOW, LATE])
def test_answering_does_not_change_the_list(now: Any) -> None:
    answers: dict[str, Any] = dict(AWARE)
    before = slugs(answers, now)
    for key, value in AS_IN_EXAMPLE.items():
        answers[key] = value
        assert slugs(answers, now) == before, key


@pytest.mark.parametrize(
    "answer",
    [
        {"kind": "complete"},
        {"kind": "complementary"},
        {"contact_same_as_legal": False},
        {"has_dpo": True},
        {"has_sensitive_data": False},
        {"subjects_informed": "yes"},
        {"subjects_informed": "no"},
        {"person_count": {"unknown": True, "note": "Demandé."}},
        {"access_today": "full"},
        {"nature": []},
        {"other_bodies_involved": False},
    ],
    ids=str,
)
def test_no_single_answer_changes_the_list(answer: dict[str, Any]) -> None:
    assert slugs({**AWARE, **answer}) == ON_TIME


def test_each_screen_begins_with_its_own_question_and_holds_no_other_twice() -> None:
    shown = screens(AS_IN_EXAMPLE, LATE)
    first = {subject.slug: subject.first for subject in form().subjects if subject.first}
    assert {screen.slug: screen.rows[0].key for screen in shown if screen.slug in first} == first
    keys = [row.key for screen in shown for row in screen.rows]
    assert len(keys) == len(set(keys))
    for screen in shown:
        assert screen.rows[0].key not in screen.optional
        assert not [row.key for row in screen.rows if row.key in screen.optional and row.needed]
        assert "{" not in screen.title + screen.help


def test_the_words_name_the_software_or_say_your_software() -> None:
    assert "Weda" in screens()[0].title
    assert "votre logiciel" in list_essential_screens(build_report(replace(weda_data(), revision=None), NOW))[0].title


# -- what they ask --------------------------------------------------------------------------------------


def test_an_outage_told_at_the_desk_and_a_letter_to_patients_are_two_questions() -> None:
    places = {row.key: screen for screen in screens() for row in screen.rows}
    assert places["patients_told_of_outage"].slug == "mesures"
    assert places["subjects_informed"].slug == "patients"
    assert "écrit à vos patients" in places["subjects_informed"].title
    assert "ne compte pas" in places["subjects_informed"].help
    told = weda_data({**AWARE, "patients_told_of_outage": True})
    assert told.answers["subjects_informed"]["origin"].startswith("incident:")  # one does not answer the other
    assert told.answers["subjects_informed"]["value"] == "undetermined"


def test_nothing_is_said_beforehand_in_the_name_of_the_practice() -> None:
    shown = {row.key: row for screen in screens(AWARE, LATE) for row in screen.rows}
    begun = weda_data({}).answers
    for key, row in shown.items():
        entry = begun.get(key)
        if key in NEVER_PREFILLED or row.question.practice_only:
            assert entry is None, key
        elif entry:
            assert not entry["reviewed"], key
            assert entry["origin"] == "default" or entry["origin"].startswith("incident:"), key
    assert NEVER_PREFILLED & begun.keys() == set()


def test_no_box_is_ticked_and_no_part_of_the_practice_is_written_beforehand() -> None:
    dossier_data = weda_data({})
    ticked = [*((question, tick) for question in form() for tick in question.ticks)]
    ticked += [(form().questions[each.question], each.tick) for each in dossier_data.newest.occasions]
    assert len(ticked) > 20
    for question, tick in ticked:
        entry = dossier_data.answers.get(question.key)
        words = read_part_texts(question, entry).values() if question.parts else [(entry or {}).get("value", "")]
        assert not any(ticks.is_checked(tick, text) for text in words), tick.key
    for question in form():
        for part in question.parts:
            if part.by == "practice":
                assert read_part_texts(question, dossier_data.answers.get(question.key))[part.key] == ""


def test_after_the_screens_nothing_that_a_first_notification_needs_is_missing() -> None:
    for now in (NOW, LATE):
        asked = {row.key for screen in screens(AWARE, now) for row in screen.rows}
        missing = {row.key for row in build_report(weda_data(AWARE), now).missing}
        assert missing <= asked


# -- another form ---------------------------------------------------------------------------------------


@pytest.fixture
def library():
    """« L'essentiel » of a small form with the given plain answers, over its defaults."""
    small = questionnaire.load_questionnaire(ROOT / "tests/data/deux-sujets.toml")
    due = tuple(duty.replace(starts=("known_at",)) for duty in obligations.load_duties(SEEDS / "obligations.toml"))

    def read(answers: Mapping[str, Any], now: Any = NOW) -> tuple[Screen, ...]:
        entries = prefill.fill_entries({}, prefill.keep_strongest(prefill.stack_layers(small, None)))
        for key, value in answers.items():
            raw = {"state": "known", "value": value}
            entries[key] = check_entry(small.questions[key], raw, Context(PARIS, LATE))
        return list_essential_screens(build_report(DossierData(small, entries, PARIS, due), now))

    return read


def test_a_form_of_two_subjects_has_two_screens(library) -> None:
    quand, livres = library({})
    assert (quand.slug, quand.title) == ("quand", "Quand avez-vous su, pour votre logiciel ?")
    assert [row.key for row in quand.rows] == ["known_at", "witness"]
    assert quand.optional == ("witness",)  # takes writing, and is not needed
    assert [row.key for row in livres.rows] == ["books", "rare"]
    assert livres.optional == ()  # not needed either, but a tap


def test_a_subject_that_a_proposal_settles_is_not_asked_and_a_question_without_subject_neither(library) -> None:
    asked = {row.key for screen in library({}) for row in screen.rows}
    assert asked.isdisjoint({"walls", "branch"})


def test_its_list_too_grows_only_when_late(library) -> None:
    answers = {"known_at": "2025-11-12"}
    assert [screen.slug for screen in library(answers)] == ["quand", "livres"]
    assert [screen.slug for screen in library(answers, LATE)] == ["quand", "livres", "retard"]
    everything = answers | {"books": 12, "rare": True, "titles": "Deux", "witness": "Personne", "walls": "grey"}
    assert [screen.slug for screen in library(everything)] == ["quand", "livres"]
    assert [row.key for row in library(everything)[1].rows] == ["books", "rare", "titles"]
