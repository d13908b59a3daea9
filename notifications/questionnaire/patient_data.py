"""Does a text seem to hold a patient's data? Used to warn, and to keep such a text out of the history."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stdnum.exceptions import ValidationError
from stdnum.fr import nir

# Thirteen characters of a health number and its key, with the usual separators (Corsica: 2A, 2B).
NIR_SHAPE = re.compile(
    r"(?<![0-9])[1-478](?:[ .\-]?[0-9]){4}[ .\-]?[0-9](?:[ .\-]?[0-9AB])(?:[ .\-]?[0-9]){8}(?![0-9])", re.I
)


def holds_health_number(text: str) -> bool:
    """True when the text holds a health number (NIR) whose key is right: the key keeps other long numbers out."""
    return any(_is_nir(match[0]) for match in NIR_SHAPE.finditer(text))


def _is_nir(text: str) -> bool:
    try:
        nir.validate(text)
    except ValidationError:
        return False
    return True


def entry_holds_health_number(entry: Mapping[str, Any] | None) -> bool:
    return any(holds_health_number(text) for text in _texts(entry or {}))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
