"""Send the reminders that are due: once, or round after round until somebody stops it."""

import logging
from collections.abc import Callable
from contextlib import closing
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from notifications.management.supervisor import stop_signals
from notifications.services.alerts import reminders

EVERY = 30.0  # seconds between two rounds

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Sends the reminders that are due. With --loop, again and again; SIGTERM ends it after the mail under way."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true")

    def handle(self, *args: Any, loop: bool, **options: Any) -> None:
        if not loop:
            self.stdout.write(f"{reminders.tick()} envoyé(s)")
            return
        with stop_signals() as asked, closing(connection):
            rounds(stop=lambda: asked(0), pause=lambda: asked(EVERY))


def rounds(stop: Callable[[], bool], pause: Callable[[], bool]) -> None:
    """Until `pause` says so. Whatever goes wrong in a round (a busy database, a full disk), the next one is tried."""
    while True:
        try:
            reminders.tick(stop=stop)
        except Exception:
            logger.exception("reminders.round_failed")
            connection.close()  # it may be what is broken
        if pause():
            return
