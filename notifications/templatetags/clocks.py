"""The state of a clock as a mark: a drawing and its word, never a colour alone."""

from django import template
from django.utils.safestring import SafeString

from ..report import CERTAINTY_WORDS, CLOCK_WORDS, Report, listing
from .marks import draw_mark

register = template.Library()

ICONS = {
    "idle": "state-not_applicable",
    "waiting": "state-missing",
    "open": "clock",
    "soon": "clock",
    "urgent": "warning",
    "overdue": "danger",
    "todo": "state-blank",
    "chase": "state-doubtful",
    "done": "success",
    "stopped": "state-not_applicable",
}


@register.simple_tag
def clock_state(state: str) -> SafeString:
    """Return the mark of one duty's clock."""
    return draw_mark("state clock-", state, ICONS[state], CLOCK_WORDS[state])


@register.simple_tag
def listed_state(report: Report) -> SafeString:
    """Return the mark of a whole dossier, in the list."""
    state = listing.find_state(report)
    return draw_mark("state clock-", state, ICONS[state], listing.describe_state(report))


@register.filter
def listed_words(report: Report) -> str:
    """The same in words alone, for paper."""
    return listing.describe_state(report)


@register.filter
def certainty_words(status: str) -> str:
    """How sure it is that a duty applies, in a word."""
    return CERTAINTY_WORDS[status]
