"""Practices on pages: who sees, who writes, what comes back when a value is refused or changed elsewhere."""

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from notifications.models import ControllerGroup, Dossier, Grant, Membership, Practice, Role, User
from notifications.services.accounts import access
from notifications.services.dossiers import saving
from notifications.services.practices import practices
from tests.dossiers import answered
from tests.signing_in import sign_in
from tests.stored import WEDA, start_weda, stored

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
NAME = "Cabinet des Tilleuls"


def account(name: str = "dr.martin") -> User:
    return User.objects.create(email=f"{name}@example.org", name=name)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def practice_with(**roles: User) -> Practice:
    """A practice, and who is in it in which role; the first one began it."""
    (role, first), *others = roles.items()
    made = practices.create_practice(
        name=NAME, kind="office", timezone="Europe/Paris", user=first, role=role, now=timezone.now()
    )
    for each, user in others:
        Membership.objects.create(practice=made, user=user, role=each)
    return made


def dossier_of(practice: Practice, **more) -> Dossier:
    return saving.start_dossier(
        revision=None, timezone="Europe/Paris", by="test", now=timezone.now(), practice=practice, **more
    )


def text_of(response) -> str:
    """What one reads on a page, in one line."""
    page = re.sub(r"<(script|style|head).*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def sent_by(response, **changes) -> dict:
    """What the browser would send of the profile's page, with these fields changed."""
    form = response.context["form"]
    facts = {name: response.context["facts"][name].value() or "" for name in response.context["facts"].fields}
    page = {"base": response.context["base"], "keys": list(form.fields), "account": "1", **facts}
    for key, field in form.fields.items():
        value = field.initial["value"]
        page[key] = {True: "yes", False: "no", None: ""}.get(value, value) if not isinstance(value, list) else value
    return page | changes


def profile_page(client: Client, practice: Practice):
    return client.get(f"/cabinets/{practice.public_id}/fiche/")


# -- practices ------------------------------------------------------------------------------------------


def test_a_practice_is_begun_and_its_profile_comes_next(client):
    user = sign_in(client)
    assert "Vous n’êtes encore dans aucun cabinet" in text_of(client.get("/cabinets/"))
    page = {"name": f"  {NAME} ", "kind": "house", "timezone": "Indian/Reunion", "role": "owner"}
    response = client.post("/cabinets/nouveau/", page)
    practice = Practice.objects.get()
    assert response.headers["Location"] == f"/cabinets/{practice.public_id}/fiche/"
    assert (practice.name, practice.kind, practice.timezone) == (NAME, "house", "Indian/Reunion")
    assert practice.profile["organisation_name"]["value"] == NAME
    assert [(each.user, each.role) for each in practice.memberships.all()] == [(user, Role.OWNER)]
    assert f"{NAME} Votre rôle : responsable de traitement. Aucun dossier." in text_of(client.get("/cabinets/"))


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ({}, "Écrivez le nom du cabinet."),
        ({"name": "x" * 201}, "Ce texte est trop long"),
        ({"name": "a\x00b"}, "caractère illisible"),
        ({"kind": "castle"}, "Ce choix n'est pas proposé"),
        ({"timezone": "Mars/Olympus"}, "Ce choix n'est pas proposé"),
        ({"role": "reader"}, "Choisissez l'un des deux rôles."),
        ({"role": ""}, "Dites quel est votre rôle."),
    ],
)
def test_a_practice_that_lacks_something_is_not_begun(page, said):
    client = browser(account())
    good = {"name": NAME, "kind": "office", "timezone": "Europe/Paris", "role": "owner"}
    response = client.post("/cabinets/nouveau/", good | page if page else {})
    assert response.status_code == 422
    assert said in text_of(response).replace("’", "'")
    assert not Practice.objects.exists()


def test_practices_need_a_sign_in(client):
    for address in ("/cabinets/", "/cabinets/nouveau/"):
        assert client.get(address).headers["Location"].startswith("/compte/connexion/")
    assert "Mes cabinets" not in text_of(client.get("/dossiers/"))
    sign_in(client)
    assert "Mes cabinets Tableau" in text_of(client.get("/dossiers/"))
    assert not {"session", "csrftoken"} & set(client.get("/").cookies)
    assert "Cookie" not in client.get("/").headers.get("Vary", "")


