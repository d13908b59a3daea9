"""Do what pages put off, and send what falls due by itself: round after round, until somebody stops it."""

import logging
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections, connection
from django.utils import timezone

from notifications import tasks
from notifications.management.commands.send_reminders import EVERY as REMINDERS_EVERY
from notifications.management.commands.send_reminders import URGENT_EVERY
from notifications.management.supervisor import stop_signals
from notifications.services.alerts import reminders
from notifications.services.dossiers import counts
from notifications.services.keeping import notices, retention
from notifications.services.practices import batches

logger = logging.getLogger(__name__)

Asked = Callable[[float], bool]  # waits that many seconds at most: were we told to stop?


@dataclass(frozen=True)
class Round:
    """Something to do every so many seconds, and again at once when it says that there is more. `run` is given a
    function that says whether to stop early."""

    name: str
    every: float
    run: Callable[[Callable[[], bool]], bool]


class Command(BaseCommand):
    help = "Sends reminders and makes batches, one at a time. SIGTERM ends it after the mail or the dossier under way."

    def handle(self, *args: Any, **options: Any) -> None:
        with stop_signals() as asked, closing(connection):
            follow(rounds(), asked)


def rounds() -> list[Round]:
    """What a worker does, in the order of their urgency."""
    # each look at SQLite's file is a look at the disk, and nobody waits there for more than a few files
    every = 5.0 if connection.vendor == "sqlite" else 1.0
    return [
        Round("urgent_mail", URGENT_EVERY, send_urgent_mail),
        Round("old_batches", 30.0, forget_old_batches),
        Round("reminders", REMINDERS_EVERY, send_reminders),
        Round("batches", every, make_next),
        Round("purge", 24 * 3600.0, purge),
        Round("counts", 3600.0, refresh_counts),
    ]


def forget_old_batches(stop: Callable[[], bool]) -> bool:
    batches.forget_old(timezone.now())
    return False


def send_urgent_mail(stop: Callable[[], bool]) -> bool:
    reminders.send_urgent(stop=stop)
    return False


def send_reminders(stop: Callable[[], bool]) -> bool:
    reminders.run_round(stop=stop)
    return False


def make_next(stop: Callable[[], bool]) -> bool:
    return tasks.make_next()


def purge(stop: Callable[[], bool]) -> bool:
    now = timezone.now()
    retention.purge(now=now)
    notices.announce_ends(now=now)
    return False


def refresh_counts(stop: Callable[[], bool]) -> bool:
    counts.refresh_counts(now=timezone.now())
    return False


def follow(rounds: list[Round], asked: Asked, clock: Callable[[], float] = time.monotonic) -> None:
    """Each round when it is due, until `asked`. Whatever goes wrong in one (a busy database, a full disk, a server that
    restarts), the others go on and it is tried again."""
    due = {each.name: 0.0 for each in rounds}
    while not asked(max(0.0, min(due.values()) - clock())):
        for each in rounds:
            if due[each.name] <= clock():
                more = attempt(each, stop=lambda: asked(0))
                due[each.name] = clock() + (0.0 if more else each.every)


def attempt(each: Round, stop: Callable[[], bool]) -> bool:
    close_old_connections()  # as before each request: one that is broken is not used again
    try:
        return each.run(stop)
    except Exception:
        logger.exception("worker.round_failed", extra={"fields": {"round": each.name}})
        connection.close()  # it may be what is broken
        return False
