"""Public pages: what they show, and that they hold nothing of anybody."""

import re
from html import unescape

import pytest
from django.http import HttpResponse
from django.test import Client

from notifications.catalogue import STATUS_MEANING, STATUS_WORDS
from notifications.models import IncidentRevision
from notifications.services.incidents import incidents
from notifications.services.revisions import INCIDENT_REVISIONS

pytestmark = pytest.mark.usefixtures("seeds")

WEDA, CEGEDIM, HOSPITAL = "weda-2025-11", "cegedim-mlm-2025", "chi-haute-comte-2025-10"
PAGES = ["/", "/accessibilite/", *(f"/incidents/{slug}/" for slug in (WEDA, CEGEDIM, HOSPITAL))]


def plain(text: str) -> str:
    """Words only: no tag, every kind of space alike."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)))


def shown(response: HttpResponse) -> str:
    return plain(response.content.decode())


@pytest.fixture
def weda(client: Client) -> str:
    return client.get(f"/incidents/{WEDA}/").content.decode()


# -- nobody's page ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_sets_no_cookie_and_does_not_depend_on_one(client, page):
    response = client.get(page)
    assert response.status_code == 200
    assert not response.cookies
    assert "cookie" not in response.get("Vary", "").lower()


@pytest.mark.parametrize("page", PAGES)
def test_holds_no_form_no_script_no_inline_style(client, page):
    content = client.get(page).content.decode()
    assert not re.search(r"<(form|input|select|textarea|button|script|style)\b|\sstyle=", content)


@pytest.mark.parametrize("page", PAGES)
def test_may_be_kept_by_any_cache_for_a_minute(client, page):
    kept = client.get(page)["Cache-Control"].split(", ")
    assert sorted(kept) == ["max-age=60", "public"]


@pytest.mark.parametrize("page", PAGES)
def test_shows_no_message_meant_for_one_person(client, page):
    client.cookies["messages"] = "anything"
    assert 'role="status"' not in client.get(page).content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_rejects_post(client, page):
    assert client.post(page).status_code == 405


@pytest.mark.parametrize("page", PAGES)
def test_answers_head(client, page):
    assert client.head(page).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_every_anchor_leads_somewhere_on_the_page(client, page):
    content = client.get(page).content.decode()
    names = re.findall(r'\sid="([^"]+)"', content)
    assert sorted(names) == sorted(set(names))
    assert set(re.findall(r'href="#([^"]+)"', content)) <= set(names)


# -- home -------------------------------------------------------------------------------------------------


def test_home_leads_to_each_incident_and_to_the_other_ways_in(client):
    content = client.get("/").content.decode()
    for revision in incidents.load_newest_revisions():
        assert f'href="/incidents/{revision.slug}/"' in content
    for address in ("/commencer/", "/dossiers/", "/dossiers/importer/"):
        assert f'href="{address}"' in content


def test_home_says_what_the_site_does_not_do(client):
    text = shown(client.get("/"))
    assert "seule votre saisie sur le téléservice de la CNIL vaut notification" in text
    assert "N’y écrivez jamais de nom ni de donnée de patient" in text


def test_home_without_incident_still_leads_on(client):
    IncidentRevision.objects.all().delete()
    assert "commencer un dossier sans fiche" in shown(client.get("/"))


# -- an incident ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", ["inconnu", "weda-2025-11x"])
def test_an_unknown_incident_is_not_found_and_not_kept(client, slug):
    response = client.get(f"/incidents/{slug}/")
    assert response.status_code == 404
    assert "public" not in response.get("Cache-Control", "")


def test_begins_by_a_link(weda):
    assert f'href="/incidents/{WEDA}/commencer/"' in weda


@pytest.mark.parametrize("status", STATUS_WORDS)
def test_each_status_is_explained_beside_its_word_and_its_drawing(weda, status):
    assert f"#certainty-{status}" in weda
    assert f"{STATUS_WORDS[status]} {STATUS_MEANING[status]}" in plain(weda)


def test_the_contrary_view_stands_beside_the_line_of_the_cnil_each_dated_as_it_is(weda):
    pair = weda[weda.index('class="pair ') : weda.index('class="contradiction-note"')]
    text = plain(pair)
    asked, contrary = text.split("L’avis contraire")
    assert "vous devez faire une notification initiale de violation de données" in asked
    assert "CNIL , non datée, vue le 21 novembre 2026" in asked
    assert "il n'est pas nécessaire pour les médecins de reboucler avec la CNIL à ce stade" in contrary
    assert "CSMF (page de la CSMF Alsace) , 19 novembre 2025" in contrary
    assert "notez votre motif et l’avis suivi" in plain(weda)


def test_the_four_meanings_of_23_000_are_shown_each_with_who_says_so(weda):
    text = plain(weda)
    readings = [
        "23 000 clients revendiqués fin 2024 (AFP). ( AFP ,",
        "23 000 utilisateurs (Le Figaro, Next). ( Le Figaro ,",
        "Environ 23 000 professionnels privés d'accès (What's up Doc). ( What's up Doc , non datée, vue le",
        "23 000 concernés sur 85 000 utilisateurs (Alowa, CDOM 76) : deux nombres sans doute rapprochés à tort.",
    ]
    assert [reading for reading in readings if reading not in text] == []


def test_says_what_is_second_hand_what_was_corrected_and_what_nobody_knows(weda):
    text = plain(weda)
    assert "Rapporté par : documents de l'éditeur, consultés par Le Monde, résumé par MacGeneration" in text
    assert "Corrigé le 19 novembre 2025. La révision 1 donnait le 12 novembre" in text
    assert "Si les dossiers de votre cabinet ont été consultés ou copiés." in text


def test_says_when_the_file_stops_and_that_no_lawyer_read_it(weda):
    assert "Fiche arrêtée au 31 janvier 2026, révision 3, non relue par un juriste." in plain(weda)


def test_shows_what_a_draft_will_propose_with_the_certainty_of_each_option(weda):
    text = plain(weda)
    assert "Perte de la confidentialité (suspectée)" in text
    assert "Perte de la disponibilité (confirmée)" in text
    assert "Proposé, non coché : État civil" in text


def test_shows_what_each_revision_changed_newest_first(weda):
    text = plain(weda[weda.index('id="revisions"') :])
    assert text.index("Révision 3") < text.index("Révision 2") < text.index("Révision 1")
    third, second = text[: text.index("Révision 2")], text[text.index("Révision 2") : text.index("Révision 1")]
    assert "Aucune réponse proposée ne change." in third
    assert "Mesures techniques et organisationnelles" in second


def test_the_drawing_and_the_list_hold_the_same_events(weda):
    events = len(INCIDENT_REVISIONS.load_all(WEDA)[0].events)
    listed = weda[weda.index('<ol class="timeline ') :]
    assert weda.count('class="tl-number ') == events
    assert listed[: listed.index("</ol>")].count("<li>") == events
    assert 'aria-labelledby="timeline-title timeline-desc"' in weda


def test_a_season_is_never_given_as_days(client):
    text = shown(client.get(f"/incidents/{CEGEDIM}/"))
    assert "Entre septembre 2025 et décembre 2025" in text
    assert "Courant novembre 2025" in text
    assert "22 septembre" not in text


def test_where_the_controller_is_elsewhere_the_page_says_so_before_anything_else(client):
    content = client.get(f"/incidents/{HOSPITAL}/").content.decode()
    text = plain(content)
    assert text.index("En principe, ce n'est pas à votre cabinet de notifier.") < text.index("Ce que vous pouvez faire")
    assert "Mes propres fichiers sont touchés" in text
    assert "Commencer mon brouillon" not in text
    assert "notice-warning" in content