@pytest.mark.parametrize("role", Role.values)
def test_a_role_finds_on_the_page_what_it_may_do(role):
    practice = practice_with(owner=account("owner"))
    user = practice.memberships.get().user
    if role != "owner":
        user = account()
        Membership.objects.create(practice=practice, user=user, role=role)
    dossier_of(practice)
    page = browser(user).get(f"/cabinets/{practice.public_id}/")
    words = text_of(page)
    keeps = role in ("owner", "manager")
    assert f"Votre rôle : {Role(role).label}" in words
    assert NAME in words
    assert ("Commencer un dossier" in words) == keeps == ("Tout exporter" in words)
    assert ("Compléter la fiche" in words) == keeps
    assert ("Effacer ce cabinet" in words) == (role == "owner")


def test_a_group_is_named_only_to_who_prepares_all_of_it():
    owner, manager = account("owner"), account("manager")
    practice, other = practice_with(owner=owner, manager=manager), practice_with(manager=manager)
    group = ControllerGroup.objects.create(name="MSP du Lac", created_by=manager, created_at=timezone.now())
    for each in (practice, other):
        dossier_of(each, group=group)
    page = f"/cabinets/{practice.public_id}/"
    assert "MSP du Lac" in text_of(browser(manager).get(page))
    assert "MSP du Lac" not in text_of(browser(owner).get(page))


def test_pages_of_another_practice_are_missing():
    practice = practice_with(owner=account("owner"))
    for client in (browser(account("stranger")), Client()):
        for page in ("", "fiche/", "commencer/"):
            address = f"/cabinets/{practice.public_id}/{page}"
            assert client.get(address).status_code == 404
            assert client.post(address, {"incident": "-"}).status_code == (404 if page else 405)


# -- the profile ----------------------------------------------------------------------------------------


def test_a_profile_is_typed_once_and_begins_each_dossier(seeds):
    user = account()
    practice, client = practice_with(owner=user), browser(user)
    page = profile_page(client, practice)
    assert "Je ne sais pas encore" not in text_of(page)
    said = {
        "siren": "123456782",
        "city": "Lyon",
        "patients": "1850",
        "software": "Weda",
        "organisation_name": "SELARL X",
    }
    response = client.post(page.request["PATH_INFO"], sent_by(page, **said))
    assert response.status_code == 302
    practice.refresh_from_db()
    assert (practice.name, practice.patients, practice.software) == ("SELARL X", 1850, "Weda")
    response = client.post(f"/cabinets/{practice.public_id}/commencer/", {"incident": WEDA})
    dossier = Dossier.objects.get()
    assert dossier.public_id in response.headers["Location"]
    assert (dossier.practice, dossier.owner, dossier.incident_revision.number) == (practice, None, "3")
    assert (stored(dossier, "siren"), stored(dossier, "city"), dossier.organisation_name) == (
        "123456782",
        "Lyon",
        "SELARL X",
    )
    assert dossier.answers["city"]["origin"] == "profile"
    assert not dossier.answers["city"]["reviewed"]
    assert "person_count" not in dossier.answers
    step = text_of(client.get(f"/dossiers/{dossier.public_id}/etapes/donnees/"))
    assert step.count("la fiche du cabinet compte 1 850 dossiers de patients") == 2


def test_what_is_refused_comes_back_and_the_rest_is_saved():
    user = account()
    practice, client = practice_with(owner=user), browser(user)
    page = profile_page(client, practice)
    wrong = {"siren": "123", "city": "Lyon", "patients": "-4", "organisation_name": "", "legal_email": "x"}
    response = client.post(page.request["PATH_INFO"], sent_by(page, **wrong))
    assert response.status_code == 422
    assert {"siren", "organisation_name", "legal_email"} == set(response.context["form"].errors)
    assert set(response.context["facts"].errors) == {"patients"}
    assert 'value="123"' in response.content.decode()
    assert 'value="-4"' in response.content.decode()
    practice.refresh_from_db()
    assert (practice.profile["city"]["value"], practice.name, practice.patients) == ("Lyon", NAME, None)
    assert "siren" not in practice.profile
    mended = sent_by(response, siren="123456782", city="Lyon", organisation_name=NAME, legal_email="", patients="4")
    assert client.post(page.request["PATH_INFO"], mended).status_code == 302
    practice.refresh_from_db()
    assert (practice.profile["siren"]["value"], practice.patients) == ("123456782", 4)


