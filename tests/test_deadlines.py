"""Seventy-two hours are 72 × 3,600 seconds, wherever the clocks go."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from notifications.deadlines import (
    ZONES,
    add_delay,
    describe_day,
    describe_instant,
    describe_length,
    describe_moment,
    find_legal_end,
    judge_state,
)
from notifications.questionnaire import Refused, find_span
from notifications.questionnaire.moments import make_instant

PARIS = ZoneInfo("Europe/Paris")
REUNION = ZoneInfo("Indian/Reunion")
DELAY = timedelta(hours=72)
DUE = datetime(2025, 11, 15, 9, 42, tzinfo=UTC)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("aware", "end"),
    [
        ("2020-12-22T12:17", "2020-12-25T12:17"),  # ends on a holiday, which moves nothing
        ("2025-11-12T10:42", "2025-11-15T10:42"),  # Saturday
        ("2025-11-13T16:12", "2025-11-16T16:12"),  # Sunday
        ("2025-10-24T18:00", "2025-10-27T17:00"),  # clocks go back
        ("2026-03-27T18:00", "2026-03-30T19:00"),  # clocks go forward
        ("2026-10-23T18:00", "2026-10-26T17:00"),
    ],
)
def test_hours_elapse_through_nights_weekends_holidays_and_clock_changes(aware: str, end: str) -> None:
    assert add_delay(paris(aware), DELAY).astimezone(PARIS).isoformat()[:16] == end


def test_a_deadline_is_the_same_instant_in_every_zone() -> None:
    in_paris = add_delay(paris("2025-11-12T10:42"), DELAY)
    on_the_island = add_delay(datetime(2025, 11, 12, 13, 42, tzinfo=REUNION), DELAY)
    assert in_paris == on_the_island == DUE
    assert in_paris.tzinfo is UTC


def test_an_instant_without_zone_has_no_deadline() -> None:
    with pytest.raises(ValueError, match="naive"):
        add_delay(datetime(2025, 11, 12, 10, 42), DELAY)


def test_each_of_the_two_hours_of_a_night_that_has_them_twice_counts_for_itself() -> None:
    first = add_delay(datetime(2025, 10, 26, 2, 30, tzinfo=PARIS, fold=0), DELAY)
    second = add_delay(datetime(2025, 10, 26, 2, 30, tzinfo=PARIS, fold=1), DELAY)
    assert second - first == timedelta(hours=1)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(hours=72), "open"),
        (timedelta(hours=24), "open"),
        (timedelta(hours=24) - timedelta(seconds=1), "soon"),
        (timedelta(hours=6), "soon"),
        (timedelta(hours=6) - timedelta(seconds=1), "urgent"),
        (timedelta(0), "urgent"),
        (timedelta(seconds=-1), "overdue"),
        (timedelta(days=-30), "overdue"),
    ],
)
def test_the_very_instant_of_a_deadline_is_still_in_time(before: timedelta, expected: str) -> None:
    assert judge_state(DUE, DUE - before) == expected


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2025-11-12", "mercredi 12 novembre 2025"),
        ("2026-08-01", "samedi 1er août 2026"),
        ("2026-02-02", "lundi 2 février 2026"),
        (datetime(2025, 12, 21, 23, 59, tzinfo=PARIS), "dimanche 21 décembre 2025"),
    ],
)
def test_days_are_said_in_french(day: str | datetime, words: str) -> None:
    assert describe_day(day) == words


@pytest.mark.parametrize(
    ("instant", "zone", "words"),
    [
        (DUE, "Europe/Paris", "samedi 15 novembre 2025 à 10 h 42 (heure de Paris)"),
        (DUE, "Indian/Reunion", "samedi 15 novembre 2025 à 13 h 42 (heure de La Réunion)"),
        (DUE, "Pacific/Tahiti", "vendredi 14 novembre 2025 à 23 h 42 (heure de Tahiti)"),
        (DUE, "Pacific/Gambier", "samedi 15 novembre 2025 à 0 h 42 (heure des Gambier)"),
        (datetime(2026, 3, 1, 9, 5, tzinfo=UTC), "Europe/Paris", "dimanche 1er mars 2026 à 10 h 05 (heure de Paris)"),
    ],
)
def test_instants_are_said_with_the_name_of_their_zone(instant: datetime, zone: str, words: str) -> None:
    assert describe_instant(instant, ZoneInfo(zone)) == words


def test_a_bare_day_is_said_without_an_hour() -> None:
    assert describe_moment("2025-11-12", PARIS) == "mercredi 12 novembre 2025"
    assert describe_moment("2025-11-12T10:42:00+01:00", REUNION).endswith("à 13 h 42 (heure de La Réunion)")


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(days=2, hours=3, minutes=59), "2 jours et 3 heures"),
        (timedelta(hours=72), "3 jours"),
        (timedelta(hours=71, minutes=59), "2 jours et 23 heures"),
        (timedelta(days=1, minutes=5), "1 jour et 5 minutes"),
        (timedelta(hours=1, minutes=1), "1 heure et 1 minute"),
        (timedelta(hours=5, minutes=12), "5 heures et 12 minutes"),
        (timedelta(minutes=2, seconds=59), "2 minutes"),
        (timedelta(seconds=59), "moins d'une minute"),
        (timedelta(0), "moins d'une minute"),
    ],
)
def test_what_is_left_is_never_rounded_up(length: timedelta, words: str) -> None:
    assert describe_length(length) == words


# ---------------------------------------------------------------- every zone of France


def test_every_zone_of_france_exists_once_with_words_of_its_own() -> None:
    assert set(ZONES) <= available_timezones()
    assert len(set(ZONES.values())) == len(ZONES) == 15


@pytest.mark.parametrize(
    ("zone", "local"),
    [
        ("Indian/Reunion", "12 13:42"),
        ("Indian/Mayotte", "12 12:42"),
        ("Indian/Kerguelen", "12 14:42"),
        ("America/Martinique", "12 05:42"),
        ("America/Guadeloupe", "12 05:42"),
        ("America/St_Barthelemy", "12 05:42"),
        ("America/Marigot", "12 05:42"),
        ("America/Cayenne", "12 06:42"),
        ("America/Miquelon", "12 06:42"),
        ("Pacific/Noumea", "12 20:42"),
        ("Pacific/Wallis", "12 21:42"),
        ("Pacific/Tahiti", "11 23:42"),
        ("Pacific/Marquesas", "12 00:12"),
        ("Pacific/Gambier", "12 00:42"),
    ],
)
def test_a_quarter_to_eleven_in_paris_is_this_hour_overseas(zone: str, local: str) -> None:
    assert f"{paris('2025-11-12T10:42').astimezone(ZoneInfo(zone)):%d %H:%M}" == local


def typed_hours(zone: ZoneInfo) -> Iterator[str | None]:
    """The answer made of every wall-clock hour from November 2026 to December 2028; None where the clock skips it."""
    for number in range(792):
        day = date(2026, 11, 1) + timedelta(days=number)
        for hour in range(24):
            try:
                yield make_instant(day, time(hour), zone).isoformat()
            except Refused:
                yield None


def test_seventy_two_hours_are_exact_from_every_hour_of_twenty_six_months_in_every_zone() -> None:
    """From what is typed on the page to the end shown: 15 zones x 19,008 hours, through every change of clocks."""
    skipped = 0
    for name in ZONES:
        zone = ZoneInfo(name)
        for value in typed_hours(zone):
            if value is None:
                skipped += 1
                continue
            elapsed = add_delay(find_span(value, zone)[0], DELAY) - datetime.fromisoformat(value)
            assert elapsed == DELAY, (name, value)  # two fixed offsets: real time, not that of the wall
    assert skipped == 2 + 2  # in March 2027 and 2028, in Paris and in Miquelon


@pytest.mark.parametrize(
    ("zone", "aware", "end"),
    [
        ("America/Miquelon", "2027-03-12T18:00", "2027-03-15T19:00"),  # on 14 March 2027 its clocks go forward
        ("America/Miquelon", "2027-11-05T18:00", "2027-11-08T17:00"),  # on 7 November they go back
        ("Europe/Paris", "2027-03-12T18:00", "2027-03-15T18:00"),  # those of Paris do not, on these days
        ("Pacific/Marquesas", "2027-03-12T18:15", "2027-03-15T18:15"),
        ("Indian/Reunion", "2027-03-27T03:00", "2027-03-30T03:00"),
    ],
)
def test_each_zone_follows_its_own_changes_of_clocks(zone: str, aware: str, end: str) -> None:
    here = ZoneInfo(zone)
    assert add_delay(datetime.fromisoformat(aware).replace(tzinfo=here), DELAY).astimezone(here).isoformat()[:16] == end


@pytest.mark.parametrize(
    ("aware", "end"),
    [
        ("2020-12-22T12:17", "2020-12-25T13:00"),  # the published example
        ("2025-11-12T10:42", "2025-11-15T11:00"),
        ("2025-11-13T16:12", "2025-11-16T17:00"),  # a Sunday stays a Sunday
        ("2025-10-24T18:00", "2025-10-27T18:00"),
        ("2026-03-27T18:00", "2026-03-30T20:00"),
        ("2026-10-23T18:00", "2026-10-26T18:00"),
    ],
)
def test_regulation_1182_71_ends_with_the_running_hour_and_moves_over_no_weekend(aware: str, end: str) -> None:
    shown = add_delay(paris(aware), DELAY)
    assert find_legal_end(shown, PARIS).astimezone(PARIS).isoformat()[:16] == end
    assert find_legal_end(shown, PARIS) > shown


def test_the_hour_that_is_running_is_that_of_the_place() -> None:
    marquesas = ZoneInfo("Pacific/Marquesas")  # half an hour apart from everybody else's
    assert (
        f"{find_legal_end(datetime(2025, 11, 15, 9, 42, tzinfo=UTC), marquesas).astimezone(marquesas):%H:%M}" == "01:00"
    )


def test_a_wall_clock_would_be_an_hour_wrong() -> None:
    """Why the tests above can fail: this is what adding to local time gives."""
    start = datetime.combine(date(2025, 10, 24), time(18), tzinfo=PARIS)
    assert (start + DELAY).timestamp() - start.timestamp() == 259_200 + 3600
