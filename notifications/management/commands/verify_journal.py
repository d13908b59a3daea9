"""`manage.py verify_journal [dossier…]`: is every journal whole, and every recorded filing as it was recorded?"""

from django.core.management.base import BaseCommand, CommandError

from notifications.models import Draft
from notifications.services import journal
from notifications.services.dossiers import filings, snapshots


class Command(BaseCommand):
    help = "Vérifie le journal et les dépôts consignés de chaque dossier ; nomme la première ligne qui ne concorde pas."

    def add_arguments(self, parser):
        parser.add_argument("public_id", nargs="*", help="dossiers à vérifier ; tous, si aucun n'est donné")

    def handle(self, *args, **options):
        asked = options["public_id"]
        found = Draft.objects.filter(public_id__in=asked) if asked else Draft.objects.all()
        missing = set(asked) - set(found.values_list("public_id", flat=True))
        faults = [f"{public_id}: ce dossier n'existe pas." for public_id in sorted(missing)]
        drafts = lines = 0
        for draft in found.order_by("pk").iterator(chunk_size=100):
            faults += _faults(draft)
            drafts, lines = drafts + 1, lines + draft.journal_count
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write(f"{drafts} dossier(s) et {lines} ligne(s) de journal vérifiés : tout concorde.")


def _faults(draft):
    number = journal.first_fault(draft)
    if number is not None:
        yield f"{draft.public_id}: la ligne {number} du journal ne concorde pas."
    for name in filings.unlike_journal(draft):
        yield f"{draft.public_id}: le {name} et la ligne du journal qui le consigne ne concordent pas."
    for filing in draft.filings.order_by("number"):
        if not snapshots.is_whole(filing):
            yield f"{draft.public_id}: le dépôt {filing.number} n'est plus ce qui a été consigné."