def test_two_managers_at_once_lose_nothing():
    one, other = account("one"), account("other")
    practice = practice_with(owner=one, manager=other)
    first, second = browser(one), browser(other)
    address = f"/cabinets/{practice.public_id}/fiche/"
    mine, theirs = profile_page(first, practice), profile_page(second, practice)
    assert second.post(address, sent_by(theirs, city="Lyon", postcode="69003", patients="10")).status_code == 302
    response = first.post(address, sent_by(mine, city="Bron", address="1 rue X", patients="20"))
    assert response.status_code == 422
    assert "Cette réponse a changé ailleurs" in text_of(response)
    assert "en « 10 »" in text_of(response)
    assert 'value="Bron"' in response.content.decode()
    practice.refresh_from_db()
    kept = {key: entry["value"] for key, entry in practice.profile.items()}
    assert kept == {"organisation_name": NAME, "city": "Lyon", "postcode": "69003", "address": "1 rue X"}
    assert practice.patients == 10
    again = sent_by(response, organisation_name=NAME, city="Bron", postcode="69003", address="1 rue X", patients="20")
    assert first.post(address, again).status_code == 302
    practice.refresh_from_db()
    assert (practice.profile["city"]["value"], practice.patients) == ("Bron", 20)


def test_a_cleared_line_of_the_profile_is_proposed_to_nobody():
    user = account()
    practice, client = practice_with(owner=user), browser(user)
    page = profile_page(client, practice)
    client.post(page.request["PATH_INFO"], sent_by(page, city="Lyon"))
    page = profile_page(client, practice)
    assert client.post(page.request["PATH_INFO"], sent_by(page, city="")).status_code == 302
    practice.refresh_from_db()
    assert "city" not in practice.profile
    assert "city" not in dossier_of(practice).answers


@pytest.mark.parametrize("base", [None, "", "forged", "e30:1abc:xyz"])
def test_a_profile_page_without_its_base_changes_nothing(base):
    user = account()
    practice, client = practice_with(owner=user), browser(user)
    page = sent_by(profile_page(client, practice), city="Lyon")
    page = {name: value for name, value in page.items() if name != "base"} | ({} if base is None else {"base": base})
    assert client.post(f"/cabinets/{practice.public_id}/fiche/", page).status_code == 400
    practice.refresh_from_db()
    assert "city" not in practice.profile


def test_the_base_of_one_practice_is_none_for_another():
    user = account()
    one, other, client = practice_with(owner=user), practice_with(owner=user), browser(user)
    page = sent_by(profile_page(client, one), city="Lyon")
    assert client.post(f"/cabinets/{other.public_id}/fiche/", page).status_code == 400


@pytest.mark.parametrize("role", ["member", "reader"])
def test_who_may_not_keep_the_profile_reads_it(role):
    practice = practice_with(owner=account("owner"))
    user = account()
    Membership.objects.create(practice=practice, user=user, role=role)
    client = browser(user)
    page = profile_page(client, practice)
    assert page.status_code == 200
    assert NAME in text_of(page)
    assert "<form" not in page.content.decode()
    assert client.post(page.request["PATH_INFO"], {"city": "Lyon"}).status_code == 403
    assert client.get(f"/cabinets/{practice.public_id}/commencer/").status_code == 403
    refused = client.post(f"/cabinets/{practice.public_id}/commencer/", {"incident": "-"})
    assert refused.status_code == 403
    assert "S’il vous manque un rôle" in text_of(refused)
    assert not Dossier.objects.exists()


def test_a_session_that_ended_gives_the_profile_back():
    user = account()
    practice, client = practice_with(owner=user), browser(user)
    page = sent_by(profile_page(client, practice), city="Saint-Étienne")
    client.logout()
    response = client.post(f"/cabinets/{practice.public_id}/fiche/", page, headers={"Origin": "http://testserver"})
    assert response.status_code == 401
    assert "Saint-Étienne" in html.unescape(response.content.decode())


# -- dossiers of a practice -----------------------------------------------------------------------------


def test_a_dossier_is_begun_with_an_incident_or_with_none(seeds):
    user = account()
    practice, client = practice_with(manager=user), browser(user)
    address = f"/cabinets/{practice.public_id}/commencer/"
    for wrong in ({}, {"incident": ""}, {"incident": "no-such"}):
        assert client.post(address, wrong).status_code == 422
    assert not Dossier.objects.exists()
    response = client.post(address, {"incident": "-"})
    dossier = Dossier.objects.get()
    assert response.headers["Location"] == f"/dossiers/{dossier.public_id}/etapes/type/"
    assert (dossier.practice, dossier.incident_revision, dossier.grants.count()) == (practice, None, 0)
    assert dossier.title in client.get(address).content.decode()  # one is enough for a breach
    assert dossier.journal.get(event="started").by == access.account_author(user)


def test_the_team_sees_on_each_page_whose_dossier_it_is(seeds):
    user = account()
    practice, client = practice_with(owner=user), browser(user)
    dossier = dossier_of(practice)
    for page in ("/dossiers/", f"/dossiers/{dossier.public_id}/", f"/dossiers/{dossier.public_id}/verifier/"):
        assert f"Dossier du cabinet « {NAME} »" in text_of(client.get(page))


