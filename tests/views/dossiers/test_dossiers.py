"""A dossier's home and the list: what stands there from the first minute to after the complement."""

import csv
import io
import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from notifications import seeds
from notifications.models import Dossier
from notifications.report import build_copy_sheet, build_report
from notifications.services.accounts import access
from notifications.services.dossiers import filings, loading, saving, transcription
from notifications.views.dossiers import dossiers as views
from notifications.views.viewer import COOKIE
from tests.dossiers import answered, weda_data
from tests.html_pages import Page
from tests.stored import Tab, store_seeds
from tests.views.dossiers.test_links import began

AWARE = datetime.fromisoformat("2025-11-12T18:07:00+01:00")
DUE = AWARE + timedelta(hours=72)
NOW = DUE - timedelta(hours=30)
SECOND = timedelta(seconds=1)


@pytest.fixture
def at(db):
    """Moves to a moment."""
    store_seeds()
    with time_machine.travel(NOW, tick=False) as clock:
        yield lambda moment: clock.move_to(moment)


@pytest.fixture
def doctor(at):
    return began(Client())


def say(dossier, **answers):
    """What the practice answers."""
    Tab(dossier).type(**answers)
    return Dossier.objects.get(pk=dossier.pk)


def learned(dossier, when=AWARE):
    return say(dossier, aware_at=when.isoformat(), informed_by_processor_at=when.isoformat())


def file(dossier, at=NOW, number="FV-25-1"):
    """Record an initial filing."""
    said = {"kind": "initial", "filed_at": at, "cnil_number": number, "by": "appareil 1", "now": max(at, NOW)}
    return filings.record(dossier=dossier, version=dossier.version, number=1, **said)


def home(client):
    return Page(client.get(f"/dossiers/{client.dossier.public_id}/").content)


def section(page, title):
    """The words after a title."""
    return page.text.partition(title)[2]


def links(page):
    return [each["href"] for tag, each in page.tags if tag == "a"]


# -- a dossier's home -----------------------------------------------------------------------------------


def test_a_new_dossier_asks_for_one_thing(doctor):
    page = home(doctor)
    first = section(page, "À faire maintenant")
    assert first.lstrip().startswith("Dites quand votre cabinet a appris la violation")
    button = next(each for tag, each in page.tags if tag == "a" and each.get("class") == "btn btn-primary")
    assert button["href"] == reverse("essential", args=[doctor.dossier.public_id, "quand"])
    assert "Rien n'est encore déposé" in page.text
    assert "Ce qui est déposé" not in page.text


def test_every_duty_says_its_state_to_whom_by_when_on_what_ground_and_how_sure(doctor):
    learned(doctor.dossier)
    page = home(doctor)
    duties = section(page, "Vos obligations").partition("Ce qui manque")[0]
    assert duties.index("Notifier la violation à la CNIL") < duties.index("Porter plainte")
    assert "en cours au plus tard le samedi 15 novembre 2025 à 21 h 07 (heure de La Réunion)" in duties
    assert "Si vous avez une assurance cyber ; vérifiez votre contrat." in duties
    assert "centres, maisons de santé et cabinets : à vérifier" in duties
    assert "RGPD art. 33(1)" in duties
    assert duties.count("Application confirmée") >= 1
    assert duties.count("Application ") == len(seeds.load_duties())
    assert duties.count("Texte ") >= 6
    idle = duties.partition("Sans objet à ce stade (2)")[2]
    assert idle.index("Compléter la notification") < idle.index("Informer les patients concernés")
    assert "96" not in duties


def test_soon_and_urgent_are_words_on_the_page_and_in_the_list(doctor, at):
    learned(doctor.dossier)
    for left, state in [
        (timedelta(hours=24), "en cours"),
        (timedelta(hours=24) - SECOND, "bientôt"),
        (timedelta(hours=6), "bientôt"),
        (timedelta(hours=6) - SECOND, "urgent"),
        (timedelta(0), "urgent"),
        (-SECOND, "délai dépassé"),
    ]:
        at(DUE - left)
        assert f"Notifier la violation à la CNIL {state} " in section(home(doctor), "Vos obligations")
        assert f" {state} " in Page(doctor.get("/dossiers/").content).text


