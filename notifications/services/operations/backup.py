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
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.db.migrations.executor import MigrationExecutor

from ...files.dossier_files import Unusable

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


def write(*, path: Path, now: datetime) -> Manifest:
    """Back everything up into `path`, readable by its owner only, while others go on writing: what was committed before
    the start is in it. It is read back before it takes the place of a previous one. Raises Unusable or OSError."""
    if MigrationExecutor(connection).migration_plan(_leaves()):
        raise Unusable([NOT_MIGRATED])
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "w+b") as file:
            with _standing_still(path.parent) as alias:
                _dump(file, alias, now)
            _seal(file)
            os.fsync(file.fileno())
        manifest = check(Path(name))
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    _sync_folder(path.parent)
    return manifest


def _leaves() -> list[tuple[str, str]]:
    return MigrationExecutor(connection).loader.graph.leaf_nodes()


@contextmanager
def _standing_still(folder: Path) -> Iterator[str]:
    """An alias under which the database does not change."""
    if connection.vendor == "sqlite":
        with _copied(folder) as alias:
            yield alias
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield DEFAULT_DB_ALIAS


@contextmanager
def _copied(folder: Path) -> Iterator[str]:
    """A long read would keep SQLite's writers waiting; its own backup only keeps them for the time of a copy."""
    alias = "backup"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".backup-") as private:  # mode 0700
        copy = Path(private) / "db.sqlite3"
        _copy(copy)
        connections.databases[alias] = {**connection.settings_dict, "NAME": copy}
        try:
            yield alias
        finally:
            connections[alias].close()
            del connections[alias], connections.databases[alias]


def _copy(path: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(path)) as target:
        try:
            connection.connection.backup(target)
            sound = target.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        except sqlite3.DatabaseError as error:
            sound = False
            if error.sqlite_errorcode not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise OSError(errno.EIO, "copie de la base impossible, disque plein ?") from error
    if not sound:
        raise Unusable([NOT_SOUND])


def _dump(file: IO[bytes], alias: str, now: datetime) -> None:
    tables = {}
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=3) as archive:
        for model in stored_models(apps):
            digest, rows = hashlib.sha256(), 0
            with archive.open(member(model), "w", force_zip64=True) as table:
                for line in lines(model, alias):
                    table.write(line)
                    digest.update(line)
                    rows += 1
            tables[model._meta.label] = {"rows": rows, "sha256": digest.hexdigest()}
        migrations = sorted(MigrationExecutor(connection).loader.graph.nodes)
        manifest = {"format": FORMAT, "version": VERSION, "made_at": now.isoformat(), "engine": connection.vendor}
        text = json.dumps({**manifest, "migrations": migrations, "tables": tables}, indent=1)
        archive.writestr(MANIFEST, text)
        archive.comment = b" " * SEAL_LENGTH  # its place, filled once all the rest is written


def stored_models(registry: Any) -> list[type[models.Model]]:
    """The tables of a registry of models (today's, or those of a migration), without those that no backup holds."""
    found = registry.get_models(include_auto_created=True)
    own = [each for each in found if each._meta.managed and not each._meta.proxy and not each._meta.swapped]
    return sorted((each for each in own if each._meta.label not in LEFT_OUT), key=lambda each: each._meta.label)


def member(model: type[models.Model]) -> str:
    return f"{model._meta.label}.jsonl"


def lines(model: type[models.Model], alias: str) -> Iterator[bytes]:
    """The rows of a table by key, each as a line: the same bytes whatever the engine."""
    names = [field.attname for field in model._meta.concrete_fields if not field.generated]
    rows = model._base_manager.using(alias).order_by("pk").values(*names)
    for row in rows.iterator(chunk_size=BATCH):
        yield json.dumps(row, sort_keys=True, default=_plain).encode() + b"\n"


def _plain(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _seal(file: IO[bytes]) -> None:
    file.flush()
    seal = _seal_of(file)
    file.seek(-SEAL_LENGTH, os.SEEK_END)
    file.write(seal)
    file.flush()


def _seal_of(file: IO[bytes]) -> bytes:
    """What the end of the file must be, from all that stands before it."""
    left, digest = file.seek(0, os.SEEK_END) - SEAL_LENGTH, hashlib.sha256()
    file.seek(0)
    while left > 0 and (block := file.read(min(left, 1 << 20))):
        digest.update(block)
        left -= len(block)
    return (SEAL + digest.hexdigest()).encode()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# -- reading one ----------------------------------------------------------------------------------------


def check(path: Path) -> Manifest:
    """The manifest of a whole and undamaged backup. Raises Unusable."""
    with opened(path) as (archive, manifest):
        for label, table in manifest["tables"].items():
            with archive.open(f"{label}.jsonl") as rows:
                if digest_of(rows) != table:
                    raise Unusable([DAMAGED])
        return manifest


def digest_of(rows: Any) -> dict[str, Any]:
    """How many lines there are, and the SHA-256 of them all."""
    digest, number = hashlib.sha256(), 0
    for line in rows:
        digest.update(line)
        number += 1
    return {"rows": number, "sha256": digest.hexdigest()}


@contextmanager
def opened(path: Path) -> Iterator[tuple[ZipFile, Manifest]]:
    """A sealed backup and its manifest. Raises Unusable."""
    try:
        with path.open("rb") as file:
            seal = _seal_of(file)
            if file.read() != seal:
                raise Unusable([DAMAGED])
            with ZipFile(file) as archive:
                yield archive, _manifest(archive)
    except (OSError, BadZipFile, KeyError, EOFError) as error:
        if isinstance(error, FileNotFoundError):
            raise Unusable(["Ce fichier n’existe pas."]) from None
        raise Unusable([DAMAGED]) from error


def _manifest(archive: ZipFile) -> Manifest:
    manifest = json.loads(archive.read(MANIFEST))
    if manifest.get("format") != FORMAT:
        raise Unusable(["Ce fichier n’est pas une sauvegarde de Breach Assistant."])
    if manifest["version"] != VERSION:
        raise Unusable([OLDER if manifest["version"] < VERSION else NEWER])
    return manifest
