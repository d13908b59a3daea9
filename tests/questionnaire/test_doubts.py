"""Answers that disagree: each doubt of the shipped form fires on one dossier, and falls silent once they agree."""

import tomllib
from typing import Any

import pytest

from notifications.questionnaire import Answers, Case, find_applicable, find_doubts
from tests.dossiers import SEEDS, answered, form

ROWS = tomllib.loads((SEEDS / "questionnaires/cnil-2023-07.toml").read_text("utf-8"))["doubt"]
MESSAGES = {row["key"]: row["message"] for row in ROWS}
UNKNOWN = {"unknown": True}
SURE = {"value": ["confidentiality"], "certainty": {"confidentiality": "confirmed"}}
SUSPECTED = {"value": ["confidentiality"], "certainty": {"confidentiality": "suspected"}}
# {doubt: (answers on which it fires, what is changed for it to be silent; None takes an answer away)}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "siren_and_no_siren": ({"no_siren": True, "siren": "123456782"}, {"no_siren": False}),
    "complementary_without_reference": ({"kind": "complementary"}, {"initial_reference": "FR-2025-1"}),
    "complete_with_unknowns": ({"kind": "complete"}, {"kind": "initial"}),
    "no_body_but_vendor_message": (
        {"other_bodies_involved": False, "informed_by_processor_at": "2025-11-12"},
        {"other_bodies_involved": True},
    ),
    "start_after_end": ({"started_at": "2025-11-12", "ended_at": "2025-11-11"}, {"ended_at": "2025-11-12"}),
    "start_after_awareness": (
        {"started_at": "2025-11-12T10:00:01+01:00", "aware_at": "2025-11-12T10:00:00+01:00"},
        {"started_at": "2025-11-12T10:00:00+01:00"},
    ),
    "ongoing_with_end": ({"ongoing": True, "ended_at": "2025-11-12"}, {"ended_at": UNKNOWN}),
    "period_known_without_start": ({"period_known": True, "started_at": UNKNOWN}, {"started_at": "2025-11-10"}),
    "period_unknown_with_both_dates": (
        {"period_known": False, "started_at": "2025-11-10", "ended_at": "2025-11-12"},
        {"ended_at": UNKNOWN},
    ),
    "aware_not_after_attack": ({"aware_at": "2025-11-10T23:30:00+01:00"}, {"aware_at": "2025-11-11T00:00:00+01:00"}),
    "vendor_message_not_after_attack": (
        {"informed_by_processor_at": "2025-11-10"},
        {"informed_by_processor_at": "2025-11-11"},
    ),
    "vendor_message_before_awareness": (
        {"informed_by_processor_at": "2025-11-12T10:00:00+01:00", "aware_at": "2025-11-14"},
        {"aware_at": "2025-11-12"},
    ),
    "attack_known_before_awareness": (
        {"attack_known_at": "2025-11-11", "aware_at": "2025-11-12"},
        {"attack_known_at": UNKNOWN},
    ),
    "access_back_before_start": (
        {"access_today": "full", "access_back_at": "2025-11-12", "started_at": "2025-11-13"},
        {"access_back_at": "2025-11-13"},
    ),
    "over_without_access": (
        {"ongoing": False, "access_today": "partial", "nature": ["availability"]},
        {"access_today": "full"},
    ),
    "late_without_reasons": ({}, {"late_reasons": "Message lu quatre jours plus tard."}),
    "no_notification_without_reason": ({"decision": "not_notify"}, {"decision_reason": "Dossiers effacés avant."}),
    "no_notification_but_severe": ({"decision": "not_notify", "severity": "maximal"}, {"severity": "limited"}),
    "confidentiality_confirmed_without_sign": ({"nature": SURE, "own_accounts_named": "no"}, {"nature": SUSPECTED}),
    "cause_unknown_beside_others": ({"causes": ["unknown", "external_malicious"]}, {"causes": ["unknown"]}),
    "data_unknown_beside_others": (
        {"data_categories": ["nir", "unknown_for_now"]},
        {"data_categories": ["unknown_for_now"]},
    ),
    "persons_undetermined_beside_others": (
        {"person_categories": ["patients", "undetermined"]},
        {"person_categories": ["patients", "minors"]},
    ),
    "patients_without_sensitive_data": (
        {"person_categories": ["patients"], "has_sensitive_data": False},
        {"has_sensitive_data": True},
    ),
    "more_persons_than_records": ({"person_count": 1241, "record_count": 1240}, {"record_count": 1241}),
    "nobody_concerned": ({"person_count": 0}, {"person_count": 1}),
    "integrity_without_consequences": (
        {"nature": ["integrity"], "consequences_integrity": {"not_applicable": True}},
        {"consequences_integrity": ["modified_valid"]},
    ),
    "health_data_negligible": (
        {
            "nature": ["confidentiality"],
            "has_sensitive_data": True,
            "sensitive_categories": ["health"],
            "severity": "negligible",
        },
        {"sensitive_categories": ["union"]},
    ),
    "severe_without_information": (
        {"severity": "significant", "subjects_informed": "no"},
        {"subjects_not_informed_reasons": "Données illisibles pour un tiers."},
    ),
    "outage_told_is_not_information": (
        {"patients_told_of_outage": True, "subjects_informed": "yes"},
        {"subjects_message": "Notre logiciel a subi une attaque."},
    ),
    "informed_before_awareness": (
        {"subjects_informed": "yes", "subjects_informed_on": "2025-11-11", "aware_at": "2025-11-12"},
        {"subjects_informed_on": "2025-11-12"},
    ),
    "more_informed_than_concerned": (
        {"subjects_informed": "yes", "subjects_informed_count": 11, "person_count": 10},
        {"person_count": UNKNOWN},
    ),
    "complaint_before_awareness": (
        {"complaint_filed": True, "complaint_filed_on": "2025-11-11", "aware_at": "2025-11-12T08:00:00+01:00"},
        {"complaint_filed_on": "2025-11-12"},
    ),
}


