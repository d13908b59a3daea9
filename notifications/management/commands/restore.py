"""`manage.py restore FILE`: make this installation what a backup says."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from notifications.questionnaire import Unusable
from notifications.services.operations import restore


class Command(BaseCommand):
    help = "Reprend une sauvegarde dans une installation vide, serveur arrêté."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="efface d’abord ce que l’installation contient")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        try:
            manifest = restore.restore_backup(path=file, replace=replace)
        except Unusable as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError("La base est utilisée ou n’est pas joignable : arrêtez le serveur.") from error
        rows = sum(table["rows"] for table in manifest["tables"].values())
        self.stdout.write(f"Sauvegarde du {manifest['made_at']} reprise et vérifiée ({rows} lignes).")
