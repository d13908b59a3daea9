"""« Faire relire »: a link that shows one dossier to one person, the tick, and what the page and the PDF then say."""

import io
import logging
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pypdf
import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from breach_assistant.logs import JsonFormatter
from notifications import deadlines
from notifications.models import Dossier, Membership, Practice, Review, Role, User
from notifications.services import journal
from notifications.services.accounts import access
from notifications.services.dossiers import claims, loading, reviews, saving
from notifications.services.keeping import erasure
from notifications.services.practices import team as team_service
from notifications.views.viewer import COOKIE
from tests.documents.reading import flat
from tests.dossiers import answered
from tests.html_pages import Page
from tests.stored import WEDA, everything, store_seeds
from tests.views.site.test_public import shown

ADDRESS = re.compile(r"(/relecture/[\w-]{43}/)")
DAY = timedelta(days=1)
NAME = "le Dr Noëlle <b>Lü</b> {{ draft }}"


@pytest.fixture(autouse=True)
def _seeds(db):
    store_seeds()


@pytest.fixture
def doctor():
    client = Client()
    client.post(f"/incidents/{WEDA}/commencer/", {"timezone": "Indian/Reunion"})
    client.dossier = Dossier.objects.get()
    client.root = f"/dossiers/{client.dossier.public_id}/"
    client.page = f"{client.root}relecture/"
    type_in(client.dossier, discovery="Par le courriel de l'éditeur")
    return client


def type_in(dossier, **texts):
    dossier.refresh_from_db()
    entries = {key: answered(key, text, loading.strip_version(dossier.answers.get(key))) for key, text in texts.items()}
    saving.save_answers(dossier=dossier, base=dossier.version, entries=entries, by="appareil 1", now=timezone.now())
    dossier.refresh_from_db()


def asked(client, name=NAME):
    """The link's address, as the page shows it."""
    response = client.post(client.page, {"name": name})
    assert response.status_code == 200
    return ADDRESS.search(response.content.decode())[1]


def read(address):
    """What a colleague does in a browser of their own."""
    reader = Client(enforce_csrf_checks=True)
    version = Page(reader.get(address).content).named("version").value
    return reader.post(address, {"version": version, "read": "1"})


def in_reunion(instant):
    return deadlines.describe_instant(instant, ZoneInfo("Indian/Reunion"))


def pdf_text(client):
    data = client.get(f"{client.root}brouillon.pdf").content
    return flat(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages))


def test_from_the_request_to_the_name_on_the_page_and_in_the_pdf(doctor):
    address = asked(doctor)
    assert "Relu par" not in shown(doctor.get(f"{doctor.root}verifier/"))
    first = timezone.now() + DAY
    with time_machine.travel(first, tick=False):
        assert "Merci, votre relecture est enregistrée" in shown(read(address))
    said = f"Relu par {NAME} le {in_reunion(first)}"
    assert f"{said}." in shown(doctor.get(f"{doctor.root}verifier/"))
    assert flat(f"{said}.") in pdf_text(doctor)
    with time_machine.travel(first + DAY, tick=False):
        saving.keep_answers(dossier=doctor.dossier, keys=["nature", "origins"], by="appareil 1", now=timezone.now())
        assert f"{said}." in shown(doctor.get(f"{doctor.root}verifier/")), "kept, not changed"
        type_in(doctor.dossier, discovery="Par la presse")
    said += f", avant des modifications du {in_reunion(first + DAY)}."
    assert said in shown(doctor.get(f"{doctor.root}verifier/"))
    assert flat(said) in pdf_text(doctor)


def test_what_was_read_is_what_the_page_showed_not_what_was_saved_meanwhile(doctor):
    address = asked(doctor)
    reader = Client()
    version = Page(reader.get(address).content).named("version").value
    type_in(doctor.dossier, discovery="Autrement")
    reader.post(address, {"version": version, "read": "1"})
    assert "avant des modifications" in shown(doctor.get(f"{doctor.root}verifier/"))


