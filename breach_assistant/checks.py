"""SQLite's journal mode: which one is safe here, and which one is in force.

Before SQLite 3.51.3 (and its backports), a write-ahead log shared by several connections can lose committed
transactions (the "WAL-reset" bug). Debian and Ubuntu still ship such versions.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import connections

FIXED = (3, 51, 3)
BACKPORTS = {(3, 50): 7, (3, 44): 6}

Version = tuple[int, int, int]


def wal_is_safe(version: Version = sqlite3.sqlite_version_info) -> bool:
    backport = BACKPORTS.get(version[:2])
    return version >= FIXED or (backport is not None and version[2] >= backport)


def choose_journal_mode(version: Version = sqlite3.sqlite_version_info) -> str:
    return "wal" if wal_is_safe(version) else "delete"


def read_journal_mode(alias: str) -> str:
    with connections[alias].cursor() as cursor:
        return str(cursor.execute("PRAGMA journal_mode").fetchone()[0])


def judge_journal_mode(mode: str, version: Version = sqlite3.sqlite_version_info) -> checks.CheckMessage:
    fact = f"SQLite {'.'.join(map(str, version))} uses the journal mode {mode.upper()}"
    if mode == "wal" and not wal_is_safe(version):
        hint = "Stop the server and run: manage.py prepare_database"
        return checks.Warning(f"{fact}, which can lose commits in this version.", hint=hint, id="breach_assistant.W001")
    return checks.Info(f"{fact}.", id="breach_assistant.I001")


@checks.register(checks.Tags.database)
def check_journal_mode(databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Report the journal mode, only with --database: other commands must not open the file."""
    sqlite = [alias for alias in databases or [] if connections[alias].vendor == "sqlite"]
    return [judge_journal_mode(read_journal_mode(alias)) for alias in sqlite]
