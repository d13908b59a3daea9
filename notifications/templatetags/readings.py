"""What others say of the delay, and what the practice decided, for templates on screen and on paper."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template

from .. import deadlines, rubrics

register = template.Library()

register.filter("clock_readings", rubrics.clock_readings)
register.filter("vendor_requests", rubrics.vendor_requests)
register.filter("decision", rubrics.decision)


@register.filter
def legal_end(due_at: datetime, zone: ZoneInfo) -> datetime:
    """The end as Regulation 1182/71 counts it, for small print."""
    return deadlines.legal_end(due_at, zone)