# -- entrusting -----------------------------------------------------------------------------------------


def test_an_account_s_dossier_is_given_to_its_practice(client, seeds):
    user = sign_in(client)
    client.post(f"/incidents/{WEDA}/commencer/", {"timezone": "Europe/Paris"})
    dossier = Dossier.objects.get(owner=user)
    link = access.make_link(dossier=dossier, by="test", now=timezone.now())
    practice = practice_with(owner=account("owner"), member=user)
    address = f"/dossiers/{dossier.public_id}/cabinet/"
    assert address in client.get(f"/dossiers/{dossier.public_id}/").content.decode()
    assert NAME in text_of(client.get(address))
    assert client.post(address, {}).status_code == 422
    assert client.post(address, {"practice": practice.public_id}).status_code == 302
    dossier.refresh_from_db()
    assert (dossier.practice, dossier.owner, Grant.objects.filter(dossier=dossier).count()) == (practice, None, 0)
    assert Client().post(f"/d/{link}/").status_code == 404
    assert dossier.journal.filter(event="entrusted", by=access.account_author(user)).count() == 1
    assert "organisation_name" not in dossier.answers  # offered, not forced
    assert "1 proposition" in text_of(client.get(f"/dossiers/{dossier.public_id}/"))
    assert "déjà celui du cabinet" in text_of(client.get(address))
    assert client.post(address, {"practice": practice.public_id}).status_code == 200


def test_a_dossier_is_given_to_no_practice_where_one_may_not_write():
    user = account()
    reads, strange = practice_with(owner=account("o"), reader=user), practice_with(owner=account("p"))
    dossier = saving.start_dossier(revision=None, timezone="Europe/Paris", by="test", now=timezone.now())
    Dossier.objects.filter(pk=dossier.pk).update(owner=user)
    client = browser(user)
    for practice in (reads, strange):
        assert (
            client.post(f"/dossiers/{dossier.public_id}/cabinet/", {"practice": practice.public_id}).status_code == 422
        )
    assert "Créer un cabinet" in text_of(client.get(f"/dossiers/{dossier.public_id}/cabinet/"))
    dossier.refresh_from_db()
    assert dossier.owner == user


def test_a_guest_s_dossier_goes_through_an_account_first(client, seeds):
    client.post(f"/incidents/{WEDA}/commencer/", {"timezone": "Europe/Paris"})
    dossier = Dossier.objects.get()
    practice = practice_with(owner=account())
    page = client.get(f"/dossiers/{dossier.public_id}/cabinet/")
    assert "Rattachez d’abord" in text_of(page)
    client.post(f"/dossiers/{dossier.public_id}/cabinet/", {"practice": practice.public_id})
    dossier.refresh_from_db()
    assert dossier.practice is None


# -- offers ---------------------------------------------------------------------------------------------


def changed_profile(practice: Practice, **values) -> None:
    base = practices.dump_profile(practice)
    practices.save_profile(
        practice=practice, base=base, entries={key: answered(key, value) for key, value in values.items()}, facts={}
    )
    practice.refresh_from_db()


def offers_page(client: Client, dossier: Dossier):
    page = client.get(f"/dossiers/{dossier.public_id}/propositions/")
    seen = re.findall(r'name="seen" value="([^"]+)"', page.content.decode())
    base = re.search(r'name="base" value="(\d+)"', page.content.decode())
    return page, {"seen": seen, "base": base[1] if base else ""}


def test_offers_are_taken_or_left_one_by_one():
    user = account()
    practice, client = practice_with(owner=user), browser(user)
    changed_profile(practice, city="Lyon", postcode="69003", address="1 rue X")
    dossier = dossier_of(practice)
    assert "Aucune proposition" in text_of(offers_page(client, dossier)[0])
    changed_profile(practice, city="Bron", postcode="69500", address="2 rue Y")
    assert "3 propositions" in text_of(client.get(f"/dossiers/{dossier.public_id}/"))
    page, sent = offers_page(client, dossier)
    assert "Votre dossier Lyon" in text_of(page)
    assert "Proposition Bron fiche du cabinet" in text_of(page)
    address = page.request["PATH_INFO"]
    assert client.post(address, sent | {"take": "city"}).headers["Location"] == address
    assert stored(dossier, "city") == "Bron"
    assert client.post(address, offers_page(client, dossier)[1] | {"keep": "postcode"}).headers["Location"] == address
    assert stored(dossier, "postcode") == "69003"
    assert Dossier.objects.get().answers["postcode"]["reviewed"]
    response = client.post(address, offers_page(client, dossier)[1] | {"take": "address"})
    assert response.headers["Location"] == f"/dossiers/{dossier.public_id}/"
    assert stored(dossier, "address") == "2 rue Y"
    assert "proposition" not in text_of(client.get(f"/dossiers/{dossier.public_id}/"))


