"""`manage.py verify_journal [dossier…]`: is every journal whole, and every recorded filing as it was recorded?"""

from django.core.management.base import BaseCommand, CommandError

from notifications.models import Dossier
from notifications.services import journal
from notifications.services.dossiers import filings, snapshots


class Command(BaseCommand):
    help = "Vérifie le journal et les dépôts consignés de chaque dossier ; nomme la première ligne qui ne concorde pas."

    def add_arguments(self, parser):
        parser.add_argument("public_id", nargs="*", help="dossiers à vérifier ; tous, si aucun n'est donné")

    def handle(self, *args, **options):
        asked = options["public_id"]
        found = Dossier.objects.filter(public_id__in=asked) if asked else Dossier.objects.all()
        missing = set(asked) - set(found.values_list("public_id", flat=True))
        faults = [f"{public_id}: ce dossier n'existe pas." for public_id in sorted(missing)]
        dossiers = lines = 0
        for dossier in found.order_by("pk").iterator(chunk_size=100):
            faults += _faults(dossier)
            dossiers, lines = dossiers + 1, lines + dossier.journal_count
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write(f"{dossiers} dossier(s) et {lines} ligne(s) de journal vérifiés : tout concorde.")


def _faults(dossier):
    number = journal.first_fault(dossier)
    if number is not None:
        yield f"{dossier.public_id}: la ligne {number} du journal ne concorde pas."
    for name in filings.unlike_journal(dossier):
        yield f"{dossier.public_id}: le {name} et la ligne du journal qui le consigne ne concordent pas."
    for filing in dossier.filings.order_by("number"):
        if not snapshots.is_whole(filing):
            yield f"{dossier.public_id}: le dépôt {filing.number} n'est plus ce qui a été consigné."
