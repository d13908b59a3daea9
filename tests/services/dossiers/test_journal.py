"""The journal tells every change of state and no value; whatever is done to it afterwards is found."""

import copy
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction

from notifications.models import Dossier, Filing, JournalEntry
from notifications.report import build_report
from notifications.services import journal
from notifications.services.accounts import access, secrets
from notifications.services.dossiers import filings, loading, saving
from notifications.services.keeping import erasure
from tests.dossiers import NOW, PARIS
from tests.servers import environment
from tests.stored import Tab, file, start_weda

LENGTH = 16
CANARY = "Kanari-4711"
EVENTS = sorted(journal.EVENTS)


# -- what is told -----------------------------------------------------------------------------------------


def test_every_change_of_state_leaves_a_line_without_a_value(weda_dossier):
    tab = Tab(weda_dossier, by="appareil 1")
    access.grant_device(dossier=weda_dossier, secret=CANARY, now=NOW)
    tab.type(discovery=f"Mme X. l'a dit à {CANARY}.", organisation_name=CANARY)
    tab.reload()
    seen = build_report(loading.load_dossier_data(tab.dossier), NOW).by_key["discovery"].fingerprint
    saving.overrule_warning(dossier=weda_dossier, key="discovery", seen=seen, by="appareil 1", now=NOW)
    secret = access.make_link(dossier=weda_dossier, by="appareil 1", now=NOW)
    access.revoke_link(dossier=weda_dossier, number=1, by="appareil 1", now=NOW)
    file(weda_dossier, cnil_number=CANARY, filed_by=CANARY)
    filings.cancel(dossier=weda_dossier, number=1, reason=CANARY, by="appareil 1", now=NOW)
    access.forget_device(device=secrets.hash_secret(CANARY), now=NOW)
    lines = list(weda_dossier.journal.order_by("number"))
    assert [(line.event, line.keys) for line in lines[2:]] == [
        ("device_granted", ["appareil 1"]),
        ("answers_saved", ["discovery", "organisation_name"]),
        ("warning_overruled", ["discovery"]),
        ("link_made", ["lien 1"]),
        ("link_revoked", ["lien 1"]),
        ("filed", ["dépôt 1", f"sha256 {Filing.objects.get().digest}"]),
        ("filing_cancelled", ["dépôt 1"]),
        ("device_forgotten", ["appareil 1"]),
    ]
    told = str([(line.by, line.event, line.keys) for line in lines])
    assert CANARY not in told
    assert secret not in told
    assert journal.find_first_fault(weda_dossier) is None


def test_a_change_that_fails_leaves_no_line(weda_dossier):
    before = weda_dossier.journal.count()
    with pytest.raises(filings.Moved):
        filings.record(dossier=weda_dossier, version=0, number=1, kind="initial", filed_at=NOW, by="a", now=NOW)
    assert not access.revoke_link(dossier=weda_dossier, number=1, by="a", now=NOW)
    assert weda_dossier.journal.count() == before


# -- what is found ------------------------------------------------------------------------------------------


def chain(public_id="dossier"):
    """(lines, count, head) of a whole journal, without a database."""
    lines, head = [], ""
    for number in range(1, LENGTH + 1):
        keys = [f"question_{number % 5}"][: number % 2]
        at, event = NOW + timedelta(minutes=number), EVENTS[number % len(EVENTS)]
        line = SimpleNamespace(number=number, at=at, by="appareil 1", event=event, keys=keys)
        line.hash = head = journal.hash_line(public_id, line, head)
        lines.append(line)
    return lines, LENGTH, head


def change(lines, chance):
    line = chance.choice(lines)
    name = chance.choice(["at", "by", "event", "keys", "hash", "number"])
    other = {
        "at": line.at + chance.choice([-1, 1]) * timedelta(microseconds=chance.randint(1, 10**9)),
        "by": line.by + chance.choice(" 2x"),
        "event": chance.choice([each for each in EVENTS if each != line.event]),
        "keys": [*line.keys, "question_9"] if chance.random() < 0.5 or not line.keys else [],
        "hash": "".join(chance.choices("0123456789abcdef", k=64)),
        "number": line.number + LENGTH,
    }
    setattr(line, name, other[name])


def delete(lines, chance):
    lines.remove(chance.choice(lines))


