"""Reminders and calendars on pages: asked for, confirmed by mail, ended by one click; secrets shown once."""

import io
import logging
import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core import signing
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from breach_assistant.logs import JsonFormatter
from notifications.models import Dossier, Filing, Grant, Subscription
from notifications.services.accounts import access
from notifications.services.alerts import addresses, reminders
from notifications.services.dossiers import saving
from tests.mailing import known
from tests.stored import WEDA, everything, file, store_seeds
from tests.views.site.test_public import shown

SECRET = re.compile(r"/calendrier/([\w-]{43})\.ics")
CONFIRM = re.compile(r"http://127\.0\.0\.1:8000(/rappels/[^/\s]+/)")
END = re.compile(r"http://127\.0\.0\.1:8000(/rappels/fin/[^/\s]+/)")
EMAIL = "accueil@cabinet.example"


@pytest.fixture(autouse=True)
def _seeds(db):
    store_seeds()


@pytest.fixture
def doctor():
    client = Client()
    client.post(f"/incidents/{WEDA}/commencer/", {"timezone": "Indian/Reunion"})
    dossier = Dossier.objects.get()
    dossier.answers["aware_at"] = known(timezone.now().replace(microsecond=0) - timedelta(hours=50))
    dossier.organisation_name = "Cabinet\r\nATTENDEE:mailto:x@y.example"
    dossier.save()
    client.dossier, client.page = dossier, f"/dossiers/{dossier.public_id}/rappels/"
    client.ics = f"/dossiers/{dossier.public_id}/echeances.ics"
    return client


@pytest.fixture
def mailed(doctor, mailoutbox):
    """The path of the link in the mail that asks to confirm."""
    assert doctor.post(doctor.page, {"email": EMAIL}).status_code == 302
    reminders.run_round()
    [mail] = mailoutbox
    assert mail.to == [EMAIL]
    mailoutbox.clear()
    return CONFIRM.search(mail.body)[1]


def made(client):
    response = client.post(client.page, {"feed": "1"})
    assert response.status_code == 200
    return SECRET.search(response.content.decode())[1]


# -- by mail --------------------------------------------------------------------------------------------


def test_from_the_address_to_the_reminder_to_its_end(doctor, mailed, mailoutbox):
    assert "Il reste à confirmer l’adresse" in shown(doctor.get(doctor.page))
    assert "Confirmer cette adresse" in shown(Client().get(mailed))
    assert Subscription.objects.get().confirmed_at is None
    assert "Adresse confirmée" in shown(Client(enforce_csrf_checks=False).post(mailed))
    assert f"Ils arrivent à {EMAIL}" in shown(doctor.get(doctor.page))
    assert reminders.run_round() == 0  # what was just typed may be corrected
    with time_machine.travel(timezone.now() + timedelta(minutes=3), tick=False):
        assert reminders.run_round() == 1
    [mail] = mailoutbox
    assert "Il reste 21 heures et 56 minutes" in mail.body.replace("\n", " ")
    assert "(heure de La Réunion)" in mail.subject
    end = END.search(mail.body)[1]
    assert "Arrêter les rappels" in shown(Client().get(end))
    assert Subscription.objects.get().ended_at is None
    # as a mail program does by itself: no cookie, no token, no Referer (RFC 8058)
    response = Client(enforce_csrf_checks=True).post(end, {"List-Unsubscribe": "One-Click"})
    assert (response.status_code, "Les rappels sont arrêtés" in shown(response)) == (200, True)
    assert "Les rappels sont arrêtés" in shown(doctor.get(doctor.page))
    with time_machine.travel(timezone.now() + timedelta(hours=17), tick=False):
        assert reminders.run_round() == 0


def test_reading_a_link_changes_nothing_and_sets_no_cookie(doctor, mailed):
    before = everything()
    token = addresses.make_end_token(Subscription.objects.get())
    for address in (mailed, f"/rappels/fin/{token}/"):
        for method in ("get", "head"):
            response = getattr(Client(), method)(address)
            assert response.status_code == 200
            assert (response["Referrer-Policy"], "no-store" in response["Cache-Control"]) == ("strict-origin", True)
            assert set(response.cookies) <= {"csrftoken"}
            assert doctor.dossier.public_id not in response.content.decode()
    assert everything() == before