def test_the_countdown_knows_both_instants_and_stands_without_a_script(doctor):
    learned(doctor.dossier)
    page = home(doctor)
    [ends] = [each for _, each in page.tags if "data-ends" in each]
    assert datetime.fromisoformat(ends["data-ends"]) == DUE
    assert datetime.fromisoformat(ends["data-now"]) == NOW
    assert "Il reste 1 jour et 6 heures" in page.text
    assert not any("aria-live" in each or each.get("role") in ("timer", "alert") for _, each in page.tags)


def test_late_is_said_calmly_and_the_way_on_stays_open(doctor, at):
    learned(doctor.dossier)
    at(DUE + timedelta(days=5))
    page = home(doctor)
    assert section(page, "À faire maintenant").lstrip().startswith("Notifiez quand même")
    assert "Recopier sans attendre" in page.text
    assert not any("data-ends" in each for _, each in page.tags)


@pytest.mark.parametrize(("at_hour", "words"), [(NOW, "dans le délai"), (DUE + SECOND, "après la fin du délai")])
def test_a_filing_is_shown_with_its_hour_its_number_and_whether_it_was_in_time(doctor, at, at_hour, words):
    dossier = learned(doctor.dossier)
    at(DUE + timedelta(hours=2))
    file(dossier, at=at_hour, number="FV-25-7")
    page = home(doctor)
    filed = section(page, "Ce qui est déposé").partition("Vos obligations")[0]
    assert "Notification initiale" in filed
    assert "sous le numéro FV-25-7" in filed
    assert words in filed
    assert "encore déposé" not in page.text
    assert "Rien n'est" not in page.text
    assert reverse("complement", args=[dossier.public_id]) in links(page)
    assert "C'est déjà déposé" not in page.text


def test_a_cancelled_filing_counts_no_more(doctor):
    dossier = learned(doctor.dossier)
    file(dossier)
    filings.cancel(dossier=dossier, number=1, reason="par erreur", by="appareil 1", now=NOW)
    page = home(doctor)
    assert "Ce qui est déposé" not in page.text
    assert "Rien n'est encore déposé" in page.text


def test_once_everything_is_copied_the_filing_is_to_be_recorded(doctor):
    answers = {key: {**each, "reviewed": True} for key, each in weda_data().answers.items()}
    revision = doctor.dossier.incident_revision
    dossier = saving.start_dossier(
        revision=revision, timezone="Europe/Paris", by="appareil 1", now=NOW, answers=answers
    )
    access.grant_device(dossier=dossier, secret=doctor.cookies[COOKIE].value, now=NOW)
    doctor.dossier = dossier
    assert "Recopiez le brouillon sur le téléservice" in home(doctor).text
    for mark, piece in build_copy_sheet(build_report(loading.load_dossier_data(dossier), NOW)).by_mark.items():
        transcription.mark_copied(dossier=dossier, mark=mark, sha256=piece.sha256, by="appareil 1", now=NOW)
    first = section(home(doctor), "À faire maintenant").lstrip()
    assert first.startswith("Tout est recopié. Envoyez votre notification sur le téléservice")
    say(dossier, city="Rouen")
    assert "Recopiez le brouillon sur le téléservice" in home(doctor).text


def test_every_page_of_the_dossier_is_one_link_away(doctor):
    found = links(home(doctor))
    for name in ("copy_sheet", "filing", "vendor_letter_pdf", "alerts", "deadlines_ics", "journal", "link", "erase"):
        assert reverse(name, args=[doctor.dossier.public_id]) in found


# -- the list -------------------------------------------------------------------------------------------


