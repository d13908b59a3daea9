"""Which database: SQLite in VAR_DIR, or the PostgreSQL of DATABASE_URL; and what each needs to be told.

Plain functions, called while the settings load. Both engines give the same promises: a commit is on the disk, a writer
waits in line for WAIT seconds and is then told that the database is busy.
"""

from pathlib import Path
from typing import Any

from breach_assistant.site import refuse

WAIT = 20  # seconds in line for a lock
REACH = 5  # seconds until a server that does not answer is taken for unreachable
NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}


def describe_database(url: str, folder: Path) -> dict[str, Any]:
    """Return Django's description of the database at `url`, which is libpq's (postgresql://user:password@host:port/name?sslmode=…,
    or postgresql:///name?host=/folder/of/the/socket); of a file in `folder` when it is empty."""
    common = {
        "CONN_MAX_AGE": None,  # one thread per process: a connection each, kept
        "ATOMIC_REQUESTS": False,  # a write lock held during a whole request would queue everybody
    }
    return {**common, **(describe_postgresql(url) if url else describe_sqlite(folder / "db.sqlite3"))}


def describe_sqlite(path: Path) -> dict[str, Any]:
    # EXTRA: in DELETE mode a commit survives a power cut right after the journal is unlinked; in WAL mode it
    # means FULL. secure_delete: what a user erases is overwritten, not only unlisted. Foreign keys: Django
    # switches them on itself. The journal mode belongs to the file and is set by `prepare_database`: switching
    # it needs the file alone, which a connection of a running server never has.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",  # lock before reading, or two writers can both fail
            "timeout": WAIT,  # SQLite's busy timeout
            "init_command": "PRAGMA synchronous=EXTRA; PRAGMA secure_delete=ON",
        },
    }


def describe_postgresql(url: str) -> dict[str, Any]:
    options = read_url(url)
    # READ COMMITTED, as by default: every service locks the row of the dossier before it reads it.
    options["options"] = f"-c lock_timeout={WAIT}s {options.get('options', '')}".strip()
    options.setdefault("connect_timeout", str(REACH))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_HEALTH_CHECKS": True,  # after a restart of the server, the next request opens a new connection
        **{ours: options.pop(theirs, "") for theirs, ours in NAMES.items()},
        "OPTIONS": options,
    }


def read_url(url: str) -> dict[str, Any]:
    """Return its parts, by libpq's names. The address holds a password: it is never repeated."""
    from psycopg import ProgrammingError  # only where it is used: SQLite needs no driver
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = conninfo_to_dict(url) if url.startswith(("postgres://", "postgresql://")) else {}
    except ProgrammingError:
        parts = {}
    if not parts.get("dbname"):
        refuse("DATABASE_URL doit être une adresse postgresql://utilisateur:motdepasse@hôte:port/base.")
    return dict(parts)
