"""Drawings for pages, from plain numbers."""

from typing import Any

from django import template

from ..documents import clock
from ..report import Report, list_vendor_requests

register = template.Library()


@register.filter
def clock_drawing(report: Report) -> dict[str, Any]:
    """The bar of the notification's own clock."""
    asked = [each.guidance.asks_before for each in list_vendor_requests(report)]
    return clock.drawing(report.clock, report.now, report.data.zone, [day for day in asked if day])
