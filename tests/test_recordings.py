"""Nothing that people meet changes unseen: what the application answers is compared with what was recorded.

A change that is meant is recorded again, and read in the commit: `RECORD=1 .venv/bin/python -m pytest
tests/test_recordings.py`."""

import base64
import difflib
import hashlib
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection

from tests.dossiers import NOW
from tests.stories import STORIES

FOLDER = Path(__file__).resolve().parent / "recordings"
RENEW = "RECORD=1 .venv/bin/python -m pytest tests/test_recordings.py"
MOST_LINES = 400  # of a difference that are printed


@pytest.fixture
def _numbered_from_one(db: None) -> Iterator[None]:
    """Whatever ran before in this process, the first row of a table is its row 1, and nobody has tried anything."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sqlite_sequence")
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def _known_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of dossiers and secrets of links come in an order, each length its own: what is made of them (digests,
    UIDs of calendars) may be compared."""
    made: Counter[int | None] = Counter()

    def next_secret(length: int | None = None) -> str:
        made[length] += 1
        known = hashlib.sha512(f"{length} {made[length]}".encode()).digest()[: length or 32]
        return base64.urlsafe_b64encode(known).decode().rstrip("=")

    monkeypatch.setattr(secrets, "token_urlsafe", next_secret)


@pytest.mark.sqlite
@pytest.mark.usefixtures("_numbered_from_one", "_known_secrets")
@pytest.mark.parametrize("story", STORIES)
def test_all_is_as_it_was_recorded(story: str) -> None:
    with time_machine.travel(NOW, tick=False):
        made = STORIES[story]().files
    folder = FOLDER / story
    if os.environ.get("RECORD"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, text in made.items():
            (folder / f"{name}.txt").write_text(text, "utf-8")
    recorded = {path.name.removesuffix(".txt"): path.read_text("utf-8") for path in folder.iterdir()}
    differences = [
        line
        for name in sorted(recorded.keys() | made.keys())
        for line in difflib.unified_diff(
            recorded.get(name, "").splitlines(),
            made.get(name, "").splitlines(),
            f"recorded/{story}/{name}",
            f"now/{story}/{name}",
            lineterm="",
        )
    ]
    told = "\n".join(differences[:MOST_LINES])
    assert not differences, f"{len(differences)} lines differ:\n{told}\nIf that is meant: {RENEW}"
