"""What is over is erased, at the second that « Vos données » says and not before; nothing of it stays anywhere."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from breach_assistant.retention import Retention
from notifications.models import (
    ConfirmationSent,
    ControllerGroup,
    Dossier,
    Erasure,
    Grant,
    Invitation,
    Membership,
    Outgoing,
    Practice,
    RegisterLine,
    Role,
    Subscription,
    User,
    Viewer,
)
from notifications.services import journal
from notifications.services.accounts import access, secrets
from notifications.services.dossiers import filings, saving
from notifications.services.keeping import retention
from tests.dossiers import NOW, answered
from tests.stored import everything, file, start_weda, store_seeds

KEEP = Retention()
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
MARK = "Zorglubine"
MIDNIGHT = datetime(2025, 11, 15, tzinfo=UTC)  # the end of the day of NOW


@pytest.fixture(autouse=True)
def _database(db):
    store_seeds()


@pytest.fixture
def account():
    return User.objects.create(email="dr.martin@example.org", date_joined=NOW)


@pytest.fixture
def practice(account):
    practice = Practice.objects.create(name="Cabinet Martin", created_at=NOW)
    Membership.objects.create(practice=practice, user=account, role=Role.OWNER)
    return practice


def begun(**place):
    """A dossier last used at NOW, with a mark in its free texts; a guest's has a browser."""
    said = {key: answered(key, f"{MARK} {key}") for key in ("discovery", "legal_last_name", "late_reasons")}
    dossier = start_weda()
    Dossier.objects.filter(pk=dossier.pk).update(**place)
    saving.save_answers(dossier=dossier, base=dossier.version, entries=said, by="appareil 1", now=NOW)
    if not place:
        access.grant_device(dossier=dossier, secret="s", now=NOW)
    dossier.refresh_from_db()
    return dossier


def purged(now, **options):
    return retention.purge(now=now, **options)


def is_there(dossier):
    return Dossier.objects.filter(pk=dossier.pk).exists()


# -- dossiers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "filed", "ends_at"),
    [
        ("guest", False, MIDNIGHT + KEEP.guest),  # a browser's last day counts to its end
        ("guest", True, MIDNIGHT + KEEP.guest_filed),
        ("account", False, NOW + KEEP.dossier),
        ("practice", False, NOW + KEEP.dossier),
    ],
)
def test_a_dossier_goes_at_its_end_and_not_a_second_before(account, practice, of, filed, ends_at):
    dossier = begun(**{"guest": {}, "account": {"owner": account}, "practice": {"practice": practice}}[of])
    if filed:
        file(dossier, cnil_number=MARK)
    purged(ends_at - SECOND)
    assert is_there(dossier)
    counts = purged(ends_at)
    assert (counts["dossiers_erased"], counts["dossiers_reduced"], is_there(dossier)) == (1, 0, False)
    assert RegisterLine.objects.count() == 0
    assert [each.by for each in Erasure.objects.all()] == ["durée de conservation"]
    assert MARK not in str(everything())


@pytest.mark.parametrize("of", ["account", "practice"])
def test_of_a_closed_dossier_a_line_without_free_text_stays_five_years(account, practice, of):
    dossier = begun(**({"owner": account} if of == "account" else {"practice": practice}))
    said = {"nature": ["confidentiality"], "person_count": 1850, "severity": "limited"}
    entries = {key: answered(key, value) for key, value in said.items()}
    saving.save_answers(dossier=dossier, base=dossier.version, entries=entries, by="compte 1", now=NOW)
    filing = file(dossier, cnil_number="CNIL-1234")
    purged(NOW + KEEP.closed - SECOND)
    assert is_there(dossier)
    assert purged(NOW + KEEP.closed)["dossiers_reduced"] == 1
    assert not is_there(dossier)
    assert MARK not in str(everything())
    [line] = RegisterLine.objects.visible_to(Viewer(user=account))
    assert RegisterLine.objects.visible_to(Viewer(user=User.objects.create(email="other@example.org"))).count() == 0
    assert (line.title, line.closed_at) == (dossier.title, NOW)
    [told] = line.content["filings"]
    assert (told["kind"], told["cnil_number"], told["sha256"]) == ("initiale", "CNIL-1234", filing.digest)
    facts = {label: words for label, *words in line.content["facts"]}
    assert any("1\u202f850" in words for words in facts.values())
    assert any("Limité" in " ".join(words) for words in facts.values())
    purged(NOW + KEEP.register - SECOND)
    assert RegisterLine.objects.exists()
    assert purged(NOW + KEEP.register)["register_lines"] == 1
    assert not RegisterLine.objects.exists()


