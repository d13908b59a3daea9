"""Choose SQLite's journal mode, once, while no server runs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from breach_assistant.checks import journal_mode, wanted_journal_mode


class Command(BaseCommand):
    help = "Sets the journal mode of the SQLite file: WAL where it is safe, else DELETE. Does nothing elsewhere."

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor == "sqlite" and journal_mode("default") != wanted_journal_mode():
            self.switch(wanted_journal_mode())

    def switch(self, mode: str) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA journal_mode={mode}")
        except OperationalError as error:
            # SQLite leaves WAL only for a connection that is alone
            raise CommandError("La base est ouverte ailleurs : arrêtez le serveur, puis recommencez.") from error
        self.stdout.write(f"Journal de la base : {mode.upper()}")
