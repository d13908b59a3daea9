"""What others say of the delay, and what the practice decided, for templates on screen and on paper."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template

from .. import deadlines
from ..report import find_decision, list_clock_readings, list_vendor_requests, write_source_date

register = template.Library()

register.filter("clock_readings", list_clock_readings)
register.filter("vendor_requests", list_vendor_requests)
register.filter("decision", find_decision)
register.filter("dated", write_source_date)


@register.filter
def legal_end(due_at: datetime, zone: ZoneInfo) -> datetime:
    """The end as Regulation 1182/71 counts it, for small print."""
    return deadlines.find_legal_end(due_at, zone)
