"""`kill -9` of the worker at random moments of a batch: all files are made, each right, none twice."""

import json
import subprocess
import sys
from contextlib import contextmanager, suppress

import pytest
from django.conf import settings

from tests.servers import copy_installation, environment, reading

LOOKS = 1500  # at how many files are made, until we give up: five minutes at least

FILL = """
import sys, django
django.setup()
from django.db import transaction
from django.utils import timezone
from notifications.models import Batch
from notifications.services.dossiers import claims, saving
from notifications.services.practices import batches
from tests.dossiers import answered
from tests.world import account
now = timezone.now()  # the worker also erases what nobody used for long
with transaction.atomic():
    user = account("a")
    count, begun = int(sys.argv[1]), dict(revision=None, timezone="Europe/Paris", by="test", now=now)
    made = [saving.start_dossier(**begun) for _ in range(count)]
    for number, dossier in enumerate(made):
        claims.give_to_account(dossier=dossier, user=user)
        named = {"organisation_name": answered("organisation_name", f"Cabinet {number}")}
        saving.save_answers(dossier=dossier, base=dossier.version, entries=named, by="test", now=now)
    batches.begin(user=user, kind=Batch.Kind.DRAFTS, dossiers=made, now=now)
"""
# Instead of waiting for it: nobody but the worker that was killed holds one.
END_LEASES = """
import django
django.setup()
from django.db.models.functions import Now
from notifications.models import BatchItem
BatchItem.objects.filter(leased_until__gt=Now()).update(leased_until=Now())
"""
# What each file must be, made in one process that nobody kills; then the whole zip, as it is fetched.
CHECK = """
import hashlib, io, json, zipfile, django
django.setup()
from django.test import Client
from notifications import tasks
from notifications.models import Batch
from tests.world import BACKEND
batch = Batch.objects.get()
minute = batch.created_at.replace(second=0, microsecond=0)
digest = lambda data: hashlib.sha256(data).hexdigest()
wanted = [digest(next(tasks.draft_files(item.dossier, minute))[1]) for item in batch.items.order_by("number")]
client = Client()
client.force_login(batch.user, backend=BACKEND)
data = client.get(f"/lots/{batch.public_id}/fichiers.zip", headers={"host": "127.0.0.1:8000"}).content
archive = zipfile.ZipFile(io.BytesIO(data))
got = [digest(archive.read(name)) for name in archive.namelist() if name.endswith(".pdf")]
print(json.dumps({"wanted": wanted, "got": got}))
"""


def run(var, code, *arguments):
    env = {**environment(var), "DJANGO_SETTINGS_MODULE": "breach_assistant.settings"}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout


@contextmanager
def worker(var):
    with (var / "worker.log").open("a") as log:
        command = [sys.executable, "manage.py", "worker", "--skip-checks"]
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment(var), stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def made(var):
    with reading(var) as ask:
        [[number]] = ask("SELECT count(*) FROM notifications_batchitem WHERE content IS NOT NULL OR fault <> ''")
    return number


def wait_until_made(var, process, enough):
    for _ in range(LOOKS):
        if made(var) >= enough:
            return
        pass_by(process, 0.2)
        assert process.poll() is None, (var / "worker.log").read_text()[-2000:]
    raise AssertionError(f"{made(var)} of {enough} files are made")


def pass_by(process, seconds):
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def kill_while_it_makes(seeded_var, tmp_path, seeded, *, kills, files, wait_for_leases):
    var = tmp_path / "var"
    copy_installation(seeded_var, var)
    run(var, FILL, str(files))
    for n in range(kills):
        with worker(var) as process:
            wait_until_made(var, process, max(files * n // kills, made(var) + (n > 0)))
            pass_by(process, seeded.uniform(0, 1.5))  # any point of starting, or of making one file
        if not wait_for_leases:
            run(var, END_LEASES)
    with worker(var) as process:
        wait_until_made(var, process, files)
        process.terminate()
        assert process.wait(timeout=30) == 0
    found = json.loads(run(var, CHECK))
    assert found["got"] == found["wanted"]
    assert len(found["got"]) == files
    assert ask_faults(var) == []
    print(f"{kills} kills, {files} files: all made, all right, none twice")


def ask_faults(var):
    with reading(var) as ask:
        return ask("SELECT fault FROM notifications_batchitem WHERE fault <> ''")


@pytest.mark.database
def test_killed_workers_make_every_file_once(seeded_var, tmp_path, seeded):
    kill_while_it_makes(seeded_var, tmp_path, seeded, kills=2, files=3, wait_for_leases=False)


@pytest.mark.slow
def test_workers_killed_often_make_every_file_once(seeded_var, tmp_path, seeded):
    kill_while_it_makes(seeded_var, tmp_path, seeded, kills=20, files=200, wait_for_leases=True)
