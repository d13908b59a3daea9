"""Signing in by code: the same answer to everybody, limits, a second proof, nothing lost when a session ends."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from breach_assistant.proxies import client_address, read_networks
from notifications.models import Dossier, Grant, Outgoing, User, Viewer
from notifications.services.accounts import access, accounts
from notifications.services.alerts import watch
from notifications.services.dossiers import claims
from notifications.services.mail import outbox
from tests.html_pages import Page
from tests.mailing import BEFORE, fill
from tests.signing_in import CODE, SIGN_IN, app_code, ask, mailed_code, sent_mails, sign_in
from tests.stored import WEDA, everything, store_seeds, stored

DOCTOR = "dr.martin@example.org"


@pytest.fixture(autouse=True)
def _database(db):
    yield
    cache.clear()  # of what tests that commit have counted


@pytest.fixture
def begun(client):
    """A guest's dossier, as its browser has it."""
    store_seeds()
    client.post(f"/incidents/{WEDA}/commencer/", {"timezone": "Europe/Paris"})
    client.dossier = Dossier.objects.get()
    client.home = f"/dossiers/{client.dossier.public_id}/"
    return client


def visible(response):
    """What differs between two answers is the address that was typed, and the tokens."""
    text = re.sub(r'value="[\w-]{64}"|dr\.\w+@example\.org', "", response.content.decode())
    return response.status_code, response.get("Location"), text


# -- signing in -----------------------------------------------------------------------------------------


def test_a_code_by_mail_signs_in_and_makes_the_account(client):
    user = sign_in(client, "Dr.Martin@Example.org")
    assert (user.email, user.has_usable_password()) == (DOCTOR, False)
    page = client.get("/compte/")
    assert page.status_code == 200
    assert DOCTOR in page.content.decode()
    [message] = sent_mails()
    assert (message.subject, message.to, message.alternatives) == ("Votre code de connexion", [DOCTOR], [])
    assert client.cookies["session"]["httponly"]
    assert client.cookies["session"]["samesite"] == "Lax"


def test_known_unknown_and_disabled_addresses_get_the_same_answers():
    sign_in(Client(), DOCTOR)
    sign_in(Client(), "dr.gone@example.org")
    User.objects.filter(email="dr.gone@example.org").update(is_active=False)
    seen = []
    for email in (DOCTOR, "dr.nobody@example.org", "dr.gone@example.org"):
        browser = Client()
        asked = ask(browser, email)
        seen.append([visible(each) for each in (asked, browser.get(CODE), browser.post(CODE, {"code": "BCDF-GHJK"}))])
    assert seen[0] == seen[1] == seen[2]
    assert [message.to for message in sent_mails()[2:]] == [[DOCTOR], ["dr.nobody@example.org"]]


def test_a_code_works_once_for_ten_minutes_in_the_browser_that_asked(client, time_machine):
    time_machine.move_to(timezone.now())
    ask(client, DOCTOR)
    code = mailed_code()
    other = Client()
    ask(other, "dr.durand@example.org")
    assert other.post(CODE, {"code": code}).status_code == 200  # refused
    assert client.post(CODE, {"code": code}).status_code == 302
    client.post("/compte/deconnexion/")
    assert client.post(CODE, {"code": code}).status_code == 302  # back to the start
    assert client.get("/compte/").status_code == 302
    ask(client, DOCTOR)
    time_machine.shift(timedelta(minutes=11))
    client.post(CODE, {"code": mailed_code()})
    assert client.get("/compte/").status_code == 302


def test_signing_in_gives_a_new_session(client):
    ask(client, DOCTOR)
    before = client.cookies["session"].value
    client.post(CODE, {"code": mailed_code()})
    planted = Client()
    planted.cookies["session"] = before
    assert client.cookies["session"].value != before
    assert planted.get("/compte/").status_code == 302


def test_no_address_takes_a_password_and_no_column_holds_one(client):
    for name in ("account_reset_password", "account_change_password", "account_set_password", "account_signup"):
        with pytest.raises(NoReverseMatch):
            reverse(name)
    assert "password" not in {field.name for field in User._meta.get_fields()}
    assert 'type="password"' not in client.get(SIGN_IN).content.decode()


