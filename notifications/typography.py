"""French spacing: what is shown gets it where it becomes HTML, and what is stored, compared or copied never has it."""

import re
from functools import cached_property
from html import escape

# Attributes of data files that hold words to show. Every other is a key, or a value that a dossier may take over.
SHOWN = {
    "article", "basis", "body", "caveat", "controller_note", "correction", "delay", "example", "heading", "help",
    "label", "late_note", "message", "publisher", "quote", "statement", "summary", "text", "title", "to", "tone",
    "unverified_note", "via", "who",
}  # fmt: skip


class Words(str):
    """Words to show. A template prints them escaped and with French spacing (made once); for everything else they are
    the text as it was written."""

    def __html__(self) -> str:
        return self._spaced

    @cached_property
    def _spaced(self) -> str:
        return escape(space_french(self))


def space_french(text: str) -> str:
    """Return the text for display: no line break before : ; ! ? » and after «."""
    text = re.sub(r"[ \u00a0]([;!?»])", "\u202f\\1", text)
    text = re.sub(r" :(?=[\s<]|$)", "\u00a0:", text)
    return re.sub(r"«[ \u00a0]", "«\u202f", text)
