"""Which version of the program made this database: one from before 0.9.0 cannot be brought up to date."""

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from ...models import Dossier

APP = Dossier._meta.app_label
OLDER = (
    "Cette base vient d’une version antérieure à 0.9.0, que celle-ci ne sait pas mettre à jour : rien n’y est changé. "
    "Lisez docs/upgrade.md."
)
NEWER = (
    "Cette base vient d’une version plus récente de Breach Assistant : rien n’y est changé. "
    "Installez cette version-là, ou lisez docs/upgrade.md."
)


def find_version_fault() -> str:
    """Return the French sentence that says why this version cannot use the database, "" when it can. Only reads.

    Every database since 0.9.0 holds the table of dossiers under its present name; none before did, although their
    first migration had the same name."""
    tables = set(connection.introspection.table_names())
    if not any(name.startswith(f"{APP}_") for name in tables):
        return ""
    applied = {name for app, name in MigrationRecorder(connection).applied_migrations() if app == APP}
    if not applied or Dossier._meta.db_table not in tables:
        return OLDER
    known = {name for app, name in MigrationLoader(None).disk_migrations if app == APP}
    return "" if applied <= known else NEWER