def test_one_account_for_an_address_however_it_is_written():
    User.objects.create(email=DOCTOR)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email=DOCTOR.upper())


def test_an_address_that_nobody_confirmed_is_forgotten_after_a_day(client, time_machine):
    time_machine.move_to(timezone.now())
    ask(client, "typo@example.org")
    call_command("make_administrator", "admin@example.org")
    time_machine.shift(timedelta(hours=25))
    ask(Client(), DOCTOR)
    assert {user.email for user in User.objects.all()} == {"admin@example.org", DOCTOR}


def test_no_page_waits_for_a_mail_server_and_a_code_that_is_late_is_not_sent(client, settings, time_machine):
    time_machine.move_to(timezone.now())
    settings.EMAIL_BACKEND = "tests.mailing.Away"
    assert ask(client, DOCTOR).status_code == 302
    assert sent_mails() == []
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    time_machine.shift(timedelta(minutes=1))
    assert client.post(CODE, {"code": mailed_code()}).status_code == 302
    ask(Client(), DOCTOR)
    time_machine.shift(timedelta(minutes=10))
    assert [message.to for message in sent_mails()] == [[DOCTOR]]
    assert Outgoing.objects.filter(reason=outbox.EXPIRED).count() == 1


def test_a_code_leaves_before_all_other_mail_and_is_erased_once_sent(client):
    store_seeds()
    fill(2)
    watch.put_due(BEFORE)
    ask(client, DOCTOR)
    claimed = outbox.claim_next(timezone.now())
    assert (claimed.purpose, claimed.email) == ("code", DOCTOR)
    outbox.put_off(claimed, outbox.RELAY, timezone.now())
    code = mailed_code()
    assert Outgoing.objects.filter(state="waiting").count() == 2
    assert not [row for row in everything()["Outgoing"] if code in str(row) or DOCTOR in str(row)]


def test_a_new_address_counts_once_its_code_was_entered(client):
    user = sign_in(client)
    client.post("/compte/adresse/", {"email": "dr.new@example.org", "action_add": "1"})
    user.refresh_from_db()
    assert user.email == DOCTOR
    client.post("/compte/adresse/code/", {"action": "verify", "code": mailed_code()})
    user.refresh_from_db()
    assert user.email == "dr.new@example.org"
    assert (sent_mails()[-1].to, sent_mails()[-1].subject) == ([DOCTOR], "Un changement sur votre compte")


# -- limits ---------------------------------------------------------------------------------------------


def guess(count, **headers):
    """How many wrong codes were looked at, of `count` tried by browsers that start again and again."""
    taken, browser = 0, Client()
    for number in range(count):
        if number % 2 == 0:  # before the third, which ends it
            browser = Client()
            ask(browser, DOCTOR, **headers)
        answer = browser.post(CODE, {"code": "BBBB-BBBB"}, headers=headers)
        taken += answer.status_code == 200 and "pas le bon" in answer.content.decode()
    return taken


def test_guesses_are_limited_for_an_account():
    assert 0 < guess(30) <= 10


@pytest.mark.slow
def test_ten_thousand_guesses_are_limited_for_an_account():
    assert 0 < guess(10_000) <= 10


def test_a_forged_forwarding_header_changes_nothing():
    limit = 60
    answers = {}
    for number in range(limit + 2):
        headers = {"x-forwarded-for": f"203.0.113.{number}, 10.0.0.1"}
        answers[number] = ask(Client(), f"someone{number}@example.org", **headers).status_code
    assert answers[limit - 1] == 302
    assert answers[limit] == answers[limit + 1] == 429


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),  # not a proxy of ours
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "192.0.2.66, 203.0.113.9", "203.0.113.9"),  # what the client itself sent is hearsay
        ("10.0.0.1", "192.0.2.66, 203.0.113.9, 10.2.3.4", "203.0.113.9"),
        ("10.0.0.1", "10.9.9.9, 10.2.3.4", "10.9.9.9"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.66, nonsense, 10.2.3.4", "10.2.3.4"),
        ("::ffff:10.0.0.1", "2001:db8::5", "2001:db8::5"),
        ("", "203.0.113.9", ""),
    ],
)
def test_only_named_proxies_say_who_asks(remote, forwarded, address):
    assert client_address(remote, forwarded, read_networks("10.0.0.0/8, 192.168.1.4")) == address


