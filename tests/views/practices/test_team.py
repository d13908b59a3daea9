"""The team's page and the link of an invitation, as people use them."""

import io
import logging
import re

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from breach_assistant.logs import JsonFormatter
from notifications.models import Dossier, Membership, Practice, Role, User
from notifications.services.dossiers import saving
from tests.html_pages import Page
from tests.signing_in import CODE, SIGN_IN, ask, mailed_code, sent_mails, sign_in
from tests.stored import everything, store_seeds
from tests.views.site.test_public import shown

LINK = re.compile(r"(/invitations/([\w-]{43})/)")
ANNE, ZOE = "anne@example.org", "zoe@example.org"


@pytest.fixture(autouse=True)
def _seeds(db):
    store_seeds()


@pytest.fixture
def anne():
    """Signed in, owner of a practice with one dossier."""
    client = Client()
    client.user = sign_in(client, ANNE)
    client.practice = Practice.objects.create(name="Cabinet des Tilleuls", timezone="Indian/Reunion")
    member(client.practice, client.user, Role.OWNER)
    client.page = f"/cabinets/{client.practice.public_id}/equipe/"
    client.dossier = saving.start_dossier(
        revision=None, timezone="Europe/Paris", by="x", now=timezone.now(), practice=client.practice
    )
    return client


def member(practice, user, role):
    return Membership.objects.create(practice=practice, user=user, role=role)


def invited(client, outbox, email=ZOE, role=Role.MEMBER):
    """The path of the link in the mail."""
    assert client.post(client.page, {"email": email, "role": role}).status_code == 302
    assert sent_mails()[-1].to == [email]
    return LINK.search(outbox[-1].body)[1]


def opens(client, dossier):
    return client.get(f"/dossiers/{dossier.public_id}/").status_code == 200


def test_from_the_invitation_to_the_removal(anne, mailoutbox):
    link = invited(anne, mailoutbox)
    text = shown(anne.get(anne.page))
    assert "zoe@example.org Membre. Invitation de anne@example.org, valable jusqu’au" in text
    assert "(heure de La Réunion)" in text
    zoe = Client()
    page = zoe.get(link)
    assert "Cabinet des Tilleuls" in shown(page)
    assert ZOE not in page.content.decode()
    [way] = [each["href"] for tag, each in Page(page.content).tags if "next=" in each.get("href", "")]
    asked = zoe.post(SIGN_IN, {"login": ZOE, "next": Page(zoe.get(way).content).named("next").value})
    onward = Page(zoe.get(asked.url).content).named("next").value
    assert zoe.post(CODE, {"code": mailed_code(), "next": onward}).url == link
    assert ZOE in shown(zoe.get(link))
    assert not opens(zoe, anne.dossier), "not before the button"
    response = zoe.post(link)
    assert response.url == f"/cabinets/{anne.practice.public_id}/"
    assert opens(zoe, anne.dossier)
    assert "zoe@example.org Membre depuis le" in shown(anne.get(anne.page))
    anne.post(anne.page, {"change": ZOE, "role": "reader"})
    assert zoe.post(f"/dossiers/{anne.dossier.public_id}/verifier/", {"keep": "x"}).status_code == 403
    anne.post(anne.page, {"remove": ZOE})
    assert not opens(zoe, anne.dossier)
    assert zoe.get(anne.page).status_code == 404
    assert zoe.get("/dossiers/").status_code == 200, "still signed in"


def test_a_forwarded_mail_admits_nobody_and_does_not_say_whose_it_is(anne, mailoutbox):
    link = invited(anne, mailoutbox)
    stranger = Client()
    sign_in(stranger, "stranger@example.org")
    before = everything()
    for response, status in ((stranger.get(link), 200), (stranger.post(link), 403), (Client().post(link), 403)):
        assert response.status_code == status
        assert "zoe@" not in response.content.decode()
    assert "stranger@example.org" in shown(stranger.get(link))
    assert everything() == before
    assert not opens(stranger, anne.dossier)


def test_a_link_that_is_over_answers_like_one_that_never_was(anne, mailoutbox):
    zoe = Client()
    sign_in(zoe, ZOE)
    used = invited(anne, mailoutbox)
    zoe.post(used)
    revoked = invited(anne, mailoutbox, "other@example.org")
    anne.post(anne.page, {"revoke": "other@example.org"})
    unknown = zoe.get(f"/invitations/{'x' * 43}/")
    assert "Cette invitation ne sert plus" in shown(unknown)
    before = everything()
    for link in (used, revoked):
        for response in (zoe.get(link), zoe.post(link)):
            assert (response.status_code, response.content) == (404, unknown.content)
    assert everything() == before


def test_an_invitation_opens_nothing_else(anne, mailoutbox):
    secret = LINK.search(mailoutbox[-1].body if invited(anne, mailoutbox) else "")[2]
    for other in (f"/d/{secret}/", f"/relecture/{secret}/", f"/calendrier/{secret}.ics", f"/rappels/{secret}/"):
        assert Client().get(other).status_code == 404, other


