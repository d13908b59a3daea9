"""The timeline of an incident as plain numbers: the template draws them and adds nothing.

Across, places are per cents: the drawing fits any screen while its text keeps its size. Down, they are
pixels, one row for each event. A day with an event is one unit wide; longer empty stretches are shortened,
and shown as such. An event is drawn no more precisely than it is known: an hour is a point, a day is a bar.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Protocol
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")  # public pages know nobody's zone
LEFT, RIGHT = 8.0, 100.0  # the rows' numbers stand on the left
TOP, ROW = 36, 30
LONGEST_GAP = 1  # units, for a stretch of days without event
LABEL_WIDTH = 13.0  # no closer than this, or labels meet on a small screen


class Happening(Protocol):
    """An event of an incident file."""

    @property
    def at(self) -> str: ...
    @property
    def until(self) -> str: ...
    @property
    def status(self) -> str: ...


def draw_timeline(events: Sequence[Happening]) -> dict[str, Any]:
    """What `_timeline.svg.html` draws; events keep their order and number. Empty when there is none."""
    if not events:
        return {}
    spans = [find_span(event) for event in events]
    days = sorted({moment.date() for each in spans for moment in each})
    places, gaps, units = place_days(days)
    unit = (RIGHT - LEFT) / units
    dated = {find_span(event)[0].date() for event in events if not event.until}  # bounds of a period only sort
    return {
        "rows": [draw_row(n, event, places, unit) for n, event in enumerate(events, start=1)],
        "ticks": draw_marks({day: places[day] for day in days if day in dated}, unit),
        "gaps": [{"x": write_percent(LEFT + at * unit), "width": write_percent(LONGEST_GAP * unit)} for at in gaps],
        "first": days[0],
        "last": days[-1],
        "top": TOP,
        "body": ROW * len(events),
        "height": TOP + ROW * len(events),
    }


def find_span(event: Happening) -> tuple[datetime, datetime]:
    """First and last moment, on Paris clocks; a bare day is its midnight."""
    moments = [datetime.fromisoformat(text) for text in (event.at, event.until or event.at)]
    start, end = (moment.astimezone(PARIS) if moment.tzinfo else moment for moment in moments)
    return start, end


def place_days(days: Sequence[date]) -> tuple[dict[date, int], list[int], int]:
    """(unit at which each day begins, units at which a shortened stretch begins, units in all)."""
    places, gaps, end = {days[0]: 0}, [], 1
    for before, day in pairwise(days):
        empty = (day - before).days - 1
        if empty > LONGEST_GAP:
            gaps.append(end)
        places[day] = end + min(empty, LONGEST_GAP)
        end = places[day] + 1
    return places, gaps, end


def draw_row(number: int, event: Happening, places: Mapping[date, int], unit: float) -> dict[str, Any]:
    start, end = find_span(event)
    left, right = LEFT + places[start.date()] * unit, LEFT + (places[end.date()] + 1) * unit
    is_point = len(event.at) > len("2025-11-10") and not event.until
    centre = left + unit * (start.hour + start.minute / 60) / 24 if is_point else (left + right) / 2
    bar = None if is_point else {"x": write_percent(left), "width": write_percent(right - left)}
    y = TOP + ROW * number - ROW // 2
    return {"number": number, "status": event.status, "y": y, "x": write_percent(centre), "bar": bar}


def draw_marks(places: Mapping[date, int], unit: float) -> list[dict[str, str]]:
    ticks, free = [], LEFT
    for day, place in places.items():
        x = LEFT + place * unit
        if free <= x <= RIGHT - LABEL_WIDTH:
            ticks.append({"x": write_percent(x), "label": f"{day:%d/%m}"})
            free = x + LABEL_WIDTH
    return ticks


def write_percent(number: float) -> str:
    """Text, because a template would write a French decimal comma."""
    return f"{number:.2f}%"
