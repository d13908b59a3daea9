"""Many files as one zip: same files, same bytes."""

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from zipfile import ZipFile, ZipInfo

from django.template.loader import render_to_string

ABOUT, DIGESTS = "LISEZ-MOI.txt", "empreintes.sha256"
EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip: no file of ours has a date of its own
UNIX, OWNER_ONLY = 3, 0o600 << 16

Files = Iterable[tuple[str, bytes]]


def pack(files: Files) -> bytes:
    """A zip of (name, content), not compressed: most of it are PDFs, which are."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in files:
            info = ZipInfo(name, EARLIEST)
            info.create_system, info.external_attr = UNIX, OWNER_ONLY
            archive.writestr(info, content)
    return buffer.getvalue()


def unpack(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What `pack` was given."""
    with ZipFile(io.BytesIO(data)) as archive:
        yield from ((name, archive.read(name)) for name in archive.namelist())


def bundle(context: Mapping[str, Any], files: Files) -> bytes:
    """A zip to keep: what it holds in words (`context` of batches/about.txt), the files, and the SHA-256 of each, in a
    form that `sha256sum --check` reads."""
    about = render_to_string("practices/batches/about.txt", dict(context)).encode()
    return pack(_sealed([(ABOUT, about)], files))


def _sealed(*parts: Files) -> Iterator[tuple[str, bytes]]:
    lines = []
    for name, content in (file for part in parts for file in part):
        lines.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
        yield name, content
    yield DIGESTS, "".join(lines).encode()


def as_json(content: Any) -> bytes:
    """As dossier.json is written."""
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
