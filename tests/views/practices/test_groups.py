"""Groups of controllers on pages: who sees what, one form for six dossiers, and paper for the wall."""

import io
import re
from datetime import timedelta

import pypdf
import pytest
import time_machine
from django.test import Client

from notifications.models import ControllerGroup, Dossier, Membership, Outgoing, Practice, Role, Subscription, User
from notifications.services.alerts import reminders
from notifications.services.dossiers import loading
from notifications.services.practices import groups
from tests.dossiers import AS_IN_EXAMPLE, NOW
from tests.html_pages import Page
from tests.signing_in import sent_mails
from tests.stored import WEDA, Tab, everything, fact, publish, store_seeds, stored
from tests.views.site.test_public import shown
from tests.world import BACKEND

NEW = "/groupes/nouveau/"
CONFIRM = re.compile(r"http://127\.0\.0\.1:8000(/rappels/[^/\s]+/)")
MEASURES = "Mots de passe de la maison changés."


def browser(email):
    client = Client()
    client.user, _ = User.objects.get_or_create(email=email)
    client.force_login(client.user, backend=BACKEND)
    return client


@pytest.fixture(autouse=True)
def _at(db):
    store_seeds()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def manager():
    return browser("gestion@msp.example")


def begin(client, newcomers="Cabinet Ana\nCabinet Bob\nCabinet Cléo", **said):
    once = Page(client.get(NEW).content).named("once").value
    usual = {"once": once, "incident": WEDA, "name": "MSP des Tilleuls", "timezone": "Europe/Paris"}
    return client.post(NEW, {**usual, "newcomers": newcomers, **said})


@pytest.fixture
def group(manager):
    assert begin(manager).status_code == 302
    found = ControllerGroup.objects.get()
    manager.page, manager.common = f"/groupes/{found.public_id}/", f"/groupes/{found.public_id}/communes/"
    return found


def dossiers(group):
    return list(Dossier.objects.filter(group=group).order_by("pk"))


def tick(*hours):
    for each in hours:
        with time_machine.travel(NOW + timedelta(hours=each), tick=False):
            reminders.run_round()


def texts(client, path):
    return shown(client.get(path))


# -- starting -------------------------------------------------------------------------------------------


def test_one_form_begins_all_and_the_page_says_why_each_notifies(manager):
    words = texts(manager, NEW)
    assert "RGPD, art. 33(1)" in words
    assert "Vérifiez vos statuts et vos contrats" in words
    answer = begin(manager)
    group = ControllerGroup.objects.get()
    assert answer.url == f"/groupes/{group.public_id}/"
    words = texts(manager, answer.url)
    for name in ("Cabinet Ana", "Cabinet Bob", "Cabinet Cléo"):
        assert name in words
    assert "MSP des Tilleuls" in texts(manager, NEW)  # to find it again


def test_a_page_that_is_sent_twice_begins_one_group(manager):
    once = Page(manager.get(NEW).content).named("once").value
    one, two = (begin(manager, once=once) for _ in range(2))
    assert one.url == two.url
    assert (ControllerGroup.objects.count(), Practice.objects.count()) == (1, 3)
    assert begin(browser("autre@example.org"), once=once).status_code == 404
    assert begin(manager, once="forged").status_code == 400
    assert Practice.objects.count() == 3


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"newcomers": ""}, "Cochez au moins un cabinet"),
        ({"name": " "}, "Donnez un nom au groupe"),
        ({"incident": "ailleurs"}, "cet incident n'est plus proposé"),
        ({"incident": ""}, "Choisissez l'incident"),
        ({"timezone": "Mars/Base"}, "Ce fuseau n'est pas proposé"),
        ({"newcomers": "A\nB ; pas une adresse\nC\n; d@e.fr"}, "Ligne 2 : l'adresse n'est pas lisible"),
        ({"newcomers": "A\nB ; pas une adresse\nC\n; d@e.fr"}, "Ligne 4 : écrivez le nom"),
        ({"newcomers": "Ana\nBob\nana"}, "est écrit deux fois"),
        ({"newcomers": "x" * 300}, "trop long"),
        ({"newcomers": "a\x00b"}, "caract"),
        ({"members": "inconnu"}, "n'est plus proposé"),
    ],
)
def test_a_form_with_a_fault_begins_nothing_and_keeps_what_was_typed(manager, said, told):
    assert begin(manager, "Cabinet Zoé").status_code == 302
    before = everything()
    answer = begin(manager, **{"newcomers": "Cabinet Dan", **said})
    assert answer.status_code == 422
    assert told.casefold() in shown(answer).replace("’", "'").casefold()
    assert everything() == before