def test_a_token_serves_one_purpose_one_address_and_three_days(doctor, mailed):
    token = mailed.split("/")[2]
    ending = addresses.make_end_token(Subscription.objects.get())
    other = signing.dumps([doctor.dossier.public_id, addresses.hash_address("x@y.example")], salt=addresses.CONFIRM)
    before = everything()
    wrong = [f"/rappels/{each}/" for each in (ending, token[:-1], "x" + token, "x", other)]
    for address in [*wrong, f"/rappels/fin/{token}/"]:
        for method in ("get", "post"):
            response = getattr(Client(), method)(address)
            assert (response.status_code, "Ce lien ne sert plus" in shown(response)) == (404, True)
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1), tick=False):
        assert Client().post(mailed).status_code == 404
        assert Client().get(f"/rappels/fin/{ending}/").status_code == 200
    assert everything() == before


def test_a_changed_address_is_asked_again_and_old_links_are_over(doctor, mailed, mailoutbox):
    Client().post(mailed)
    assert doctor.post(doctor.page, {"email": "autre@cabinet.example"}).status_code == 302
    assert Client().post(mailed).status_code == 404
    with time_machine.travel(timezone.now() + timedelta(minutes=4), tick=False):
        assert reminders.run_round() == 2
    to_confirm, reminder = sorted(mailoutbox, key=lambda mail: "Confirmez" not in mail.subject)
    assert (to_confirm.to, reminder.to) == (["autre@cabinet.example"], [EMAIL])  # the old one stays until then
    assert f"Ils arrivent à {EMAIL}" in shown(doctor.get(doctor.page))
    assert "vers autre@cabinet.example" in shown(doctor.get(doctor.page))
    assert Client().get(END.search(reminder.body)[1]).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        assert Client().post(CONFIRM.search(to_confirm.body)[1]).status_code == 200
        assert (reminders.run_round(), reminders.run_round()) == (1, 0)  # and hears at once where the end is
    assert mailoutbox[-1].to == ["autre@cabinet.example"]
    assert "Il reste 21 heures et 5" in mailoutbox[-1].body.replace("\n", " ")
    assert Client().get(END.search(reminder.body)[1]).status_code == 404


def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(doctor, mailed):
    for typed, said in ((" pas une adresse", "n'est pas utilisable"), (EMAIL, "un courriel de confirmation est déjà")):
        response = doctor.post(doctor.page, {"email": typed})
        assert response.status_code == 422
        assert said.lower() in shown(response).lower()
        assert f'value="{typed}"' in response.content.decode()
    assert doctor.post(doctor.page, {"email": "x@y.fr\nBcc: z@y.fr"}).status_code == 422


def test_reminders_end_on_the_page_too(doctor, mailed):
    Client().post(mailed)
    assert "Les rappels sont arrêtés" in shown(doctor.post(doctor.page, {"end": "1"}, follow=True))
    assert Subscription.objects.get().ended_at is not None
    assert Client().post(mailed).status_code == 404


def test_an_installation_without_mail_offers_none(doctor, settings):
    settings.MAIL_LEAVES = False
    assert "Cette installation n’envoie pas de courriel" in shown(doctor.get(doctor.page))
    assert doctor.post(doctor.page, {"email": EMAIL}).status_code == 422
    assert not Subscription.objects.exists()


def test_a_link_confirms_only_the_last_request(doctor, mailed, mailoutbox):
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        doctor.post(doctor.page, {"email": EMAIL})
        assert Client().post(mailed).status_code == 404
        reminders.run_round()
        assert Client().post(CONFIRM.search(mailoutbox[-1].body)[1]).status_code == 200


# -- in a calendar --------------------------------------------------------------------------------------


