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
UNCHANGED = timedelta(0)


def read_day(raw: Any) -> date:
    """Return a day from a date, `YYYY-MM-DD` or `DD/MM/YYYY`. Refused otherwise, and outside 1990–2099."""
    if isinstance(raw, date) and not isinstance(raw, datetime):
        day = raw
    else:
        typed = re.fullmatch(
            r"(?P<y>\d{4})-(?P<m>\d\d?)-(?P<d>\d\d?)|(?P<d2>\d\d?)[/.](?P<m2>\d\d?)[/.](?P<y2>\d{4})",
            str(raw).strip(),
            re.A,
        )
        parts = typed.groupdict() if typed else {}
        try:
            day = date(*(int(parts[name] or parts[f"{name}2"]) for name in "ymd"))
        except (KeyError, ValueError):
            raise Refused(NOT_A_DAY) from None
    if not 1990 <= day.year <= 2099:
        raise Refused("L'année de cette date n'est pas plausible : vérifiez-la.")
    return day


def read_hour(raw: str) -> time:
    """Return a time of day from `10:42`, `10h42`, `10 h 42` or `10 h`."""
    typed = re.fullmatch(r"\s*(\d{1,2})\s*(?:[:hH.]\s*(\d{2})?)(?::\d{2}(?:\.\d+)?)?\s*", raw, re.A)
    if not typed or int(typed[1]) > 23 or int(typed[2] or 0) > 59:
        raise Refused(NOT_AN_HOUR)
    return time(int(typed[1]), int(typed[2] or 0))


def make_instant(day: date, hour: time, zone: ZoneInfo, *, second: bool = False) -> datetime:
    """Return the instant of a wall-clock time, with its offset. Of an hour that comes twice, the earlier instant is
    taken (the deadline is then never too late) unless the `second` one is meant; an hour that the clock skips is
    refused with its two neighbours."""
    first = datetime.combine(day, hour, tzinfo=zone)
    if _measure_change(first) > UNCHANGED:
        before, after = first, first
        while _measure_change(before) > UNCHANGED:  # clocks skip an hour at most
            before -= timedelta(minutes=1)
        while _measure_change(after) > UNCHANGED:
            after += timedelta(minutes=1)
        raise Refused(
            "Cette heure n'existe pas : les horloges ont changé cette nuit-là. "
            f"Les heures les plus proches sont {before:%H h %M} et {after:%H h %M}."
        )
    return _fix_offset(first.replace(fold=1) if second else first)


def _measure_change(local: datetime) -> timedelta:
    """Return by how much clocks are put forward over this hour: less than nothing where it comes twice."""
    first, second = (local.replace(fold=fold).utcoffset() or UNCHANGED for fold in (0, 1))
    return second - first


def comes_twice(instant: datetime, zone: ZoneInfo) -> bool:
    """Say whether clocks show the hour of this instant twice, because they go back."""
    return _measure_change(instant.astimezone(zone)) < UNCHANGED


def _fix_offset(local: datetime) -> datetime:
    """Return the same instant with a plain offset, so that it is kept as typed."""
    return local.replace(tzinfo=timezone(local.utcoffset() or UNCHANGED), fold=0)


def read_instant(raw: Any) -> datetime:
    """Return an instant with its offset from ISO 8601 or a datetime; refused when naive."""
    if isinstance(raw, datetime):
        instant = raw
    else:
        try:
            instant = datetime.fromisoformat(str(raw).strip().replace("Z", "+00:00"))
        except ValueError:
            raise Refused(NOT_A_DAY) from None
    if instant.tzinfo is None:
        raise Refused(NAIVE)
    read_day(instant.date())  # is its year plausible?
    return _fix_offset(instant.replace(microsecond=0))


def find_span(value: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first and the last instant (UTC) that an answer's day or instant may stand for."""
    if len(value) == 10:
        days = date.fromisoformat(value), date.fromisoformat(value) + timedelta(days=1)
        start, end = (datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC) for day in days)
        return start, end - timedelta(seconds=1)
    instant = datetime.fromisoformat(value).astimezone(UTC)
    return instant, instant