def test_a_decision_not_to_notify_is_documented_like_a_filing(account):
    dossier = begun(owner=account)
    entries = {"decision": answered("decision", "not_notify"), "decision_reason": answered("decision_reason", MARK)}
    saving.save_answers(dossier=dossier, base=dossier.version, entries=entries, by="compte 1", now=NOW)
    with override_settings(RETENTION=Retention(dossier=30 * DAY)):
        assert purged(NOW + 31 * DAY)["dossiers_erased"] == 0
    assert purged(NOW + KEEP.closed)["dossiers_reduced"] == 1
    assert MARK not in str(RegisterLine.objects.get().content)


def test_a_cancelled_filing_closes_nothing(account):
    dossier = begun(owner=account)
    file(dossier)
    filings.cancel(dossier=dossier, number=1, reason="erreur", by="compte 1", now=NOW)
    assert purged(NOW + KEEP.dossier)["dossiers_erased"] == 1


@pytest.mark.parametrize("use", ["save", "link", "browser"])
def test_any_use_begins_the_time_anew(use):
    dossier, later = begun(), NOW + 29 * DAY
    if use == "save":
        entries = {"discovery": answered("discovery", "Autrement")}
        saving.save_answers(dossier=dossier, base=dossier.version, entries=entries, by="appareil 1", now=later)
    elif use == "link":
        access.make_link(dossier=dossier, by="appareil 1", now=later)
    else:
        access.note_use(device=secrets.hash_secret("s"), now=later)
    purged(NOW + 58 * DAY)
    assert is_there(dossier)
    assert purged(NOW + 61 * DAY)["dossiers_erased"] == 1


def test_what_uses_a_dossier_by_itself_keeps_it_no_longer(account):
    """A calendar that asks each day, and a colleague who joins the practice."""
    dossier = begun(owner=account)
    dossier.grants.create(kind=Grant.Kind.FEED, number=1, sha256="f", created_at=NOW, last_used_on=NOW + 300 * DAY)
    journal.append_line(dossier=dossier, event="member_joined", by="compte 9", now=NOW + 300 * DAY)
    assert purged(NOW + KEEP.dossier)["dossiers_erased"] == 1


def test_a_dossier_that_was_used_between_the_list_and_its_turn_is_kept(account, monkeypatch):
    first, second = begun(owner=account), begun(owner=account)
    ending, later = retention.end_dossier, NOW + KEEP.dossier

    def interrupted(*, pk, now):
        entries = {"discovery": answered("discovery", "Encore là")}
        other = second if pk == first.pk else first
        if is_there(other) and is_there(Dossier(pk=pk)):
            saving.save_answers(dossier=other, base=other.version, entries=entries, by="compte 1", now=later)
        return ending(pk=pk, now=now)

    monkeypatch.setattr(retention, "end_dossier", interrupted)
    assert purged(later)["dossiers_erased"] == 1
    [kept] = Dossier.objects.all()
    assert kept.answers["discovery"]["value"] == "Encore là"


