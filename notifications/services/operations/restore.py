"""Taking a backup back: all or nothing, in one transaction, into the state of its day, then brought up to date."""

import json
from itertools import islice
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from ...models import IncidentRevision, Organisation, SharedTemplate, SharedTemplateRevision
from ...questionnaire import Unusable
from . import backup, versions

# What `make setup` and a running worker put into an installation that holds nothing yet.
OF_SETUP = {
    "notifications.Incident",
    "notifications.IncidentRevision",
    "notifications.Heartbeat",
    "notifications.Organisation",
    "notifications.SharedTemplate",
    "notifications.SharedTemplateChange",
    "notifications.SharedTemplateRevision",
    "contenttypes.ContentType",
    "auth.Permission",
    "sessions.Session",
}
NOT_EMPTY = (
    "Cette installation contient déjà des données : rien n’est changé. "
    "Pour les effacer et les remplacer par la sauvegarde, ajoutez --replace."
)


def restore_backup(*, path: Path, replace: bool) -> backup.Manifest:
    """Make this installation what the backup says; returns its manifest. Raises Unusable, and then nothing has
    changed."""
    backup.check_backup(path)
    with backup.open_backup(path) as (archive, manifest):
        nodes = [(app, name) for app, name in manifest["migrations"]]
        if set(nodes) - MigrationExecutor(connection).loader.disk_migrations.keys():
            raise Unusable([backup.NEWER])
        if not replace and (versions.find_version_fault() or not is_empty()):
            raise Unusable([NOT_EMPTY])
        # SQLite drops and alters tables only while it does not look at foreign keys; they are looked at in the end
        with connection.constraint_checks_disabled(), transaction.atomic():
            _drop_everything()
            graph = MigrationExecutor(connection).loader.graph
            # of each application the last ones: those after which no other of it comes
            parents = {
                parent.key for node in nodes for parent in graph.node_map[node].parents if parent.key[0] == node[0]
            }
            state = MigrationExecutor(connection).migrate([node for node in nodes if node not in parents])
            _load(archive, manifest, backup.list_stored_models(state.apps))
            connection.check_constraints()
            executor = MigrationExecutor(connection)
            executor.migrate(executor.loader.graph.leaf_nodes())
            connection.check_constraints()
    return manifest


def is_empty() -> bool:
    """Has nobody used this installation yet, made an organisation here, or begun a template?"""
    names = set(connection.introspection.table_names())
    tables = [model for model in backup.list_stored_models(apps) if model._meta.db_table in names]
    if any(model._base_manager.exists() for model in tables if model._meta.label not in OF_SETUP):
        return False
    revisions = [model for model in (IncidentRevision, SharedTemplateRevision) if model in tables]
    if any(model.objects.filter(from_seed=False).exists() for model in revisions):
        return False
    if SharedTemplateRevision not in tables:
        return True
    shipped = SharedTemplate.objects.filter(revisions__from_seed=True)
    others = SharedTemplate.objects.exclude(pk__in=shipped)
    return not (others.exists() or Organisation.objects.exclude(templates__in=shipped).exists())


def _drop_everything() -> None:
    """Drop all tables, also what a newer version left behind: nothing here knows those, yet they refer to ours, and an
    upgrade would stumble over them."""
    ours = tuple({f"{app}_" for app, _ in MigrationRecorder(connection).applied_migrations()})
    known = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    known.add(MigrationRecorder.Migration._meta.db_table)
    tables = [name for name in connection.introspection.table_names() if name in known or name.startswith(ours)]
    with connection.cursor() as cursor:
        for name in sorted(tables):
            cursor.execute(connection.SchemaEditorClass.sql_delete_table % {"table": connection.ops.quote_name(name)})


def _load(archive: ZipFile, manifest: backup.Manifest, tables: list[type[models.Model]]) -> None:
    """Fill the tables, which are as they were at the backup, and read them back to see that the rows are the same."""
    if {model._meta.label for model in tables} != manifest["tables"].keys():
        raise Unusable([backup.DAMAGED])
    # tables come in any order: this puts PostgreSQL's foreign keys off to the end, as they were before a migration
    connection.check_constraints()
    for model in tables:
        with archive.open(backup.name_member(model)) as lines:
            _insert(model, lines)
        rows = backup.dump_rows(model, connection.alias)
        if backup.digest_rows(rows) != manifest["tables"][model._meta.label]:
            raise Unusable([backup.DAMAGED])
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables):
            cursor.execute(statement)


def _insert(model: type[models.Model], lines: IO[bytes]) -> None:
    fields: list[Any] = [field for field in model._meta.concrete_fields if not field.generated]
    for field in fields:
        field.auto_now = field.auto_now_add = False  # of this state of the models only: instants stay what they were
    model._base_manager.all().delete()  # what a migration put there is in the backup, too
    while batch := [json.loads(line) for line in islice(lines, backup.BATCH)]:
        model._base_manager.bulk_create(
            model(**{field.attname: _read_value(field, row[field.attname]) for field in fields}) for row in batch
        )


def _read_value(field: Any, value: Any) -> Any:
    return value if isinstance(field, models.JSONField) else field.to_python(value)
