"""A new revision is told once by mail to those whose dossier it changes; a batch that dies goes on."""

import time

import pytest

from notifications.models import Dossier, Outgoing
from notifications.services.alerts import reminders, revision_changes
from notifications.services.dossiers import saving
from tests.mailing import BEFORE, HOUR, at, fill
from tests.stored import Tab, everything, fact, publish, stored

pytestmark = pytest.mark.usefixtures("seeds_loaded")
LATER = BEFORE + HOUR


def changed(content):
    fact(content, "other_bodies_involved")["value"] = False


def tick(now):
    return reminders.run_round(clock=at(now))


def told(state=Outgoing.State.SENT):
    return Outgoing.objects.filter(kind__startswith="news-", state=state).count()


def test_one_mail_for_each_dossier_and_revision_without_a_fact(mailoutbox):
    fill(3)
    tick(BEFORE)
    mailoutbox.clear()
    publish("3.local1", changed)
    for _ in range(3):
        tick(LATER)
    mails = [mail for mail in mailoutbox if "à revoir" in mail.subject]
    assert sorted(mail.to[0] for mail in mails) == [f"cabinet{n}@cabinet.example" for n in range(3)]
    assert "/nouveautes/" in mails[0].body
    assert "Weda" not in mails[0].body
    publish("3.local2", changed)  # says nothing more
    tick(LATER)
    assert told() == 3


def test_a_revision_that_changes_nothing_is_told_to_nobody():
    fill(1)
    publish("3.local1")
    tick(LATER)
    assert told() == 0


def test_what_was_looked_at_before_the_mail_left_is_not_told():
    (dossier,) = fill(1)
    publish("3.local1", changed)
    revision_changes.put_due(LATER)
    saving.keep_own_answer(dossier=dossier, key="other_bodies_involved", by="appareil 1", now=LATER)
    tick(LATER)
    assert told() == 0
    assert Outgoing.objects.get(kind__startswith="news-").reason == revision_changes.SEEN


def test_a_second_change_is_told_again_though_the_first_waits():
    fill(1)
    publish("3.local1", changed)
    tick(LATER)
    publish("3.local2", lambda content: (changed(content), fact(content, "kind").update(value="complete")))
    tick(LATER + HOUR)
    assert told() == 2


def test_reminders_go_on_as_before(mailoutbox):
    fill(1)
    publish("3.local1", changed)
    tick(LATER)
    tick(LATER + HOUR)
    assert len([mail for mail in mailoutbox if "Rappel" in mail.subject]) == 1


def test_a_batch_that_dies_goes_on_where_it_was(monkeypatch):
    fill(7)
    publish("3.local1", changed)
    monkeypatch.setattr(revision_changes, "AT_A_TIME", 3)
    whole, calls = revision_changes._make_rows, []

    def dying(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(revision_changes, "_make_rows", dying)
        with pytest.raises(KeyboardInterrupt):
            revision_changes.put_due(LATER)
    assert told("waiting") == 6
    revision_changes.put_due(LATER)
    assert told("waiting") == 7
    assert Outgoing.objects.values("key").distinct().count() == 7


def test_the_batch_reads_many_dossiers_in_few_queries(django_assert_max_num_queries):
    fill(40)
    publish("3.local1", changed)
    with django_assert_max_num_queries(25):
        revision_changes.put_due(LATER)
    assert told("waiting") == 40


def test_an_edit_made_while_the_batch_runs_is_kept(monkeypatch):
    (dossier,) = fill(1)
    publish("3.local1", changed)
    tab, whole = Tab(dossier), revision_changes._make_rows

    def while_somebody_types(*arguments):
        rows = whole(*arguments)
        assert tab.type(city="Rouen").saved == ["city"]
        return rows

    monkeypatch.setattr(revision_changes, "_make_rows", while_somebody_types)
    revision_changes.put_due(LATER)
    assert stored(dossier, "city") == "Rouen"
    assert told("waiting") == 1


@pytest.mark.slow
def test_five_thousand_dossiers(record_property):
    fill(5000)
    publish("3.local1", changed)
    before = everything()["Dossier"]
    began = time.monotonic()
    revision_changes.put_due(LATER)
    record_property("seconds", round(time.monotonic() - began, 1))
    assert told("waiting") == Dossier.objects.count() == 5000
    assert everything()["Dossier"] == before
