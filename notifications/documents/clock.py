"""The 72 hours as a drawing: plain numbers for an SVG, from one clock and one now."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..deadlines import DAYS
from ..obligations import Deadline

WIDTH, MARK_EVERY = 600, 24  # units of the drawing; hours between two marks


def drawing(clock: Deadline, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Geometry of the bar from the start to the end of the delay; {} while the start is not known.

    Elapsed hours are drawn, so that a clock change moves no mark; past the end the bar is full."""
    if clock.starts_at is None or clock.due_at is None:
        return {}
    whole = clock.due_at - clock.starts_at
    gone = min(max((now - clock.starts_at) / whole, 0.0), 1.0)
    marks = [clock.starts_at + timedelta(hours=hours) for hours in range(0, clock.obligation.hours + 1, MARK_EVERY)]
    return {
        "width": WIDTH,
        "gone": round(gone * WIDTH),
        "late": now > clock.due_at,
        "marks": [_mark(each, (each - clock.starts_at) / whole, zone) for each in marks],
    }


def _mark(instant: datetime, place: float, zone: ZoneInfo) -> dict[str, Any]:
    local = instant.astimezone(zone)
    anchor = "start" if place == 0 else "end" if place == 1 else "middle"
    return {"x": round(place * WIDTH), "anchor": anchor, "words": f"{DAYS[local.weekday()][:3]}. {local.day}"}