def test_names_typed_before_the_session_ended_are_given_back(manager):
    page = Page(manager.get(NEW).content)
    assert page.named("account").value == "1"
    typed = {"account": "1", "once": page.named("once").value, "newcomers": "Cabinet Ana ; ana@msp.example"}
    manager.logout()
    answer = manager.post(NEW, typed, headers={"Origin": "http://testserver"})
    assert answer.status_code == 401
    assert Page(answer.content).named("newcomers").value == typed["newcomers"]
    assert "ana@" not in manager.post(NEW, typed, headers={"Origin": "http://ailleurs"}).content.decode()


def test_an_invited_doctor_answers_for_the_practice_that_was_begun(manager, mailoutbox):
    begin(manager, "Cabinet Ana ; ana@msp.example\nCabinet Bob")
    assert [mail.to for mail in sent_mails()] == [["ana@msp.example"]]
    [invitation] = Practice.objects.get(name="Cabinet Ana").invitations.all()
    assert invitation.role == Role.OWNER


def test_a_practice_that_is_kept_may_be_ticked_and_another_s_may_not(manager):
    mine, theirs = Practice.objects.create(name="À moi"), Practice.objects.create(name="À eux")
    Membership.objects.create(practice=mine, user=manager.user, role=Role.OWNER)
    Membership.objects.create(practice=theirs, user=manager.user, role=Role.MEMBER)
    assert "À moi" in texts(manager, NEW)
    assert "À eux" not in texts(manager, NEW)
    assert begin(manager, "", members=[theirs.public_id]).status_code == 422
    assert begin(manager, "", members=[mine.public_id]).status_code == 302
    assert Dossier.objects.get().practice == mine
    assert begin(manager, "à MOI").status_code == 422
    assert begin(manager, "", members=[mine.public_id]).status_code == 422  # it is in a group already
    assert ControllerGroup.objects.count() == 1


# -- who sees it ----------------------------------------------------------------------------------------

CANARIES = ("Zorglub", "Quadrillax", "MSP-Perlimpine")


def test_a_doctor_of_one_practice_learns_nothing_of_the_group_nor_of_colleagues(manager, mailoutbox):
    begin(manager, "Cabinet Ana\nZorglub\nQuadrillax", name="MSP-Perlimpine")
    group, ana = ControllerGroup.objects.get(), Practice.objects.get(name="Cabinet Ana")
    page, dossier_data = f"/groupes/{group.public_id}/", Dossier.objects.get(practice=ana)
    for dossier in dossiers(group):
        Tab(dossier).type(aware_at=AS_IN_EXAMPLE["aware_at"])
    manager.post(f"{page}communes/", {"discovery": "Par un courriel."})
    manager.post(f"{page}communes/", {"spread": "1"})
    manager.post(page, {"email": "ana@msp.example"})
    reminders.run_round()
    browser("x@example.org").post(CONFIRM.search(mailoutbox[-1].body)[1])
    # from now on only her own dossier goes to her
    Subscription.objects.exclude(dossier=dossier_data).update(email="gestion@msp.example")
    doctor = browser("ana@msp.example")
    Membership.objects.create(practice=ana, user=doctor.user, role=Role.OWNER)
    nobody = Client()
    for client in (doctor, nobody, browser("autre@example.org")):
        for path in (page, f"{page}communes/", f"{page}echeances.pdf"):
            assert client.get(path).status_code == 404
        before = everything()
        for path in (page, f"{page}communes/"):
            for said in (
                {"newcomers": "Intrus"},
                {"leave": dossier_data.public_id},
                {"spread": "1"},
                {"take": "nature"},
            ):
                assert client.post(path, said).status_code == 404
        assert everything() == before
    assert "Par un courriel." in texts(doctor, f"/dossiers/{dossier_data.public_id}/verifier/")
    seen = _everything_of(doctor, dossier_data, mailoutbox)
    assert "Cabinet Ana" in seen
    assert [word for word in (*CANARIES, group.public_id) if word in seen] == []


