"""Days and instants as people type them, and as answers keep them.

An answer keeps a day as `YYYY-MM-DD` and an instant as ISO 8601 with the offset typed. A bare day among moments
means that the hour is not known: it stands for the whole day in the dossier's zone.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo


class Refused(ValueError):
    """A raw value that is not a value of its question's type; the text is a French sentence for the person."""


NAIVE = "L'heure est donnée sans fuseau : indiquez le décalage, par exemple 2025-11-12T10:42:00+01:00."
NOT_A_DAY = "Cette date n'existe pas ou n'est pas lisible : écrivez par exemple 12/11/2025."
NOT_AN_HOUR = "Cette heure n'est pas lisible : écrivez par exemple 10:42."


def read_day(raw: Any) -> date:
    """A day from a date, `YYYY-MM-DD` or `DD/MM/YYYY`. Refused otherwise, and outside 1990–2099."""
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return _plausible(raw)
    text = str(raw).strip()
    match = re.fullmatch(
        r"(?P<y>\d{4})-(?P<m>\d\d?)-(?P<d>\d\d?)|(?P<d2>\d\d?)[/.](?P<m2>\d\d?)[/.](?P<y2>\d{4})", text, re.A
    )
    if not match:
        raise Refused(NOT_A_DAY)
    parts = match.groupdict()
    try:
        day = date(int(parts["y"] or parts["y2"]), int(parts["m"] or parts["m2"]), int(parts["d"] or parts["d2"]))
    except ValueError:
        raise Refused(NOT_A_DAY) from None
    return _plausible(day)


def _plausible(day: date) -> date:
    if not 1990 <= day.year <= 2099:
        raise Refused("L'année de cette date n'est pas plausible : vérifiez-la.")
    return day


def read_hour(raw: str) -> time:
    """A time of day from `10:42`, `10h42`, `10 h 42` or `10 h`."""
    match = re.fullmatch(r"\s*(\d{1,2})\s*(?:[:hH.]\s*(\d{2})?)(?::\d{2}(?:\.\d+)?)?\s*", raw, re.A)
    if not match or int(match[1]) > 23 or int(match[2] or 0) > 59:
        raise Refused(NOT_AN_HOUR)
    return time(int(match[1]), int(match[2] or 0))


def at_local(day: date, hour: time, zone: ZoneInfo, *, second: bool = False) -> datetime:
    """The instant of a wall-clock time, with its offset. Of an hour that comes twice, the earlier instant is taken
    (the deadline is then never too late) unless the `second` one is meant; an hour that the clock skips is refused with
    its two neighbours."""
    first = datetime.combine(day, hour, tzinfo=zone)
    last = first.replace(fold=1)
    if _skipped(first):
        before, after = _nearest(first, -1), _nearest(first, 1)
        raise Refused(
            "Cette heure n'existe pas : les horloges ont changé cette nuit-là. "
            f"Les heures les plus proches sont {before:%H h %M} et {after:%H h %M}."
        )
    return _fixed(last if second else first)


def _skipped(local: datetime) -> bool:
    return _offset(local.replace(fold=0)) < _offset(local.replace(fold=1))


def _nearest(local: datetime, minutes: int) -> datetime:
    """The nearest hour that clocks do show, looked for in steps of so many minutes: they skip an hour at most."""
    while _skipped(local):
        local += timedelta(minutes=minutes)
    return local


def comes_twice(instant: datetime, zone: ZoneInfo) -> bool:
    """Do clocks show the hour of this instant twice, because they go back?"""
    local = instant.astimezone(zone)
    return _offset(local.replace(fold=0)) != _offset(local.replace(fold=1))


def _offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta(0)


def _fixed(local: datetime) -> datetime:
    """The same instant with a plain offset, so that it is kept as typed."""
    return local.replace(tzinfo=timezone(_offset(local)), fold=0)


def read_instant(raw: Any) -> datetime:
    """An instant with its offset from ISO 8601 or a datetime; refused when naive."""
    if not isinstance(raw, datetime):
        try:
            raw = datetime.fromisoformat(str(raw).strip().replace("Z", "+00:00"))
        except ValueError:
            raise Refused(NOT_A_DAY) from None
    if raw.tzinfo is None:
        raise Refused(NAIVE)
    _plausible(raw.date())
    return _fixed(raw.replace(microsecond=0))


def span(value: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """First and last instant (UTC) that an answer's day or instant may stand for."""
    if len(value) == 10:
        day = date.fromisoformat(value)
        end = day + timedelta(days=1)
        return _midnight(day, zone), _midnight(end, zone) - timedelta(seconds=1)
    instant = datetime.fromisoformat(value).astimezone(UTC)
    return instant, instant


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
