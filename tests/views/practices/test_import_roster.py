"""Starting dossiers from a CSV: shown first, then all of it or nothing, and twice is once."""

import pytest
import time_machine
from django.test import Client

from notifications.models import Dossier, Invitation, Membership, Practice
from tests.dossiers import NOW, ROOT, answered
from tests.html_pages import Page
from tests.signing_in import sent_mails
from tests.stored import WEDA, everything, store_seeds
from tests.world import BACKEND, account

PAGE = "/tableau/importer/"
EXAMPLE = (ROOT / "examples/cabinets.csv").read_bytes()


@pytest.fixture
def manager(db):
    store_seeds()
    with time_machine.travel(NOW, tick=False):
        yield account("gestion")


@pytest.fixture
def client(manager):
    client = Client()
    client.force_login(manager, backend=BACKEND)
    return client


def upload(client, data, name="cabinets.csv", **said):
    from django.core.files.uploadedfile import SimpleUploadedFile

    data = data if isinstance(data, bytes) else data.encode()
    said = {"incident": WEDA, "timezone": "Europe/Paris"} | said
    return client.post(PAGE, said | {"file": SimpleUploadedFile(name, data)})


def checked(answer):
    assert answer.status_code == 200
    return {"checked": Page(answer.content).named("checked").value}


def started(client, data, **said):
    """(what the page says, what the board says after the button)"""
    shown = upload(client, data, **said)
    return Page(shown.content).text, Page(client.post(PAGE, checked(shown), follow=True).content).text


# -- what is shown --------------------------------------------------------------------------------------


def test_the_page_says_line_by_line_what_would_be_done_and_does_nothing(client):
    before = everything()
    text = Page(upload(client, EXAMPLE).content).text
    assert "3 dossiers seront commencés" in text
    assert "Cabinet du Dr Exemple (Exempleville) 2 123456782 mercredi 12 novembre 2025 à 18 h 07" in text
    assert "SELARL des Tilleuls (Exempleville) 3 111111118" in text
    assert text.count("Un nouveau cabinet et son dossier.") == 3
    assert everything() == before


def test_faults_are_told_line_by_line_and_nothing_is_stored(client):
    before = everything()
    answer = upload(client, EXAMPLE + b"Faux;123456789;;;Dr;;;;\n")
    text = Page(answer.content).text
    assert answer.status_code == 422
    assert "ligne 5, SIREN : Ce SIREN n'est pas valide" in text
    assert "ligne 5, civilité : « Dr » n'est pas possible ici" in text
    assert "Rien n'a été enregistré" in text
    assert everything() == before


@pytest.mark.parametrize("said", [{"incident": "inconnu"}, {"timezone": "Europe/London"}, {"incident": ""}])
def test_what_the_page_does_not_offer_is_refused(client, said):
    answer = upload(client, EXAMPLE, **said)
    assert answer.status_code == 422
    assert not Dossier.objects.exists()


@pytest.mark.parametrize("data", [b"", b"x" * (1024 * 1024 + 1), b"x" * (2 * 1024 * 1024 + 1)])
def test_no_file_an_empty_one_or_one_too_large_says_so(client, data):
    answer = upload(client, data)
    assert answer.status_code == 422
    assert 'id="error-summary"' in answer.content.decode()


# -- what is done ---------------------------------------------------------------------------------------


def test_every_line_becomes_a_practice_and_its_dossier(client, manager):
    _, after = started(client, EXAMPLE)
    assert "3 dossiers commencés." in after
    assert after.index("Cabinet de la Place") < after.index("Cabinet du Dr Exemple") < after.index("SELARL")
    practice = Practice.objects.get(name="Cabinet du Dr Exemple")
    assert {key: entry["value"] for key, entry in practice.profile.items()} == {
        "organisation_name": "Cabinet du Dr Exemple",
        "siren": "123456782",
        "city": "Exempleville",
        "legal_email": "cabinet.exemple@example.org",
        "legal_title": "madame",
        "legal_first_name": "Camille",
        "legal_last_name": "Exemple",
    }
    assert [(each.user, each.role) for each in practice.memberships.all()] == [(manager, "manager")]
    answers = practice.dossiers.get().answers
    for key, origin, reviewed in [("aware_at", "practice", True), ("person_count", "practice", True)]:
        assert (answers[key]["origin"], answers[key]["reviewed"]) == (origin, reviewed)
    assert (answers["siren"]["origin"], answers["siren"]["reviewed"]) == ("profile", False)
    assert answers["nature"]["origin"] == f"incident:{WEDA}@3"


def test_hours_are_those_of_the_zone_that_was_chosen(client):
    started(client, EXAMPLE, timezone="Indian/Reunion")
    dossier = Dossier.objects.get(organisation_name="Cabinet du Dr Exemple")
    assert dossier.answers["aware_at"]["value"] == "2025-11-12T18:07:00+04:00"
    assert (dossier.timezone, dossier.practice.timezone) == ("Indian/Reunion", "Indian/Reunion")


def test_a_second_click_does_nothing(client):
    shown = checked(upload(client, EXAMPLE))
    client.post(PAGE, shown)
    before = everything()
    text = Page(client.post(PAGE, shown, follow=True).content).text
    assert "Rien à commencer. 3 étaient déjà là." in text
    after = everything()
    assert all(after[name] == before[name] for name in ("Practice", "Dossier", "Membership", "AnswerChange"))