def _everything_of(doctor, dossier_data, mailoutbox):
    """All that she can open, and all mails to her, as one text."""
    home, own = f"/dossiers/{dossier_data.public_id}/", "/cabinets/"
    paths = [home, f"{home}verifier/", f"{home}journal/", f"{home}rappels/", f"{home}propositions/", f"{home}depot/"]
    paths += [f"{home}recopie/", f"{home}etapes/mesures/", "/dossiers/", "/dossiers/liste.csv", "/tableau/", own, NEW]
    found = [doctor.get(path).content.decode() for path in [*paths, f"{home}dossier.json", f"{home}echeances.ics"]]
    found.append(printed(doctor.get(f"{home}brouillon.pdf").content))
    tick(5, 6)
    mine = [mail for mail in mailoutbox if mail.to == ["ana@msp.example"]]
    assert len(mine) > 1
    return "\n".join([*found, *(str(mail.message()) + mail.body for mail in mine)])


def printed(data):
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


# -- the group ------------------------------------------------------------------------------------------


def test_each_line_has_its_own_clock_and_a_way_to_the_dossier(manager, group):
    one, *rest = dossiers(group)
    Tab(one).type(aware_at="2025-11-12T10:42:00+01:00")
    answer = manager.get(manager.page)
    page, words = answer.content.decode(), shown(answer)
    assert "samedi 15 novembre 2025 à 10 h 42 (heure de Paris)" in words
    assert "mercredi 12 novembre 2025 à 10 h 42 (heure de Paris)" in words
    assert words.count("à renseigner dans le dossier") == 2
    assert words.index("Cabinet Ana") < words.index("Cabinet Bob")  # by time left
    for dossier in (one, *rest):
        assert f'href="/dossiers/{dossier.public_id}/"' in page
        assert f'name="dossier" value="{dossier.public_id}"' in page  # for the zip


def test_a_group_of_twelve_is_read_in_as_many_queries_as_one_of_three(manager, group, django_assert_max_num_queries):
    manager.get(manager.page)
    with django_assert_max_num_queries(40) as three:
        manager.get(manager.page)
    names = [f"Cabinet {n}" for n in range(9)]
    groups.add_controllers(group=group, members=[], newcomers=names, user=manager.user, now=NOW)
    with django_assert_max_num_queries(len(three)):
        assert manager.get(manager.page).status_code == 200


def test_a_controller_joins_later_and_one_leaves(manager, group):
    assert manager.post(manager.page, {"newcomers": ""}).status_code == 422
    assert manager.post(manager.page, {"newcomers": "Cabinet Dan"}).status_code == 302
    assert "Cabinet Dan" in texts(manager, manager.page)
    last = dossiers(group)[-1]
    assert manager.post(manager.page, {"leave": last.public_id}).status_code == 302
    assert last not in dossiers(group)
    assert manager.get(f"/dossiers/{last.public_id}/").status_code == 200
    assert manager.post(manager.page, {"leave": last.public_id}).status_code == 404


def changed(content):
    fact(content, "nature")["value"] = ["confidentiality", "integrity", "availability"]


def test_a_new_fact_is_answered_once_for_all_from_the_page(manager, group):
    own, *others = dossiers(group)
    Tab(own).type(nature=["availability"])
    assert "Ce qui a changé dans la fiche" not in texts(manager, manager.page)
    publish("4", changed)
    words = texts(manager, manager.page)
    assert "Prendre pour 2 dossiers" in words
    assert "À revoir dans le dossier : Cabinet Ana" in words
    assert manager.post(manager.page, {"take": "nature"}).status_code == 302
    assert [len(stored(dossier, "nature")) for dossier in (own, *others)] == [1, 3, 3]
    assert "Prendre pour" not in texts(manager, manager.page)


# -- common answers -------------------------------------------------------------------------------------


def sent(client, **typed):
    """What the page of common answers sends once this was typed."""
    return Page(client.get(client.common).content).sends(**typed)


def test_common_answers_are_typed_once_and_reach_all(manager, group):
    typed = {"measures_taken-part-practice": MEASURES, "contact_phone": "02 35 00 00 00", "contact_email": "nulle part"}
    answer = manager.post(manager.common, sent(manager, **typed))
    assert answer.status_code == 422  # what was refused comes back, the rest is kept
    assert "nulle part" in answer.content.decode()
    group.refresh_from_db()
    assert set(group.answers) == {"measures_taken", "contact_phone"}
    assert manager.post(manager.common, sent(manager)).status_code == 302  # nothing changed: nothing moves
    group.refresh_from_db()
    assert set(group.answers) == {"measures_taken", "contact_phone"}
    Tab(dossiers(group)[0]).type(contact_phone="03 44 00 00 00")
    manager.post(manager.common, {"spread": "1"})
    assert [stored(dossier, "contact_phone") for dossier in dossiers(group)] == [
        "03 44 00 00 00",
        *["02 35 00 00 00"] * 2,
    ]
    for dossier in dossiers(group):
        assert MEASURES in texts(manager, f"/dossiers/{dossier.public_id}/verifier/")


