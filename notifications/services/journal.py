"""A dossier's journal: append-only lines, each with the hash of itself and of the one before it. Keys, never values."""

import hashlib
import json
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from ..models import Dossier, JournalEntry
from .locks import lock_rows

# What a line says in French.
EVENTS = {
    "started": "Dossier commencé",
    "imported": "Dossier repris d'un fichier",
    "claimed": "Dossier rattaché à un compte",
    "entrusted": "Dossier confié à un cabinet",
    "answers_saved": "Réponses enregistrées",
    "offer_declined": "Proposition de la fiche ou du groupe écartée",
    "warning_overruled": "Avertissement écarté (donnée de patient)",
    "device_granted": "Navigateur autorisé",
    "device_forgotten": "Navigateur oublié",
    "link_made": "Lien privé créé",
    "link_revoked": "Lien privé retiré",
    "feed_made": "Calendrier abonné",
    "feed_revoked": "Calendrier retiré",
    "answer_copied": "Réponse recopiée sur le téléservice",
    "copying_restarted": "Recopie reprise du début",
    "filed": "Dépôt consigné",
    "filing_cancelled": "Dépôt annulé",
    "address_given": "Adresse de rappel donnée",
    "address_confirmed": "Adresse de rappel confirmée",
    "address_ended": "Rappels arrêtés",
    "group_joined": "Dossier ajouté à un groupe",
    "group_left": "Dossier retiré d'un groupe",
    "common_answers_changed": "Réponses communes du groupe modifiées",
    "proofreading_asked": "Relecture demandée",
    "proofread": "Dossier relu",
    "proofreading_revoked": "Demande de relecture retirée",
    "member_joined": "Personne admise dans l'équipe du cabinet",
    "member_role": "Rôle changé dans l'équipe du cabinet",
    "member_gone": "Personne partie de l'équipe du cabinet",
}


@transaction.atomic(savepoint=False)
def append_line(*, dossier: Dossier, event: str, keys: Collection[str] = (), by: str, now: datetime) -> JournalEntry:
    """Write one more line, in the transaction of the change that it tells. The dossier's row is locked first, so that
    two writers never follow the same line. `keys` name questions, or things by their number (« lien 1 »); never
    values."""
    if event not in EVENTS:
        raise ValueError(f"{event!r} has no words")
    count, head = lock_rows(Dossier.objects.filter(pk=dossier.pk)).values_list("journal_count", "journal_head").get()
    entry = JournalEntry(dossier=dossier, number=count + 1, at=now, by=by, event=event, keys=sorted(keys))
    entry.hash = hash_line(dossier.public_id, entry, head)
    entry.save(force_insert=True)
    Dossier.objects.filter(pk=dossier.pk).update(journal_count=entry.number, journal_head=entry.hash)
    return entry


def hash_line(public_id: str, entry: JournalEntry, before: str) -> str:
    """SHA-256 (hex) of a line's canonical JSON and of the hash before it; "" before the first."""
    line: list[Any] = [public_id, entry.number, entry.at.astimezone(UTC).isoformat(), entry.by, entry.event, entry.keys]
    text = json.dumps([before, *line], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@transaction.atomic
def find_first_fault(dossier: Dossier) -> int | None:
    """The number of the first line of a dossier's journal that does not fit, None when the whole of it does. Nobody
    may write meanwhile: a line between two readings would pass for a fault."""
    count, head = Dossier.objects.values_list("journal_count", "journal_head").get(pk=dossier.pk)
    return find_fault(dossier.public_id, dossier.journal.order_by("number").iterator(), count, head)


def find_fault(public_id: str, lines: Iterable[JournalEntry], count: int, head: str) -> int | None:
    """The same, of lines in the order of their numbers, where the dossier holds that there are `count`, and that the
    last one's hash is `head`: what was cut off or added at the end is found by these two."""
    before, number = "", 0
    for number, entry in enumerate(lines, start=1):
        if number > count or entry.number != number or entry.hash != hash_line(public_id, entry, before):
            return number
        before = entry.hash
    if number < count:
        return number + 1
    return None if before == head else max(number, 1)
