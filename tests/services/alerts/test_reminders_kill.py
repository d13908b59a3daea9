"""`kill -9` of the sender at random points, with a real mail server: nothing is lost, one repeat for each kill."""

import shutil
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from contextlib import closing

import pytest
from django.conf import settings

from tests.mailing import Server, certificate
from tests.servers import environment

FILL = """
import sys, django
django.setup()
from django.db import transaction
from django.utils import timezone
from datetime import timedelta
from tests import mailing
mailing.AWARE = timezone.now() - timedelta(hours=52)
count, each = map(int, sys.argv[1:])
with transaction.atomic():
    found = mailing.fill(count)
    for n in range(0, count if each > 1 else 0, each):
        mailing.share(found[n : n + each], f"cabinet{n}@cabinet.example")
"""


@pytest.fixture
def mailer(seeded_var, tmp_path):
    """A mail server, and an installation that sends to it."""
    certificate(tmp_path)
    shutil.copytree(seeded_var, tmp_path / "var")
    server = Server(tmp_path)
    server.start()
    yield (
        server,
        {
            **environment(tmp_path / "var"),
            "EMAIL_URL": f"smtps://localhost:{server.port}",
            "EMAIL_FROM": "rappels@cabinet.example",
            "EMAIL_CA_FILE": str(tmp_path / "cert.pem"),
            "DJANGO_SETTINGS_MODULE": "breach_assistant.settings",
        },
    )
    server.stop()


def sender(env, *arguments):
    command = [sys.executable, "manage.py", "send_reminders", "--skip-checks", *arguments]
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env=env, stdout=subprocess.DEVNULL)


def leases_end(env):
    """Ten minutes pass."""
    with closing(sqlite3.connect(f"{env['VAR_DIR']}/db.sqlite3", timeout=20)) as database, database:
        database.execute("UPDATE notifications_outgoing SET leased_until = '2000-01-01 00:00:00'")


def fill(env, reminders, each=1):
    command = [sys.executable, "-c", FILL, str(reminders), str(each)]
    subprocess.run(command, cwd=settings.BASE_DIR, env=env, check=True)


def kill_while_it_sends(mailer, seeded, *, kills, mails, each=1):
    """`each`: so many dossiers share a mail."""
    server, env = mailer
    fill(env, mails * each, each)
    for n in range(kills):
        process = sender(env)
        enough = mails * (n + 1) // (kills + 1)
        enough = max(enough, len(server.handler.mails) + 1)
        server.handler.wait_for(lambda taken, enough=enough: len(taken) >= enough)
        seeded_pause(server, seeded)
        process.kill()
        process.wait()
        leases_end(env)
    finish(server, env, mails, mails * each)
    check(server.handler.mails, kills, mails)


def finish(server, env, mails, reminders):
    """The loop sends the rest, and ends in good order when it is told to."""
    process = sender(env, "--loop")
    server.handler.wait_for(lambda taken: len({recipient for recipient, _ in taken}) == mails)
    process.terminate()
    assert process.wait(timeout=30) == 0
    with closing(sqlite3.connect(f"{env['VAR_DIR']}/db.sqlite3")) as database:
        states = database.execute("SELECT state, lease, count(*) FROM notifications_outgoing GROUP BY 1, 2").fetchall()
    assert states == [("sent", "", reminders)]


def seeded_pause(server, seeded):
    """Any point of sending one mail."""
    with server.handler.arrived:
        server.handler.arrived.wait(seeded.uniform(0, 0.03))


def check(mails, kills, reminders):
    """All are there; what came twice is the same message, once for each kill at most."""
    ids = defaultdict(Counter)
    for recipient, mail in mails:
        ids[recipient][mail["Message-ID"]] += 1
    assert len(ids) == reminders
    assert [found for found in ids.values() if len(found) > 1] == []
    repeats = len(mails) - reminders
    print(f"{kills} kills, {reminders} reminders: 0 lost, {repeats} repeated")
    assert repeats <= kills


def test_kills_lose_nothing(mailer, seeded):
    kill_while_it_sends(mailer, seeded, kills=3, mails=60)


@pytest.mark.slow
def test_many_kills_lose_nothing(mailer, seeded):
    kill_while_it_sends(mailer, seeded, kills=50, mails=1000)


@pytest.mark.slow
def test_kills_part_no_mail_that_dossiers_of_a_group_share(mailer, seeded):
    kill_while_it_sends(mailer, seeded, kills=20, mails=100, each=5)


@pytest.mark.slow
def test_several_senders_repeat_nothing(mailer):
    server, env = mailer
    fill(env, 300)
    senders = [sender(env) for _ in range(3)]
    assert [process.wait(timeout=120) for process in senders] == [0, 0, 0]
    check(server.handler.mails, 0, 300)