# -- second proof ---------------------------------------------------------------------------------------


committed = pytest.mark.django_db(transaction=True)  # what follows a change of proofs waits for its commit


def set_up_app(client):
    secret = re.search(r"<code>(\w+)</code>", client.get("/compte/application/").content.decode())[1]
    return client.post("/compte/application/", {"code": app_code(secret)})


@committed
def test_an_app_is_asked_for_after_the_code_and_a_recovery_code_replaces_it(client):
    user = sign_in(client)
    assert set_up_app(client)["Location"] == "/compte/codes/"
    spare = re.findall(r"<code>(\d+)</code>", client.get("/compte/codes/").content.decode())
    assert len(spare) == 10
    assert sent_mails()[-1].subject == "Un changement sur votre compte"
    other = Client()
    ask(other, DOCTOR)
    assert other.post(CODE, {"code": mailed_code()})["Location"] == "/compte/connexion/preuve/"
    assert other.get("/compte/").status_code == 302
    assert "pas le bon" in other.post("/compte/connexion/preuve/", {"code": "000000"}).content.decode()
    assert other.post("/compte/connexion/preuve/", {"code": spare[0]}).status_code == 302
    assert other.get("/compte/").status_code == 200
    assert Authenticator.objects.filter(user=user).count() == 2


@committed
def test_a_change_of_proofs_ends_the_other_sessions(client):
    sign_in(client)
    elsewhere = Client()
    sign_in(elsewhere)
    set_up_app(client)
    assert client.get("/compte/").status_code == 200
    assert elsewhere.get("/compte/").status_code == 302


@committed
def test_an_administrator_sets_up_a_second_proof_before_anything_else(client, capsys):
    call_command("make_administrator", "Admin@example.org")
    assert "/compte/connexion/" in capsys.readouterr().out
    user = sign_in(client, "admin@example.org")
    assert user.is_administrator
    for address in ("/dossiers/", "/commencer/", "/tableau/", "/compte/donnees.zip", "/compte/effacer/"):
        assert client.get(address)["Location"] == "/compte/"
    assert client.get("/").status_code == 200
    assert "deux preuves" in client.get("/compte/").content.decode()
    set_up_app(client)
    assert client.get("/dossiers/").status_code == 200
    assert "deux preuves" not in client.get("/compte/").content.decode()


def test_only_an_address_is_promoted():
    with pytest.raises(CommandError):
        call_command("make_administrator", "Jean")


# -- dossiers -------------------------------------------------------------------------------------------


def test_signing_in_claims_nothing_and_claiming_ends_every_grant(begun):
    dossier = begun.dossier
    link = access.make_link(dossier=dossier, by="x", now=timezone.now())
    assert Page(begun.get(f"{begun.home}rattacher/").content).text.count("Me connecter, ou créer un compte") == 1
    user = sign_in(begun)
    dossier.refresh_from_db()
    assert dossier.owner is None
    assert f"{begun.home}rattacher/" in begun.get("/dossiers/").content.decode()
    assert begun.post(f"{begun.home}rattacher/").status_code == 302
    dossier.refresh_from_db()
    assert (dossier.owner, Grant.objects.count(), access.find_link(link, timezone.now())) == (user, 0, None)
    assert dossier.journal.latest("number").event == "claimed"
    assert begun.get(begun.home).status_code == 200
    assert begun.get(f"{begun.home}rattacher/").status_code == 404
    begun.post("/compte/deconnexion/")
    assert begun.get(begun.home).status_code == 404  # the browser alone opens it no more
    other = Client()
    sign_in(other)
    assert other.get(begun.home).status_code == 200


def test_nobody_claims_what_their_browser_does_not_hold(begun):
    stranger = Client()
    sign_in(stranger)
    assert stranger.post(f"{begun.home}rattacher/").status_code == 404
    first, second = (accounts.load_for_sign_in(email=f"{each}@example.org", now=timezone.now()) for each in "ab")
    assert claims.claim_dossier(dossier=begun.dossier, user=first, now=timezone.now())
    assert not claims.claim_dossier(dossier=begun.dossier, user=second, now=timezone.now())
    assert Dossier.objects.visible_to(Viewer(user=first)).get() == begun.dossier
    assert not Dossier.objects.visible_to(Viewer(user=second)).exists()


