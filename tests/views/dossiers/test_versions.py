"""« Versions précédentes »: what an answer was, who wrote it when, and one button to have it back."""

import re

import pytest
from django.test import Client

from notifications.models import Dossier
from tests.stored import NIR, WEDA, everything, store_seeds, stored
from tests.views.site.test_public import shown


@pytest.fixture(autouse=True)
def _seeds(db):
    store_seeds()


@pytest.fixture
def doctor():
    client = Client()
    client.post(f"/incidents/{WEDA}/commencer/", {"timezone": "Indian/Reunion"})
    client.root = f"/dossiers/{Dossier.objects.get().public_id}/"
    return client


def save(client, step, **values):
    base = Dossier.objects.get().version
    posted = {"base": base, "keys": [each for each in values if "-" not in each], **values}
    assert client.post(f"{client.root}etapes/{step}/", posted).status_code == 302


def versions(client, key="city"):
    return client.get(f"{client.root}versions/{key}/")


def restored(client, key, change, base=None):
    base = Dossier.objects.get().version if base is None else base
    return client.post(f"{client.root}versions/{key}/", {"change": change, "base": base}, follow=True)


def numbers(response):
    return re.findall(r'name="change" value="(\d+)"', response.content.decode())


def test_says_every_earlier_value_who_and_when_in_the_dossier_s_zone(doctor):
    for city in ("Rouen", "Dieppe", "Elbeuf"):
        save(doctor, "organisme", city=city)
    text = shown(versions(doctor))
    assert text.index("Elbeuf") < text.index("Réponses précédentes") < text.index("Dieppe") < text.index("Rouen")
    assert text.count("(heure de La Réunion), par cet appareil (appareil 1) ; réponse du cabinet") == 3
    assert len(numbers(versions(doctor))) == 2  # not the present one


def test_one_button_restores_and_the_replaced_answer_stays(doctor):
    for city in ("Rouen", "Dieppe"):
        save(doctor, "organisme", city=city)
    response = restored(doctor, "city", numbers(versions(doctor))[0])
    assert "La version choisie est rétablie" in shown(response)
    assert stored(Dossier.objects.get(), "city") == "Rouen"
    assert "Dieppe" in shown(response)


def test_another_browser_is_named_by_its_number_only(doctor):
    manager = Client()
    page = doctor.post(f"{doctor.root}lien/").content.decode()
    manager.post(re.search(r"/d/[\w-]{43}/", page)[0])
    manager.root = doctor.root
    save(manager, "organisme", city="Dieppe")
    assert "par l'appareil 2" in shown(versions(doctor))
    assert "par cet appareil (appareil 2)" in shown(versions(manager))


def test_a_prefilled_answer_is_shown_with_its_certainty_and_where_it_came_from(doctor):
    save(doctor, "violation", nature=["integrity"])
    text = shown(versions(doctor, "nature"))
    earlier = text[text.index("Réponses précédentes") :]
    assert "Perte de la confidentialité suspectée" in earlier
    assert "révision 3" in earlier


def test_an_answer_that_changed_meanwhile_is_not_overwritten(doctor):
    for city in ("Rouen", "Dieppe"):
        save(doctor, "organisme", city=city)
    base, [change] = Dossier.objects.get().version, numbers(versions(doctor))
    save(doctor, "organisme", city="Elbeuf")
    assert "Cette réponse vient de changer ailleurs" in shown(restored(doctor, "city", change, base))
    assert stored(Dossier.objects.get(), "city") == "Elbeuf"


def test_an_erased_text_says_so_and_has_no_button(doctor):
    for text in (f"Patient {NIR}", "Par un message."):
        save(doctor, "dates", discovery=text)
    page = versions(doctor, "discovery")
    assert "Texte effacé." in shown(page)
    assert NIR not in page.content.decode()
    assert numbers(page) == []
    assert restored(doctor, "discovery", 2).status_code == 404


@pytest.mark.parametrize(
    ("change", "base"), [("999", "1"), ("", "1"), ("x", "1"), ("1", ""), ("1", "x"), ("-1", "1"), ("9" * 40, "1")]
)
def test_what_cannot_be_restored_is_not_found(doctor, change, base):
    before = everything()
    assert restored(doctor, "city", change, base).status_code == 404
    assert everything() == before


def test_a_question_that_does_not_exist_is_not_found(doctor):
    assert versions(doctor, "nulle-part").status_code == 404
    assert restored(doctor, "nulle-part", "1").status_code == 404


def test_an_answer_that_never_changed_says_so(doctor):
    assert "Aucune : cette réponse n’a pas changé" in shown(versions(doctor, "nature"))
    assert "Aucune réponse n’a encore été enregistrée" in shown(versions(doctor, "city"))


def test_only_a_question_with_a_past_links_to_it_from_its_block_and_its_review_row(doctor):
    save(doctor, "organisme", city="Rouen", headcount="2")
    for page in ("etapes/organisme/", "verifier/"):
        assert "/versions/" not in doctor.get(doctor.root + page).content.decode()
    save(doctor, "organisme", city="Dieppe")
    for page in ("etapes/organisme/", "verifier/"):
        found = set(re.findall(r"/versions/(\w+)/", doctor.get(doctor.root + page).content.decode()))
        assert found == {"city"}


def test_the_words_of_a_person_are_escaped(doctor):
    for city in ("<script>alert(1)</script>", "Dieppe"):
        save(doctor, "organisme", city=city)
    content = versions(doctor).content.decode()
    assert "&lt;script&gt;alert(1)" in content
    assert "<script>" not in content
