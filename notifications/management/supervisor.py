"""Run some programs as one: when one ends, or when we are told to stop, all of them end."""

import ctypes
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto

LOOK_EVERY = 0.2  # seconds between two looks at the children
START_LIMIT = 60.0  # seconds before we say that it does not start
STOP_LIMIT = 10.0  # seconds for requests under way, then it is ended by force

PR_SET_PDEATHSIG = 1
PRCTL = getattr(ctypes.CDLL(None), "prctl", None)

Child = subprocess.Popen[bytes]
Asked = Callable[[float], bool]


class Ending(Enum):
    ASKED = auto()  # by a signal
    DIED = auto()  # a child ended by itself
    NOT_STARTED = auto()


def supervise(
    commands: list[list[str]],
    environment: dict[str, str],
    is_ready: Callable[[], bool],
    announce: Callable[[], None],
) -> Ending:
    with stop_signals() as asked:
        children = [start(command, environment) for command in commands]
        try:
            return follow(children, asked, is_ready, announce)
        finally:
            end(children)


def start(command: list[str], environment: dict[str, str]) -> Child:
    # a session of its own: Ctrl-C reaches only us, and we can end its whole family
    return subprocess.Popen(command, env=environment, start_new_session=True, preexec_fn=end_with_parent)


def end_with_parent() -> None:
    """On Linux, the kernel ends the child when we are killed without a chance to do it (kill -9, out of memory)."""
    if PRCTL:
        PRCTL(PR_SET_PDEATHSIG, signal.SIGTERM)


def follow(children: list[Child], asked: Asked, is_ready: Callable[[], bool], announce: Callable[[], None]) -> Ending:
    ending = watch(children, asked, is_ready, START_LIMIT)
    if ending is None:
        announce()
        ending = watch(children, asked, lambda: False, float("inf"))
    return ending or Ending.NOT_STARTED


def watch(children: list[Child], asked: Asked, until: Callable[[], bool], limit: float) -> Ending | None:
    """None when `until` came true."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if asked(LOOK_EVERY):
            return Ending.ASKED
        if any(child.poll() is not None for child in children):
            return Ending.DIED
        if until():
            return None
    return Ending.NOT_STARTED


def end(children: list[Child]) -> None:
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOP_LIMIT
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, deadline - time.monotonic()))
        # whatever is left of its family, also when it died without taking it along
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


@contextmanager
def stop_signals() -> Iterator[Asked]:
    """Signals arrive on a pipe: no exception cuts through the clean-up, none is lost between two looks."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    # one that is ignored stays so: that is how nohup asks to be left running
    caught = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    for number in caught:
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writer)
    try:
        yield lambda timeout: bool(select.select([reader], [], [], timeout)[0])
    finally:
        signal.set_wakeup_fd(-1)
        for number in caught:
            signal.signal(number, before[number])
        os.close(reader)
        os.close(writer)
