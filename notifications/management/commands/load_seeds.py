"""`manage.py load_seeds`: store the shipped incident revisions that are not stored yet."""

from django.core.management.base import BaseCommand, CommandError

from notifications.questionnaire import BadFile
from notifications.services.incidents import load_seeds


class Command(BaseCommand):
    help = "Charge les fiches d'incident livrées ; sans effet sur celles qui le sont déjà."

    def handle(self, *args, **options):
        try:
            added = load_seeds()
        except BadFile as error:
            raise CommandError("\n".join(error.problems)) from error
        if options["verbosity"] > 1 or added:
            self.stdout.write(f"{added} révision(s) d'incident chargée(s).")
