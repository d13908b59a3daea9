"""Pages and files open in the browser that began the dossier; elsewhere they do not exist. A GET changes nothing."""

import os
import subprocess
import sys
from datetime import timedelta
from itertools import product

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.models import Dossier, Grant, User
from notifications.services.accounts import secrets
from notifications.views.viewer import COOKIE
from tests.broken_files import GOOD
from tests.dossiers import form
from tests.routes import LIBRARY, list_routes
from tests.signing_in import sign_in
from tests.stored import WEDA, everything, file, store_seeds

START = f"/incidents/{WEDA}/commencer/"
MISSING = "A" * 22
LINK = "L" * 43  # a private link's secret
STEPS = [step.slug for step in form().steps]
# All addresses, from the table of addresses: one that is added is tested here too.
OF_A_DOSSIER = [pattern for pattern in list_routes() if "public_id" in pattern.pattern.converters]
OTHERS = [pattern for pattern in list_routes() if pattern not in OF_A_DOSSIER]
# What each of them may be asked for, beside the dossier.
STEP, INCIDENT = {"slug": STEPS}, {"slug": [WEDA]}
EVERY = {"subject": ["relire"], "key": ["kind"], "secret": [LINK], "pk": [1]}
EVERY["number"] = [1]  # of a filing
EVERY["token"] = ["abc:def:ghi"]  # of a mail
EVERY |= {key: ["A" * 22] for key in ("practice_id", "group_id", "batch_id", "edit_id")}  # see the matrix, too
EVERY |= {"table": ["faits"], "place": [0]}  # of the catalogue
EVERY |= {"step": STEPS[:1], "kind": ["svg"]}  # of a template


@pytest.fixture(autouse=True)
def _seeds(db):
    store_seeds()


@pytest.fixture
def owner():
    """A browser that began a dossier."""
    return began(Client())


@pytest.fixture
def stranger():
    """Another browser, with a dossier of its own."""
    return began(Client())


def signed_in(email="dr.martin@example.org"):
    client = Client()
    client.user = sign_in(client, email)
    return client


def began(client, address=START):
    assert client.post(address, {"timezone": "Europe/Paris"}).status_code == 302
    client.dossier = Dossier.objects.latest("pk")
    return client


def addresses(pattern, **arguments):
    """The addresses of a pattern: one for every step, where it has one."""
    known = EVERY | (STEP if "public_id" in arguments else INCIDENT)
    names = [name for name in pattern.pattern.converters if name not in arguments]
    return [
        reverse(pattern.name, kwargs=arguments | dict(zip(names, values, strict=True)))
        for values in product(*(known[name] for name in names))
    ]


def of_dossier(public_id):
    return [address for pattern in OF_A_DOSSIER for address in addresses(pattern, public_id=public_id)]


def answer(client, method, address):
    """What a browser gets, apart from the hour."""
    posted = {"base": "1", "keys": ["kind"], "kind": "complete", "keep": "violation"} if method == "post" else None
    response = getattr(client, method)(address, posted)
    headers = {name: value for name, value in response.headers.items() if name != "Expires"}
    return response.status_code, response.content, headers, sorted(response.cookies)


# -- another's dossier ----------------------------------------------------------------------------------


def test_the_table_holds_the_addresses_of_a_dossier():
    assert {pattern.name for pattern in OF_A_DOSSIER} >= {"dossier", "step", "check", "draft_pdf", "dossier_json"}
    assert len(set(of_dossier(MISSING))) == len(OF_A_DOSSIER) - 1 + len(STEPS)


@pytest.mark.parametrize(
    ("whose", "method"),
    [("a guest's", each) for each in ("get", "head", "post", "put", "delete", "options")]
    + [("an account's", each) for each in ("get", "post")],
)
def test_another_s_dossier_answers_like_one_that_does_not_exist(owner, stranger, whose, method):
    owner = began(signed_in()) if whose == "an account's" else owner
    colleague = began(signed_in("dr.durand@example.org"))
    before = everything()
    for address, missing in zip(of_dossier(owner.dossier.public_id), of_dossier(MISSING), strict=True):
        for browser in (stranger, colleague, Client()):
            found = answer(browser, method, address)
            assert found == answer(browser, method, missing)
            assert found[0] in (404, 405)
            assert found[0] == 404 or method not in ("get", "head")
            assert owner.dossier.public_id.encode() not in found[1]
    assert everything() == before


