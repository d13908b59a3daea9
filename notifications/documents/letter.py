"""A letter as plain text, to paste into a message."""

from ..report import Letter
from ..typography import space_french


def text(letter: Letter) -> bytes:
    """UTF-8, one line for each paragraph, blocks apart by an empty line."""
    asked = "\n".join(f"{place}. {line}" for place, line in enumerate(letter.asked, start=1))
    blocks = [
        "\n".join(letter.sender),
        "\n".join(letter.recipient),
        f"Le {letter.day}",
        f"Objet : {letter.subject}",
        *letter.opening,
        asked,
        *letter.closing,
        letter.signature,
    ]
    return ("\n\n".join(space_french(block) for block in blocks if block) + "\n").encode()
