"""What others say of the delay, what a practice decides about it, and the reasons that fit what is recorded."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from notifications.obligations import Filed
from notifications.report import build_report, find_decision, list_checkboxes, list_clock_readings, list_vendor_requests
from tests.dossiers import LATE, NOW, weda_data

AWARE = {"aware_at": "2025-11-12T18:07:00+01:00"}
CSMF_DAY = datetime(2025, 11, 19, 8, 0, tzinfo=UTC)


def report(now: datetime = LATE, *, decided_at: datetime | None = None, number: int = 3, **answers: Any):
    dossier_data = weda_data(AWARE | answers, number=number, newest=number)
    return build_report(replace(dossier_data, decided_at=decided_at), now)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_reading_of_the_start_says_who_when_and_from_where_the_cnils_first(number: int) -> None:
    found = list_clock_readings(report(number=number))
    assert found[0].guidance.body == "CNIL"
    assert "ne dit rien du point de départ" in found[0].guidance.text
    assert found[0].cited[0][1] == "non datée, vue le 21 novembre 2026"
    assert all(source.publisher and when for each in found for source, when in each.cited)
    assert {"autorité chargée des notifications", "texte de loi", "avis"} <= {each.kind for each in found}
    assert ("CSMF" in [each.guidance.body for each in found]) == (number > 1)  # its page is of 19 November


def test_the_vendors_day_is_its_request_and_known_only_since_a_paper_told_of_it() -> None:
    [asked] = list_vendor_requests(report())
    assert (asked.guidance.body, str(asked.guidance.asks_before)) == ("Weda", "2025-11-15")
    assert asked.cited[0][0].publisher == "Le Figaro"
    assert list_vendor_requests(report(number=1)) == ()
    assert list_vendor_requests(report(aware_at="2025-11-16")) == ()  # asked for before this practice knew


def test_without_an_incident_nobody_is_quoted() -> None:
    alone = build_report(replace(weda_data(AWARE), revision=None, newest=None, revisions={}), NOW)
    assert (list_clock_readings(alone), list_vendor_requests(alone)) == ((), ())
    assert "late_reasons" in list_checkboxes(alone)


# -- the decision ----------------------------------------------------------------------------------------------


def test_a_decision_is_read_with_what_the_cnil_asks_and_its_day() -> None:
    reason = "J'ai suivi les réponses du ministère."
    found = find_decision(report(decision="not_notify", decision_reason=reason, decided_at=LATE))
    assert found is not None
    assert [row.key for row in found.rows] == ["decision", "decision_reason"]
    assert found.day == "20 novembre 2025"
    assert found.request is not None
    assert (found.request.guidance.body, found.request.guidance.quote[:29]) == ("CNIL", "vous devez faire une notifica")


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        ({}, False),
        ({"decision": "notify"}, False),
        ({"decision": "notify", "decision_reason": "Je compte le délai autrement."}, True),
        ({"decision": "undecided"}, True),
        ({"decision": "not_notify"}, True),
        ({"decision": "other_reading"}, True),
    ],
)
def test_only_what_departs_from_notifying_is_set_beside_the_cnils_request(answers: dict[str, str], shown: bool) -> None:
    assert (find_decision(report(**answers)) is not None) is shown


# -- reasons that fit ------------------------------------------------------------------------------------------


def offered(question: str = "late_reasons", now: datetime = LATE, **answers: Any) -> set[str]:
    return {tick.key for tick in list_checkboxes(report(now, **answers)).get(question, ())}


def test_read_late_is_offered_where_the_message_came_before() -> None:
    assert "read_late" not in offered()
    assert "read_late" in offered(informed_by_processor_at="2025-11-11T09:00:00+01:00")
    assert "read_late" not in offered(informed_by_processor_at="2025-11-12")  # perhaps later the same day


@pytest.mark.parametrize(("aware", "fits"), [("2025-11-10", True), ("2025-11-14", True), ("2025-11-15", False)])
def test_the_closed_software_is_offered_where_the_delay_met_the_closing(aware: str, fits: bool) -> None:
    assert ("software_closed" in offered(aware_at=aware)) is fits


def test_the_incidents_own_tick_takes_the_place_of_the_forms() -> None:
    boxes = [tick for tick in list_checkboxes(report())["late_reasons"] if tick.key == "software_closed"]
    assert ["10 au 14 novembre" in tick.label for tick in boxes] == [True]


def test_contrary_advice_is_offered_since_its_day_and_not_for_a_filing_of_before() -> None:
    assert "contrary_advice" not in offered(now=datetime(2025, 11, 18, 22, 0, tzinfo=UTC))
    assert "contrary_advice" in offered(now=CSMF_DAY)
    late_but_before = datetime(2025, 11, 17, 8, 0, tzinfo=UTC)
    filed = build_report(weda_data(AWARE), late_but_before).data
    first = replace(filed, filings=(Filed("initial", late_but_before),))
    assert "contrary_advice" not in {tick.key for tick in list_checkboxes(build_report(first, LATE))["late_reasons"]}


def test_the_advice_that_a_decision_may_rely_on_names_its_body_and_its_day() -> None:
    assert offered("decision_reason", now=NOW) == {"fecop_if_needed"}  # the only one that is not dated
    boxes = list_checkboxes(report(CSMF_DAY))["decision_reason"]
    assert {"csmf_not_needed", "csmf_clock"} <= {tick.key for tick in boxes}
    assert all("19/11/2025" in tick.sentence or "non datée" in tick.sentence for tick in boxes)
