"""A database of another version: the one of 0.9.0 is brought up to date for ever, one from before it is refused."""

import gzip
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings

from notifications.services.operations import restore, versions
from tests.commands.test_backup import run, tables
from tests.servers import SERVER_URL, copy_installation, environment, reading

DATA = Path(settings.BASE_DIR) / "tests/data"
MIGRATIONS = "CREATE TABLE django_migrations (id integer, app varchar(255), name varchar(255), applied timestamp)"
DRAFTS = "CREATE TABLE notifications_draft (id integer)"
APPLIED = "INSERT INTO django_migrations VALUES (1, 'notifications', '{}', '2025-11-14 08:00:00')"
# What an installation from before 0.9.0 may hold: its last state, its first one, and no record of how it was made.
OLD = {
    "last": [MIGRATIONS, DRAFTS, APPLIED.format("0001_initial"), APPLIED.format("0007_unions")],
    "first": [MIGRATIONS, DRAFTS, APPLIED.format("0001_initial")],
    "unrecorded": [DRAFTS],
}
OF_TOMORROW = (
    "INSERT INTO django_migrations (app, name, applied) VALUES ('notifications', '9999', '2030-01-01 08:00:00')"
)


def execute(var: Path, statements: Iterable[str]) -> None:
    """Write to the database of an installation, as another version of the program would."""
    if SERVER_URL:
        import psycopg

        database = psycopg.connect(environment(var)["DATABASE_URL"])
    else:
        import sqlite3

        var.mkdir(exist_ok=True)
        database = sqlite3.connect(var / "db.sqlite3")
    with closing(database), database:
        for statement in statements:
            database.execute(statement)


def contents(var: Path) -> object:
    """The bytes of the file; of a server, its tables and the migrations that it holds."""
    if not SERVER_URL:
        return (var / "db.sqlite3").read_bytes()
    with reading(var) as ask:
        tables = sorted(ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        recorded = ("django_migrations",) in tables
        return tables, recorded and sorted(ask("SELECT app, name FROM django_migrations"))


@pytest.mark.database
@pytest.mark.parametrize("statements", OLD.values(), ids=OLD)
def test_a_database_from_before_0_9_0_is_refused_and_left_as_it_is(tmp_path, statements):
    execute(tmp_path / "var", statements)
    before = contents(tmp_path / "var")
    assert run(tmp_path / "var", "prepare_database") == (1, f"CommandError: {versions.OLDER}\n")
    assert contents(tmp_path / "var") == before


@pytest.mark.database
def test_a_backup_replaces_an_older_database_only_when_asked_to(tmp_path):
    execute(tmp_path / "var", OLD["last"])
    before = contents(tmp_path / "var")
    code, said = run(tmp_path / "var", "restore", DATA / "backup.v2.zip")
    assert (code, contents(tmp_path / "var")) == (1, before)
    assert "contient déjà des données" in said
    code, said = run(tmp_path / "var", "restore", DATA / "backup.v2.zip", "--replace")
    assert code == 0, said
    assert run(tmp_path / "var", "prepare_database")[0] == 0


@pytest.mark.database
def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(seeded_var, tmp_path):
    copy_installation(seeded_var, tmp_path / "var")
    execute(tmp_path / "var", [OF_TOMORROW])
    before = contents(tmp_path / "var")
    assert run(tmp_path / "var", "prepare_database") == (1, f"CommandError: {versions.NEWER}\n")
    assert contents(tmp_path / "var") == before


def test_the_database_of_0_9_0_is_brought_up_to_date(tmp_path):
    """Made by scripts/keep_database.py, which tells what is in it."""
    var = tmp_path / "var"
    var.mkdir()
    (var / "db.sqlite3").write_bytes(gzip.decompress((DATA / "database-0.9.0.sqlite3.gz").read_bytes()))
    for command in (["prepare_database"], ["migrate"], ["load_seeds"], ["migrate", "--check"], ["verify_journal"]):
        code, said = run(var, *command, on_server=False)
        assert code == 0, said
    assert "2 dossier(s)" in said
    # every column of every table can be read by this version
    code, said = run(var, "backup", tmp_path / "now.zip", on_server=False)
    assert code == 0, said
    kept, now = tables(DATA / "backup.v2.zip"), tables(tmp_path / "now.zip")
    lost = [label for label, table in kept.items() if now.get(label, {"rows": 0})["rows"] < table["rows"]]
    grown = {label for label, table in now.items() if label in kept and table["rows"] > kept[label]["rows"]}
    assert (lost, grown - restore.OF_SETUP) == ([], set())
