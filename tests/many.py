"""Thousands of dossiers, written at once: copies of one, each of a practice of its own and with its own clock."""

import random
from datetime import datetime, timedelta

from notifications.models import Dossier, Filing, JournalEntry, Membership, Practice, User, new_public_id
from tests.dossiers import NOW
from tests.stored import file


def copies(first: Dossier, count: int, user: User, chance: random.Random) -> None:
    """So many dossiers like `first`, which this account manages; a third of them is filed."""
    practices = Practice.objects.bulk_create([Practice(name=f"Cabinet n° {n}") for n in range(count)])
    Membership.objects.bulk_create([Membership(practice=each, user=user, role="manager") for each in practices])
    dossiers = Dossier.objects.bulk_create([_copy(first, practice, chance) for practice in practices], batch_size=500)
    touched = [(dossier, NOW + timedelta(minutes=chance.randrange(10_000))) for dossier in dossiers]
    JournalEntry.objects.bulk_create(
        [
            JournalEntry(dossier=dossier, number=1, at=at, by=f"compte {user.pk}", event="started")
            for dossier, at in touched
        ]
    )
    filing = file(first)
    filed = [Filing(**_fields(filing) | {"dossier_id": dossier.pk}) for dossier in dossiers[::3]]
    Filing.objects.bulk_create(filed, batch_size=500)


def _copy(first: Dossier, practice: Practice, chance: random.Random) -> Dossier:
    aware = (NOW - timedelta(minutes=chance.randrange(6000))).replace(second=0)
    answers = first.answers | {"aware_at": _known(aware), "organisation_name": _known(practice.name)}
    changed = {"public_id": new_public_id(), "practice_id": practice.pk, "owner_id": None, "answers": answers}
    told = {"aware_at": aware, "organisation_name": practice.name, "journal_count": 1}
    return Dossier(**_fields(first) | changed | told)


def _known(value: datetime | str) -> dict[str, object]:
    text = value.isoformat() if isinstance(value, datetime) else value
    return {"state": "known", "value": text, "origin": "practice", "reviewed": True, "version": 1}


def _fields(row: Dossier | Filing) -> dict[str, object]:
    return {each.attname: getattr(row, each.attname) for each in row._meta.concrete_fields if not each.primary_key}
