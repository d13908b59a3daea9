"""The page that an organisation shows its members: what the template is, how to reach it, how to check its file."""

from . import qr
from .pdf import printed

SHORT = 16  # hexadecimal digits that somebody can compare by eye


def print_poster(*, title: str, organisation: str, contact: str, number: str, address: str, digest: str) -> bytes:
    """Return one tagged A4 page as a PDF."""
    context = {
        "title": title,
        "organisation": organisation,
        "contact": contact,
        "number": number,
        "address": address,
        "digest": digest,
        "short": " ".join(digest[at : at + 4] for at in range(0, SHORT, 4)),
        "code": qr.draw_svg(address, title=f"Code QR de l'adresse {address}"),
    }
    return printed("pdf/poster.html", context)
