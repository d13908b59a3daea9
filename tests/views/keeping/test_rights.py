"""Erasing a practice or an account leaves nothing of it, the register stays readable, and two pages say all of this."""

import re
from datetime import timedelta
from itertools import chain

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client, override_settings
from django.utils import timezone

from breach_assistant.operator import read_operator
from breach_assistant.retention import Retention
from notifications.models import (
    ControllerGroup,
    Dossier,
    Erasure,
    Invitation,
    JournalEntry,
    Membership,
    Practice,
    RegisterLine,
    Role,
    Subscription,
    User,
    Viewer,
)
from notifications.services.accounts import access
from notifications.services.dossiers import saving
from notifications.services.keeping import retention
from tests.dossiers import answered
from tests.signing_in import sign_in
from tests.stored import file, start_weda, store_seeds
from tests.test_operator import EXAMPLE

MINE, THEIRS = "Zorglubine", "Quadrillax"  # marks of what goes, and of what stays
DOCTOR = f"dr.{MINE.lower()}@example.org"
ERASE_ACCOUNT = "/compte/effacer/"
SURE = {"sure": "1"}


@pytest.fixture(autouse=True)
def _database(db):
    store_seeds()


@pytest.fixture
def doctor(client):
    client.user = sign_in(client, DOCTOR)
    User.objects.filter(pk=client.user.pk).update(name=MINE)
    return client


def practice_of(mark, **team):
    """A practice, marked throughout, with somebody in each role."""
    now = timezone.now()
    profile = {"organisation_name": answered("organisation_name", mark), "city": answered("city", mark)}
    practice = Practice.objects.create(name=mark, software=mark, profile=profile)
    for role, user in team.items():
        Membership.objects.create(practice=practice, user=user, role=role)
    soon = now + timedelta(days=1)
    Invitation.objects.create(
        practice=practice, email=f"{mark}@invited.example", role="reader", sha256=mark, created_at=now, expires_at=soon
    )
    group = ControllerGroup.objects.create(name=mark, created_at=now, answers={"city": answered("city", mark)})
    RegisterLine.objects.create(practice=practice, title=mark, closed_at=now, content={})
    dossier_of(mark, practice=practice, group=group)
    return practice


def dossier_of(mark, **place):
    dossier = start_weda(now=timezone.now())
    Dossier.objects.filter(pk=dossier.pk).update(**place)
    entries = {key: answered(key, mark) for key in ("discovery", "organisation_name")}
    dossier.refresh_from_db()
    saving.save_answers(dossier=dossier, base=dossier.version, entries=entries, by="test", now=timezone.now())
    file(dossier, cnil_number=mark)
    Subscription.objects.create(dossier=dossier, email=f"{mark}@example.org", asked_at=timezone.now())
    return dossier


def tables():
    """Every row of every table, the accounts' library's too, with sessions opened up."""
    rows = chain.from_iterable(model.objects.values() for model in apps.get_models())
    return repr([*rows, *(session.get_decoded() for session in Session.objects.all())])


def marked(mark):
    return re.findall(rf".{{40}}{mark}.{{20}}", tables(), re.IGNORECASE)


def colleague(name="colleague"):
    return User.objects.create(email=f"{name}@example.org")


def address_of(practice):
    return f"/cabinets/{practice.public_id}/effacer/"


# -- a practice -----------------------------------------------------------------------------------------


def test_erasing_a_practice_leaves_nothing_of_it_and_all_of_the_others(doctor):
    practice = practice_of(MINE, owner=doctor.user, manager=colleague())
    practice_of(THEIRS, owner=doctor.user)
    page = doctor.get(address_of(practice)).content.decode()
    assert "1 dossier," in page
    assert f"/cabinets/{practice.public_id}/exporter/" in page
    kept = len(marked(THEIRS))
    assert doctor.post(address_of(practice), SURE).headers["Location"] == "/cabinets/"
    User.objects.filter(name=MINE).update(name="", email="dr@example.org")
    assert [each for each in marked(MINE) if DOCTOR not in each] == []
    assert len(marked(THEIRS)) == kept
    [line] = Erasure.objects.all()
    assert line.by == f"compte {doctor.user.pk}"
    assert doctor.get(address_of(practice)).status_code == 404


