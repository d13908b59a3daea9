"""An address as a QR code: the picture of what is written beside it."""

import segno
from django.utils.safestring import SafeString, mark_safe

QUIET = 4  # modules of white around it, without which phones do not see it


def svg(address: str) -> SafeString:
    """A drawing for a page: black on white whatever the colours of the page, no size, no style, nothing of the text."""
    code = segno.make(address, error="m", micro=False)
    drawn = code.svg_inline(border=QUIET, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None)
    return mark_safe(drawn)  # noqa: S308 - paths and numbers only
