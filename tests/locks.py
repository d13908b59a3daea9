"""A dossier that somebody else is writing to."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from django.db import connection

from notifications.models import Dossier

SHORT = 50  # milliseconds in line, where an installation waits for seconds


@contextmanager
def held_by_another(dossier: Dossier) -> Iterator[None]:
    """Within, another connection holds the lock that a save of this dossier needs, and we wait for it only briefly."""
    connection.ensure_connection()
    hold = _hold_row if connection.vendor == "postgresql" else _hold_file
    with hold(dossier):
        yield


@contextmanager
def _hold_file(dossier: Dossier) -> Iterator[None]:
    connection.connection.execute(f"PRAGMA busy_timeout={SHORT}")
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()
    connection.connection.execute(f"PRAGMA busy_timeout={1000 * connection.settings_dict['OPTIONS']['timeout']}")


@contextmanager
def _hold_row(dossier: Dossier) -> Iterator[None]:
    connection.connection.execute(f"SET lock_timeout = {SHORT}")
    with closing(connection.copy()) as other:
        other.ensure_connection()
        other.set_autocommit(False)
        other.connection.execute("SELECT 1 FROM notifications_dossier WHERE id = %s FOR UPDATE", [dossier.pk])
        yield
        other.rollback()
    connection.connection.execute("RESET lock_timeout")
