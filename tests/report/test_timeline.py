"""The drawing of a timeline: places that keep their order, their bounds and their precision."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.catalogue import Event
from notifications.report.timeline import LEFT, RIGHT, draw_timeline

SLACK = 0.011  # places are rounded to a hundredth


def event(at: str, until: str = "") -> Event:
    return Event(at=at, until=until, precision="day", text="", status="claimed", sources=())


def number(place: str) -> float:
    assert place.endswith("%")
    return float(place[:-1])


def test_no_event_gives_no_drawing():
    assert draw_timeline([]) == {}


def test_an_hour_is_a_point_inside_its_day_which_is_a_bar():
    drawn = draw_timeline([event("2025-11-10"), event("2025-11-10T23:00:00+01:00")])
    day, hour = drawn["rows"]
    start, width = number(day["bar"]["x"]), number(day["bar"]["width"])
    assert hour["bar"] is None
    assert start + width / 2 < number(hour["x"]) < start + width


def test_an_hour_is_placed_on_the_day_that_paris_had():
    drawn = draw_timeline([event("2025-11-10"), event("2025-11-09T23:30:00+00:00")])
    assert len(drawn["ticks"]) == 1
    assert number(drawn["rows"][1]["x"]) < number(drawn["rows"][0]["x"])


def test_a_period_covers_its_first_and_last_day():
    drawn = draw_timeline([event("2025-11-14", "2025-11-18"), event("2025-11-14"), event("2025-11-18")])
    period, first, last = (row["bar"] for row in drawn["rows"])
    assert period["x"] == first["x"]
    end = number(last["x"]) + number(last["width"])
    assert number(period["x"]) + number(period["width"]) == pytest.approx(end, abs=2 * SLACK)


def test_bounds_of_a_period_have_no_date_on_the_axis():
    drawn = draw_timeline([event("2025-09-22", "2025-12-21"), event("2025-10-27")])
    assert [tick["label"] for tick in drawn["ticks"]] == ["27/10"]


def test_a_long_empty_stretch_is_shortened_and_shown():
    near = draw_timeline([event("2025-11-10"), event("2025-11-12")])
    far = draw_timeline([event("2025-11-10"), event("2026-11-12")])
    assert near["gaps"] == []
    assert len(far["gaps"]) == 1
    assert far["rows"] == near["rows"]


days = st.dates(date(2024, 1, 1), date(2026, 12, 31))
dated = st.builds(lambda day: event(day.isoformat()), days)
timed = st.builds(
    lambda day, minutes: event(f"{datetime(day.year, day.month, day.day) + timedelta(minutes=minutes):%FT%T}+01:00"),
    days,
    st.integers(0, 1439),
)
periods = st.builds(
    lambda day, length: event(day.isoformat(), (day + timedelta(days=length)).isoformat()), days, st.integers(0, 90)
)


@given(st.lists(st.one_of(dated, timed, periods), min_size=1, max_size=30))
def test_everything_stays_inside_and_days_keep_their_order(events):
    drawn = draw_timeline(events)
    assert [row["number"] for row in drawn["rows"]] == list(range(1, len(events) + 1))
    for row in drawn["rows"]:
        assert LEFT - SLACK <= number(row["x"]) <= RIGHT + SLACK
        assert drawn["top"] < row["y"] < drawn["height"]
        if row["bar"]:
            end = number(row["bar"]["x"]) + number(row["bar"]["width"])
            assert LEFT - SLACK <= number(row["bar"]["x"]) < end <= RIGHT + 2 * SLACK
    starts = sorted(
        (each.at, number(row["bar"]["x"])) for each, row in zip(events, drawn["rows"], strict=True) if row["bar"]
    )
    assert [place for _, place in starts] == sorted(place for _, place in starts)
    ticks = [number(tick["x"]) for tick in drawn["ticks"]]
    assert ticks == sorted(ticks)
