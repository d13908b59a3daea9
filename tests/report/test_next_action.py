"""The one thing to do next, from the first minute of a dossier to after its complement."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from notifications.obligations import Filed, load_duties
from notifications.report import DossierData, build_report, listing
from notifications.report.next_action import Action, find_next_action
from tests.dossiers import AS_IN_EXAMPLE, LATE, NOW, SEEDS, weda_data

DUE = datetime(2025, 11, 15, 17, 7, tzinfo=UTC)
AWARE = {"aware_at": AS_IN_EXAMPLE["aware_at"]}
INITIAL = Filed("initial", NOW, "FV-1")


def whole(answers: Mapping[str, Any] = AS_IN_EXAMPLE) -> DossierData:
    """Every answer given, and read by the practice."""
    dossier_data = weda_data(answers)
    return replace(
        dossier_data, answers={key: {**each, "reviewed": True} for key, each in dossier_data.answers.items()}
    )


def filed(*filings: Filed, **answers: Any) -> DossierData:
    return replace(whole({**AS_IN_EXAMPLE, **answers}), filings=filings)


def todo(dossier_data: DossierData, now: datetime = NOW, *, copied: bool = False) -> Action:
    return find_next_action(build_report(dossier_data, now), transcribed=copied)


def place(action: Action) -> tuple[str, str]:
    return action.page, action.argument


def test_each_step_of_a_notification_comes_in_its_order() -> None:
    read = {key: {**each, "reviewed": True} for key, each in weda_data().answers.items() if key != "origins"}
    almost = replace(weda_data(), answers={**weda_data().answers, **read})
    assert [
        place(todo(weda_data({}))),
        place(todo(weda_data(AWARE))),
        place(todo(weda_data())),
        place(todo(almost)),
        place(todo(whole())),
        place(todo(whole(), copied=True)),
        place(todo(filed(INITIAL))),
    ] == [
        ("essential", "quand"),
        ("essential", "cabinet"),
        ("essential", "relire"),
        ("check", ""),
        ("copy_sheet", ""),
        ("filing", ""),
        ("complement", ""),
    ]


def test_the_sentence_counts_what_it_asks() -> None:
    assert "de quel cabinet notifiez-vous" in todo(weda_data(AWARE)).sentence
    assert todo(weda_data()).sentence.count("réponses proposées attendent votre accord") == 1
    without_city = {key: value for key, value in whole().answers.items() if key != "city"}
    gone = todo(replace(whole(), answers=without_city))
    assert place(gone)[0] in ("essential", "check")


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (DUE - timedelta(hours=24), ""),
        (DUE - timedelta(hours=6), ""),
        (DUE - timedelta(hours=5, minutes=59), "Le temps presse"),
        (DUE, "Le temps presse"),
        (DUE + timedelta(seconds=1), "Notifiez quand même"),
        (LATE, "Notifiez quand même"),
    ],
)
def test_a_short_or_past_delay_is_said_first_and_lets_one_copy_at_once(now: datetime, words: str) -> None:
    action = todo(weda_data(AWARE), now)
    assert action.sentence.startswith(words or "Prochaine question")
    assert action.may_copy is bool(words)
    assert action.page == "essential"


def test_before_the_moment_is_known_nothing_hurries() -> None:
    action = todo(weda_data({}), LATE)
    assert "Dites quand votre cabinet a appris la violation" in action.sentence
    assert not action.may_copy


def test_after_an_initial_filing_what_is_unknown_is_asked_for() -> None:
    unknown = {"record_count": {"unknown": True, "note": "l'éditeur"}}
    assert "demandez à l'éditeur ce qui reste inconnu" in todo(filed(INITIAL, **unknown)).sentence
    late = todo(filed(INITIAL), NOW + timedelta(days=30))
    assert place(late) == ("complement", "")
    assert "dépassé" not in late.sentence


def test_after_the_complement_the_patients_are_told_where_the_risk_is_high() -> None:
    complement = Filed("complementary", NOW + timedelta(hours=1))
    told = todo(filed(INITIAL, complement, severity="maximal", subjects_informed="planned"))
    assert (told.page, told.question) == ("step", "subjects_informed")
    assert "informer les patients concernés, dans les meilleurs délais" in told.sentence
    assert not any(character.isdigit() for character in told.sentence)  # the law gives no hour
    assert "Des réponses restent aussi inconnues" in told.sentence
    dossier_data = filed(INITIAL, complement, severity="limited")
    count = len(build_report(dossier_data, NOW).unknowns)
    assert f"{count} réponses restent inconnues : redemandez-les à l'éditeur." in todo(dossier_data).sentence
    known = {key: entry for key, entry in dossier_data.answers.items() if entry["state"] != "unknown"}
    calm = todo(replace(dossier_data, answers=known))
    assert calm.sentence == "Votre notification est déposée. Si un fait nouveau apparaît, complétez-la."


def only_unknown(dossier_data: DossierData, *keys: str) -> DossierData:
    """The same, where nothing but these answers is unknown."""
    kept = {key: each for key, each in dossier_data.answers.items() if each["state"] != "unknown" or key in keys}
    return replace(dossier_data, answers=kept)


@pytest.mark.parametrize(
    ("unknown", "words"),
    [
        ((), "Votre notification initiale est déposée : dites à la CNIL ce qui a changé depuis."),
        (("record_count",), "demandez à l'éditeur ce qui reste inconnu (1 réponse), puis complétez."),
        (("record_count", "started_at"), "demandez à l'éditeur ce qui reste inconnu (2 réponses), puis complétez."),
    ],
)
def test_a_complement_asks_for_what_is_unknown(unknown: tuple[str, ...], words: str) -> None:
    assert todo(only_unknown(filed(INITIAL), *unknown)).sentence.endswith(words)


def test_a_single_answer_that_stays_unknown_is_told_in_the_singular() -> None:
    complement = Filed("complementary", NOW + timedelta(hours=1))
    alone = only_unknown(filed(INITIAL, complement, severity="limited"), "record_count")
    assert "Une réponse reste inconnue : redemandez-la à l'éditeur." in todo(alone).sentence
    patients = filed(INITIAL, complement, severity="maximal", subjects_informed="planned")
    assert "Des réponses" not in todo(only_unknown(patients)).sentence


def test_a_delay_that_starts_at_a_question_of_no_screen_opens_its_step() -> None:
    duties = load_duties(SEEDS / "obligations.toml")
    other = structs.replace(duties[0], starts=("ended_at",))
    action = todo(replace(weda_data({}), obligations=(other, *duties[1:])))
    assert (action.page, action.question) == ("step", "ended_at")


def test_a_complement_alone_is_no_notification() -> None:
    alone = filed(Filed("complementary", NOW, "C-1"))
    action = todo(alone, LATE)
    assert (action.page, action.sentence[:44]) == ("filing", "Consignez aussi la notification initiale : s")
    report = build_report(alone, LATE)
    assert (listing.describe_state(report), report.notified) == ("délai dépassé", None)
    assert listing.sort_by_time_left(report)[0] == 0
    assert not listing.FILTERS["deposes"][1](report)


def test_a_decision_not_to_notify_is_read_again_once_and_nothing_else() -> None:
    decided = whole({**AS_IN_EXAMPLE, "decision": "not_notify"})
    for now in (NOW, LATE):
        action = todo(decided, now)
        assert (action.page, action.argument, action.question) == ("step", "dates", "decision")
        assert "Notifiez quand même" not in action.sentence


# -- among others ---------------------------------------------------------------------------------------


def test_dossiers_stand_by_time_left_then_what_waits_then_complements_then_what_is_over() -> None:
    thursday = datetime.fromisoformat("2025-11-13T09:00:00+01:00")
    later = {**AS_IN_EXAMPLE, "aware_at": thursday, "informed_by_processor_at": thursday}
    over = Filed("complementary", NOW + timedelta(hours=1))
    dossiers = {
        "over": filed(INITIAL, over),
        "complement": filed(INITIAL),
        "waiting": weda_data({}),
        "later": weda_data(later),
        "sooner": weda_data(),
        "stopped": whole({**AS_IN_EXAMPLE, "decision": "not_notify"}),
    }
    reports = {name: build_report(each, NOW) for name, each in dossiers.items()}
    order = sorted(reports, key=lambda name: listing.sort_by_time_left(reports[name]))
    assert order[:4] == ["sooner", "later", "waiting", "complement"]
    kept = {name: [key for key in order if keeps(reports[key])] for name, (_, keeps) in listing.FILTERS.items()}
    assert kept["a-faire"] == order[:4]
    assert set(kept["deposes"]) == {"over", "complement"}
    assert kept["sans-depot"] == ["stopped"]
    assert kept["urgents"] == []
    assert listing.describe_state(reports["over"]) == "déposé"
    assert listing.describe_state(reports["stopped"]) == "arrêté par votre décision"


def test_a_filing_that_came_late_is_no_longer_urgent() -> None:
    report = build_report(filed(Filed("initial", LATE)), LATE + timedelta(days=30))
    assert report.clock.late
    assert not listing.FILTERS["urgents"][1](report)
    assert listing.describe_state(report) == "déposé, complément à relancer"
