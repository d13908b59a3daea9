"""`manage.py backup FILE`: everything that the database holds, in one checked file, while the server runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from notifications.questionnaire import Unusable
from notifications.services.operations import backup


class Command(BaseCommand):
    help = "Sauvegarde la base dans un fichier vérifié, sans arrêter le serveur. La clé secrète n’y est pas."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            manifest = backup.write_backup(path=file.absolute(), now=timezone.now())
        except Unusable as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"La sauvegarde n’a pas pu être écrite ({error.strerror}) : {file}") from error
        rows = sum(table["rows"] for table in manifest["tables"].values())
        self.stdout.write(f"Sauvegarde écrite et vérifiée : {file} ({rows} lignes).")