def several(doctor, count):
    """As many dossiers, of every sort; the first one is the doctor's own."""
    revision, secret = doctor.dossier.incident_revision, doctor.cookies[COOKIE].value
    for number in range(count):
        answers = {"organisation_name": f"Cabinet {number:02d}"}
        if number % 4:
            answers |= dict.fromkeys(("aware_at", "informed_by_processor_at"), AWARE + timedelta(hours=number))
        if number % 4 == 3:
            answers |= {"decision": "not_notify", "decision_reason": "Aucun risque probable."}
        if number == 0:
            say(doctor.dossier, **answers)
            continue
        entries = {key: answered(key, value) for key, value in answers.items()}
        dossier = saving.start_dossier(
            revision=revision, timezone="Indian/Reunion", by="appareil 1", now=NOW, answers=entries
        )
        access.grant_device(dossier=dossier, secret=secret, now=NOW)
        if number % 4 == 2:
            file(dossier)


def listed(client, query=""):
    page = client.get(f"/dossiers/{query}")
    assert page.status_code == 200
    return [found[1] for found in re.finditer(r">(Cabinet \d\d)", page.content.decode())]


def test_the_nearest_end_comes_first_and_each_filter_says_how_many(doctor):
    several(doctor, 8)
    assert listed(doctor)[:2] == ["Cabinet 01", "Cabinet 05"]
    assert set(listed(doctor)[2:4]) == {"Cabinet 00", "Cabinet 04"}
    assert set(listed(doctor)[4:6]) == {"Cabinet 02", "Cabinet 06"}
    assert set(listed(doctor, "?filtre=deposes")) == {"Cabinet 02", "Cabinet 06"}
    assert set(listed(doctor, "?filtre=sans-depot")) == {"Cabinet 03", "Cabinet 07"}
    assert listed(doctor, "?filtre=urgents") == []
    assert listed(doctor, "?filtre=nulle-part") == listed(doctor)
    text = Page(doctor.get("/dossiers/").content).text
    for words in ("Tous (8)", "À faire (6)", "Déposés (2)", "Arrêtés par votre décision (2)"):
        assert words in text


def test_the_table_is_that_of_the_filter_and_holds_no_formula(doctor):
    several(doctor, 4)
    say(doctor.dossier, organisation_name="=1+1")
    response = doctor.get("/dossiers/liste.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in response["Cache-Control"]
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert len(rows) == 4
    assert {row["cabinet"] for row in rows} >= {"'=1+1", "Cabinet 01"}
    assert rows[0]["fin du délai"] == "2025-11-15T22:07:00+04:00"
    filed = doctor.get("/dossiers/liste.csv?filtre=deposes").content.decode("utf-8-sig")
    assert [line.split(";")[1] for line in filed.splitlines()[1:]] == ["Cabinet 02"]
    assert len(Client().get("/dossiers/liste.csv").content.splitlines()) == 1


def test_twelve_dossiers_take_no_more_queries_than_two(doctor, django_assert_num_queries):
    for count in (2, 12):
        several(doctor, count)
        for address, queries in (("/dossiers/", 9), ("/dossiers/liste.csv", 5)):
            with django_assert_num_queries(queries):
                doctor.get(address)


def test_a_list_reads_each_dossier_as_its_own_page_does(doctor):
    several(doctor, 4)
    dossiers_of = Dossier.objects.all()
    assert [data for _, data in loading.load_every_dossier_data(dossiers_of.order_by("pk"))] == [
        loading.load_dossier_data(dossier) for dossier in dossiers_of.order_by("pk")
    ]
    assert loading.load_every_dossier_data(dossiers_of.none()) == []


def test_a_long_list_is_cut_into_pages(doctor, monkeypatch):
    monkeypatch.setattr(views, "ON_A_PAGE", 3)
    several(doctor, 4)
    assert len(listed(doctor)) == 3
    assert len(listed(doctor, "?page=2")) == 1
    assert listed(doctor, "?page=99") == listed(doctor, "?page=2")
    assert "Page 1 sur 2" in Page(doctor.get("/dossiers/?filtre=").content).text
