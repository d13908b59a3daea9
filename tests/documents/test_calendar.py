"""The deadlines as a calendar reads them: right instants, alarms, and nothing but what we wrote."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from notifications import obligations
from notifications.documents.calendar import Dated, deadlines_ics
from notifications.obligations import Filed
from notifications.questionnaire import Case
from tests.dossiers import PARIS, SEEDS, form

DUTIES = obligations.load_duties(SEEDS / "obligations.toml")
AWARE = datetime(2025, 11, 12, 9, 42, tzinfo=UTC)
END = AWARE + timedelta(hours=72)
NOW = AWARE + timedelta(hours=5, seconds=7)
LINK = "https://violations.example/dossiers/abc/"


def ics(*, name="Cabinet des Lilas", filings=(), zone=PARIS, sequence=4, now=NOW, **answers):
    values = {"aware_at": AWARE.isoformat()} | answers
    entries = {key: {"state": "known", "value": value} for key, value in values.items() if value}
    clocks = obligations.read_clocks(DUTIES, Case(form(), entries, zone=zone), filings, now)
    return deadlines_ics(Dated(clocks, zone, name, LINK, "abc", sequence, "violations.example"), now)


def events(data):
    calendar = Calendar.from_ical(data)
    assert not calendar.errors
    return {str(event["summary"]).partition(" – ")[0].replace("\u00a0", " "): event for event in calendar.events}


def test_each_running_duty_is_an_event_at_its_end_with_three_alarms():
    found = events(ics())
    assert list(found) == ["Échéance : notification à la CNIL", "Échéance : plainte, si vous avez une assurance cyber"]
    for event in found.values():
        assert event.errors == []
        assert event.start == event.end == END
        assert event.start.tzinfo is not None
        assert [alarm.TRIGGER for alarm in event.walk("VALARM")] == [timedelta(hours=-h) for h in (24, 6, 1)]
        assert [each.trigger for each in event.alarms.times] == [END - timedelta(hours=h) for h in (24, 6, 1)]
        assert (str(event["status"]), event["sequence"], str(event["url"])) == ("CONFIRMED", 4, LINK)
        assert event["dtstamp"].dt == NOW.replace(second=0)
    assert len({event["uid"] for event in found.values()}) == 2
    calendar = Calendar.from_ical(ics())
    assert (calendar["method"], calendar["version"]) == ("PUBLISH", "2.0")


def test_the_same_duty_keeps_its_name_when_its_end_moves():
    before, after = events(ics()), events(ics(sequence=9, aware_at=(AWARE - timedelta(hours=3)).isoformat()))
    for title, event in before.items():
        assert after[title]["uid"] == event["uid"]
        assert after[title].start == event.start - timedelta(hours=3)
        assert after[title]["sequence"] > event["sequence"]
        assert "abc" not in event["uid"]


def test_the_alarm_follows_the_careful_reading_and_says_the_other():
    event = events(ics(informed_by_processor_at=(AWARE - timedelta(hours=9)).isoformat()))[
        "Échéance : notification à la CNIL"
    ]
    assert event.start == END - timedelta(hours=9)
    assert "il se termine le samedi 15 novembre 2025 à 10 h 42 (heure de Paris)" in str(event["description"])


@pytest.mark.parametrize("given", [{"filings": [Filed("initial", NOW)]}, {"decision": "not_notify"}])
def test_what_is_filed_or_stopped_rings_no_more(given):
    event = events(ics(**given))["Échéance : notification à la CNIL"]
    assert str(event["status"]) == "CANCELLED"
    assert event.alarms.times == []


def test_after_an_initial_filing_the_complement_is_an_event():
    found = events(ics(filings=[Filed("initial", NOW)]))
    assert found["Échéance (si possible) : complément de la notification à la CNIL"].start == NOW + timedelta(hours=72)


def test_without_a_start_there_is_no_event():
    assert events(ics(aware_at=None)) == {}


def test_an_hour_is_the_same_instant_in_every_zone():
    for zone in ("Pacific/Marquesas", "America/Miquelon"):
        assert b"DTSTART:20251115T094200Z" in ics(zone=ZoneInfo(zone))


@pytest.mark.parametrize(
    "name",
    [
        "Cabinet\r\nATTENDEE:mailto:x@y.example\r\nX-EVIL:1",
        "Cabinet\nEND:VEVENT\nBEGIN:VEVENT\nUID:evil",
        "Cabinet\u2028ATTENDEE:mailto:x@y.example\u0085ORGANIZER:y",
        'a;b,c\\n:"d" \\, é🩺' * 12,
        "\x00\x0b\x0cATTENDEE:x\r",
    ],
)
def test_a_name_adds_no_property(name):
    usual, hostile = events(ics()), Calendar.from_ical(ics(name=name)).events
    assert len(hostile) == len(usual)
    for event, plain in zip(hostile, usual.values(), strict=True):
        assert set(event) == set(plain)
        assert not set(str(event["summary"])) & set("\r\n\x00\u2028\x85")
        assert event.errors == []
        assert len(event.walk("VALARM")) == 3
