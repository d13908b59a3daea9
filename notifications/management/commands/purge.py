"""`manage.py purge [--dry-run]`: end what is kept no longer. The worker does it each day by itself."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from notifications.services.keeping import retention

WORDS = {
    "dossiers_erased": "dossier(s) effacé(s)",
    "dossiers_reduced": "dossier(s) clos réduit(s) à une ligne du registre",
    "register_lines": "ligne(s) du registre",
    "erasures": "ligne(s) d'effacement",
    "groups": "groupe(s) sans dossier",
    "invitations": "invitation(s) échue(s)",
    "mails": "trace(s) de rappels envoyés",
    "requests": "demande(s) de confirmation",
    "sessions": "connexion(s) terminée(s)",
    "cached": "compteur(s) échu(s)",
}


class Command(BaseCommand):
    help = (
        "Efface ce dont la durée de conservation est passée (« Vos données » les dit), et n'en donne que les nombres."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="seulement compter ce qui serait effacé")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        counts = retention.purge(now=timezone.now(), dry=dry_run)
        for name, words in WORDS.items():
            self.stdout.write(f"{counts[name]} {words}")