def test_the_history_names_people_as_they_are_called_now(begun):
    user = sign_in(begun)
    begun.post(f"{begun.home}rattacher/")
    begun.post("/compte/", {"name": "Dr Martin"})
    begun.post(f"{begun.home}etapes/organisme/", {"base": "1", "keys": ["city"], "city": "Dieppe"})
    assert "par vous" in Page(begun.get(f"{begun.home}versions/city/").content).text
    by = begun.dossier.changes.latest("pk").by
    assert "Martin" not in by
    assert access.author_words(by, "compte 0") == "Dr Martin"
    User.objects.filter(pk=user.pk).update(name="")
    assert access.author_words(by, "compte 0") == DOCTOR
    assert access.author_words("compte 999999", by) == "un compte supprimé"


# -- the end of a session -------------------------------------------------------------------------------


@pytest.fixture
def expired(begun):
    """A page of questions that was open when the session ended."""
    sign_in(begun)
    begun.post(f"{begun.home}rattacher/")
    begun.page = f"{begun.home}etapes/organisme/"
    begun.sends = Page(begun.get(begun.page).content).sends(city="Dieppe <b>")
    begun.cookies["session"] = "gone"
    return begun


def test_autosave_is_told_to_sign_in_and_goes_on(expired):
    response = expired.post(expired.page, expired.sends, headers={"accept": "application/json"})
    assert (response.status_code, response.json()) == (401, {"sign_in": SIGN_IN})
    missing = expired.post(
        f"/dossiers/{'A' * 22}/etapes/organisme/", expired.sends, headers={"accept": "application/json"}
    )
    assert (missing.status_code, missing.content) == (response.status_code, response.content)
    sign_in(expired)
    again = expired.post(expired.page, expired.sends, headers={"accept": "application/json"})
    assert again.json()["saved"] == ["city"]


@pytest.mark.parametrize("origin", ["http://testserver", "https://elsewhere.example", ""])
def test_a_page_sent_too_late_gives_the_text_back_to_those_who_typed_it(expired, origin):
    headers = {"origin": origin} if origin else {}
    refused = expired.post(expired.page, expired.sends, headers=headers)
    assert refused.status_code == 401
    page = Page(refused.content)
    assert "target" in dict(
        next(found for tag, found in page.tags if found.get("href") == SIGN_IN and "target" in found)
    )
    ours = origin == "http://testserver"
    assert ([each.value for each in page.controls if each.name == "city"] == ["Dieppe <b>"]) is ours
    if ours:
        sign_in(expired)
        assert expired.post(expired.page, page.sends()).status_code == 302
        assert stored(expired.dossier, "city") == "Dieppe <b>"


def test_a_token_that_changed_at_the_sign_in_gives_the_text_back_too(expired):
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = expired.cookies
    refused = careful.post(expired.page, expired.sends, headers={"origin": "http://testserver"})
    page = Page(refused.content)
    assert refused.status_code == 403
    assert page.named("city").value == "Dieppe <b>"
    assert page.named("city").kind == "hidden"


# -- what others see ------------------------------------------------------------------------------------


def test_public_pages_do_not_know_who_is_signed_in(client, django_assert_num_queries):
    sign_in(client)
    with django_assert_num_queries(0):
        page = client.get("/accessibilite/")
    assert not page.cookies
    assert "cookie" not in page.get("Vary", "").lower()
    assert 'href="/compte/"' in page.content.decode()


def test_reading_writes_a_session_every_few_minutes_only(client, time_machine, django_assert_num_queries):
    time_machine.move_to(timezone.now())
    sign_in(client)
    time_machine.shift(timedelta(minutes=4))
    with django_assert_num_queries(5):  # session, account, editorships twice, proofs
        client.get("/compte/")
    time_machine.shift(timedelta(minutes=2))
    with django_assert_num_queries(6):
        client.get("/compte/")