def test_the_link_comes_from_the_settings_and_its_secret_stays_inside(anne, mailoutbox):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    try:
        anne.post(anne.page, {"email": ZOE, "role": "member"}, headers={"host": "localhost:1"})
        [link, secret] = LINK.search(sent_mails()[-1].body).groups()
        response = Client().get(link)
        Client().get(f"{SIGN_IN}?next={link}")
        Client().post(link)
    finally:
        logging.getLogger().removeHandler(handler)
    assert f"{settings.SITE_URL}{link}" in mailoutbox[-1].body
    assert "localhost" not in mailoutbox[-1].body
    assert Client().get(link, headers={"host": "attacker.example"}).status_code == 400
    assert response.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in response.headers["Cache-Control"]
    assert '"view": "invitation"' in stream.getvalue()
    assert secret not in stream.getvalue()
    assert secret not in str(everything())
    assert secret not in anne.get(anne.page).content.decode()


def test_looking_changes_nothing(anne, mailoutbox):
    link = invited(anne, mailoutbox)
    zoe = Client()
    sign_in(zoe, ZOE)
    before = everything()
    for client, page in ((anne, anne.page), (zoe, link), (Client(), link)):
        assert client.get(page).status_code == 200
    assert everything() == before


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"email": "", "role": "member"}, "Écrivez l'adresse"),
        ({"email": "x", "role": "member"}, "adresse"),
        ({"email": ANNE, "role": "member"}, "fait déjà partie de l'équipe"),
        ({"email": ZOE, "role": ""}, "Choisissez son rôle"),
        ({"email": ZOE, "role": "king"}, "Ce rôle n'existe pas"),
        ({"leave": "1"}, "seule personne responsable de traitement"),
        ({"change": ANNE, "role": "reader"}, "seule personne responsable de traitement"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(anne, mailoutbox, sent, message):
    before = everything()
    mailoutbox.clear()
    response = anne.post(anne.page, sent)
    assert response.status_code == 422
    assert message in shown(response)
    assert "Erreur" in shown(response)[:20]
    assert (everything(), mailoutbox) == (before, [])


def test_others_see_the_team_and_change_nothing_but_themselves(anne, mailoutbox):
    reader = Client()
    member(anne.practice, sign_in(reader, ZOE), Role.READER)
    invited(anne, mailoutbox, "other@example.org")
    page = reader.get(anne.page)
    assert "anne@example.org Responsable de traitement depuis le" in shown(page)
    assert not {"invite", "change", "remove", "revoke", "email"} & {each.name for each in Page(page.content).controls}
    before = everything()
    for sent in ({"email": "x@y.fr", "role": "owner"}, {"remove": ANNE}, {"change": ZOE, "role": "owner"}):
        assert reader.post(anne.page, sent).status_code == 403
    assert reader.post(anne.page, {"revoke": "other@example.org"}).status_code == 403
    assert anne.post(anne.page, {"change": ZOE, "role": "king"}).status_code == 400
    assert everything() == before
    assert reader.post(anne.page, {"leave": "1"}).url == "/cabinets/"
    assert reader.get(anne.page).status_code == 404


def test_the_team_of_another_practice_answers_like_none(anne):
    stranger = Client()
    member(Practice.objects.create(name="Autre"), sign_in(stranger, ZOE), Role.OWNER)
    missing = "/cabinets/missing/equipe/"
    before = everything()
    for client in (stranger, Client()):
        for sent in (None, {"leave": "1"}, {"email": "x@y.fr", "role": "owner"}, {"remove": ANNE}):
            ours, none = (
                client.get(page) if sent is None else client.post(page, sent) for page in (anne.page, missing)
            )
            assert (ours.status_code, ours.content) == (none.status_code, none.content)
            assert ours.status_code == 404
    assert everything() == before


def test_the_answer_does_not_say_whether_an_address_has_an_account(anne, mailoutbox):
    ask(Client(), ZOE)
    User.objects.get(email=ZOE)
    known = anne.post(anne.page, {"email": ZOE, "role": "member"}, follow=True)
    unknown = anne.post(anne.page, {"email": "xyz@example.org", "role": "member"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain
    assert [mail.subject for mail in sent_mails()[-2:]] == ["Invitation à rejoindre un cabinet"] * 2


def test_a_practice_without_an_owner_says_so_and_its_manager_invites_one(mailoutbox):
    manager = Client()
    practice = Practice.objects.create(name="Dr Lü")
    member(practice, sign_in(manager, ANNE), Role.MANAGER)
    manager.page = f"/cabinets/{practice.public_id}/equipe/"
    assert "n’a pas encore de responsable de traitement" in shown(manager.get(manager.page))
    owner = Client()
    link = invited(manager, mailoutbox, role=Role.OWNER)
    sign_in(owner, ZOE)
    owner.post(link)
    assert "n’a pas encore" not in shown(manager.get(manager.page))
    assert manager.post(manager.page, {"remove": ZOE}).status_code == 403
    assert Dossier.objects.count() == 0
