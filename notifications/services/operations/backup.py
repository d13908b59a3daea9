"""A backup: every row of every table, in one file that either database engine takes back.

The file is a zip: one member for each table, a line of JSON for each row, and a manifest that says how many rows, the
SHA-256 of each member, and up to which migrations. Its comment is the SHA-256 of everything before it, so that no byte
can change unseen. It holds no key of the installation and no session: whoever steals it signs in nowhere with it, but
reads everything; keep it as the database itself."""

import base64
import errno
import hashlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.db.migrations.executor import MigrationExecutor

from ...questionnaire import Unusable

FORMAT, VERSION = "breach-assistant/backup", 2
MANIFEST = "manifest.json"
SEAL = "sha256:"
SEAL_LENGTH = len(SEAL) + 64
LEFT_OUT = {"sessions.Session"}  # people sign in again; a stolen backup opens no session
BATCH = 500  # rows read or written at a time

Manifest = dict[str, Any]

DAMAGED = "Cette sauvegarde est abîmée ou incomplète : elle n’est pas reprise. Essayez la précédente."
OLDER = (
    "Cette sauvegarde vient d’une version antérieure à 0.9.0, que celle-ci ne reprend pas : rien n’est changé. "
    "Lisez docs/upgrade.md."
)
NEWER = "Cette sauvegarde vient d’une version plus récente de Breach Assistant : mettez d’abord celui-ci à jour."
NOT_MIGRATED = "La base n’est pas à jour : lancez d’abord « manage.py migrate »."
NOT_SOUND = "La base elle-même est abîmée : rien n’est sauvegardé, et la sauvegarde précédente reste en place."


# -- making one -----------------------------------------------------------------------------------------


def write_backup(*, path: Path, now: datetime) -> Manifest:
    """Back everything up into `path`, readable by its owner only, while others go on writing: what was committed before
    the start is in it. It is read back before it takes the place of a previous one. Raises Unusable or OSError."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Unusable([NOT_MIGRATED])
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "w+b") as file:
            with _hold_still(path.parent) as alias:
                _dump(file, alias, now)
            seal(file)
            os.fsync(file.fileno())
        manifest = check_backup(Path(name))
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return manifest


@contextmanager
def _hold_still(folder: Path) -> Iterator[str]:
    """Give an alias under which the database does not change. A long read would keep SQLite's writers waiting: there it
    is that of a copy, which keeps them only while it is made, and which is looked at for damage."""
    if connection.vendor != "sqlite":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield DEFAULT_DB_ALIAS
        return
    alias = "backup"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".backup-") as private:  # mode 0700
        copy = Path(private) / "db.sqlite3"
        connection.ensure_connection()
        with closing(sqlite3.connect(copy)) as target:
            try:
                connection.connection.backup(target)
                is_sound = target.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                    raise OSError(errno.EIO, "copie de la base impossible, disque plein ?") from error
                is_sound = False
        if not is_sound:
            raise Unusable([NOT_SOUND])
        connections.databases[alias] = {**connection.settings_dict, "NAME": copy}
        try:
            yield alias
        finally:
            connections[alias].close()
            del connections[alias], connections.databases[alias]


def _dump(file: IO[bytes], alias: str, now: datetime) -> None:
    tables = {}
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=3) as archive:
        for model in list_stored_models(apps):
            with archive.open(name_member(model), "w", force_zip64=True) as member:
                tables[model._meta.label] = digest_rows(dump_rows(model, alias), member)
        migrations = sorted(MigrationExecutor(connection).loader.graph.nodes)
        manifest = {"format": FORMAT, "version": VERSION, "made_at": now.isoformat(), "engine": connection.vendor}
        text = json.dumps({**manifest, "migrations": migrations, "tables": tables}, indent=1)
        archive.writestr(MANIFEST, text)
        archive.comment = b" " * SEAL_LENGTH  # its place, filled once all the rest is written


def list_stored_models(registry: Any) -> list[type[models.Model]]:
    """Return the tables of a registry of models (today's, or those of a migration) by label, without those that no
    backup holds."""
    options = [model._meta for model in registry.get_models(include_auto_created=True)]
    stored = [each for each in options if each.managed and not each.proxy and not each.swapped]
    return [each.model for each in sorted(stored, key=lambda each: each.label) if each.label not in LEFT_OUT]


def name_member(model: type[models.Model]) -> str:
    return f"{model._meta.label}.jsonl"


def dump_rows(model: type[models.Model], alias: str) -> Iterator[bytes]:
    """Yield the rows of a table by key, each as a line: the same bytes whatever the engine."""
    names = [field.attname for field in model._meta.concrete_fields if not field.generated]
    rows = model._base_manager.using(alias).order_by("pk").values(*names)
    for row in rows.iterator(chunk_size=BATCH):
        yield json.dumps(row, sort_keys=True, default=_plain).encode() + b"\n"


def _plain(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def digest_rows(rows: Iterable[bytes], copy: IO[bytes] | None = None) -> dict[str, Any]:
    """Return how many lines there are, and the SHA-256 of them all; write each into `copy`, too."""
    digest, number = hashlib.sha256(), 0
    for line in rows:
        digest.update(line)
        number += 1
        if copy:
            copy.write(line)
    return {"rows": number, "sha256": digest.hexdigest()}


def seal(file: IO[bytes]) -> None:
    """Write, in its place at the end of the file, what tells that no byte before it changed."""
    file.flush()
    text = _compute_seal(file)
    file.seek(-SEAL_LENGTH, os.SEEK_END)
    file.write(text)
    file.flush()


def _compute_seal(file: IO[bytes]) -> bytes:
    """Return what the end of the file must be, from all that stands before it, where the file is left."""
    left, digest = file.seek(0, os.SEEK_END) - SEAL_LENGTH, hashlib.sha256()
    file.seek(0)
    while left > 0 and (block := file.read(min(left, 1 << 20))):
        digest.update(block)
        left -= len(block)
    return (SEAL + digest.hexdigest()).encode()


# -- reading one ----------------------------------------------------------------------------------------


def check_backup(path: Path) -> Manifest:
    """Return the manifest of a whole and undamaged backup. Raises Unusable."""
    with open_backup(path) as (archive, manifest):
        for label, table in manifest["tables"].items():
            with archive.open(f"{label}.jsonl") as rows:
                if digest_rows(rows) != table:
                    raise Unusable([DAMAGED])
        return manifest


@contextmanager
def open_backup(path: Path) -> Iterator[tuple[ZipFile, Manifest]]:
    """Give a sealed backup of this number and its manifest. Raises Unusable."""
    try:
        with path.open("rb") as file:
            seal = _compute_seal(file)
            if file.read() != seal:
                raise Unusable([DAMAGED])
            with ZipFile(file) as archive:
                manifest = json.loads(archive.read(MANIFEST))
                if manifest.get("format") != FORMAT:
                    raise Unusable(["Ce fichier n’est pas une sauvegarde de Breach Assistant."])
                if manifest["version"] != VERSION:
                    raise Unusable([OLDER if manifest["version"] < VERSION else NEWER])
                yield archive, manifest
    except FileNotFoundError:
        raise Unusable(["Ce fichier n’existe pas."]) from None
    except (OSError, BadZipFile, KeyError, EOFError) as error:
        raise Unusable([DAMAGED]) from error