def test_two_who_read_are_told_apart(doctor):
    first, second = asked(doctor, "Dr A"), asked(doctor, "Dr B")
    read(first)
    type_in(doctor.dossier, discovery="Autrement")
    read(second)
    text = shown(doctor.get(f"{doctor.root}verifier/"))
    assert re.search(r"Relu par Dr B le [^.]*\)\.", text)
    assert re.search(r"Relu par Dr A le [^.]*, avant des modifications du", text)


def test_the_page_shows_everything_and_leads_nowhere_in_the_dossier(doctor):
    response = Client().get(asked(doctor))
    content = response.content.decode()
    text = shown(response)
    for expected in (NAME, "Par le courriel", "J’ai relu ce dossier"):
        assert expected in text
    review = doctor.get(f"{doctor.root}verifier/").content.decode()
    assert content.count('id="r-') == review.count('id="r-') > 40
    assert doctor.dossier.public_id not in content
    assert not response.cookies
    assert response.headers["Referrer-Policy"] == "strict-origin"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert "no-store" in response.headers["Cache-Control"]
    assert 'name="robots" content="noindex"' in content


def test_the_secret_opens_nothing_else(doctor):
    """Neither a page, nor a file, nor another kind of link."""
    address = asked(doctor)
    secret = address.split("/")[2]
    reader = Client()
    reader.cookies[COOKIE] = secret
    before = everything()
    for other in (doctor.root, doctor.page, f"{doctor.root}dossier.json", f"/d/{secret}/", f"/invitations/{secret}/"):
        assert reader.get(other).status_code == 404, other
    assert reader.get(f"/calendrier/{secret}.ics").status_code == 404
    assert reader.post(f"/d/{secret}/").status_code == 404
    assert everything() == before


def test_reading_ticks_nothing_and_the_tick_is_asked_for(doctor):
    address = asked(doctor)
    before = everything()
    assert Client().get(address).status_code == 200
    response = Client().post(address, {"version": doctor.dossier.version})
    assert (response.status_code, "n’est pas enregistrée" in shown(response)) == (422, True)
    for version in ("", "x", "-1", str(doctor.dossier.version + 1), "9" * 30, "²"):
        assert Client().post(address, {"version": version, "read": "1"}).status_code == 400
    assert everything() == before


def test_a_link_serves_once(doctor):
    address = asked(doctor)
    read(address)
    before = everything()
    again = Client().post(address, {"version": "0", "read": "1"})
    assert "Merci" in shown(again)
    assert everything() == before
    later = shown(Client().get(address))
    assert "Par le courriel" not in later
    assert "Merci" in later


@pytest.mark.parametrize("end", ["revoked", "expired", "erased"])
def test_a_link_ends(doctor, end):
    address = asked(doctor)
    asked(doctor, "une autre personne")
    if end == "revoked":
        doctor.post(doctor.page, {"revoke": "1"})
        assert "Lien retiré le" in shown(doctor.get(doctor.page))
    elif end == "erased":
        erasure.erase_dossier(dossier=doctor.dossier, by="appareil 1", now=timezone.now())
    missing = Client().get(f"/relecture/{'x' * 43}/")
    with time_machine.travel(timezone.now() + (14 * DAY if end == "expired" else DAY), tick=False):
        before = everything()
        for response in (Client().get(address), Client().post(address, {"version": "0", "read": "1"})):
            assert (response.status_code, response.content) == (404, missing.content)
        assert everything() == before


def test_no_altered_secret_opens_anything(doctor, seeded):
    """A thousand of them, one bit away from the right one, which still opens at the end."""
    address = asked(doctor)
    secret = address.split("/")[2]
    now, opened = timezone.now(), 0
    for _ in range(1000):
        place, bit = seeded.randrange(len(secret)), 1 << seeded.randrange(7)
        wrong = secret[:place] + chr(ord(secret[place]) ^ bit) + secret[place + 1 :]
        opened += reviews.find_opened(wrong, now) is not None
    assert opened == 0
    for wrong in (secret[:-1], secret + "A", secret.swapcase(), ""):
        assert reviews.find_opened(wrong, now) is None
    assert Client().get(address).status_code == 200