def test_all_offers_are_taken_in_one_save():
    user = account()
    practice, client = practice_with(owner=user), browser(user)
    dossier = dossier_of(practice)
    changed_profile(practice, city="Bron", postcode="69500", address="2 rue Y")
    before = Dossier.objects.get().version
    page, sent = offers_page(client, dossier)
    client.post(page.request["PATH_INFO"], sent | {"all": "1"})
    assert [stored(dossier, key) for key in ("city", "postcode", "address")] == ["Bron", "69500", "2 rue Y"]
    assert Dossier.objects.get().version == before + 1


def test_only_what_the_page_showed_is_taken():
    user = account()
    practice, client = practice_with(owner=user), browser(user)
    dossier = dossier_of(practice)
    changed_profile(practice, city="Bron")
    page, sent = offers_page(client, dossier)
    changed_profile(practice, city="Lyon")
    for act in ({"take": "city"}, {"all": "1"}, {"keep": "city"}, {"take": "no_such"}, {}):
        assert client.post(page.request["PATH_INFO"], sent | act).status_code == 302
        assert stored(dossier, "city") is None
    page, sent = offers_page(client, dossier)
    entries = {"city": answered("city", "Vénissieux")}
    saving.save_answers(dossier=dossier, base=dossier.version, entries=entries, by="a colleague", now=timezone.now())
    client.post(page.request["PATH_INFO"], sent | {"take": "city"})
    assert stored(dossier, "city") == "Vénissieux"
    for base in ("", "-1", "x", "99999"):
        assert client.post(page.request["PATH_INFO"], {**sent, "base": base, "take": "city"}).status_code == 400


# -- who reads ------------------------------------------------------------------------------------------


def test_a_reader_finds_no_form_that_would_only_be_refused(seeds):
    reader = account()
    practice = practice_with(owner=account("owner"), reader=reader)
    dossier = start_weda()
    Dossier.objects.filter(pk=dossier.pk).update(practice=practice)
    changed_profile(practice, city="Lyon")
    client, owner = browser(reader), browser(practice.memberships.get(role="owner").user)
    pages = ["etapes/dates/", "etapes/donnees/", "essentiel/quand/", "verifier/", "depot/", "recopie/", "rappels/"]
    pages += ["lien/", "effacer/", "propositions/", "versions/city/", "telecharger/", "journal/", ""]
    for page in pages:
        answer = client.get(f"/dossiers/{dossier.public_id}/{page}", follow=True)
        assert answer.status_code == 200, page
        assert "Vous lisez ce dossier sans pouvoir le modifier" in text_of(answer), page
        buttons = re.findall(r"<(?:button|input|select|textarea)\b[^>]*>", answer.content.decode())
        assert not [each for each in buttons if "hidden" not in each], page
        assert "autosave.mjs" not in answer.content.decode()
        answer = owner.get(f"/dossiers/{dossier.public_id}/{page}", follow=True)
        assert "sans pouvoir le modifier" not in text_of(answer), page
    for page in ("etapes/dates/", "verifier/", "depot/", "propositions/", "cabinet/"):
        assert client.post(f"/dossiers/{dossier.public_id}/{page}", {"base": "1"}).status_code == 403


def test_a_role_taken_away_closes_everything_at_once():
    user = account()
    practice = practice_with(owner=account("owner"), manager=user)
    dossier, client = dossier_of(practice), browser(user)
    assert client.get(f"/dossiers/{dossier.public_id}/").status_code == 200
    Membership.objects.filter(user=user).delete()
    for page in (
        f"/dossiers/{dossier.public_id}/",
        f"/cabinets/{practice.public_id}/",
        f"/cabinets/{practice.public_id}/fiche/",
    ):
        assert client.get(page).status_code == 404
    assert NAME not in text_of(client.get("/cabinets/")) + text_of(client.get("/dossiers/"))


def test_the_page_of_a_practice_costs_as_much_for_many_dossiers(django_assert_max_num_queries):
    user = account()
    practice, client = practice_with(owner=user), browser(user)
    for _ in range(12):
        dossier_of(practice)
    with django_assert_max_num_queries(22):
        page = client.get(f"/cabinets/{practice.public_id}/")
    assert page.content.decode().count("listed-waiting") == 12
    assert timezone.now() - Dossier.objects.first().created_at < timedelta(minutes=5)