def test_without_the_tick_nothing_goes(doctor):
    practice = practice_of(MINE, owner=doctor.user)
    before = tables()
    refused = doctor.post(address_of(practice))
    assert refused.status_code == 422
    assert 'href="#sure"' in refused.content.decode()
    assert tables() == before


@pytest.mark.parametrize(("role", "status"), [("reader", 403), ("member", 403), ("manager", 403), ("", 404)])
def test_only_an_owner_erases_a_practice(doctor, role, status):
    team = {role: doctor.user} if role else {}
    practice = practice_of(MINE, owner=colleague(), **team)
    assert [doctor.get(address_of(practice)).status_code, doctor.post(address_of(practice), SURE).status_code] == [
        status,
        status,
    ]
    assert Practice.objects.exists()


def test_a_manager_erases_a_practice_that_has_no_owner_yet(doctor):
    practice = practice_of(MINE, manager=doctor.user)
    doctor.post(address_of(practice), SURE)
    assert not Practice.objects.exists()


def test_whoever_is_not_signed_in_learns_of_no_practice(client):
    practice = practice_of(MINE)
    assert client.get(address_of(practice)).status_code == client.get("/cabinets/none/effacer/").status_code == 404


def test_a_group_goes_with_the_last_of_its_dossiers_only(doctor):
    practice = practice_of(MINE, owner=doctor.user)
    shared = ControllerGroup.objects.create(name="commun", created_at=timezone.now())
    for mark, place in ((MINE, practice), (THEIRS, practice_of(THEIRS))):
        dossier_of(mark, practice=place, group=shared)
    doctor.post(address_of(practice), SURE)
    assert {group.name for group in ControllerGroup.objects.all()} == {"commun", THEIRS}


# -- an account -----------------------------------------------------------------------------------------


def test_erasing_an_account_leaves_a_pseudonym_only(doctor):
    alone = practice_of(MINE, owner=doctor.user)
    shared = practice_of(THEIRS, owner=colleague(), manager=doctor.user)
    mine = dossier_of(MINE, owner=doctor.user)
    RegisterLine.objects.create(owner=doctor.user, title=MINE, closed_at=timezone.now(), content={})
    theirs = dossier_of(THEIRS, practice=shared)
    Subscription.objects.filter(dossier=theirs).update(email=DOCTOR)
    Invitation.objects.filter(practice=shared).update(email=DOCTOR, accepted_at=timezone.now())
    elsewhere = Client()
    sign_in(elsewhere, DOCTOR)
    page = doctor.get(ERASE_ACCOUNT).content.decode()
    for said in (alone.name, shared.name, f"/dossiers/{mine.public_id}/cabinet/", "/compte/donnees.zip"):
        assert said in page
    assert doctor.post(ERASE_ACCOUNT, SURE).headers["Location"] == "/compte/connexion/"
    assert marked(MINE) == []
    assert {practice.name for practice in Practice.objects.all()} == {THEIRS}
    assert Dossier.objects.filter(pk=theirs.pk).exists()
    gone = JournalEntry.objects.filter(dossier=theirs, by=f"compte {doctor.user.pk}")
    assert {each.event for each in gone} == {"member_gone", "address_ended"}
    assert access.author_words(f"compte {doctor.user.pk}", "") == "un compte supprimé"
    assert doctor.get("/compte/").status_code == elsewhere.get("/compte/").status_code == 302


def test_the_last_owner_settles_the_practice_first(doctor):
    practice = practice_of(MINE, owner=doctor.user, manager=colleague())
    page = doctor.get(ERASE_ACCOUNT).content.decode()
    assert f"/cabinets/{practice.public_id}/equipe/" in page
    assert 'name="sure"' not in page
    before = tables()
    assert doctor.post(ERASE_ACCOUNT, SURE).headers["Location"] == ERASE_ACCOUNT
    assert tables() == before
    Membership.objects.create(practice=practice, user=colleague("second"), role=Role.OWNER)
    doctor.post(ERASE_ACCOUNT, SURE)
    assert not User.objects.filter(email=DOCTOR).exists()


def test_an_account_goes_only_with_the_tick(doctor):
    refused = doctor.post(ERASE_ACCOUNT)
    assert (refused.status_code, User.objects.filter(email=DOCTOR).exists()) == (422, True)


