"""Recording a filing, completing it, the journal and erasing, as a person meets them on the pages."""

import json
import re

import pytest
from django.test import Client

from notifications.deadlines import describe_instant
from notifications.models import Dossier, Erasure, Filing, JournalEntry, User
from notifications.report import build_report
from notifications.services import journal
from notifications.services.dossiers import loading
from notifications.services.dossiers import snapshots as service
from notifications.views.dossiers import filings as pages
from tests.dossiers import AS_IN_EXAMPLE, NOW, PARIS
from tests.html_pages import Page
from tests.stored import Tab, everything, store_seeds

SAID = {"kind": "initial", "day": "2025-11-14", "hour": "09:30", "cnil_number": "FR-2025-77", "filed_by": "Dr Exemple"}


@pytest.fixture
def owner(db):
    """A browser that began the example's dossier and gave every answer."""
    store_seeds()
    client = Client()
    client.post("/incidents/weda-2025-11/commencer/", {"timezone": "Europe/Paris"})
    client.dossier = Dossier.objects.get()
    client.root = f"/dossiers/{client.dossier.public_id}/"
    tab = Tab(client.dossier, by="appareil 1")
    tab.type(**AS_IN_EXAMPLE)
    client.dossier.refresh_from_db()
    return client


def hidden(client):
    """What the page of the filing holds by itself."""
    page = client.get(f"{client.root}depot/").content.decode()
    return {name: re.search(rf'name="{name}" value="(\d+)"', page)[1] for name in ("base", "number")}


def send(client, place=None, **said):
    return client.post(f"{client.root}depot/", (place or hidden(client)) | SAID | said)


def text_of(response):
    return Page(response.content).text


# -- recording ------------------------------------------------------------------------------------------


def test_a_filing_is_recorded_once_and_everything_says_so(owner):
    assert 'value="initial" checked' in owner.get(f"{owner.root}depot/").content.decode()
    place = hidden(owner)
    assert send(owner, place).status_code == 302
    assert send(owner, place).status_code == 302  # the same page, sent again
    filing = Filing.objects.get()
    assert (filing.by, filing.filed_at.isoformat()) == ("Dr Exemple", "2025-11-14T08:30:00+00:00")
    response = owner.get(f"{owner.root}depot/")
    words = text_of(response)
    assert pages.ALREADY in words
    for each in ("Dépôt n° 1", "FR-2025-77", filing.digest, "déposée dans ce délai", "9 h 30 (heure de Paris)"):
        assert each in words
    assert 'value="complementary" checked' in response.content.decode()
    assert json.loads(owner.get(f"{owner.root}dossier.json").content)["kind"] == "complementary"
    for path in ("telecharger/", "", "verifier/", "depot/"):
        assert "ien n'est encore déposé" not in text_of(owner.get(owner.root + path))


