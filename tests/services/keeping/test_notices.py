"""Whoever could still use a dossier is told in time that it will go: a month before, a week before, once each."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import override_settings

from breach_assistant.retention import Retention
from notifications.models import Dossier, Membership, Practice, Role, User
from notifications.services.accounts import access
from notifications.services.alerts import reminders
from notifications.services.dossiers import saving
from notifications.services.keeping import notices
from tests.dossiers import NOW, answered
from tests.mailing import at
from tests.stored import start_weda, store_seeds

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
END = NOW + Retention().dossier
DOCTOR, MANAGER, READER = "dr.martin@example.org", "gestion@example.org", "lecture@example.org"


@pytest.fixture(autouse=True)
def _database(db):
    store_seeds()


@pytest.fixture
def people():
    return {email: User.objects.create(email=email) for email in (DOCTOR, MANAGER, READER)}


@pytest.fixture
def own(people):
    return begun(owner=people[DOCTOR])


def begun(**place):
    dossier = start_weda()
    Dossier.objects.filter(pk=dossier.pk).update(**place)
    dossier.refresh_from_db()
    return dossier


def told(now):
    """Who is written to in a round."""
    mail.outbox.clear()
    count = notices.announce_ends(now=now)
    reminders.run_round(clock=at(now))
    assert count == len(mail.outbox)
    return sorted(each.to[0] for each in mail.outbox)


def test_a_month_and_a_week_before_and_once_each(own):
    rounds = {
        END - 30 * DAY - SECOND: [],
        END - 30 * DAY: [DOCTOR],
        END - 29 * DAY: [],
        END - 7 * DAY - SECOND: [],
        END - 7 * DAY: [DOCTOR],
        END - 6 * DAY: [],
        END: [],
    }
    assert {now: told(now) for now in rounds} == rounds


def test_after_days_without_a_worker_one_mail_is_enough(own):
    assert told(END - 3 * DAY) == [DOCTOR]
    assert told(END - 2 * DAY) == []


def test_a_use_begins_anew(own):
    told(END - 30 * DAY)
    entries = {"discovery": answered("discovery", "Autrement")}
    saving.save_answers(dossier=own, base=own.version, entries=entries, by="compte 1", now=END - 20 * DAY)
    assert told(END - 7 * DAY) == []
    assert told(END - 20 * DAY + Retention().dossier - 30 * DAY) == [DOCTOR]


def test_of_a_practice_those_who_keep_it_and_each_person_once(people, own):
    practices = [Practice.objects.create(name=name) for name in ("Zorglubine", "Quadrillax")]
    for practice in practices:
        begun(practice=practice)
        for email, role in ((DOCTOR, Role.OWNER), (MANAGER, Role.MANAGER), (READER, Role.READER)):
            Membership.objects.create(practice=practice, user=people[email], role=role)
    assert told(END - 30 * DAY) == [DOCTOR, MANAGER]
    texts = {each.to[0]: each.body for each in mail.outbox}
    assert "3 dossiers" in texts[DOCTOR]
    assert "2 dossiers" in texts[MANAGER]
    for text in texts.values():
        assert "effacé le samedi 14 novembre 2026." in text
        assert "http://127.0.0.1:8000/dossiers/\n" in text
        assert not [word for word in ("Zorglubine", "Quadrillax", "Weda") if word in text]


def test_neither_guests_nor_disabled_accounts_are_written_to(people, own):
    access.grant_device(dossier=begun(), secret="s", now=NOW)
    User.objects.update(is_active=False)
    assert told(NOW + Retention().guest - DAY) == []
    assert told(END - 7 * DAY) == []


def test_what_did_not_leave_is_tried_again_until_the_end(people, own):
    with override_settings(EMAIL_BACKEND="tests.mailing.Away"):
        notices.announce_ends(now=END - 7 * DAY)
        reminders.run_round(clock=at(END - 7 * DAY))
    reminders.run_round(clock=at(END - 6 * DAY))
    assert [each.to for each in mail.outbox] == [[DOCTOR]]


def test_without_a_mail_server_nothing_is_promised(own):
    with override_settings(MAIL_LEAVES=False):
        assert told(END - 30 * DAY) == []
    assert told(END - 29 * DAY) == [DOCTOR]
