"""Private links and forgetting a browser: what the pages show, once, and what they never let out."""

import io
import json
import logging
import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from breach_assistant.logs import JsonFormatter
from notifications.documents import qr
from notifications.models import Dossier, Grant
from notifications.services.accounts import access, secrets
from notifications.views.viewer import COOKIE
from tests.stored import WEDA, everything, store_seeds
from tests.views.site.test_public import shown

SECRET = re.compile(r"/d/([\w-]{43})/")


@pytest.fixture(autouse=True)
def _seeds(db):
    store_seeds()


@pytest.fixture
def doctor():
    return began(Client())


def began(client):
    client.post(f"/incidents/{WEDA}/commencer/", {"timezone": "Indian/Reunion"})
    client.dossier = Dossier.objects.latest("pk")
    client.page = f"/dossiers/{client.dossier.public_id}/lien/"
    return client


def made(client):
    """The secret of a new link, as read on the page."""
    response = client.post(client.page)
    assert response.status_code == 200
    return SECRET.search(response.content.decode())[1]


def headers(response):
    return {name: value for name, value in response.headers.items() if name != "Expires"}


def may_open(client, dossier):
    return client.get(f"/dossiers/{dossier.public_id}/").status_code == 200


# -- making ---------------------------------------------------------------------------------------------


def test_the_address_is_shown_once_and_comes_from_the_settings_alone(doctor):
    response = doctor.post(doctor.page, headers={"host": "localhost:1"})
    content = response.content.decode()
    [secret] = set(SECRET.findall(content))
    assert f"{settings.SITE_URL}/d/{secret}/" in content
    assert "localhost" not in content
    assert "no-store" in response["Cache-Control"]
    assert secret not in doctor.get(doctor.page).content.decode()
    assert secret not in str(everything())


def test_the_drawing_is_of_the_same_address_and_needs_neither_script_nor_style(doctor):
    response = doctor.post(doctor.page)
    content = response.content.decode()
    address = f"{settings.SITE_URL}{SECRET.search(content)[0]}"
    drawing = qr.draw_svg(address)
    assert drawing in content
    assert qr.draw_svg(address + "x") != drawing
    assert not re.search(r"<script|style=|href=|<title", drawing)
    assert 'role="img" aria-label="Code QR' in content


def test_asking_for_the_page_makes_nothing(doctor):
    before = everything()
    assert "Créer un lien privé" in shown(doctor.get(doctor.page))
    assert everything() == before


def test_the_page_lists_what_opens_the_dossier_with_days_of_its_own_zone(doctor):
    made(doctor)
    text = shown(doctor.get(doctor.page))
    assert "Lien 1" in text
    assert "(heure de La Réunion). Jamais utilisé." in text
    assert "« appareil 1 »" in text.replace("\u202f", " ")


def test_a_sixth_link_is_refused_and_says_why(doctor):
    for _ in range(secrets.LINK.most):
        made(doctor)
    response = doctor.post(doctor.page)
    assert response.status_code == 422
    assert not SECRET.search(response.content.decode())
    assert "Ce dossier a déjà 5 liens actifs" in shown(response)
    assert Grant.objects.filter(kind=Grant.Kind.LINK).count() == secrets.LINK.most


# -- opening --------------------------------------------------------------------------------------------


def test_reading_a_link_says_nothing_of_the_dossier_and_opens_nothing(doctor):
    secret, other = made(doctor), Client()
    before = everything()
    for method in (other.get, other.head):
        response = method(f"/d/{secret}/")
        assert response.status_code == 200
        assert COOKIE not in response.cookies
    content = other.get(f"/d/{secret}/").content.decode()
    for fact in (doctor.dossier.title, doctor.dossier.public_id, "WEDA", secret):
        assert fact not in content
    assert everything() == before


def test_the_button_opens_the_dossier_in_this_browser_too(doctor):
    secret, other = made(doctor), Client()
    response = other.post(f"/d/{secret}/")
    assert (response.status_code, response["Location"]) == (302, f"/dossiers/{doctor.dossier.public_id}/")
    assert may_open(other, doctor.dossier)
    assert may_open(doctor, doctor.dossier)
    assert other.cookies[COOKIE].value not in (secret, doctor.cookies[COOKIE].value)
    link = Grant.objects.get(kind=Grant.Kind.LINK)
    assert link.last_used_on is not None
    assert [(each.number, each.via) for each in doctor.dossier.grants.filter(kind=Grant.Kind.DEVICE)] == [
        (1, None),
        (2, link),
    ]


def test_a_browser_that_holds_dossiers_holds_this_one_too(doctor):
    other = began(Client())
    own, held = other.dossier, other.cookies[COOKIE].value
    other.post(f"/d/{made(doctor)}/")
    assert may_open(other, own)
    assert may_open(other, doctor.dossier)
    assert other.cookies[COOKIE].value == held


def test_opening_twice_or_at_home_is_no_second_device(doctor):
    secret, other = made(doctor), Client()
    for browser in (other, other, doctor):
        assert browser.post(f"/d/{secret}/").status_code == 302
    assert Grant.objects.filter(kind=Grant.Kind.DEVICE).count() == 2
    assert Dossier.objects.get().devices == 2