def test_what_its_owner_may_post_is_refused_to_others_as_missing(owner, stranger):
    """So that 405 above does not hide an address where posting does something."""
    posts = [each for each in of_dossier(owner.dossier.public_id) if owner.post(each, {"base": "1"}).status_code != 405]
    assert len(posts) >= len(STEPS) + 1  # and the review
    assert {stranger.post(each, {"base": "1"}).status_code for each in posts} == {404}


def test_a_browser_lists_only_its_own(owner, stranger):
    page = stranger.get("/dossiers/").content.decode()
    assert stranger.dossier.public_id in page
    assert owner.dossier.public_id not in page
    assert owner.dossier.public_id not in Client().get("/dossiers/").content.decode()


def test_an_account_lists_only_its_own_and_needs_no_device(owner):
    doctor = began(signed_in())
    assert COOKIE not in doctor.cookies
    assert not doctor.dossier.grants.exists()
    page = doctor.get("/dossiers/").content.decode()
    assert doctor.dossier.public_id in page
    assert owner.dossier.public_id not in page


@pytest.mark.parametrize("end", ["disabled", "signed out", "idle", "twelve hours", "ended elsewhere"])
def test_an_account_s_dossier_closes_with_the_session(end, time_machine):
    time_machine.move_to(timezone.now())
    doctor = began(signed_in())
    own = of_dossier(doctor.dossier.public_id)
    assert doctor.get(own[0]).status_code == 200
    cookie = doctor.cookies["session"].value
    if end == "disabled":
        User.objects.update(is_active=False)
    elif end == "signed out":
        assert doctor.post("/compte/deconnexion/").status_code == 302
    elif end == "idle":
        time_machine.shift(timedelta(minutes=61))
    elif end == "twelve hours":
        for _ in range(14):  # somebody who never stops
            time_machine.shift(timedelta(minutes=51))
            doctor.get(own[0])
        assert doctor.get("/compte/").status_code == 200
        time_machine.shift(timedelta(minutes=7))
    else:
        other = signed_in()
        assert other.post("/compte/", {"elsewhere": "1"}).status_code == 302
        assert other.get(own[0]).status_code == 200
    doctor.cookies["session"] = cookie  # kept by somebody
    assert {doctor.get(address).status_code for address in own} == {404}
    assert doctor.get("/compte/").status_code == 302


def test_a_withdrawn_grant_closes_every_address(owner):
    Grant.objects.update(revoked_at=timezone.now())
    assert {owner.get(address).status_code for address in of_dossier(owner.dossier.public_id)} == {404}


def test_an_own_dossier_has_no_unknown_step(owner):
    assert owner.get(f"/dossiers/{owner.dossier.public_id}/etapes/nulle-part/").status_code == 404


# -- the browser's secret -------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/commencer/", START, "/dossiers/importer/"])
def test_a_planted_secret_is_not_taken_over(address):
    victim, planter = Client(), Client()
    victim.cookies[COOKIE] = planter.cookies[COOKIE] = "planted-by-somebody-who-also-knows-it"
    sent = {"file": SimpleUploadedFile("dossier.json", GOOD.read_bytes())} if "importer" in address else {}
    assert victim.post(address, sent).status_code == 302
    dossier = Dossier.objects.get()
    assert victim.get(f"/dossiers/{dossier.public_id}/").status_code == 200
    assert planter.get(f"/dossiers/{dossier.public_id}/").status_code == 404
    assert len(victim.cookies[COOKIE].value) >= 43


