#!/usr/bin/env python3
"""Make the small database of this version, in both its forms, that a test brings up to date for ever.

    .venv/bin/python scripts/keep_database.py

It writes tests/data/database-0.9.0.sqlite3.gz and tests/data/backup.v2.zip. Run it while 0.9.0 is being made; once that
version is released, these files never change again, and a later version adds its own beside them."""

import gzip
import os
import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests/data"


def main() -> None:
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"VAR_DIR": folder, "DJANGO_SETTINGS_MODULE": "breach_assistant.settings", "SITE_URL": ""}
        os.environ.pop("DATABASE_URL", None)
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        for command in ("prepare_database", "migrate"):
            call_command(command, verbosity=0)
        fill()
        (DATA / "backup.v2.zip").unlink(missing_ok=True)
        call_command("backup", str(DATA / "backup.v2.zip"))
        connection.close()
        database = Path(folder) / "db.sqlite3"
        with closing(sqlite3.connect(database)) as file:
            file.execute("VACUUM")
        packed = gzip.compress(database.read_bytes(), mtime=0)
        (DATA / "database-0.9.0.sqlite3.gz").write_bytes(packed)
    (DATA / "backup.v2.zip").chmod(0o644)
    for path in (DATA / "backup.v2.zip", DATA / "database-0.9.0.sqlite3.gz"):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} kB")


def fill() -> None:
    """A practice with an owner and a filed dossier, the dossier of a browser, and a union's published template: all
    that tests/commands/test_upgrade.py looks for."""
    from notifications.models import Role, User
    from notifications.services.accounts import access
    from notifications.services.dossiers import saving
    from notifications.services.practices import practices
    from notifications.services.revisions import INCIDENT_REVISIONS
    from tests import publishing, stored
    from tests.dossiers import NOW

    stored.store_seeds()
    user = User.objects.create(email="camille@exemple.fr", name="Camille Exemple")
    practice = practices.create_practice(
        name="Cabinet de la sauvegarde", kind="office", timezone="Europe/Paris", user=user, role=Role.OWNER, now=NOW
    )
    newest = INCIDENT_REVISIONS.list_stored(stored.WEDA)[0]
    by = access.account_author(user)
    theirs = saving.start_dossier(revision=newest, timezone="Europe/Paris", by=by, now=NOW, practice=practice)
    stored.file(theirs)
    guest = saving.start_dossier(revision=newest, timezone="Indian/Reunion", by="au début", now=NOW)
    city = {"state": "known", "value": 'Fécamp\u202f– 🩺 "x"', "origin": "practice", "reviewed": True}
    later = NOW + timedelta(minutes=1)
    saving.save_answers(dossier=guest, base=guest.version, entries={"city": city}, by="cet appareil", now=later)
    access.grant_device(dossier=guest, secret="secret", now=NOW)
    publishing.published(publishing.union(), answers__nature=["confidentiality"])


if __name__ == "__main__":
    main()