def entries(plain: dict[str, Any]) -> dict[str, Any]:
    return {key: answered(key, value) for key, value in plain.items() if value is not None}


def found(given: Answers, *, late: bool = True, attack: str = "2025-11-10") -> list[str]:
    """Messages of the doubts about a late dossier on an incident whose day is known."""
    return [rule.message for rule in find_doubts(Case(form(), given, {"late": late, "attack": attack}))]


def test_every_doubt_of_the_form_has_its_case_here() -> None:
    assert CASES.keys() == MESSAGES.keys()
    assert [rule.message for rule in form().doubts] == list(MESSAGES.values())


@pytest.mark.parametrize("key", CASES)
def test_a_doubt_fires_and_is_silent_once_the_answers_agree(key: str) -> None:
    disagreeing, change = CASES[key]
    assert MESSAGES[key] in found(entries(disagreeing))
    assert MESSAGES[key] not in found(entries(disagreeing | change))


@pytest.mark.parametrize("key", [key for key in CASES if key != "late_without_reasons"])
def test_a_doubt_needs_every_answer_it_is_about(key: str) -> None:
    disagreeing, _ = CASES[key]
    for missing in disagreeing.keys() - {"initial_reference", "consequences_integrity"}:
        assert MESSAGES[key] not in found(entries({**disagreeing, missing: None}))


def test_an_empty_dossier_raises_no_doubt() -> None:
    assert found({}, late=False) == []


def test_a_dossier_in_time_owes_no_reasons() -> None:
    assert MESSAGES["late_without_reasons"] not in found({}, late=False)


def test_without_a_known_attack_no_hour_can_be_too_early() -> None:
    given = entries({"aware_at": "2025-11-01", "informed_by_processor_at": "2025-11-01"})
    assert found(given, late=False, attack="") == []


@pytest.mark.parametrize(
    ("start", "later"), [("2025-11-12T03:30:00+04:00", True), ("2025-11-12T02:30:00+04:00", False)]
)
def test_a_bare_day_may_be_any_instant_of_that_day_in_paris(start: str, later: bool) -> None:
    given = entries({"started_at": start, "ended_at": "2025-11-11"})
    assert (MESSAGES["start_after_end"] in found(given)) is later


def test_a_complete_notification_with_every_answer_raises_no_doubt_of_unknowns() -> None:
    given: dict[str, Any] = {"kind": answered("kind", "complete")}
    while missing := [
        question
        for question in find_applicable(Case(form(), given))
        if "complete" in question.needed_for and question.key not in given
    ]:
        given |= {question.key: {"state": "known", "value": VALUES[question.type]} for question in missing}
    assert MESSAGES["complete_with_unknowns"] not in found(given, late=False)
    given["person_count"] = answered("person_count", UNKNOWN)
    assert MESSAGES["complete_with_unknowns"] in found(given, late=False)


VALUES: dict[str, Any] = {
    "text": "x",
    "choice": "x",
    "choices": ["x"],
    "number": 1,
    "date": "2025-11-12",
    "moment": "2025-11-12",
    "yes_no": False,
    "group": [{"name": "x"}],
}


def test_another_reading_of_the_delay_asks_for_its_reason_too() -> None:
    assert MESSAGES["no_notification_without_reason"] in found(entries({"decision": "other_reading"}))
    assert MESSAGES["no_notification_without_reason"] not in found(entries({"decision": "undecided"}))
