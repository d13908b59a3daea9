"""An organisation's words, as plain text with its links."""

from django import template

from .. import template_file

register = template.Library()


@register.filter
def pieces(text: str) -> list[tuple[str, str]]:
    """The text cut into (words, domain of the link or "")."""
    return template_file.pieces(text)
