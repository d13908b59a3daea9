"""`manage.py load_seeds`: store the shipped revisions of incidents and templates that are not stored yet."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from notifications.questionnaire import Unusable
from notifications.services.dossiers import saving
from notifications.services.incidents import incidents
from notifications.services.shared_templates import template_files


class Command(BaseCommand):
    help = "Charge les fiches d'incident et les modèles livrés ; sans effet sur ceux qui le sont déjà."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                added = incidents.load_seeds(), template_files.load_seeds(now=timezone.now())
            saving.derive_all_columns(timezone.now())  # the duties that ship may be other ones now
        except Unusable as error:
            raise CommandError("\n".join(error.problems)) from error
        for number, what in zip(added, ("révision(s) d'incident", "révision(s) de modèle"), strict=True):
            if options["verbosity"] > 1 or number:
                self.stdout.write(f"{number} {what} chargée(s).")
