"""One reading of a dossier: what is said, by whom, how surely, and what is still to be done."""

import re
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import obligations
from notifications.documents import dossier_file
from notifications.questionnaire import Entry, strict_json
from notifications.report import (
    DossierData,
    Line,
    Report,
    Row,
    build_report,
    find_screen,
    find_stage,
    write_letter_to_vendor,
)
from notifications.typography import space_french
from tests.dossiers import AS_IN_EXAMPLE, LATE, NOW, PARIS, SEEDS, answered, form, weda_data

DUTIES = obligations.load_duties(SEEDS / "obligations.toml")
SOURCE = "incident:weda-2025-11@3"


def empty(**answers: Any) -> DossierData:
    """A dossier without incident, with a practice's plain answers."""
    entries = {key: entry for key, value in answers.items() if (entry := answered(key, value)) is not None}
    return DossierData(form(), entries, PARIS, DUTIES)


def row(key: str, dossier_data: DossierData | None = None, **answers: Any) -> Row:
    return build_report(dossier_data or empty(**answers), NOW).by_key[key]


def weda(**answers: Any) -> Report:
    """The report of the example's practice, with some answers changed."""
    return build_report(weda_data({**AS_IN_EXAMPLE, **answers}), NOW)


def holding(key: str, entry: Entry) -> Row:
    return row(key, replace(weda_data({}), answers={key: entry}))


def option(found: Row, words: str) -> Line:
    return next(line for line in found.lines if words in line.text)


def test_an_option_that_the_form_no_longer_has_is_not_printed() -> None:
    entry = {"state": "known", "value": ["availability", "gone"], "origin": "practice", "reviewed": True}
    assert [line.text for line in holding("nature", entry).lines] == [
        option(row("nature", nature=["availability"]), "").text
    ]


def test_an_address_to_answer_to_is_given_only_where_the_practice_gave_one() -> None:
    with_one, without = write_letter_to_vendor(weda()), write_letter_to_vendor(build_report(empty(), NOW))
    assert any("peut être adressée à" in text for text in with_one.closing)
    assert not any("peut être adressée à" in text for text in without.closing)


def test_a_subject_that_the_form_does_not_have_has_no_screen() -> None:
    assert find_screen(weda(), "nulle-part") is None


FILED = obligations.Filed("initial", NOW)


@pytest.mark.parametrize(
    ("dossier_data", "now", "stage"),
    [
        (empty(), NOW, "begun"),
        (weda_data(), NOW, "finished"),
        (replace(weda_data(), filings=(FILED,)), NOW, "on_time"),
        (replace(weda_data(), filings=(replace(FILED, at=LATE),)), LATE, "late"),
        (replace(empty(), filings=(FILED,)), NOW, "finished"),
    ],
    ids=["something is missing", "nothing is", "filed in time", "filed late", "filed, by when is not known"],
)
def test_how_far_a_dossier_is(dossier_data: DossierData, now: datetime, stage: str) -> None:
    assert find_stage(dossier_data, now) == stage


# ---------------------------------------------------------------- states, missing, progress


@pytest.mark.parametrize(
    ("key", "value", "state", "words"),
    [
        ("city", "Dieppe", "reviewed", "relu"),
        ("siren", {"not_applicable": True}, "not_applicable", "sans objet"),
        ("record_count", {"unknown": True}, "unknown", "inconnu à ce stade"),
        ("city", None, "missing", "manquant"),
        ("harms_text", None, "blank", "non renseigné"),
    ],
)
def test_the_state_of_an_answer_is_one_word(key: str, value: Any, state: str, words: str) -> None:
    found = row(key, **({key: value} if value is not None else {}))
    assert (found.state, found.state_words) == (state, words)


def test_what_was_prefilled_is_to_be_read_until_the_practice_acts_on_it() -> None:
    assert row("nature", weda_data({})).state == "to_review"
    assert row("nature", weda_data({"nature": ["availability"]})).state == "reviewed"


def test_a_cleared_answer_is_missing_and_says_nothing() -> None:
    found = row("nature", weda_data({"nature": {"value": ["availability"]}, "city": ""}))
    assert found.state == "reviewed"
    cleared = holding("city", {"state": "cleared", "origin": "practice", "reviewed": False})
    assert (cleared.state, cleared.lines) == ("missing", ())


