"""`manage.py verify_journal [dossier…]`: is every journal whole, and every recorded filing as it was recorded?"""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications.models import Dossier
from notifications.services import journal
from notifications.services.dossiers import filings, snapshots


class Command(BaseCommand):
    help = "Vérifie le journal et les dépôts consignés de chaque dossier ; nomme la première ligne qui ne concorde pas."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("public_id", nargs="*", help="dossiers à vérifier ; tous, si aucun n'est donné")

    def handle(self, *args: Any, public_id: list[str], **options: Any) -> None:
        found = Dossier.objects.filter(public_id__in=public_id) if public_id else Dossier.objects.all()
        missing = set(public_id) - set(found.values_list("public_id", flat=True))
        faults = [f"{each}: ce dossier n'existe pas." for each in sorted(missing)]
        dossiers = lines = 0
        for dossier in found.order_by("pk").iterator(chunk_size=100):
            faults += (f"{dossier.public_id}: {fault}" for fault in _list_faults(dossier))
            dossiers, lines = dossiers + 1, lines + dossier.journal_count
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write(f"{dossiers} dossier(s) et {lines} ligne(s) de journal vérifiés : tout concorde.")


def _list_faults(dossier: Dossier) -> Iterator[str]:
    number = journal.find_first_fault(dossier)
    if number is not None:
        yield f"la ligne {number} du journal ne concorde pas."
    for name in filings.list_unlike_journal(dossier):
        yield f"le {name} et la ligne du journal qui le consigne ne concordent pas."
    for filing in dossier.filings.order_by("number"):
        if not snapshots.is_whole(filing):
            yield f"le dépôt {filing.number} n'est plus ce qui a été consigné."
