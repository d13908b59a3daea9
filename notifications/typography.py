"""French spacing: what is shown gets it where it becomes HTML, and what is stored, compared or copied never has it."""

import re
from collections.abc import Mapping
from functools import cached_property
from html import escape
from typing import Any

# Elements of data files that hold words to show. Every other is a key, or a value that a dossier may take over.
SHOWN = {
    "article", "basis", "body", "caveat", "controller_note", "correction", "delay", "example", "heading", "help",
    "label", "late_note", "message", "publisher", "quote", "statement", "summary", "text", "title", "to", "tone",
    "unverified_note", "via", "who",
}  # fmt: skip
TAKEN_OVER = ("value", "details")  # what a fact proposes; nothing in it is ours


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


def mark_words(tables: Any) -> Any:
    """Return the tables of a data file with each text of SHOWN as Words."""
    if isinstance(tables, Mapping):
        return {name: _mark(name, each) for name, each in tables.items()}
    return [mark_words(each) for each in tables] if isinstance(tables, list) else tables


def _mark(name: str, element: Any) -> Any:
    if isinstance(element, str):
        return Words(element) if name in SHOWN else element
    return element if name in TAKEN_OVER else mark_words(element)
