"""Canonical JSON, one text for one content, and its SHA-256. Both travel (files, posters, printed pages): neither the
text nor the digest of what was once published or filed may ever change."""

import hashlib
import json
from typing import Any


def write_canonical_json(
    content: Any, *, indent: int | None = None, separators: tuple[str, str] | None = None
) -> bytes:
    """The content with sorted keys, in UTF-8, its days and instants in ISO; each kind of content keeps its own
    layout (`indent`, `separators`)."""
    text = json.dumps(
        content,
        sort_keys=True,
        ensure_ascii=False,
        indent=indent,
        separators=separators,
        default=lambda moment: moment.isoformat(),
    )
    return text.encode()


def compute_digest(text: bytes) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text).hexdigest()
