"""The pages warn of a text that seems to hold a patient's data, and let the person say that it does not."""

import html
import io
import json
import logging

import pytest
from django.test import Client

from notifications.models import Dossier
from notifications.report import SUSPICION_WORDS
from tests.stored import NIR, WEDA, store_seeds, stored

KEY = "discovery"
TEXT = f"Le dossier {NIR} était fermé."
BOX = f"{KEY}-not_patient"
SENTENCE = SUSPICION_WORDS["nir"].split(".")[0]


@pytest.fixture
def client(db):
    store_seeds()
    client = Client()
    client.post(f"/incidents/{WEDA}/commencer/", {"timezone": "Europe/Paris"})
    client.dossier = Dossier.objects.get()
    client.step = f"/dossiers/{client.dossier.public_id}/etapes/dates/"
    client.review = f"/dossiers/{client.dossier.public_id}/verifier/"
    return client


@pytest.fixture
def log_text(monkeypatch):
    """The lines that a log collector would read."""
    handler = next(handler for handler in logging.getLogger().handlers if handler.name == "stderr")
    stream = io.StringIO()
    monkeypatch.setattr(handler, "stream", stream)
    return stream.getvalue


def send(client, text=TEXT, *, follow=True, autosave=False, **posted):
    base = Dossier.objects.get().version
    headers = {"Accept": "application/json"} if autosave else {}
    posted = {"base": base, "keys": [KEY], KEY: text, **posted}
    return client.post(client.step, posted, follow=follow, headers=headers)


def words(response):
    page = html.unescape(response.content.decode())
    return page.replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")


def box(response):
    """The fingerprint that the box of the warning would send."""
    return response.content.decode().split(f'name="{BOX}"', 1)[1].split('value="', 1)[1].split('"', 1)[0]


def test_a_plain_save_keeps_the_text_and_shows_the_page_again_with_the_reason(client):
    response = send(client)
    assert response.redirect_chain == [(client.step, 302)]
    assert stored(client.dossier, KEY) == TEXT
    assert SUSPICION_WORDS["nir"] in words(response)
    assert "Ce n'est pas une donnée de patient" in words(response)
    assert f'name="{BOX}"' in words(response)


def test_the_warning_never_holds_the_person_back(client):
    send(client)
    response = send(client)
    assert response.redirect_chain[-1][0] != client.step


def test_autosave_is_told_beside_the_field(client):
    reply = send(client, autosave=True).json()
    assert reply["saved"] == [KEY]
    assert SENTENCE in html.unescape(reply["beside"][KEY])
    assert BOX in reply["beside"][KEY]


def test_the_review_says_it_and_the_number_of_texts(client):
    send(client)
    page = words(client.get(client.review))
    assert SUSPICION_WORDS["nir"] in page
    assert "1 texte semble contenir une donnée de patient" in page
    send(client, "Rien à dire.")
    assert "une donnée de patient" not in words(client.get(client.review))


@pytest.mark.parametrize("autosave", [False, True])
def test_the_box_overrules_that_text_on_every_page(client, autosave):
    seen = box(send(client))
    response = send(client, autosave=autosave, **{BOX: seen})
    assert BOX not in words(response)
    assert SENTENCE not in words(client.get(client.step))
    assert SENTENCE not in words(client.get(client.review))
    assert stored(client.dossier, KEY) == TEXT


def test_a_changed_text_warns_again(client):
    seen = box(send(client))
    send(client, **{BOX: seen})
    assert SENTENCE in words(send(client, f"{TEXT} Et encore."))


def test_the_box_says_nothing_of_a_text_changed_with_it(client):
    seen = box(send(client))
    assert SENTENCE in words(send(client, f"{TEXT} Et encore.", **{BOX: seen}))


@pytest.mark.parametrize("seen", ["on", "0" * 64, "é" * 5000])
def test_a_box_of_no_text_overrules_nothing(client, seen):
    send(client)
    assert send(client, **{BOX: seen}).status_code == 200
    assert Dossier.objects.get().overruled == {}


def test_a_box_for_a_question_that_the_page_does_not_hold_overrules_nothing(client):
    seen = box(send(client))
    base = Dossier.objects.get().version
    client.post(client.step, {"base": base, "keys": ["ongoing"], "ongoing": "no", BOX: seen})
    assert Dossier.objects.get().overruled == {}


def test_the_log_holds_the_decision_without_the_text(client, log_text, django_capture_on_commit_callbacks):
    seen = box(send(client))
    with django_capture_on_commit_callbacks(execute=True):
        send(client, **{BOX: seen})
    lines = [json.loads(line) for line in log_text().splitlines()]
    [line] = [line for line in lines if line["event"] == "patient_data_overruled"]
    assert set(line) == {"time", "level", "event", "question", "kind"}
    assert (line["question"], line["kind"]) == (KEY, ["nir"])
    for secret in (NIR, NIR.replace(" ", ""), "Le dossier", seen, client.dossier.public_id):
        assert secret not in log_text()
