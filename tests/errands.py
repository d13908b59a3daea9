"""Tasks for the tests of the worker. A test follows them by what they write into a pipe, and waits for nothing else."""

import signal
from pathlib import Path

from django_tasks import task


@task
def write_down(folder: str, word: str) -> None:
    """Idempotent: whoever does it twice writes the same file."""
    Path(folder, word).write_text(word)


@task
def fail(word: str) -> None:
    raise ValueError(word)


@task
def hang_at_first(folder: str) -> None:
    """The first time, it never ends."""
    tried = Path(folder, "tried")
    first = not tried.exists()
    tried.touch()
    _say(folder, "started")
    if first:
        signal.pause()


@task
def tell(folder: str, word: str) -> None:
    _say(folder, word)


def _say(folder: str, word: str) -> None:
    with Path(folder, "pipe").open("w") as pipe:
        pipe.write(word)
