"""French words and French spacing for templates, on screen and on paper alike."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.template.defaultfilters import stringfilter

from .. import deadlines
from ..report import group_digits
from ..typography import space_french

register = template.Library()


@register.filter
@stringfilter
def typo(text: str) -> str:
    """No line break before : ; ! ? » nor after «. Never marked safe: the template still escapes it."""
    return space_french(text)


@register.filter
def in_words(instant: datetime, zone: ZoneInfo) -> str:
    """« mercredi 12 novembre 2025 à 10 h 42 (heure de Paris) »."""
    return deadlines.describe_instant(instant, zone)


@register.filter
def in_paris(instant: datetime, zone: ZoneInfo) -> str:
    """The same instant for Paris, "" where the dossier follows its clocks."""
    return deadlines.describe_in_paris(instant, zone)


@register.filter
def day_in_words(day: date | str) -> str:
    """« mercredi 12 novembre 2025 »."""
    return deadlines.describe_day(day.isoformat() if isinstance(day, date) else day)


@register.filter
def grouped(number: int) -> str:
    """« 1 850 », with spaces that do not break."""
    return group_digits(number)


@register.filter
def plural(count: int, ending: str = "s") -> str:
    """The ending of a French plural, which begins at two: « 0 question », « 1 question », « 2 questions »."""
    return ending if count >= 2 else ""


@register.filter
def cited_in(found: Iterable[Any], listed: Sequence[Any]) -> str:
    """The places (from 1) that things hold in a numbered list: « 1, 3 et 4 »."""
    *first, last = [str(place) for place in sorted(listed.index(each) + 1 for each in found)] or [""]
    return f"{', '.join(first)} et {last}" if first else last