def test_an_empty_dossier_misses_what_the_first_notification_needs() -> None:
    found = build_report(empty(), NOW)
    needed = {each.key for each in form() if "initial" in each.needed_for}
    assert {each.key for each in found.missing} == needed & found.by_key.keys()
    assert found.progress.answered == 0
    assert found.progress.total == len(found.rows)


def test_a_complete_notification_needs_more_than_an_initial_one() -> None:
    missing = {each.key for each in build_report(empty(kind="complete"), NOW).missing}
    assert {"headcount", "discovery", "started_at"} <= missing
    assert not {"headcount", "discovery"} & {each.key for each in build_report(empty(kind="initial"), NOW).missing}


def test_progress_counts_only_what_the_cnil_asks_and_what_applies() -> None:
    before = build_report(empty(has_dpo=False), NOW).progress
    after = build_report(empty(has_dpo=True, access_today="none"), NOW).progress
    assert (after.total, after.answered) == (before.total + 1, before.answered)


def test_progress_adds_up_on_the_example() -> None:
    found = weda()
    assert found.progress.missing == 0
    assert found.progress.answered == found.progress.total == len(found.rows)
    assert {each.key for each in found.unknowns} == {"started_at", "ended_at", "record_count"}
    assert found.progress.unknown == 3
    assert found.progress.to_review == sum(each.state == "to_review" for each in found.rows) > 0


def test_not_yet_known_is_an_answer_with_its_reason() -> None:
    found = weda().by_key["record_count"]
    assert found.answered
    assert found.text == "Inconnu à ce stade"
    assert found.note.startswith("Nombre de documents")


def test_an_answer_whose_question_stops_applying_is_neither_shown_nor_counted() -> None:
    answers = {"has_dpo": True, "dpo_number": "DPO-1"}
    assert "dpo_number" in build_report(empty(**answers), NOW).by_key
    found = build_report(empty(**{**answers, "has_dpo": False}), NOW)
    assert "dpo_number" not in found.by_key
    assert "dpo_number" in found.data.answers


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({}, "missing"),
        ({"legal_title": "madame", "legal_first_name": "A", "legal_last_name": "B"}, "missing"),
        (
            {"legal_title": "madame", "legal_first_name": "A", "legal_last_name": "B", "legal_email": "a@b.fr"},
            "reviewed",
        ),
    ],
)
def test_a_section_shows_what_most_needs_work(answers: dict[str, str], state: str) -> None:
    found = {section.slug: section for section in build_report(empty(**answers), NOW).sections}
    assert found["responsable"].state == state


def test_what_only_helps_the_practice_stands_apart() -> None:
    found = weda()
    assert all(each.question.ours for each in found.notes)
    assert not any(each.question.ours for each in found.rows)
    assert {"decision", "complaint_filed"} <= {each.key for each in found.notes}


def test_reasons_are_asked_only_of_a_late_dossier() -> None:
    late = build_report(weda_data(), LATE)
    assert (weda().clock.late, late.clock.late) == (False, True)
    assert "late_reasons" in late.by_key
    assert "late_reasons" not in weda().by_key
    assert late.left_words == "4 jours et 14 heures"


# ---------------------------------------------------------------- how sure, and who says it


def test_a_tick_that_is_not_established_is_printed_with_its_word() -> None:
    found = weda().by_key["nature"]
    assert option(found, "confidentialité").certainty == "suspectée"
    assert option(found, "disponibilité").certainty == "confirmée"


def test_the_word_stays_after_the_practice_edited_the_natures() -> None:
    found = weda(nature=["confidentiality", "integrity", "availability"])
    ticked = found.by_key["nature"]
    assert ticked.origin == "practice"
    assert option(ticked, "confidentialité").certainty == "suspectée"
    assert option(ticked, "intégrité").certainty == ""
    assert "La perte de confidentialité est suspectée" in found.by_key["description"].text


@pytest.mark.parametrize(
    ("certainty", "word"),
    [
        ("suspected", "suspectée"),
        ("claimed", "selon l'éditeur"),
        ("contested", "contestée"),
        ("unknown", "à établir"),
        ("confirmed", ""),
    ],
)
def test_what_the_practice_says_of_certainty_is_printed(certainty: str, word: str) -> None:
    value = {"value": ["confidentiality"], "certainty": {"confidentiality": certainty}}
    assert weda(nature=value).by_key["nature"].lines[0].certainty == word


