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
    propose_entry,
    split_links,
)
from .reading import build_file, read_file
from .template import (
    FORMAT,
    VERSION,
    Position,
    SharedTemplateFile,
    build_content,
    digest_content,
    write_canonical,
    write_file,
)

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
    "build_content",
    "build_file",
    "clean_advice",
    "clean_answer",
    "clean_line",
    "clean_plain",
    "clean_position",
    "digest_content",
    "propose_entry",
    "read_file",
    "split_links",
    "write_canonical",
    "write_file",
]