def test_a_planted_secret_is_not_taken_over(doctor):
    victim, planter = Client(), Client()
    victim.cookies[COOKIE] = planter.cookies[COOKIE] = "planted-by-somebody-who-also-knows-it"
    victim.post(f"/d/{made(doctor)}/")
    assert may_open(victim, doctor.dossier)
    assert not may_open(planter, doctor.dossier)


def test_revoked_unknown_and_malformed_links_answer_alike(doctor):
    secret = made(doctor)
    assert doctor.post(doctor.page, {"revoke": "1"}).status_code == 302
    device = doctor.cookies[COOKIE].value
    for method in ("get", "head", "post"):
        answers = [
            (response.status_code, response.content, headers(response), sorted(response.cookies))
            for response in (
                getattr(Client(), method)(f"/d/{each}/") for each in (secret, "A" * 43, "x", "%00", "é" * 99, device)
            )
        ]
        assert answers[0][0] == 404
        assert [each == answers[0] for each in answers] == [True] * len(answers)
    assert "Lien 1" not in shown(doctor.get(doctor.page))


def test_a_revoked_link_leaves_the_browsers_that_it_let_in(doctor):
    other = Client()
    other.post(f"/d/{made(doctor)}/")
    doctor.post(doctor.page, {"revoke": "1"})
    assert may_open(other, doctor.dossier)


@pytest.mark.parametrize("number", ["2", "", "-1", "x", "9" * 30, "²"])
def test_revoking_what_is_not_there_changes_nothing(doctor, number):
    secret = made(doctor)
    response = doctor.post(doctor.page, {"revoke": number}, follow=True)
    assert "Ce lien était déjà retiré" in shown(response)
    assert access.find_link(secret, doctor.dossier.created_at).dossier == doctor.dossier


# -- what gets out --------------------------------------------------------------------------------------


def test_pages_around_a_secret_are_neither_kept_nor_told(doctor):
    secret = made(doctor)
    for response in (
        doctor.get(doctor.page),
        doctor.post(doctor.page),
        Client().get(f"/d/{secret}/"),
        Client().post(f"/d/{secret}/"),
        Client().get(f"/d/{'A' * 43}/"),
    ):
        assert "no-store" in response["Cache-Control"]
        # the origin alone; « no-referrer » would break our own forms (tests/browser/test_links.py)
        assert response["Referrer-Policy"] == "strict-origin"
        assert secret not in str(response.headers)


def test_no_log_holds_the_secret(doctor, caplog):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        secret = made(doctor)
        Client().get(f"/d/{secret}/")
        Client(enforce_csrf_checks=True).post(f"/d/{secret}/")
        Client().post(f"/d/{secret}/")
        doctor.post(doctor.page, {"revoke": "1"})
        Client().get(f"/d/{secret}/")
    finally:
        root.removeHandler(handler)
    lines = stream.getvalue()
    assert secret not in lines
    views = [json.loads(line).get("view") for line in lines.splitlines()]
    assert views.count("open_link") >= 4


# -- forgetting -----------------------------------------------------------------------------------------


def test_what_will_happen_is_said_first(doctor):
    before = everything()
    text = shown(doctor.get("/dossiers/oublier/"))
    assert "Aucun lien privé. Sans lien ni fichier, ce dossier peut être perdu pour vous." in text
    assert everything() == before
    assert may_open(doctor, doctor.dossier)
    made(doctor)
    assert "1 lien privé actif" in shown(doctor.get("/dossiers/oublier/"))


def test_a_forgotten_browser_opens_nothing_until_a_link_lets_it_in_again(doctor):
    secret, old = made(doctor), doctor.cookies[COOKIE].value
    response = doctor.post("/dossiers/oublier/")
    assert response["Location"] == reverse("dossiers")
    cookie = response.cookies[COOKIE]
    assert (cookie.value, cookie["max-age"], cookie["path"], cookie["samesite"]) == ("", 0, "/", "Lax")
    assert "Clear-Site-Data" not in response
    assert Dossier.objects.count() == 1
    thief = Client()
    thief.cookies[COOKIE] = old
    assert not may_open(thief, doctor.dossier)
    assert "Cet appareil n'ouvre plus aucun dossier" in shown(doctor.get("/dossiers/"))

    doctor.post(f"/d/{secret}/")
    assert may_open(doctor, doctor.dossier)
    assert "appareil 2" in shown(doctor.get(doctor.page))


def test_a_browser_without_dossiers_has_nothing_to_forget():
    browser = Client()
    assert "il n’y a rien à oublier" in shown(browser.get("/dossiers/oublier/"))
    assert browser.post("/dossiers/oublier/").status_code == 302
    assert "Oublier cet appareil" not in shown(browser.get("/dossiers/"))


# -- who wrote ------------------------------------------------------------------------------------------


def test_a_conflict_says_which_browser_wrote_the_other_version(doctor):
    manager = Client()
    manager.post(f"/d/{made(doctor)}/")
    base = str(Dossier.objects.get().version)
    step = f"/dossiers/{doctor.dossier.public_id}/etapes/organisme/"

    def save(client, city):
        return client.post(step, {"base": base, "keys": ["city"], "city": city})

    assert save(doctor, "Rouen").status_code == 302
    assert "de l'appareil 1," in shown(save(manager, "Dieppe"))
    assert "de cet appareil (appareil 1)," in shown(save(doctor, "Elbeuf"))
