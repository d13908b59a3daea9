"""A row is locked in one way, and never where the lock would be given back at once."""

import re
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from notifications.models import Dossier
from notifications.services import locks
from tests.dossiers import ROOT

SERVICES = ROOT / "notifications/services"
# Rooms that lock through `locks` alone.
HELD = [path for path in sorted(SERVICES.rglob("*.py")) if path.name != "locks.py"]
OTHER_LOCKS = re.compile(r"select_for_update|\.update\((\w+)=F\(\"\1\"\)\)")


@pytest.mark.django_db(transaction=True)
def test_a_lock_is_refused_outside_a_transaction() -> None:
    with pytest.raises(TransactionManagementError):
        locks.lock_dossier(1)


@pytest.mark.django_db
def test_a_locked_dossier_is_read_as_it_stands(weda_dossier: Dossier) -> None:
    dossier = weda_dossier
    Dossier.objects.filter(pk=dossier.pk).update(version=7)
    with transaction.atomic():
        assert locks.lock_dossier(dossier.pk).version == 7


@pytest.mark.django_db
def test_a_lock_is_asked_of_a_database_that_knows_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection.features, "has_select_for_update", True)
    monkeypatch.setattr(connection.features, "has_select_for_no_key_update", True)
    monkeypatch.setattr(connection.features, "has_select_for_update_of", True)
    rows = Dossier.objects.select_related("practice")
    assert " FOR NO KEY UPDATE OF " in str(locks.lock_rows(rows).query)
    assert " FOR UPDATE OF " in str(locks.lock_rows(rows, against_references=True).query)


@pytest.mark.parametrize("path", HELD, ids=lambda path: str(path.relative_to(SERVICES)))
def test_no_service_locks_in_another_way(path: Path) -> None:
    assert OTHER_LOCKS.findall(path.read_text("utf-8")) == []


def test_both_other_ways_would_be_seen() -> None:
    assert OTHER_LOCKS.search('Dossier.objects.filter(pk=1).update(version=F("version"))')
    assert OTHER_LOCKS.search("Practice.objects.select_for_update().get(pk=1)")
