"""What scripts in the browser need to know of the settings."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def csrf_cookie_name() -> str:
    """It differs between local mode and production; the script reads the cookie at the moment it sends."""
    return str(settings.CSRF_COOKIE_NAME)