def test_the_address_comes_from_the_settings_and_the_secret_is_shown_once(doctor):
    response = doctor.post(doctor.page, {"name": NAME}, headers={"host": "localhost:1"})
    content = response.content.decode()
    address = ADDRESS.search(content)[1]
    assert settings.SITE_URL + address in content
    assert "localhost" not in content
    assert address not in doctor.get(doctor.page).content.decode()
    assert address.split("/")[2] not in str(everything())
    assert Client().get(address, headers={"host": "attacker.example"}).status_code == 400


def test_the_secret_stays_out_of_the_logs(doctor):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    try:
        address = asked(doctor)
        read(address)
        Client().get(address + "x")
    finally:
        logging.getLogger().removeHandler(handler)
    assert '"view": "give_review"' in stream.getvalue()
    assert address.split("/")[2] not in stream.getvalue()


def test_five_at_a_time_and_a_name_for_each(doctor):
    for number in range(5):
        address = asked(doctor, f"Dr {number}")
    response = doctor.post(doctor.page, {"name": "Dr 6"})
    assert (response.status_code, "5 relectures sont déjà en attente" in shown(response)) == (422, True)
    read(address)
    asked(doctor, "Dr 6")
    for name in ("", "   ", "x" * 121, "Dr\0"):
        assert doctor.post(doctor.page, {"name": name}).status_code == 422
    assert Review.objects.count() == 6


def test_each_step_is_in_the_journal_without_a_name(doctor):
    first = asked(doctor)
    asked(doctor)
    read(first)
    doctor.post(doctor.page, {"revoke": "2"})
    doctor.post(doctor.page, {"revoke": "2"})
    for wrong in ("1", "3", "x", "9" * 30):
        doctor.post(doctor.page, {"revoke": wrong})
    lines = doctor.dossier.journal.filter(event__startswith="proofread").order_by("number")
    assert [(line.event, line.keys, line.by) for line in lines] == [
        ("proofreading_asked", ["relecture 1"], "appareil 1"),
        ("proofreading_asked", ["relecture 2"], "appareil 1"),
        ("proofread", ["relecture 1"], "relecture 1"),
        ("proofreading_revoked", ["relecture 2"], "appareil 1"),
    ]
    assert journal.find_first_fault(Dossier.objects.get()) is None
    assert "Dossier relu" in shown(doctor.get(f"{doctor.root}journal/"))


def test_a_reader_sees_the_list_and_asks_nobody(doctor):
    user = User.objects.create(email="lecteur@example.org")
    practice = Practice.objects.create(name="Cabinet")
    Membership.objects.create(practice=practice, user=user, role=Role.READER)
    Dossier.objects.update(practice=practice)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "Créer un lien" not in shown(client.get(doctor.page))
    assert client.post(doctor.page, {"name": "Dr X"}).status_code == 403
    assert Client().get(doctor.page).status_code == 404


def test_a_claimed_dossier_and_a_removed_colleague_leave_no_link_behind(doctor):
    address = asked(doctor)
    owner, member = (User.objects.create(email=f"{name}@example.org") for name in ("owner", "member"))
    claims.claim_dossier(dossier=doctor.dossier, user=owner, now=timezone.now())
    assert Client().get(address).status_code == 404
    practice = Practice.objects.create(name="Cabinet")
    for user, role in ((owner, Role.OWNER), (member, Role.MEMBER)):
        Membership.objects.create(practice=practice, user=user, role=role)
    Dossier.objects.update(practice=practice, owner=None)
    ours, theirs = (
        reviews.ask(dossier=doctor.dossier, name="Dr X", by=access.account_author(user), now=timezone.now())
        for user in (owner, member)
    )
    team_service.remove(practice=practice, email=member.email, by=owner, now=timezone.now())
    assert Client().get(f"/relecture/{theirs}/").status_code == 404
    assert Client().get(f"/relecture/{ours}/").status_code == 200


def test_a_name_is_text_everywhere(doctor):
    name = "<script>alert(1)</script>" + "W" * 95
    address = asked(doctor, name)
    pages = [doctor.get(doctor.page), Client().get(address)]
    read(address)
    for page in [*pages, doctor.get(f"{doctor.root}verifier/"), Client().get(address)]:
        assert name in Page(page.content).text