def test_who_has_a_second_proof_gives_it_before_anything_is_erased(doctor):
    practice = practice_of(MINE, owner=doctor.user)
    Authenticator.objects.create(user=doctor.user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    for address in (ERASE_ACCOUNT, address_of(practice)):
        asked = doctor.post(address, SURE)
        assert asked.status_code == 302
        assert asked.headers["Location"].startswith("/compte/confirmer/")
    assert User.objects.filter(email=DOCTOR).exists()
    assert Practice.objects.exists()


def test_the_page_is_for_those_who_are_signed_in(client):
    assert client.get(ERASE_ACCOUNT).headers["Location"].startswith("/compte/connexion/")


# -- what will be over soon, and the register -----------------------------------------------------------


@pytest.mark.parametrize(("days", "warned"), [(334, False), (336, True)])
def test_the_dossier_and_the_list_say_that_the_end_is_near(doctor, time_machine, days, warned):
    time_machine.move_to(timezone.now())
    dossier = start_weda(now=timezone.now())
    Dossier.objects.filter(pk=dossier.pk).update(owner=doctor.user)
    time_machine.shift(timedelta(days=days))
    sign_in(doctor, DOCTOR)
    for address in ("/dossiers/", f"/dossiers/{dossier.public_id}/"):
        assert ("Bientôt effacé" in doctor.get(address).content.decode()) is warned
    assert [each.pk for each in retention.list_leaving(Dossier.objects.all(), timezone.now())] == [dossier.pk] * warned


def test_the_register_tells_of_ones_own_practices_only(doctor):
    practice = practice_of("Ours", reader=doctor.user)
    RegisterLine.objects.all().delete()
    for mark, place in ((MINE, practice), (THEIRS, practice_of(THEIRS))):
        dossier_of(mark, practice=place)
    retention.purge(now=timezone.now() + Retention().closed)
    sign_in(doctor, DOCTOR)
    page = doctor.get("/registre/").content.decode()
    assert MINE in page
    assert THEIRS not in page
    assert "notification initiale" in page
    assert RegisterLine.objects.visible_to(Viewer()).count() == 0
    assert Client().get("/registre/").status_code == 302


# -- pages for everybody --------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/vos-donnees/", "/mentions-legales/"])
def test_pages_for_everybody_hold_no_form_set_no_cookie_and_may_be_cached(client, address):
    page = client.get(address)
    assert (page.status_code, dict(page.cookies)) == (200, {})
    assert "public" in page.headers["Cache-Control"]
    assert "Cookie" not in page.headers.get("Vary", "")
    assert b"<form" not in page.content
    assert client.post(address).status_code == 405


def test_on_ones_own_computer_nobody_is_made_up(client):
    assert "n’a pas d’exploitant déclaré" in client.get("/mentions-legales/").content.decode()
    assert "n’a pas d’exploitant déclaré" in client.get("/vos-donnees/").content.decode()


def test_a_public_site_says_who_runs_it_and_whose_machines_they_are(client):
    with override_settings(OPERATOR=read_operator(EXAMPLE, needed=True)):
        legal, data = (client.get(address).content.decode() for address in ("/mentions-legales/", "/vos-donnees/"))
    for said in (
        "Union exemple des médecins libéraux",
        "association loi 1901",
        "contact@example.org",
        "04 00 00 00 00",
    ):
        assert said in legal
    for said in ("Camille Exemple, présidente", "Hébergeur exemple SAS", "03 00 00 00 00"):
        assert said in legal
    assert "Union exemple des médecins libéraux" in data
    assert 'href="mailto:contact@example.org"' in data


def test_every_length_is_said_as_it_is_set(client):
    odd = [101, 103, 107, 109, 113, 127, 131, 137, 139]
    fields = Retention.__dataclass_fields__
    said = Retention(**{name: timedelta(days=days) for name, days in zip(fields, odd, strict=True)})
    with override_settings(RETENTION=said):
        page = client.get("/vos-donnees/").content.decode()
        start = client.get("/commencer/").content.decode()
    assert [days for days in odd if f"{days} jours" not in page] == []
    assert "101 jours" in start
    assert "103 jours" in start


def test_every_page_leads_there(client):
    for address in ("/", "/dossiers/", "/introuvable/"):
        page = client.get(address).content.decode()
        assert 'href="/vos-donnees/"' in page
        assert 'href="/mentions-legales/"' in page
