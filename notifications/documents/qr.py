"""An address as a QR code: the picture of what is written beside it."""

import io

import segno
from django.utils.safestring import SafeString, mark_safe

QUIET = 4  # modules of white around it, without which phones do not see it
SCALE = 12  # pixels for each module of a picture, enough for a printed page


def svg(address: str, title: str | None = None) -> SafeString:
    """A drawing for a page: black on white whatever the colours of the page, no size, no style, and nothing of the text
    but in its title, where one is given."""
    said = {"title": title, "omitsize": True, "svgclass": None, "lineclass": None}
    drawn = _code(address).svg_inline(border=QUIET, dark="#000", light="#fff", **said)
    return mark_safe(drawn)  # noqa: S308 - paths and numbers, and the title escaped


def svg_file(address: str) -> bytes:
    """The same as a file of its own."""
    return _saved(address, "svg")


def png(address: str) -> bytes:
    """A picture, for a text processor."""
    return _saved(address, "png")


def _saved(address: str, kind: str) -> bytes:
    into = io.BytesIO()
    _code(address).save(into, kind=kind, border=QUIET, scale=SCALE, dark="#000", light="#fff")
    return into.getvalue()


def _code(address: str) -> segno.QRCode:
    return segno.make(address, error="m", micro=False)