def swap(lines, chance):
    """Two lines change places, with or without their hashes."""
    one, other = chance.sample(lines, 2)
    names = ["at", "by", "event", "keys"] + ["hash"] * chance.randint(0, 1)
    for name in names:
        was = getattr(one, name)
        setattr(one, name, getattr(other, name))
        setattr(other, name, was)


def insert(lines, chance):
    """A line more, with a hash that fits what stands before it; the numbers after it may move on."""
    place = chance.randint(0, len(lines))
    line = JournalEntry(number=place + 1, at=NOW, by="appareil 2", event="filed", keys=[])
    line.hash = journal.hash_line("dossier", line, lines[place - 1].hash if place else "")
    if chance.random() < 0.5:
        for each in lines[place:]:
            each.number += 1
    lines.insert(place, line)


def cut(lines, chance):
    del lines[chance.randrange(len(lines)) :]


def rewrite(lines, chance):
    """A line is changed, and every hash from there on is made again: only the dossier's own last hash tells."""
    place = chance.randrange(len(lines))
    lines[place].by += "x"
    before = lines[place - 1].hash if place else ""
    for line in lines[place:]:
        line.hash = before = journal.hash_line("dossier", line, before)


EDITS = [change, delete, swap, insert, cut, rewrite]


def test_5000_random_edits_are_all_found(seeded):
    whole, count, head = chain()
    assert journal.find_fault("dossier", whole, count, head) is None
    missed = []
    for turn in range(5_000):
        lines, edit = [copy.copy(line) for line in whole], seeded.choice(EDITS)
        edit(lines, seeded)
        lines.sort(key=lambda line: line.number)
        if facts(lines) != facts(whole) and journal.find_fault("dossier", lines, count, head) is None:
            missed.append((turn, edit.__name__))
    assert missed == []


def facts(lines):
    return [(line.number, line.at, line.by, line.event, line.keys, line.hash) for line in lines]


def test_the_first_line_that_does_not_fit_is_named():
    for place in range(LENGTH):
        lines, count, head = chain()
        lines[place].by = "x"
        assert journal.find_fault("dossier", lines, count, head) == place + 1
        lines, count, head = chain()
        assert journal.find_fault("dossier", lines[:place], count, head) == place + 1  # the tail was cut
    lines, count, head = chain()
    assert journal.find_fault("dossier", lines, count - 1, lines[-2].hash) == count  # one too many
    assert journal.find_fault("autre", lines, count, head) == 1  # another dossier's
    assert journal.find_fault("dossier", [], 0, "") is None


@pytest.fixture
def long_dossier(weda_dossier):
    for number in range(LENGTH - weda_dossier.journal.count()):
        event = EVENTS[number % len(EVENTS)]
        journal.append_line(dossier=weda_dossier, event=event, keys=["kind"], by="appareil 1", now=NOW)
    return Dossier.objects.get()


def test_edits_of_the_database_are_found(long_dossier, seeded):
    for _ in range(150):
        with transaction.atomic():
            lines = list(long_dossier.journal.order_by("number"))
            before = facts(lines)
            kept, edit = list(lines), seeded.choice(EDITS)
            edit(lines, seeded)
            if facts(sorted(lines, key=lambda line: line.number)) != before:
                long_dossier.journal.all().delete()
                for place, line in enumerate(lines):
                    line.pk, line.dossier = place + 1, long_dossier
                numbers = [line.number for line in lines]
                if len(set(numbers)) == len(numbers):  # else the table refuses it
                    JournalEntry.objects.bulk_create(lines)
                assert journal.find_first_fault(long_dossier) is not None, (edit.__name__, len(kept))
            transaction.set_rollback(True)
    assert journal.find_first_fault(long_dossier) is None


# -- the command ----------------------------------------------------------------------------------------------


def test_the_command_names_the_first_fault_of_each_dossier(long_dossier, capsys):
    other = start_weda()
    call_command("verify_journal")
    assert "2 dossier(s)" in capsys.readouterr().out
    file(other)
    Filing.objects.update(cnil_number="autre")
    JournalEntry.objects.filter(dossier=long_dossier, number__gte=7).update(by="x")
    with pytest.raises(CommandError) as stopped:
        call_command("verify_journal")
    assert str(stopped.value).splitlines() == [
        f"{long_dossier.public_id}: la ligne 7 du journal ne concorde pas.",
        f"{other.public_id}: le dépôt 1 n'est plus ce qui a été consigné.",
    ]
    assert stopped.value.returncode == 1
    Filing.objects.all().delete()
    with pytest.raises(CommandError, match="le dépôt 1 et la ligne du journal qui le consigne ne concordent pas"):
        call_command("verify_journal", other.public_id)
    with pytest.raises(CommandError, match="la ligne 7"):
        call_command("verify_journal", long_dossier.public_id)
    with pytest.raises(CommandError, match="n'existe pas"):
        call_command("verify_journal", "inconnu")


