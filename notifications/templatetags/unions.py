"""An organisation's words, as plain text with its links."""

from django import template

from .. import shared_template

register = template.Library()


@register.filter
def pieces(text: str) -> list[tuple[str, str]]:
    """The text cut into (words, domain of the link or "")."""
    return shared_template.split_links(text)