def test_the_file_has_the_deadline_and_no_fact_of_the_incident(doctor):
    response = doctor.get(doctor.ics)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="echeances.ics"'
    calendar = Calendar.from_ical(response.content)
    cnil, insurance = calendar.events
    end = doctor.dossier.answers["aware_at"]["value"]
    assert (cnil.start - timedelta(hours=72)).isoformat() == end
    assert cnil.start == insurance.start
    assert "ATTENDEE" not in cnil
    for fact in ("weda", "cyberattaque", doctor.dossier.title.lower()):
        assert fact not in response.content.decode().lower()
    before = cnil["sequence"]
    doctor.post(doctor.page, {"feed": "1"})
    assert Calendar.from_ical(doctor.get(doctor.ics).content).events[0]["sequence"] > before


def test_an_end_that_is_no_longer_known_is_cancelled_in_agendas(doctor):
    def events():
        return Calendar.from_ical(doctor.get(doctor.ics).content).events

    dossier, now = doctor.dossier, timezone.now()
    told = {"aware_at": dossier.answers.pop("aware_at") | {"value": now.isoformat()}}
    dossier.save()
    assert events() == []
    saving.save_answers(dossier=dossier, base=dossier.version, entries=told, by="appareil 1", now=now)
    assert {str(event["status"]) for event in events()} == {"CONFIRMED"}
    filing = file(dossier, filed_at=now, now=now)
    uids = {str(event["uid"]) for event in events()}
    Filing.objects.filter(pk=filing.pk).update(cancelled_at=now, cancelled_by="appareil 1")
    dossier.refresh_from_db()
    saving.save_answers(dossier=dossier, base=dossier.version, entries={"aware_at": None}, by="appareil 1", now=now)
    assert {str(event["status"]) for event in events()} == {"CANCELLED"}
    assert {str(event["uid"]) for event in events()} == uids
    assert len(uids) == 3


def test_a_secret_address_shows_the_same_to_whoever_holds_it(doctor):
    secret = made(doctor)
    assert f"{settings.SITE_URL}/calendrier/{secret}.ics" not in doctor.get(doctor.page).content.decode()
    assert secret not in str(everything())
    before = everything()
    response = Client().get(f"/calendrier/{secret}.ics")
    assert response.content == doctor.get(doctor.ics).content
    assert ("no-store" in response["Cache-Control"], response.cookies) == (True, {})
    assert Client().get(f"/d/{secret}/").status_code == 404  # it opens nothing
    assert everything() == before


def test_a_withdrawn_or_wrong_secret_answers_like_a_missing_page(doctor):
    secret = made(doctor)
    link = access.make_link(dossier=doctor.dossier, by="appareil 1", now=timezone.now())
    assert "ne montre plus rien" in shown(doctor.post(doctor.page, {"revoke": "1"}, follow=True))
    assert "déjà retirée" in shown(doctor.post(doctor.page, {"revoke": "1"}, follow=True))
    answers = [Client().get(f"/calendrier/{each}.ics") for each in (secret, link, "A" * 43, "x", "%00")]
    assert {(each.status_code, each.content) for each in answers} == {(404, answers[0].content)}
    assert Client().get("/nulle-part/").content == answers[0].content
    events = doctor.dossier.journal.order_by("number").values_list("event", "keys")
    assert [each for each in events if "feed" in each[0]] == [
        ("feed_made", ["calendrier 1"]),
        ("feed_revoked", ["calendrier 1"]),
    ]


def test_a_sixth_address_is_refused(doctor):
    for _ in range(5):
        made(doctor)
    response = doctor.post(doctor.page, {"feed": "1"})
    assert (response.status_code, "en a déjà 5" in shown(response)) == (422, True)
    assert Grant.objects.filter(kind=Grant.Kind.FEED).count() == 5


def test_no_log_holds_a_secret_or_an_address(doctor, mailoutbox):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    try:
        secret = made(doctor)
        Client().get(f"/calendrier/{secret}.ics")
        doctor.post(doctor.page, {"email": EMAIL})
        reminders.run_round()
        link = CONFIRM.search(mailoutbox[0].body)[1]
        Client().post(link)
        Client().get("/rappels/fin/x/")
    finally:
        logging.getLogger().removeHandler(handler)
    for word in (secret, EMAIL, "cabinet.example", link):
        assert word not in stream.getvalue()
    assert stream.getvalue().count('"event": "request"') >= 4
