"""A template's file: what an organisation prepares for its members, whole, as it was published.

`read` gives a frozen `Template` from JSON of a closed schema, or names what is wrong in French (`Unusable`); `dump`
gives the file back, byte for byte.
"""

from .elements import (
    ADVICE,
    CONTACT,
    COVER,
    NAME,
    POSITION,
    SUMMARY,
    TITLE,
    clean_advice,
    clean_answer,
    clean_line,
    clean_plain,
    clean_position,
    pieces,
    proposed_entry,
)
from .reading import build, read
from .template import FORMAT, VERSION, Position, SharedTemplateFile, canonical, contents, digest_of, dump

__all__ = [
    "ADVICE",
    "CONTACT",
    "COVER",
    "FORMAT",
    "NAME",
    "POSITION",
    "SUMMARY",
    "TITLE",
    "VERSION",
    "Position",
    "SharedTemplateFile",
    "build",
    "canonical",
    "clean_advice",
    "clean_answer",
    "clean_line",
    "clean_plain",
    "clean_position",
    "contents",
    "digest_of",
    "dump",
    "pieces",
    "proposed_entry",
    "read",
]
