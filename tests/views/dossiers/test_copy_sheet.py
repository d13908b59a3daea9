"""The copy sheet's page: what it shows, the marks that it keeps, and what it never does."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from notifications.models import Dossier, JournalEntry
from notifications.report import build_copy_sheet, build_report
from notifications.services import journal
from notifications.services.dossiers import loading, transcription
from tests.html_pages import Page
from tests.stored import NIR, WEDA, Tab, everything, file, store_seeds
from tests.views.site.test_public import shown

NOW = datetime(2025, 11, 14, 9, 0, tzinfo=UTC)
JSON = {"Accept": "application/json"}


@pytest.fixture
def doctor(db):
    store_seeds()
    client = Client()
    client.post(f"/incidents/{WEDA}/commencer/", {"timezone": "Indian/Reunion"})
    client.dossier = Dossier.objects.get()
    client.page = f"/dossiers/{client.dossier.public_id}/recopie/"
    Tab(client.dossier).type(siren="123456782", city="Saint-Denis", aware_at="2025-11-12T22:30:00+00:00")
    return client


def places(client):
    """What each form of the page would send: (mark, fingerprint of the text that is shown)."""
    controls = Page(client.get(client.page).content).controls
    values = {name: [each.value for each in controls if each.name == name] for name in ("mark", "sha256")}
    return dict(zip(values["mark"], values["sha256"], strict=True))


def mark(client, name, headers=None):
    return client.post(client.page, {"mark": name, "sha256": places(client)[name]}, headers=headers)


def count_of(client):
    return re.search(r"(\d+) / (\d+) recopié", shown(client.get(client.page))).groups()


def told(dossier):
    return list(JournalEntry.objects.filter(dossier=dossier).values_list("event", "keys"))


def test_the_page_holds_every_answer_and_leads_to_the_teleservice_alone(doctor):
    response = doctor.get(doctor.page)
    page, text = Page(response.content), shown(response)
    report = build_report(loading.load_dossier_data(Dossier.objects.get()), NOW)
    fields = [found["id"][2:] for tag, found in page.tags if found.get("id", "").startswith("c-")]
    assert fields == [row.key for row in report.rows if row.answered]
    assert "13/11/2025" in text
    assert "À l'heure de La Réunion." in text
    assert "Libellés non vérifiés" in text
    outside = [found for tag, found in page.tags if tag == "a" and found["href"].startswith("http")]
    assert {found["href"] for found in outside} == {"https://notifications.cnil.fr/notifications/index"}
    assert all("noreferrer" in found["rel"] for found in outside)
    assert "plainte" not in text.casefold().replace("plainte déposée par l'éditeur", "")


def test_a_mark_is_kept_once_with_its_key_in_the_journal_and_no_value(doctor):
    before = len(told(doctor.dossier))
    assert count_of(doctor)[0] == "0"
    response = mark(doctor, "siren")
    assert response["Location"] == f"{doctor.page}#c-{find_next_place(doctor)}"
    mark(doctor, "siren")
    assert count_of(doctor)[0] == "1"
    assert told(doctor.dossier)[before:] == [("answer_copied", ["siren"])]
    assert set(Dossier.objects.get().transcribed) == {"siren"}
    assert "123456782" not in str(Dossier.objects.get().transcribed)
    assert journal.find_first_fault(Dossier.objects.get()) is None


def find_next_place(client):
    dossier = Dossier.objects.get()
    report = build_report(loading.load_dossier_data(dossier), NOW)
    return build_copy_sheet(report, transcription.read_marks(dossier)).next.key


def test_what_changed_since_it_was_copied_is_to_be_copied_again(doctor):
    stale = places(doctor)["city"]
    mark(doctor, "city")
    Tab(Dossier.objects.get()).type(city="Saint-Pierre")
    assert "modifié depuis que vous l’avez copié" in shown(doctor.get(doctor.page))
    assert count_of(doctor)[0] == "0"
    doctor.post(doctor.page, {"mark": "city", "sha256": stale})  # a page that was open all the while
    assert count_of(doctor)[0] == "0"
    mark(doctor, "city")
    assert count_of(doctor)[0] == "1"


def test_day_and_hour_have_a_mark_each(doctor):
    mark(doctor, "aware_at/day")
    assert count_of(doctor)[0] == "0"
    mark(doctor, "aware_at/hour")
    assert count_of(doctor)[0] == "1"
    assert told(doctor.dossier)[-1] == ("answer_copied", ["aware_at"])


@pytest.mark.parametrize("sent", [{}, {"mark": "siren"}, {"mark": "siren", "sha256": "A" * 64}, {"mark": "nope"}])
def test_a_mark_that_makes_no_sense_changes_nothing(doctor, sent):
    before = everything()
    sent = {"sha256": "a" * 64} | sent if "nope" in sent.values() else sent
    assert doctor.post(doctor.page, sent).status_code == 302
    assert doctor.post(doctor.page, sent, headers=JSON).json()["state"].strip() == ""
    assert everything()["Dossier"] == before["Dossier"]
    assert everything()["JournalEntry"] == before["JournalEntry"]


def test_the_practices_own_notes_have_no_place_there(doctor):
    Tab(Dossier.objects.get()).type(controller_role="controller", insurer_informed=True)
    assert not {"controller_role", "insurer_informed"} & set(places(doctor))
    doctor.post(doctor.page, {"mark": "controller_role", "sha256": "a" * 64})
    assert Dossier.objects.get().transcribed == {}


def test_a_script_is_told_the_new_state_and_count(doctor):
    reply = mark(doctor, "siren", JSON).json()
    assert "copié" in reply["state"]
    assert "1 / " in re.sub("<[^>]+>", "", reply["progress"])


def test_marks_may_be_wiped_to_begin_again(doctor):
    answers = Dossier.objects.get().answers
    mark(doctor, "siren")
    assert doctor.post(doctor.page, {"restart": "1"})["Location"] == doctor.page
    assert count_of(doctor)[0] == "0"
    assert Dossier.objects.get().answers == answers
    events = told(doctor.dossier)
    doctor.post(doctor.page, {"restart": "1"})  # nothing to wipe, nothing to tell
    assert told(doctor.dossier) == events
    assert events[-1] == ("copying_restarted", [])


def test_what_was_filed_as_suspected_is_not_told_as_a_fact(doctor):
    file(doctor.dossier)
    Tab(Dossier.objects.get()).type(nature=["availability"])
    field = doctor.get(doctor.page).content.decode().split('id="c-nature"')[1].split('class="copy-piece ')[0]
    assert "Perte de la confidentialité" in field
    assert "suspectée" in field


def test_no_fingerprint_is_kept_of_a_patients_data_once_it_is_replaced(doctor):
    Tab(doctor.dossier).type(prior_measures=f"Le dossier {NIR} était fermé.")
    mark(doctor, "prior_measures")
    mark(doctor, "siren")
    Tab(Dossier.objects.get()).type(city="Saint-Pierre")
    assert set(Dossier.objects.get().transcribed) == {"prior_measures", "siren"}
    Tab(Dossier.objects.get()).type(prior_measures="Un compte pour chacun.")
    assert set(Dossier.objects.get().transcribed) == {"siren"}
