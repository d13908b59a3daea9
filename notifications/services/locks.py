"""The one way to lock rows: before anything of them is read, until the transaction ends.

Whatever else a change depends on is read after the lock. On PostgreSQL the row waits for whoever holds it, while rows
that point to it are still written; on SQLite the transaction has the whole file from its beginning."""

from typing import Any, TypeVar

from django.db import models
from django.db.models import QuerySet
from django.db.transaction import TransactionManagementError, get_connection

from ..models import Dossier

Row = TypeVar("Row", bound=models.Model)


def lock_rows(rows: QuerySet[Row], *, against_references: bool = False) -> QuerySet[Row]:
    """Return these rows so that reading them locks them. `against_references`: nobody writes a row that points to one
    of them either, as before an erasure. Raises TransactionManagementError outside `atomic`, where the lock would be
    given back at once; SQLite says nothing there."""
    if not get_connection(rows.db).in_atomic_block:
        raise TransactionManagementError("rows are locked inside `atomic` only")
    return rows.select_for_update(no_key=not against_references, of=("self",))


def lock_row(rows: QuerySet[Row], **wanted: Any) -> Row:
    """Return the one row of `rows` that is wanted, as it stands, locked. Raises DoesNotExist when there is none."""
    return lock_rows(rows).get(**wanted)


def lock_dossier(pk: int) -> Dossier:
    """Return the dossier as it stands, locked."""
    dossier: Dossier = lock_row(Dossier.objects.all(), pk=pk)
    return dossier
