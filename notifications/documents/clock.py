"""The 72 hours as a drawing: plain numbers for an SVG, from one clock and one now."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..deadlines import DAYS
from ..obligations import Deadline

WIDTH, MARK_EVERY = 600, 24  # units of the drawing; hours between two marks


def drawing(clock: Deadline, now: datetime, zone: ZoneInfo, asked: Sequence[date] = ()) -> dict[str, Any]:
    """Geometry of the bar from the start to the end of the delay; {} while the start is not known.

    Elapsed hours are drawn, so that a clock change moves no mark; past the end the bar is full, and what was filed
    stops it. `asked`: days before which somebody else asked to notify. What falls outside the bar has no place."""
    if clock.starts_at is None or clock.due_at is None:
        return {}
    start, whole = clock.starts_at, clock.due_at - clock.starts_at
    reached = clock.done_at or now
    late = reached > clock.due_at
    careful = [clock.careful_at] if clock.careful_at and not late else []
    days = [datetime.combine(day, time(0), tzinfo=zone) for day in asked]
    hours = range(0, int(whole / timedelta(hours=1)) + 1, MARK_EVERY)
    return {
        "width": WIDTH,
        "gone": round(min(max((reached - start) / whole, 0.0), 1.0) * WIDTH),
        "late": late,
        "done": clock.done_at is not None,
        "marks": [_mark(start + timedelta(hours=each), timedelta(hours=each) / whole, zone) for each in hours],
        "careful": _places(careful, start, whole),
        "asked": _places(days, start, whole),
    }


def _places(instants: Sequence[datetime], start: datetime, whole: timedelta) -> list[int]:
    return [round((each - start) / whole * WIDTH) for each in instants if start <= each <= start + whole]


def _mark(instant: datetime, place: float, zone: ZoneInfo) -> dict[str, Any]:
    local = instant.astimezone(zone)
    anchor = "start" if place == 0 else "end" if place == 1 else "middle"
    return {"x": round(place * WIDTH), "anchor": anchor, "words": f"{DAYS[local.weekday()][:3]}. {local.day}"}