@pytest.mark.parametrize("key", ["origins", "causes", "consequences_confidentiality", "harms"])
def test_nothing_that_a_vendor_says_is_printed_without_a_word(key: str) -> None:
    found = weda().by_key[key]
    assert all(line.certainty in ("suspectée", "selon l'éditeur") for line in found.lines)


def test_the_certainty_of_a_whole_text_is_said_beside_it() -> None:
    assert weda().by_key["harms_text"].certainty == "suspectée"
    assert weda().by_key["city"].certainty == ""


def test_nothing_is_stated_as_a_theft() -> None:
    prefilled = build_report(weda_data({}), NOW)
    text = "\n".join(line.text for each in prefilled.rows for line in each.lines if line.kind != "option")
    assert "extraction partielle" in text
    assert re.findall(r"(?i)\b(?:vols?|volée?s?|dérobée?s?|piratée?s?|exfiltr\w+|rançon\w*)\b", text) == []
    for sentence in re.split(r"(?<=[.;])\s", text):
        if re.search(r"extraction|copi[eé]", sentence):
            assert re.search(r"auraient|suspect|ni l'ampleur|non établie|savons pas|possible", sentence), sentence


ORIGINS = {
    "practice": "réponse du cabinet",
    "profile": "fiche du cabinet",
    "group": "réponse commune du groupe",
    "default": "valeur usuelle, à vérifier",
    "import": "repris d'un fichier, à relire",
    SOURCE: "fiche « Weda », révision 3",
    "incident:ailleurs@2.local1": "fiche « ailleurs », révision 2.local1",
    "template:csmf@4": "modèle « csmf », révision 4",
}


@pytest.mark.parametrize("origin", ORIGINS)
def test_where_an_answer_comes_from_is_said_in_french(origin: str) -> None:
    found = holding("city", {"state": "known", "value": "Dieppe", "origin": origin, "reviewed": False})
    assert found.origin_words == ORIGINS[origin]


def test_an_edited_proposal_says_what_it_was_based_on() -> None:
    found = weda(nature=["availability"]).by_key["nature"]
    assert found.origin_words == "réponse du cabinet, d'après fiche « Weda », révision 3"
    assert [source.id for source in found.sources] == ["cnil", "weda-messages", "next", "macsf", "lemonde"]
    assert found.proposal is not None
    assert found.proposal_lines[0].text == "Perte de la confidentialité"


def test_an_unanswered_question_has_no_origin_and_no_source() -> None:
    found = row("city")
    assert (found.origin, found.origin_words, found.sources) == ("", "", ())


def test_the_vendors_words_and_the_practices_are_printed_apart() -> None:
    found = weda().by_key["measures_taken"]
    theirs, done, planned = [line.origin for line in found.lines]
    assert theirs.startswith("fiche « Weda », révision 3")
    assert done.startswith("réponse du cabinet")
    assert planned.startswith("réponse du cabinet")


def test_each_source_is_listed_once() -> None:
    ids = [source.id for source in weda().sources]
    assert len(ids) == len(set(ids)) > 5


def test_an_answer_that_a_newer_revision_would_change_is_marked() -> None:
    begun = build_report(weda_data({}, number=1, newest=2), NOW)
    assert begun.by_key["description"].outdated
    assert not begun.by_key["nature"].outdated
    assert not build_report(weda_data({}, number=2, newest=3), NOW).by_key["description"].outdated


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("person_count", 1240, "1\u202f240"),
        ("person_count", 0, "0"),
        ("headcount", 1_234_567, "1\u202f234\u202f567"),
        ("has_dpo", False, "Non"),
        ("ongoing", True, "Oui"),
        ("aware_at", "2025-11-12", "mercredi 12 novembre 2025 (heure non connue)"),
        ("aware_at", "2025-11-12T10:05:00+01:00", "mercredi 12 novembre 2025 à 10 h 05 (heure de Paris)"),
        ("aware_at", "2025-11-12T10:05:00+04:00", "mercredi 12 novembre 2025 à 7 h 05 (heure de Paris)"),
        ("complaint_filed", True, "Oui"),
        ("nature", [], "Aucune"),
        ("severity", "limited", "Limité"),
        ("kind", "complete", "Complète"),
    ],
)
def test_values_are_printed_in_french_words(key: str, value: Any, text: str) -> None:
    assert row(key, **{key: value}).text == text


