"""The clock as pages show it: its states, what others say, the hour that comes twice, and the decision."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from notifications.models import Dossier
from notifications.services.accounts import access
from tests.html_pages import Page
from tests.stored import Tab, file, start_weda, store_seeds, stored

AWARE = "2025-11-12T18:07:00+01:00"
END = datetime(2025, 11, 15, 17, 7, tzinfo=UTC)
DUE = "samedi 15 novembre 2025 à 18 h 07 (heure de Paris)"
ASKED = "Weda avait demandé une déclaration avant le samedi 15 novembre 2025 (Le Figaro, 14 novembre 2025)"
CNIL_ASKS = "vous devez faire une notification initiale de violation de données"


class Cabinet:
    """A dossier for Weda, and the browser that holds it."""

    def __init__(self, zone: str = "Europe/Paris", **answers: object):
        self.dossier = start_weda(timezone=zone)
        self.client = Client()
        access.grant_device(dossier=self.dossier, secret="s", now=self.dossier.created_at)
        self.client.cookies["appareil"] = "s"
        if answers:
            Tab(self.dossier).type(**answers)

    def open(self, path: str = "", now: datetime = END - timedelta(hours=30)) -> Page:
        with time_machine.travel(now, tick=False):
            response = self.client.get(f"/dossiers/{self.dossier.public_id}/{path}")
        assert response.status_code == 200
        return Page(response.content)

    def send(self, path: str, now: datetime = END, **typed: object):
        with time_machine.travel(now, tick=False):
            page = Page(self.client.get(f"/dossiers/{self.dossier.public_id}/{path}").content)
            return self.client.post(f"/dossiers/{self.dossier.public_id}/{path}", page.sends(**typed))


@pytest.fixture(autouse=True)
def seeds(db):
    store_seeds()


def test_in_time_the_end_the_vendors_day_and_the_small_print_are_told_apart():
    page = Cabinet(aware_at=AWARE).open()
    assert f"Le délai de 72 heures se termine {DUE}" in page.text
    assert "Il reste 1 jour et 6 heures" in page.text
    assert ASKED in page.text
    assert "c'est sa demande, pas le calcul de la loi" in page.text
    assert "jusqu'au samedi 15 novembre 2025 à 19 h 00 (heure de Paris) ; ne comptez pas dessus" in page.text
    assert "date demandée par l'éditeur" in page.text


def test_a_message_received_earlier_shows_the_careful_reading_beside_the_end():
    page = Cabinet(aware_at=AWARE, informed_by_processor_at="2025-11-12T09:00:00+01:00").open()
    assert "Lecture prudente : samedi 15 novembre 2025 à 9 h 00 (heure de Paris)." in page.text
    assert DUE in page.text
    assert "Lecture prudente" not in Cabinet(aware_at=AWARE).open().text


def test_late_is_said_calmly_and_the_reasons_that_fit_are_offered():
    cabinet = Cabinet(aware_at=AWARE, informed_by_processor_at="2025-11-11T09:00:00+01:00")
    page = cabinet.open(now=END + timedelta(days=1))
    assert "Notifiez quand même" in page.text
    assert "ne comptez pas dessus" not in page.text
    form = cabinet.open("etapes/dates/", now=END + timedelta(days=1))
    offered = {each.name for each in form.controls if each.name.startswith("late_reasons-tick-")}
    assert {"late_reasons-tick-read_late", "late_reasons-tick-software_closed"} <= offered
    assert "late_reasons-tick-contrary_advice" not in offered  # of 19 November


@pytest.mark.parametrize(
    ("filed_at", "words"),
    [(END - timedelta(hours=1), "Dans le délai, qui se terminait"), (END + timedelta(hours=1), "motifs du retard")],
)
def test_a_filed_notification_says_when_and_whether_in_time(filed_at, words):
    cabinet = Cabinet(aware_at=AWARE)
    file(cabinet.dossier, filed_at=filed_at, now=filed_at)
    page = cabinet.open(now=END + timedelta(days=3))
    assert "Notification déposée" in page.text
    assert words in page.text
    assert "Notifiez quand même" not in page.text


@pytest.mark.parametrize("path", ["etapes/dates/", "essentiel/quand/"])
def test_the_published_readings_stand_folded_beside_the_question(path):
    page = Cabinet().open(path)
    assert "Quand le délai commence-t-il ? Ce qui est publié" in page.text
    assert "non datée, vue le 21 novembre 2026" in page.text
    assert "ne courrait pas" in page.text or "ne court pas pendant l'enquête" in page.text


@pytest.mark.parametrize("path", ["", "verifier/"])
def test_a_decision_not_to_notify_stands_on_one_page_with_the_cnils_request(path):
    cabinet = Cabinet(aware_at=AWARE, decision="not_notify")
    sent = {"decision_reason__tick__csmf_not_needed": "on"}
    cabinet.send("etapes/dates/", END + timedelta(days=5), **sent)
    assert "page de la CSMF du 19/11/2025" in stored(cabinet.dossier, "decision_reason")
    page = cabinet.open(path, END + timedelta(days=5))
    assert "Délai arrêté par votre décision" in page.text
    for words in ("CSMF du 19/11/2025", CNIL_ASKS, "(notée le 14 novembre 2025)"):
        assert words in page.text
    assert "Notifiez quand même" not in page.text


@pytest.mark.parametrize("decision", ["not_notify", "other_reading"])
def test_an_end_that_is_past_is_told_in_the_past_whatever_was_decided(decision):
    cabinet, after = Cabinet(aware_at=AWARE, decision=decision), END + timedelta(days=1)
    assert "Les 72 heures se sont terminées" in cabinet.open("recopie/", after).text
    assert "Motifs de retard" in cabinet.open("etapes/dates/", after).text
    assert "sauf un pour la relire" in cabinet.open(now=after).text
    assert "notifiez quand même" not in cabinet.open("recopie/", after).text
    assert "s'est terminé" in Cabinet(aware_at=AWARE).open("rappels/", after).text


def test_a_complaint_filed_too_late_sends_to_the_insurer():
    cabinet = Cabinet(aware_at=AWARE, complaint_filed=True, complaint_filed_on="2025-11-19")
    assert "le mercredi 19 novembre 2025, après le délai ; voyez votre assureur" in cabinet.open(now=END).text


# -- the hour that comes twice ----------------------------------------------------------------------------


def test_an_hour_that_comes_twice_is_asked_on_the_same_page():
    cabinet = Cabinet()
    typed = {"aware_at__day": "2025-10-26", "aware_at__time": "02:30"}
    answer = cabinet.send("etapes/dates/", **typed)
    assert answer.url.endswith("/etapes/dates/")
    assert stored(cabinet.dossier, "aware_at") == "2025-10-26T02:30:00+02:00"
    page = cabinet.open("etapes/dates/")
    assert "02 h 30 est passé deux fois" in page.text
    assert [each.value for each in page.controls if each.name == "aware_at-fold" and each.on] == ["0"]
    assert not [each for each in page.controls if each.name == "attack_known_at-fold"]
    cabinet.send("etapes/dates/", aware_at__fold="1")
    assert stored(cabinet.dossier, "aware_at") == "2025-10-26T02:30:00+01:00"
    assert Dossier.objects.get(pk=cabinet.dossier.pk).aware_at == datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
    again = cabinet.send("etapes/dates/")
    assert not again.url.endswith("/etapes/dates/")
    assert stored(cabinet.dossier, "aware_at") == "2025-10-26T02:30:00+01:00"


def test_an_hour_that_the_clocks_skip_comes_back_with_the_two_nearest():
    cabinet = Cabinet()
    answer = cabinet.send("etapes/dates/", aware_at__day="2025-03-30", aware_at__time="02:30")
    page = Page(answer.content)
    assert answer.status_code == 422
    assert "Les heures les plus proches sont 01 h 59 et 03 h 00." in page.text
    assert page.named("aware_at-time").value == "02:30"


def test_overseas_the_end_is_told_for_paris_too():
    overseas, paris = (Cabinet(zone, aware_at=AWARE).open().text for zone in ("Indian/Reunion", "Europe/Paris"))
    assert "samedi 15 novembre 2025 à 21 h 07 (heure de La Réunion)" in overseas
    assert f"Fin des 72 heures, soit {DUE}" in overseas
    assert "Fin des 72 heures, soit" not in paris