WRONG = {
    "no hour": ({"hour": ""}, "hour", "Indiquez l'heure."),
    "no day": ({"day": ""}, "day", "Indiquez le jour."),
    "not a day": ({"day": "31/11/2025"}, "day", "n'existe pas"),
    "still to come": ({"day": "2099-01-01"}, "hour", "n'est pas encore passé"),
    "skipped by the clocks": ({"day": "2025-03-30", "hour": "02:30"}, "hour", "01 h 59 et 03 h 00"),
    "unreadable hour": ({"hour": "midi"}, "hour", "n'est pas lisible"),
    "no kind": ({"kind": ""}, "kind", "Choisissez le type"),
    "unknown kind": ({"kind": "other"}, "kind", "n'existe pas"),
    "long number": ({"cnil_number": "7" * 81}, "cnil_number", "trop long"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_refused_is_said_twice_and_nothing_typed_is_lost(owner, case):
    said, name, words = WRONG[case]
    before = everything()
    response = send(owner, filed_by="Dr Éric « O'Neil »", **said)
    assert response.status_code == 422
    html = response.content.decode()
    assert html.count(words.replace("'", "&#x27;")) == 2  # in the summary, and beside the field
    assert f'href="#{"q-kind" if name == "kind" else "id_" + name}"' in html
    assert 'value="Dr Éric « O&#x27;Neil »"' in html
    assert everything() == before


def test_a_name_that_looks_like_an_account_tells_nothing_of_that_account(owner):
    stranger = User.objects.create(email="dr.secret@example.org")
    send(owner, filed_by=f"compte {stranger.pk}")
    page = text_of(owner.get(f"{owner.root}depot/"))
    assert f"compte {stranger.pk}" in page
    assert "dr.secret" not in page


def test_a_number_is_one_plain_line(owner):
    send(owner, cnil_number="  FR\r\n2025\t\u202e77\x07 ")
    assert Filing.objects.get().cnil_number == "FR 2025 77"


def test_answers_that_moved_meanwhile_are_shown_again(owner):
    place = hidden(owner)
    Tab(owner.dossier).type(record_count=8412)
    response = send(owner, place)
    assert response.status_code == 422
    assert "ont changé depuis" in text_of(response)
    html = response.content.decode()
    assert 'value="FR-2025-77"' in html
    again = {name: re.search(rf'name="{name}" value="(\d+)"', html)[1] for name in ("base", "number")}
    assert send(owner, again).status_code == 302
    assert Filing.objects.get().content["answers"]["record_count"]["value"] == 8412


def test_another_filing_recorded_meanwhile_is_not_taken_for_this_one(owner):
    place = hidden(owner)
    send(owner, place)
    response = send(owner, place, hour="10:00", kind="complementary")
    assert response.status_code == 422
    assert "Un autre dépôt vient d'être consigné" in text_of(response)
    assert Filing.objects.count() == 1


def test_a_page_without_its_version_is_refused(owner):
    assert owner.post(f"{owner.root}depot/", SAID).status_code == 400


def test_a_filing_before_the_awareness_raises_a_doubt_only(owner):
    send(owner, day="2025-11-01")
    assert "antérieur à la prise de connaissance" in text_of(owner.get(f"{owner.root}depot/"))


def test_a_late_filing_is_told_as_such(owner):
    send(owner, day="2025-11-20")
    assert "déposée après ce délai" in text_of(owner.get(f"{owner.root}depot/"))


def test_cancelling_needs_a_reason_and_leaves_a_trace(owner):
    send(owner)
    refused = owner.post(f"{owner.root}depot/", {"cancel": "1", "reason": " "})
    assert refused.status_code == 422
    assert refused.content.decode().count("Écrivez pourquoi") == 2
    for _ in range(2):
        assert owner.post(f"{owner.root}depot/", {"cancel": "1", "reason": "mauvaise heure"}).status_code == 302
    page = text_of(owner.get(f"{owner.root}depot/"))
    assert "Annulé le" in page
    assert "mauvaise heure" in page
    assert JournalEntry.objects.filter(event="filing_cancelled").count() == 1
    assert owner.get(f"{owner.root}depot/2/notification.pdf").status_code == 404


def cancelled(client, number=1):
    return client.post(f"{client.root}depot/", {"cancel": str(number), "reason": "mauvaise heure"})


def test_back_after_cancelling_is_not_taken_for_done(owner):
    place = hidden(owner)
    send(owner, place)
    cancelled(owner)
    response = send(owner, place)
    assert response.status_code == 422
    assert "Le dépôt n° 1, consigné depuis cette page, a été annulé depuis" in text_of(response)
    assert Filing.objects.count() == 1


def test_after_cancelling_what_was_filed_may_be_recorded_anew(owner):
    send(owner)
    cancelled(owner)
    assert 'name="content"' not in owner.get(f"{owner.root}depot/").content.decode()  # nothing changed: nothing to ask
    Tab(owner.dossier).type(record_count=8412)
    page = owner.get(f"{owner.root}depot/")
    assert "Ce qui avait été consigné (dépôt annulé n° 1)" in text_of(page)
    assert "Les réponses d'aujourd'hui (1 a changé depuis)" in text_of(page)
    refused = [send(owner), send(owner, content="7")]
    assert [each.status_code for each in refused] == [422, 422]
    assert 'href="#q-content"' in refused[0].content.decode()
    assert send(owner, content="1").status_code == 302
    assert Filing.objects.latest("number").content["answers"]["record_count"]["state"] == "unknown"
    cancelled(owner, 2)
    assert send(owner, content="now").status_code == 302
    assert Filing.objects.latest("number").content["answers"]["record_count"]["value"] == 8412
    assert send(owner, content="3", kind="complementary").status_code == 422  # nothing is cancelled any more


def test_overseas_the_clock_that_is_meant_is_asked_for(owner):
    assert "Heure de Paris." in text_of(owner.get(f"{owner.root}depot/"))
    Dossier.objects.update(timezone="Indian/Reunion")
    page = owner.get(f"{owner.root}depot/")
    assert "Heure de La Réunion (votre fuseau)" in text_of(page)
    assert "figure sur le récépissé" not in text_of(page)
    assert 'value="Europe/Paris" checked' not in page.content.decode()
    refused = send(owner)
    assert refused.status_code == 422
    assert refused.content.decode().count("Dites de quelle heure il s&#x27;agit.") == 2
    for clock, hour in (("Europe/Paris", 8), ("Indian/Reunion", 5)):
        assert send(owner, clock=clock, kind="initial").status_code == 302
        assert Filing.objects.latest("number").filed_at.hour == hour


def test_an_hour_that_comes_twice_is_asked_for(owner):
    at = {"day": "2025-10-26", "hour": "02:30"}
    refused = send(owner, **at)
    assert refused.status_code == 422
    assert refused.content.decode().count("passée deux fois") == 2
    for fold, hour in (("0", 0), ("1", 1)):
        send(owner, **at, fold=fold)
        assert Filing.objects.latest("number").filed_at.hour == hour


# -- after a filing ---------------------------------------------------------------------------------------


def test_the_complement_shows_before_and_now_and_what_to_ask_for(owner):
    assert "Aucun dépôt n'est encore consigné" in text_of(owner.get(f"{owner.root}complement/"))
    assert owner.get(f"{owner.root}complement.pdf").status_code == 404
    send(owner)
    Tab(owner.dossier).type(record_count=8412, origins={"unknown": True, "note": "Demandé à l'éditeur le 14."})
    page = text_of(owner.get(f"{owner.root}complement/"))
    for words in ("FR-2025-77", "2 réponses diffèrent", "8 412", "Demandé à l'éditeur le 14.", "À redemander"):
        assert words in page


def test_the_step_of_the_kind_says_that_it_follows_from_the_filing(owner):
    send(owner)
    response = owner.get(f"{owner.root}etapes/type/")
    assert "Complémentaire" in text_of(response)
    assert "FR-2025-77" in text_of(response)
    assert 'name="kind"' not in response.content.decode()
    Filing.objects.all().delete()
    assert 'name="kind"' in owner.get(f"{owner.root}etapes/type/").content.decode()


def test_a_filing_without_a_number_lets_it_be_given_later(owner):
    send(owner, cnil_number="")
    page = owner.get(f"{owner.root}etapes/type/").content.decode()
    assert 'name="initial_reference"' in page
    base = re.search(r'name="base" value="(\d+)"', page)[1]
    sent = {"base": base, "keys": "initial_reference", "initial_reference": "FR-2025-78"}
    assert owner.post(f"{owner.root}etapes/type/", sent).status_code == 302
    report = build_report(loading.load_dossier_data(Dossier.objects.get()), NOW)
    assert report.by_key["initial_reference"].text == "FR-2025-78"


def test_the_letter_is_a_file_before_any_filing(owner):
    response = owner.get(f"{owner.root}lettre-editeur.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="lettre-editeur-cabinet-du-dr-exemple.txt"'
    assert "Objet" in response.content.decode()


def test_without_anybody_to_write_to_no_letter_is_offered(owner):
    pages = ("", "complement/")
    assert all("lettre-editeur" in owner.get(owner.root + path).content.decode() for path in pages)
    Tab(owner.dossier).type(other_bodies_involved=False)
    Dossier.objects.update(incident_revision=None)
    assert not any("lettre-editeur" in owner.get(owner.root + path).content.decode() for path in pages)
    assert {owner.get(f"{owner.root}lettre-editeur.{kind}").status_code for kind in ("pdf", "txt")} == {404}


def test_the_copy_of_a_complement_is_read_after_the_filings_before_it(owner):
    send(owner)
    send(owner, kind="complementary", day="2025-11-20", cnil_number="C-9")
    report = service.build_filed_report(Filing.objects.get(number=2))
    assert (report.kind, report.clock.late, "late_reasons" in report.by_key) == ("complementary", False, False)
    assert report.by_key["initial_reference"].text == "FR-2025-77"
    page = text_of(owner.get(f"{owner.root}complement/"))
    assert "Aucune réponse n'a changé" in page
    assert "restent inconnues : vous pouvez compléter de nouveau" in page
    assert "après la fin du délai" not in text_of(owner.get("/dossiers/"))


def test_a_complement_alone_asks_for_the_notification_everywhere(owner):
    send(owner, kind="complementary")
    assert "Consignez aussi la notification initiale" in text_of(owner.get(owner.root))
    assert "Déposé le" not in text_of(owner.get("/dossiers/"))
    assert 'value="initial" checked' in owner.get(f"{owner.root}depot/").content.decode()


def test_a_start_corrected_after_the_filing_is_told_beside_the_one_that_was_filed(owner):
    send(owner)
    Tab(owner.dossier).type(aware_at="2025-11-10T08:00:00+01:00")
    for path in ("", "depot/"):
        page = text_of(owner.get(owner.root + path))
        assert "alculé" in page
        assert "date corrigée" in page
        assert "jeudi 13 novembre 2025 à 8 h 00" in page
    assert "Motifs de retard" in text_of(owner.get(f"{owner.root}etapes/dates/"))


def test_a_start_given_after_the_filing_says_the_same_on_every_page(owner):
    Tab(owner.dossier).send({"aware_at": None})
    send(owner, day="2025-11-20")
    assert "Fin des 72 heures" not in text_of(owner.get(f"{owner.root}depot/"))
    Tab(owner.dossier).type(aware_at=AS_IN_EXAMPLE["aware_at"])
    assert "déposée après ce délai" in text_of(owner.get(f"{owner.root}depot/"))
    home = text_of(owner.get(owner.root))
    assert "samedi 15 novembre 2025 à 18 h 07" in home
    assert "après la fin du délai" in home


# -- journal and erasing ----------------------------------------------------------------------------------


def test_the_journal_names_questions_and_no_value(owner):
    send(owner)
    Tab(owner.dossier, by="appareil 2").type(record_count=8412)
    page = text_of(owner.get(f"{owner.root}journal/"))
    last = JournalEntry.objects.latest("number")
    for words in (
        last.hash,
        "Dépôt consigné",
        "dépôt 1",
        "par l'appareil 2",
        "par cet appareil (appareil 1)",
        "Nombre approximatif d'enregistrements",
        describe_instant(last.at, PARIS)[1:],
    ):
        assert words in page
    assert not [value for value in ("8412", "8 412", "FR-2025-77") if value in page]


def test_a_long_journal_has_pages(owner):
    for _ in range(50):
        journal.append_line(dossier=owner.dossier, event="answers_saved", keys=["kind"], by="appareil 1", now=NOW)
    first, second = (text_of(owner.get(f"{owner.root}journal/?page={n}")) for n in (1, 2))
    assert "Page 1 sur 2" in first
    assert "Dossier commencé" in second
    assert "Dossier commencé" not in first


def test_erasing_is_offered_with_a_copy_first_and_needs_a_tick(owner):
    send(owner)
    page = owner.get(f"{owner.root}effacer/").content.decode()
    assert f"{owner.root}dossier.json" in page
    before = everything()
    assert owner.post(f"{owner.root}effacer/").status_code == 422
    assert everything() == before
    assert owner.post(f"{owner.root}effacer/", {"sure": "1"}).url == "/dossiers/"
    assert owner.get(owner.root).status_code == 404
    assert (Dossier.objects.count(), Erasure.objects.count()) == (0, 1)
