"""What only a printed page needs: a text of any shape must fit, whole, in bounded time."""

import re

from django import template
from django.template.defaultfilters import linebreaksbr, stringfilter
from django.utils.safestring import SafeString

from ..typography import space_french

register = template.Library()

MOST_LINES = 200  # line breaks typed in one text; beyond, words follow one another
ENDLESS_WORD = re.compile(r"\S{150,}")
PIECE = re.compile(r".{1,20}")
ZERO_WIDTH_SPACE = "\u200b"


@register.filter
@stringfilter
def on_paper(text: str) -> SafeString:
    """A person's text, escaped, with its line breaks and French spacing. Nothing is left out.

    An endless word gets places where it may break (without them each line costs as much as the whole word), and
    thousands of nearly empty lines become one paragraph."""
    text = re.sub(r"\n\s*\n", "\n\n", text)
    if text.count("\n") > MOST_LINES:
        text = " ".join(text.split())
    return linebreaksbr(ENDLESS_WORD.sub(_breakable, space_french(text)), autoescape=True)


def _breakable(word: re.Match[str]) -> str:
    return ZERO_WIDTH_SPACE.join(PIECE.findall(word[0]))