def test_what_a_colleague_wrote_meanwhile_is_shown_and_not_lost(manager, group):
    stale = sent(manager, discovery="De l'autre.", address="1 rue des Tilleuls")
    assert manager.post(manager.common, sent(manager, discovery="De l'un.")).status_code == 302
    answer = manager.post(manager.common, stale)
    assert answer.status_code == 422
    words = shown(answer).replace("’", "'")
    assert "De l'un." in words
    assert Page(answer.content).named("discovery").value == "De l'autre."
    group.refresh_from_db()
    assert (group.answers["discovery"]["value"], group.answers["address"]["value"]) == (
        "De l'un.",
        "1 rue des Tilleuls",
    )
    assert manager.post(manager.common, Page(answer.content).sends()).status_code == 302
    group.refresh_from_db()
    assert group.answers["discovery"]["value"] == "De l'autre."


def test_the_page_asks_nothing_that_each_must_say_itself(manager, group):
    asked = {control.name for control in Page(manager.get(manager.common).content).controls}
    assert "measures_taken-part-practice" in asked
    assert not {"measures_taken-part-source", "measures_taken-unknown", "aware_at-day", "person_count", "siren"} & asked


def test_a_patient_s_data_in_a_common_answer_is_pointed_out(manager, group):
    answer = manager.post(manager.common, sent(manager, discovery="Vu pour 1 85 05 78 006 084 91."), follow=True)
    assert "semble contenir une donnée de patient" in shown(answer)


def test_a_session_that_ended_while_somebody_wrote_asks_to_sign_in(manager, group):
    typed = sent(manager, discovery="Par un courriel.")
    assert Client().post(manager.common, typed).status_code == 401


# -- reminders and paper --------------------------------------------------------------------------------


def test_one_address_is_confirmed_once_for_all(manager, group, mailoutbox):
    for dossier in dossiers(group):
        Tab(dossier).type(aware_at=AS_IN_EXAMPLE["aware_at"])
    assert manager.post(manager.page, {"email": "pas une adresse"}).status_code == 422
    assert manager.post(manager.page, {"email": "Gestion@MSP.example"}).status_code == 302
    assert "Un courriel est parti vers Gestion@msp.example" in texts(manager, manager.page)
    reminders.run_round()
    [asked] = mailoutbox
    path = CONFIRM.search(asked.body)[1]
    assert "de 3 dossiers" in texts(Client(), path)
    assert Client().post(path).status_code == 200
    assert Subscription.objects.filter(confirmed_at__isnull=False, email="Gestion@msp.example").count() == 3
    assert "3 dossiers sur 3 ont une adresse confirmée" in texts(manager, manager.page)
    tick(1, 2)
    assert Outgoing.objects.exclude(kind__startswith="confirm").count() == 3
    assert len(mailoutbox) == 2


def test_the_sheet_lists_every_deadline_and_leaves_boxes(manager, group):
    one, *_ = dossiers(group)
    Tab(one).type(aware_at="2025-11-12T10:42:00+01:00")
    answer = manager.get(f"{manager.page}echeances.pdf")
    assert answer["Content-Type"] == "application/pdf"
    text = re.sub(r"\s+", " ", printed(answer.content))
    for words in ("MSP des Tilleuls", "Cabinet Ana", "Cabinet Bob", "Cabinet Cléo", "Déposé le", "N° CNIL", "Par"):
        assert words in text
    assert "samedi 15 novembre 2025 à 10 h 42 (heure de Paris)" in text
    assert text.count("à calculer") == 4  # two dossiers: the end, and the state
    assert manager.get(f"{manager.page}echeances.pdf").content == answer.content
    catalog = pypdf.PdfReader(io.BytesIO(answer.content)).trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert len(pypdf.PdfReader(io.BytesIO(answer.content)).pages) == 1


def test_the_common_page_shows_what_was_saved(manager, group):
    manager.post(manager.common, sent(manager, **{"measures_taken-part-planned": "Réunion."}))
    assert sent(manager)["measures_taken-part-planned"] == ["Réunion."]
    assert loading.load_dossier_data(dossiers(group)[0]).common["measures_taken"]["origin"] == "group"