def test_a_line_of_a_group_says_the_label_of_each_field() -> None:
    found = row("other_bodies", other_bodies_involved=True, other_bodies=[{"name": "WEDA", "role": "processor"}])
    assert found.text == "Nom : WEDA ; Rôle : Sous-traitant"


def test_the_text_of_other_is_kept_beside_its_option() -> None:
    found = row("causes", causes={"value": ["other"], "details": {"other": "Sous-traitant"}})
    assert [(line.text, line.detail) for line in found.lines] == [("Autre", "Sous-traitant")]


def test_a_dossier_says_its_deadline_and_who_it_is_for() -> None:
    assert weda().organisation == "Cabinet du Dr Exemple"
    assert weda().deadline_words == "samedi 15 novembre 2025 à 18 h 07 (heure de Paris)"
    assert weda().left_words == "1 jour et 9 heures"
    nobody = build_report(empty(), NOW)
    assert (nobody.organisation, nobody.deadline_words, nobody.left_words, nobody.incident_title) == ("", "", "", "")


def test_the_same_person_is_printed_twice_and_asked_once() -> None:
    assert weda().by_key["contact_last_name"].text == "Exemple"
    assert weda(contact_same_as_legal=False).by_key["contact_last_name"].state == "missing"


def test_a_doubt_stands_beside_each_answer_it_is_about() -> None:
    found = weda(person_count=10, record_count=5)
    (message,) = found.by_key["record_count"].doubts
    assert found.by_key["person_count"].doubts == (message,)
    assert found.doubts == ((("person_count", "record_count"), message),)
    assert found.progress.doubtful == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Quoi ?", "Quoi~?"),
        ("Non ; oui !", "Non~; oui~!"),
        ("Heure : 10", "Heure~: 10"),
        ("« Autre »", "«~Autre~»"),
        ("https://exemple.fr/?a=1;b", "https://exemple.fr/?a=1;b"),
        ("10:42", "10:42"),
        ("", ""),
    ],
)
def test_no_french_sign_stands_alone_on_a_line(text: str, shown: str) -> None:
    found = space_french(text)
    assert re.sub("[\u00a0\u202f]", "~", found) == shown
    assert space_french(found) == found


# ---------------------------------------------------------------- whatever the answers are

STATE = st.sampled_from([{"state": "cleared"}, {"state": "unknown"}, {"state": "not_applicable"}])
DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31)).map(str)
VALUES: dict[str, Any] = {
    "text": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    "number": st.integers(0, 10**9),
    "date": DAYS,
    "moment": DAYS | st.sampled_from(["2025-11-12T10:42:00+01:00", "1990-01-01T00:00:00-23:59"]),
    "yes_no": st.booleans(),
    "group": st.just([{"name": "A", "role": "other"}]),
}


@st.composite
def any_answers(draw: st.DrawFn) -> dict[str, Entry]:
    answers = {}
    for question in draw(st.lists(st.sampled_from(list(form())), unique_by=lambda each: each.key, max_size=25)):
        options = st.sampled_from([each.key for each in question.options] or ["-"])
        values = {**VALUES, "choice": options, "choices": st.lists(options, max_size=3, unique=True)}
        value = st.just([{"text": "x", "origin": "import"}]) if question.parts else values[question.type]
        known = value.map(lambda each: {"state": "known", "value": each})
        answers[question.key] = {
            **draw(known | STATE),
            "origin": draw(st.sampled_from(list(ORIGINS))),
            "reviewed": True,
        }
    return answers


@given(any_answers(), st.sampled_from([NOW, LATE]))
def test_any_answers_are_read_and_leave_as_a_file_that_may_come_back(answers: dict[str, Entry], now: Any) -> None:
    found = build_report(replace(weda_data({}), answers=answers), now)
    assert found.progress.answered + sum(not each.answered for each in found.rows) == found.progress.total
    assert strict_json.loads(dossier_file.dump(found))["answers"] == answers