def test_a_practice_that_is_here_gets_the_dossier_and_keeps_its_profile(client, manager):
    profile = {
        "organisation_name": answered("organisation_name", "Nom d'avant"),
        "siren": answered("siren", "123456782"),
    }
    practice = Practice.objects.create(name="Nom d'avant", profile=profile)
    Membership.objects.create(practice=practice, user=manager, role="owner")
    shown, _ = started(client, EXAMPLE)
    assert "Un dossier, dans votre cabinet « Nom d'avant », dont la fiche reste comme elle est." in shown
    dossier = practice.dossiers.get()
    practice.refresh_from_db()
    assert practice.profile == profile
    assert dossier.answers["organisation_name"]["value"] == "Cabinet du Dr Exemple"
    assert dossier.answers["organisation_name"]["origin"] == "practice"


def test_a_dossier_that_is_here_already_is_not_begun_again(client):
    started(client, EXAMPLE)
    shown, after = started(client, EXAMPLE + "Quatrième;;Rouen;;;;;;\n".encode())
    assert "1 dossier sera commencé" in shown
    assert shown.count("ce cabinet a déjà un dossier") == 3
    assert "1 dossier commencé. 3 étaient déjà là." in after


def test_another_incident_is_another_dossier(client):
    started(client, EXAMPLE)
    started(client, EXAMPLE, incident="-")
    assert (Practice.objects.count(), Dossier.objects.count()) == (3, 6)


def own(manager, **values):
    profile = {key: answered(key, value) for key, value in values.items()}
    practice = Practice.objects.create(name=values["organisation_name"], profile=profile)
    Membership.objects.create(practice=practice, user=manager, role="owner")
    return practice


def test_two_lines_that_are_one_practice_begin_nothing(client, manager):
    own(manager, organisation_name="Cabinet Alpha", siren="123456782", city="Rouen")
    before = everything()
    text = Page(upload(client, "cabinet;SIREN;ville\nAlpha;123456782;Rouen\nCabinet Alpha;;Rouen\n").content).text
    assert "ligne 3 : « Cabinet Alpha » est déjà à la ligne 2." in text
    assert everything() == before


def test_a_practice_whose_number_was_not_known_yet_is_not_made_again(client, manager):
    practice = own(manager, organisation_name="Cabinet Alpha", city="Rouen")
    namesake = own(manager, organisation_name="Cabinet Bêta", siren="111111118", city="Rouen")
    started(client, "cabinet;SIREN;ville\nCabinet alpha;123456782;Rouen\nCabinet Bêta;443061841;Rouen\n")
    assert (practice.dossiers.count(), namesake.dossiers.count()) == (1, 0)
    assert Practice.objects.count() == 3


def test_where_one_only_reads_one_begins_nothing(client, manager):
    practice = Practice.objects.create(name="Fermé", profile={"siren": answered("siren", "123456782")})
    Membership.objects.create(practice=practice, user=manager, role="reader")
    text = Page(upload(client, EXAMPLE).content).text
    assert "ligne 2 : votre rôle dans « Fermé » ne permet pas d'y commencer un dossier." in text


def test_a_strangers_practice_with_the_same_number_is_not_known_here(client):
    stranger = Practice.objects.create(name="Ailleurs", profile={"siren": answered("siren", "123456782")})
    shown, _ = started(client, EXAMPLE)
    assert "Ailleurs" not in shown
    assert not stranger.dossiers.exists()


def test_nothing_is_half_imported(client, monkeypatch):
    shown = checked(upload(client, EXAMPLE))
    before = everything()
    from notifications.services.dossiers import saving

    real, calls = saving.start_dossier, []

    def third_fails(**said):
        calls.append(said)
        if len(calls) == 3:
            raise RuntimeError
        return real(**said)

    monkeypatch.setattr(saving, "start_dossier", third_fails)
    with pytest.raises(RuntimeError):
        client.post(PAGE, shown)
    assert everything() == before


# -- what was shown is what is confirmed ----------------------------------------------------------------


def test_only_what_was_shown_to_this_account_within_two_hours_is_begun(client):
    shown = checked(upload(client, EXAMPLE))
    other = Client()
    other.force_login(account("autre"), backend=BACKEND)
    for browser, sent in ((other, shown), (client, {"checked": shown["checked"][:-2]}), (client, {"checked": "x"})):
        text = Page(browser.post(PAGE, sent, follow=True).content).text
        assert "Cette vérification n'est plus valable" in text
    with time_machine.travel(NOW.timestamp() + 2 * 3600 + 60, tick=False):
        client.post(PAGE, shown)
    assert not Practice.objects.exists()


# -- invitations ----------------------------------------------------------------------------------------


def test_nobody_is_invited_unless_it_is_asked(client):
    started(client, EXAMPLE)
    assert not Invitation.objects.exists()
    assert sent_mails() == []


def test_each_doctor_whose_address_is_known_is_invited_once_as_the_owner(client):
    shown, after = started(client, EXAMPLE, invite="on")
    assert "Invitation à cabinet.exemple@example.org." in shown
    assert "Invitations envoyées : 2 sur 2." in after
    assert sorted(Invitation.objects.values_list("practice__name", "email", "role")) == [
        ("Cabinet du Dr Exemple", "cabinet.exemple@example.org", "owner"),
        ("SELARL des Tilleuls", "tilleuls@example.org", "owner"),
    ]
    started(client, EXAMPLE, invite="on")
    assert len(sent_mails()) == 2


@pytest.mark.parametrize("role", ["manager", "owner"])
def test_an_address_in_the_file_gives_no_right_in_a_practice_that_was_here(client, manager, role):
    practice = own(manager, organisation_name="Cabinet du Dr Exemple", siren="123456782")
    if role == "manager":
        practice.memberships.update(role=role)
        Membership.objects.create(practice=practice, user=account("owner"), role="owner")
    _, after = started(client, EXAMPLE, invite="on")
    assert "3 dossiers commencés. Invitations envoyées : 1 sur 1." in after
    assert [each.to for each in sent_mails()] == [["tilleuls@example.org"]]
