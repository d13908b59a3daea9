"""Erasing a dossier: everything of it goes, one line stays, which names nobody."""

from contextlib import suppress
from datetime import datetime

from django.db import OperationalError, connection, transaction
from django.db.models import F

from ..models import Draft, Erasure


@transaction.atomic
def erase(*, draft: Draft, by: str, now: datetime) -> Erasure:
    """Remove a dossier with its answers, history, filings, grants, reminders and journal. The line that stays tells
    when, how long the journal was and its last hash, so that a copy kept elsewhere can still be recognised."""
    Draft.objects.filter(pk=draft.pk).update(version=F("version"))  # locks the row: nobody writes a line meanwhile
    count, head = Draft.objects.values_list("journal_count", "journal_head").get(pk=draft.pk)
    Draft.objects.filter(pk=draft.pk).delete()
    transaction.on_commit(_forget_log)
    return Erasure.objects.create(at=now, by=by, lines=count, journal_head=head)


def _forget_log() -> None:
    """SQLite's write-ahead log would keep the old pages for a while; in its other modes this does nothing. A database
    that is busy empties the log later by itself: the dossier is gone all the same."""
    if connection.vendor == "sqlite":
        with suppress(OperationalError), connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