def test_a_second_dossier_goes_to_the_same_browser(owner):
    secret, first = owner.cookies[COOKIE].value, owner.dossier
    began(owner, "/commencer/")
    assert owner.cookies[COOKIE].value == secret
    assert {owner.get(f"/dossiers/{each.public_id}/").status_code for each in (first, owner.dossier)} == {200}


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(settings):
    cookie = began(Client()).cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    assert 0 < int(cookie["max-age"]) <= 400 * 24 * 3600
    assert not cookie["secure"]
    settings.LOCAL = False
    assert began(Client()).cookies[COOKIE]["secure"] is True


def test_in_production_the_cookie_is_bound_to_the_host(tmp_path):
    code = "import django; django.setup(); from notifications.views.viewer import COOKIE; print(COOKIE)"
    production = {"SITE_URL": "https://example.org", "SECRET_KEY": "k9" * 40, "VAR_DIR": str(tmp_path)}
    production["OPERATOR_FILE"] = "docs/deploy/operator.toml"
    shown = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "breach_assistant.settings", **production},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "__Host-appareil\n"


def test_the_database_holds_the_secret_s_hash_only(owner):
    secret = owner.cookies[COOKIE].value
    assert secret not in str(everything())
    assert Grant.objects.get().sha256 == secrets.hash_secret(secret)


def test_no_page_shows_the_secret(owner):
    secret = owner.cookies[COOKIE].value.encode()
    pages = [address for address in of_dossier(owner.dossier.public_id) if not address.endswith(".pdf")]
    for address in [*pages, "/dossiers/", "/"]:
        assert secret not in owner.get(address).content


def test_posting_needs_the_token_of_our_own_pages(owner):
    careful = Client(enforce_csrf_checks=True)
    careful.cookies[COOKIE] = owner.cookies[COOKIE].value
    before = everything()
    root = f"/dossiers/{owner.dossier.public_id}/"
    posted = ("etapes/type/", "verifier/", "lien/", "versions/kind/", "recopie/", "rappels/", "rattacher/")
    mine = [f"{root}{page}" for page in posted]
    mine += [address for pattern in list_routes() if pattern.name in LIBRARY for address in addresses(pattern)]
    for address in (START, "/commencer/", "/dossiers/importer/", "/dossiers/oublier/", f"/d/{LINK}/", *mine):
        assert careful.post(address, {"base": "1", "keep": "violation"}).status_code == 403
    assert everything() == before


# -- GET ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "head"])
def test_reading_every_address_changes_nothing(owner, method, seeded):
    """HEAD makes the whole answer too: of the PDFs, which take a second each, it asks for one by chance."""
    Grant.objects.update(last_used_on=timezone.now().date() - timedelta(days=3))
    private = {"kind": Grant.Kind.LINK, "number": 1, "sha256": secrets.hash_secret(LINK)}
    Grant.objects.create(dossier=owner.dossier, created_at=timezone.now(), **private)
    file(owner.dossier)
    before = everything()
    own = of_dossier(owner.dossier.public_id)
    pdfs = [address for address in own if address.endswith(".pdf")]
    left_out = {*pdfs} - {seeded.choice(pdfs)} if method == "head" else set()
    own = [address for address in own if address not in left_out]
    for address in own + [address for pattern in OTHERS for address in addresses(pattern)]:
        response = getattr(owner, method)(address, {"keep": "violation", "base": "1", "kind": "complete"})
        # the account's own pages ask to sign in first
        assert response.status_code == 200 or (address not in own and response.status_code in (302, 404, 405)), address
        assert COOKIE not in response.cookies
    assert everything() == before


def test_a_save_notes_the_day_of_use(owner):
    Grant.objects.update(last_used_on=timezone.now().date() - timedelta(days=3))
    owner.post(f"/dossiers/{owner.dossier.public_id}/verifier/", {"keep": "violation"})
    assert Grant.objects.get().last_used_on == timezone.now().date()


def test_starting_pages_start_nothing_before_somebody_says_so():
    browser = Client()
    for address in ("/commencer/", START, "/dossiers/importer/"):
        assert browser.get(address).status_code == 200
    assert not Dossier.objects.exists()
    assert COOKIE not in browser.cookies