def test_one_that_somebody_else_erased_meanwhile_is_no_fault(account):
    number = begun(owner=account).pk
    Dossier.objects.all().delete()
    assert retention.end_dossier(pk=number, now=NOW + KEEP.dossier) == ""
    assert Erasure.objects.count() == 0


# -- everything else ------------------------------------------------------------------------------------


def leftovers(practice, now):
    """One of each thing that ended at `now`."""
    Session.objects.create(session_key="k", session_data="", expire_date=now)
    ended_at = now - KEEP.invitation
    Invitation.objects.create(
        practice=practice,
        email=f"{MARK}@example.org",
        role=Role.READER,
        sha256="i",
        created_at=ended_at,
        expires_at=ended_at,
    )
    ConfirmationSent.objects.create(address="a", at=now - DAY)
    ControllerGroup.objects.create(name=MARK, created_at=now - KEEP.dossier)
    Erasure.objects.create(at=now - KEEP.register, by="compte 1", lines=1, journal_head="")
    dossier = start_weda(now=now)
    told = {"dossier": dossier, "domain": "example.org", "made_at": now, "next_at": now, "state": "sent"}
    for kind, purpose in (("overdue_3", "reminder"), ("confirm-abc", "confirmation")):
        Outgoing.objects.create(purpose=purpose, kind=kind, key=kind, ended_at=now - KEEP.mails, **told)
    return dossier


def test_other_things_go_at_their_end_too(practice):
    leftovers(practice, NOW)
    before = purged(NOW - SECOND)
    assert set(before.values()) == {0}
    counts = purged(NOW)
    assert {name for name, count in counts.items() if count} == {
        "sessions", "invitations", "requests", "groups", "erasures", "mails",
    }  # fmt: skip
    assert counts["mails"] == 2
    assert MARK not in str(everything())
    assert set(purged(NOW).values()) == {0}


def test_a_reminder_that_was_sent_is_remembered_while_reminders_go_on(practice):
    """Or it would be sent again."""
    dossier = leftovers(practice, NOW)
    Subscription.objects.create(dossier=dossier, email="a@example.org", asked_at=NOW, confirmed_at=NOW)
    purged(NOW)
    assert [each.kind for each in Outgoing.objects.all()] == ["overdue_3"]


def test_counts_in_the_cache_that_ended_go(time_machine):
    time_machine.move_to(NOW)
    cache.set("ended", 1, 60)
    cache.set("going on", 1, 3600)
    assert purged(NOW + timedelta(minutes=2))["cached"] == 1
    assert cache.get("going on") == 1
    cache.clear()


# -- the command ----------------------------------------------------------------------------------------


def test_a_dry_run_says_the_same_and_changes_nothing(account, practice, time_machine):
    begun()
    file(begun(owner=account))
    leftovers(practice, NOW + KEEP.closed)
    time_machine.move_to(NOW + KEEP.closed)
    before, dry, wet = everything(), StringIO(), StringIO()
    call_command("purge", "--dry-run", stdout=dry)
    assert everything() == before
    call_command("purge", stdout=wet)
    assert dry.getvalue() == wet.getvalue()
    assert "1 dossier(s) effacé(s)\n1 dossier(s) clos réduit(s) à une ligne du registre\n" in wet.getvalue()
    assert everything() != before


@pytest.mark.skipif(connection.vendor != "sqlite", reason="looks into SQLite's files")
@pytest.mark.django_db(transaction=True)
def test_not_a_byte_of_it_stays_in_the_database_s_files(account):
    file(begun(owner=account), cnil_number="CNIL-1234")
    assert len(files_with(MARK)) == 1
    purged(NOW + KEEP.closed)
    assert len(files_with("CNIL-1234")) == 1  # the line of the register
    assert files_with(MARK) == set()


def files_with(word):
    """The database's files, its journals too, that hold this word."""
    path = Path(settings.DATABASES["default"]["NAME"])
    return {each.name for each in path.parent.glob(f"{path.name}*") if word.encode() in each.read_bytes()}
