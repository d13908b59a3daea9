"""`manage.py backup` and `restore`, as an operator runs them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.conf import settings

from notifications.questionnaire import Unusable
from notifications.services.operations import backup
from tests.servers import SERVER_URL, STATIC_IS_READY, copy_installation, environment, reading
from tests.services.dossiers.test_kill import SAVES, Typist, check

COMMITTED = Path(settings.BASE_DIR) / "tests/data/backup.v2.zip"
FILL = """
from datetime import UTC, datetime
from notifications.models import Filing, IncidentRevision
from notifications.services.accounts import access
from notifications.services.dossiers import saving
now = datetime(2025, 11, 14, 8, 0, 0, 123456, tzinfo=UTC)
for revision in (IncidentRevision.objects.get(incident__slug="weda-2025-11", number="3"), None):
    dossier = saving.start_dossier(revision=revision, timezone="Europe/Paris", by="au début", now=now)
    city = {"state": "known", "value": "Fécamp\\u202f– 🩺 \\"x\\"", "origin": "practice", "reviewed": True}
    saving.save_answers(dossier=dossier, base=1, entries={"city": city}, by="Camille", now=now)
    access.grant_device(dossier=dossier, secret="s", now=now)
content = {"é": [1, None]}
Filing.objects.create(dossier=dossier, number=1, kind="initial", filed_at=now, recorded_at=now, content=content)
"""
OF_TOMORROW = """
from django.db import connection
cursor = connection.cursor()
cursor.execute("CREATE TABLE notifications_of_tomorrow (its bigint NOT NULL REFERENCES notifications_dossier (id))")
cursor.execute("INSERT INTO notifications_of_tomorrow SELECT id FROM notifications_dossier")
"""


def run(var, *arguments, on_server=True, **options):
    """(exit code, what it said)"""
    told = environment(var) if on_server else {"PATH": os.environ["PATH"], "VAR_DIR": str(var)}
    command = [sys.executable, "manage.py", *map(str, arguments)]
    ended = subprocess.run(
        command, cwd=settings.BASE_DIR, env=told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )
    return ended.returncode, ended.stdout


def tables(path):
    return backup.check_backup(path)["tables"]


@pytest.fixture(scope="module")
def used_var(seeded_var, tmp_path_factory):
    """An installation with dossiers, of which nobody changes anything."""
    var = tmp_path_factory.mktemp("used") / "var"
    copy_installation(seeded_var, var)
    assert run(var, "shell", "--no-imports", "-c", FILL)[0] == 0
    return var


@pytest.fixture(scope="module")
def made(used_var, tmp_path_factory):
    path = tmp_path_factory.mktemp("backups") / "made.zip"
    code, said = run(used_var, "backup", path)
    assert code == 0, said
    assert "écrite et vérifiée" in said
    return path


@pytest.mark.skipif(not STATIC_IS_READY, reason="static files are made by `make setup`")
def test_what_was_acknowledged_before_a_backup_is_in_it_and_comes_back_elsewhere(server, tmp_path):
    typists = [Typist(server, number) for number in range(4)]
    for typist in typists:
        typist.start()
    while sum(len(typist.acknowledged) for typist in typists) < 2 * SAVES:
        typists[0].stopped.wait(0.01)
    before = {typist.public_id: list(typist.acknowledged) for typist in typists}
    code, said = run(server.var, "backup", tmp_path / "during.zip")
    during = sum(len(typist.acknowledged) for typist in typists)
    for typist in typists:
        typist.stopped.set()
    for typist in typists:
        typist.join(timeout=60)
    assert (code, [typist.faults for typist in typists if typist.faults]) == (0, []), said
    assert during > sum(map(len, before.values()))  # nobody had to wait for its end
    assert (tmp_path / "during.zip").stat().st_mode & 0o777 == 0o600

    assert run(tmp_path / "elsewhere", "restore", tmp_path / "during.zip")[0] == 0
    with reading(tmp_path / "elsewhere") as ask:
        for typist in typists:
            after = len(typist.acknowledged)
            typist.acknowledged = before[typist.public_id]
            check(ask, typist, more=after + 1 - len(typist.acknowledged))


def test_every_row_comes_back_and_only_replace_erases_what_is_there(made, tmp_path):
    var = tmp_path / "var"
    assert run(var, "restore", made)[0] == 0
    assert run(var, "backup", tmp_path / "again.zip")[0] == 0
    assert tables(tmp_path / "again.zip") == tables(made)
    assert tables(made)["notifications.Filing"]["rows"] == 1

    code, said = run(var, "restore", COMMITTED)
    assert code == 1
    assert "contient déjà des données" in said
    code, said = run(var, "restore", COMMITTED, "--replace")
    assert code == 0, said
    assert run(var, "migrate", "--check")[0] == 0  # the file is of an older version, the installation of this one
    with reading(var) as ask:
        assert ask("SELECT name FROM notifications_practice") == [("Cabinet de la sauvegarde",)]


def test_going_back_leaves_nothing_of_a_newer_version(made, tmp_path):
    var = tmp_path / "var"
    assert run(var, "restore", made)[0] == 0
    newer = ("shell", "--no-imports", "-c", OF_TOMORROW)
    assert run(var, *newer)[0] == 0
    code, said = run(var, "restore", made, "--replace")
    assert code == 0, said
    code, said = run(var, *newer)  # the upgrade can be made again
    assert code == 0, said


@pytest.mark.parametrize("change", ["flip", "cut", "grow"])
def test_a_damaged_backup_is_refused(made, tmp_path, seeded, change):
    whole, damaged = made.read_bytes(), tmp_path / "damaged.zip"
    for _ in range(25):
        at = seeded.randrange(len(whole))
        flipped = bytes([whole[at] ^ (1 << seeded.randrange(8))])
        bad = {"flip": whole[:at] + flipped + whole[at + 1 :], "cut": whole[:at], "grow": whole + whole[at:]}[change]
        damaged.write_bytes(bad)
        with pytest.raises(Unusable, match="abîmée"):
            backup.check_backup(damaged)


def resealed(made, path, **changes):
    """The backup with another manifest, as a program that seals it would write it."""
    with ZipFile(made) as old, ZipFile(path, "w") as new:
        for name in old.namelist():
            manifest = {**json.loads(old.read(name)), **changes} if name == backup.MANIFEST else None
            new.writestr(name, json.dumps(manifest) if manifest else old.read(name))
        new.comment = b" " * backup.SEAL_LENGTH
    with path.open("r+b") as file:
        backup.seal(file)
    return path


def test_a_backup_that_does_not_fit_changes_nothing_and_says_why(made, used_var, tmp_path):
    after = [["notifications", "9999_of_tomorrow"], *backup.check_backup(made)["migrations"]]
    for changes, sentence in (
        ({"migrations": after}, backup.NEWER),
        ({"version": backup.VERSION + 1}, backup.NEWER),
        ({"version": backup.VERSION - 1}, backup.OLDER),
    ):
        code, said = run(used_var, "restore", "--replace", resealed(made, tmp_path / "other.zip", **changes))
        assert (code, said) == (1, f"CommandError: {sentence}\n")
    (tmp_path / "cut.zip").write_bytes(made.read_bytes()[:-1])
    assert run(used_var, "restore", "--replace", tmp_path / "cut.zip") == (1, f"CommandError: {backup.DAMAGED}\n")
    # found only while the rows go in: all that was done is undone
    table = tables(made)
    wrong = {**table, "notifications.JournalEntry": {**table["notifications.JournalEntry"], "sha256": "0" * 64}}
    with pytest.raises(Unusable):
        backup.check_backup(resealed(made, tmp_path / "wrong.zip", tables=wrong))
    assert run(used_var, "backup", tmp_path / "after.zip")[0] == 0
    assert tables(tmp_path / "after.zip") == table


def test_a_backup_that_fails_leaves_the_previous_one(used_var, made, tmp_path):
    kept = tmp_path / "kept.zip"
    shutil.copy(made, kept)

    def full_disk():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    code, said = run(used_var, "backup", kept, preexec_fn=full_disk)
    assert code == 1
    assert "n’a pas pu être écrite" in said
    assert kept.read_bytes() == made.read_bytes()
    assert os.listdir(tmp_path) == ["kept.zip"]


@pytest.mark.database
@pytest.mark.skipif(not SERVER_URL, reason="it needs both engines: see scripts/with_postgresql.py")
def test_an_installation_moves_to_another_engine_and_back(made, tmp_path):
    path, on_server = made, False
    for name in ("one", "two"):
        assert run(tmp_path / name, "restore", path, on_server=on_server)[0] == 0
        path = tmp_path / f"{name}.zip"
        assert run(tmp_path / name, "backup", path, on_server=on_server)[0] == 0
        assert tables(path) == tables(made)
        on_server = not on_server


def test_no_secret_of_the_installation_is_in_a_backup(made, used_var):
    key = (used_var / "secret_key").read_bytes()
    with ZipFile(made) as archive:
        assert not [name for name in archive.namelist() if "session" in name.lower()]
        assert key not in b"".join(map(archive.read, archive.namelist()))
