"""An address as a QR code: the picture of what is written beside it."""

import io

import segno
from django.utils.safestring import SafeString, mark_safe

QUIET = 4  # modules of white around it, without which phones do not see it
SCALE = 12  # pixels for each module of a picture, enough for a printed page


def draw_svg(address: str, title: str | None = None) -> SafeString:
    """Draw the code for a page: black on white whatever the colours of the page, no size, no style, and nothing of the
    text but in its title, where one is given."""
    look = {"border": QUIET, "dark": "#000", "light": "#fff", "omitsize": True, "svgclass": None, "lineclass": None}
    drawing = _make_code(address).svg_inline(title=title, **look)
    return mark_safe(drawing)  # noqa: S308 - paths and numbers, and the title escaped


def draw_file(address: str, kind: str) -> bytes:
    """Draw the code as a file of its own: `svg`, or `png` for a text processor."""
    file = io.BytesIO()
    _make_code(address).save(file, kind=kind, border=QUIET, scale=SCALE, dark="#000", light="#fff")
    return file.getvalue()


def _make_code(address: str) -> segno.QRCode:
    return segno.make(address, error="m", micro=False)
