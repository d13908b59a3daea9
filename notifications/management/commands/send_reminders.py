"""Send the mails that are due: once, or round after round until somebody stops it."""

import logging
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from notifications.management.supervisor import stop_signals
from notifications.services.alerts import reminders

EVERY = 30.0  # seconds between two rounds
URGENT_EVERY = 1.0  # seconds between two looks for what somebody waits for at a screen: one indexed query

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Sends the mails that are due. With --loop, again and again; SIGTERM ends it after the mail under way."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true")

    def handle(self, *args: Any, loop: bool, **options: Any) -> None:
        if not loop:
            self.stdout.write(f"{reminders.run_round()} envoyé(s)")
            return
        with stop_signals() as asked, closing(connection):
            send_until(asked)


def send_until(asked: Callable[[float], bool], clock: Callable[[], float] = time.monotonic) -> None:
    """Until `asked` says so. Whatever goes wrong in a round (a busy database, a full disk), the next one is tried."""
    due = 0.0
    while True:
        try:
            reminders.send_urgent(stop=lambda: asked(0))
            if clock() >= due:
                due = clock() + EVERY
                reminders.run_round(stop=lambda: asked(0))
        except Exception:
            logger.exception("reminders.round_failed")
            connection.close()  # it may be what is broken
        if asked(URGENT_EVERY):
            return