# -- real processes on a real file ----------------------------------------------------------------------------

PREPARE = """
import os, django
from datetime import UTC, datetime
django.setup()
from django.db import connection
from notifications.models import Dossier
from notifications.services import journal
from notifications.services.accounts import access
from notifications.services.dossiers import filings, saving
from notifications.services.keeping import erasure
now = datetime.now(UTC)
dossier = saving.start_dossier(revision=None, timezone="Europe/Paris", by="appareil 1", now=now)
"""
WRITERS = """
connection.close()
children = []
for child in range(8):
    if pid := os.fork():
        children.append(pid)
        continue
    for number in range(10):
        journal.append_line(dossier=dossier, event="answers_saved", keys=["kind"], by=f"appareil {child}", now=now)
    os._exit(0)
assert not any(os.waitpid(pid, 0)[1] for pid in children)
print(journal.find_first_fault(dossier), dossier.journal.count(), Dossier.objects.get().journal_count)
"""
ERASING = """
connection.cursor().execute("PRAGMA journal_mode=WAL")
canary = os.environ["CANARY"]
entry = {"state": "known", "value": canary, "origin": "practice", "reviewed": True}
for value in (canary, "autre"):
    entries = {key: {**entry, "value": value} for key in ("organisation_name", "discovery", "address")}
    saving.save_answers(dossier=dossier, base=Dossier.objects.get().version, entries=entries, by=canary, now=now)
version = Dossier.objects.get().version
place = {"version": version, "number": 1, "kind": "initial", "filed_at": now, "by": "appareil 1", "now": now}
filings.record(dossier=dossier, cnil_number=canary, filed_by=canary, **place)
filings.cancel(dossier=dossier, number=1, reason=canary, by=canary, now=now)
journal.append_line(dossier=dossier, event="answers_saved", keys=[canary], by=canary, now=now)
files = [each.path for each in os.scandir(os.environ["VAR_DIR"]) if each.name.startswith("db.sqlite3")]
held = lambda: sum(open(path, "rb").read().count(canary.encode()) for path in files if os.path.exists(path))
before = held()
erasure.erase_dossier(dossier=dossier, by="appareil 1", now=now)
print(before > 5, held())
"""


def run(seeded_var, tmp_path, code):
    shutil.copytree(seeded_var, tmp_path / "var")
    env = {**environment(tmp_path / "var"), "DJANGO_SETTINGS_MODULE": "breach_assistant.settings", "CANARY": CANARY}
    command = [sys.executable, "-c", PREPARE + code]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_writers_of_eight_processes_make_one_chain(seeded_var, tmp_path):
    assert run(seeded_var, tmp_path, WRITERS) == ["None", "82", "82"]


def test_nothing_of_an_erased_dossier_is_left_in_the_file(seeded_var, tmp_path):
    assert run(seeded_var, tmp_path, ERASING) == ["True", "0"]


def test_erasing_leaves_one_line_that_names_nobody(weda_dossier):
    other = start_weda()
    file(weda_dossier, filed_by=CANARY)
    access.grant_device(dossier=weda_dossier, secret="s", now=NOW)
    access.make_link(dossier=weda_dossier, by="appareil 1", now=NOW)
    lines, head = Dossier.objects.values_list("journal_count", "journal_head").get(pk=weda_dossier.pk)
    left = erasure.erase_dossier(dossier=weda_dossier, by="appareil 1", now=NOW)
    assert (left.lines, left.journal_head, left.by, left.at.astimezone(PARIS).day) == (lines, head, "appareil 1", 14)
    assert list(Dossier.objects.all()) == [other]
    assert {line.dossier_id for line in JournalEntry.objects.all()} == {other.pk}
    assert not Filing.objects.exists()
    assert weda_dossier.public_id not in str(list(type(left).objects.values()))
