"""The state of a clock as a mark: a drawing and its word, never a colour alone."""

from typing import Any

from django import template

from ..report import CERTAINTY_WORDS, CLOCK_WORDS, Report, listing

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


@register.inclusion_tag("dossiers/_clock_state.html")
def clock_state(state: str) -> dict[str, Any]:
    """The mark of one duty's clock."""
    return {"state": state, "icon": ICONS[state], "words": CLOCK_WORDS[state]}


@register.inclusion_tag("dossiers/_clock_state.html")
def listed_state(report: Report) -> dict[str, Any]:
    """The mark of a whole dossier, in the list."""
    state = listing.find_state(report)
    return {"state": state, "icon": ICONS[state], "words": listing.describe_state(report)}


@register.filter
def listed_words(report: Report) -> str:
    """The same in words alone, for paper."""
    return listing.describe_state(report)


@register.filter
def certainty_words(status: str) -> str:
    """How sure it is that a duty applies, in a word."""
    return CERTAINTY_WORDS[status]
