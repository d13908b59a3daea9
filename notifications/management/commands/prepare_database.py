"""`manage.py prepare_database`: refuse a database that this version cannot bring up to date, and choose SQLite's
journal mode, once, while no server runs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from breach_assistant.checks import choose_journal_mode, read_journal_mode
from notifications.services.operations import versions


class Command(BaseCommand):
    help = (
        "Refuses a database of before 0.9.0; sets the journal mode of a SQLite file: WAL where it is safe, else DELETE."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if fault := versions.find_version_fault():
            raise CommandError(fault)
        mode = choose_journal_mode()
        if connection.vendor != "sqlite" or read_journal_mode("default") == mode:
            return
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA journal_mode={mode}")
        except OperationalError as error:
            # SQLite leaves WAL only for a connection that is alone
            raise CommandError("La base est ouverte ailleurs : arrêtez le serveur, puis recommencez.") from error
        self.stdout.write(f"Journal de la base : {mode.upper()}")
