"""Templates: the public pages, the start with one, and the editors' pages, each for whoever may see it."""

import io
import json
import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from notifications.models import Dossier, SharedTemplate, SharedTemplateRevision
from notifications.report import build_report, list_essential_screens, template_page
from notifications.services.dossiers import saving
from notifications.services.shared_templates import editing, template_files
from notifications.views.shared_templates import templates
from tests.dossiers import NOW
from tests.html_pages import Page
from tests.publishing import begin, published, union, write
from tests.signing_in import sign_in
from tests.stored import WEDA, row_counts

pytestmark = pytest.mark.usefixtures("seeds")

EDITOR, OTHER = "editeur@union.example", "autre@union.example"
ELEMENTS = {
    "answers__data_categories": ["civil_status", "nir"],
    "advice__severity": "Comptez large : https://www.cnil.fr/fr/aide dit comment.",
    "cover": "Chères consœurs, chers confrères.",
    "position": {"text": "Notifiez, même incomplet.", "date": "2026-02-02"},
}


def protected(email: str, client: Client | None = None) -> Client:
    """A browser signed in with a second factor."""
    client = client or Client()
    TOTP.activate(sign_in(client, email), generate_totp_secret())
    return client


@pytest.fixture
def user():
    return union(editor=EDITOR)


@pytest.fixture
def revision(user):
    return published(user, **ELEMENTS)


@pytest.fixture
def editor(user):
    return protected(EDITOR)


def words(response) -> str:
    return Page(response.content).text


# -- the public pages -------------------------------------------------------------------------------------


def test_says_what_it_fills_who_stands_behind_it_and_what_the_authority_asks(client, revision):
    text = words(client.get(f"/m/{revision.template.slug}/"))
    assert "préparé par Union des médecins" in text
    assert "Notifiez, même incomplet." in text
    assert "Prise le lundi 2 février 2026" in text
    assert text.index("Ce que demande l'autorité") < text.index("Position de Union des médecins")
    assert "vous devez faire une notification initiale de violation de données" in text
    assert "Chères consœurs" in text
    assert "Information générale" in text
    assert "https://www.cnil.fr/fr/aide ( www.cnil.fr ) dit comment." in text.replace(
        "(www.cnil.fr)", "( www.cnil.fr )"
    )


def test_prints_the_digest_of_the_file_that_it_links_to(client, revision):
    page = Page(client.get(f"/m/{revision.template.slug}/").content)
    link = next(each["href"] for tag, each in page.tags if tag == "a" and each.get("href", "").endswith(".json"))
    data = client.get(link).content
    assert template_page.digest_file(template_files.read_file(data)) == revision.digest
    assert revision.digest in page.text


@pytest.mark.parametrize("address", ["/modeles/", "/m/{slug}/", "/m/{slug}/revision-1.local1.json"])
def test_may_be_kept_by_any_cache_and_knows_nobody(client, revision, address, django_assert_max_num_queries):
    address = address.format(slug=revision.template.slug)
    client.get(address)
    protected(EDITOR, client)
    with django_assert_max_num_queries(5):
        response = client.get(address)
    assert sorted(response["Cache-Control"].split(", ")) == ["max-age=60", "public"]
    assert not response.cookies
    assert "cookie" not in response.get("Vary", "").lower()
    assert not re.search(rb"<(form|input|script|style)\b|\sstyle=", response.content)
    assert client.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304
    assert client.post(address).status_code == 405


def test_lists_what_is_published_and_nothing_else(client, user, revision):
    begin(user)
    text = words(client.get("/modeles/"))
    assert text.count("Préparé par Union des médecins") == 1


def test_the_public_line_changes_without_a_revision(client, editor, revision):
    page = Page(editor.get(f"/modeles/gerer/modele/{revision.template.slug}/presentation/").content)
    editor.post(
        f"/modeles/gerer/modele/{revision.template.slug}/presentation/", page.sends(public_line="Réunion à 20 h.")
    )
    assert "Réunion à 20 h." in words(client.get(f"/m/{revision.template.slug}/"))
    assert SharedTemplateRevision.objects.count() == 1


def test_what_was_never_published_does_not_exist(client, user):
    slug = begin(user).slug
    assert [client.get(f"/m/{slug}/{more}").status_code for more in ("", "commencer/")] == [404, 404]


def test_a_withdrawn_template_is_gone_but_for_those_who_used_it(client, user, revision):
    slug, stranger = revision.template.slug, Client()
    client.post(f"/m/{slug}/commencer/", {"timezone": "Europe/Paris"})
    editing.withdraw_template(template=revision.template, by=user, now=NOW)
    gone, used = stranger.get(f"/m/{slug}/"), client.get(f"/m/{slug}/")
    assert gone.status_code == used.status_code == 410
    assert "Chères consœurs" not in words(gone)
    assert "Chères consœurs" in words(used)
    assert "public" not in used["Cache-Control"]
    assert stranger.post(f"/m/{slug}/commencer/").status_code == 410
    assert Dossier.objects.count() == 1
    file = f"/m/{slug}/revision-{revision.number}.json"
    assert stranger.get(file).status_code == 404
    assert client.get(file).status_code == 200
    assert "public" not in client.get(file)["Cache-Control"]


# -- begun with one ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "counted"), [({}, True), ({"uncounted": "on"}, False)])
def test_begins_with_no_account_and_counts_who_agrees(client, revision, typed, counted):
    before = client.get(f"/m/{revision.template.slug}/commencer/")
    assert "Ne pas compter mon cabinet" in words(before)
    assert not Dossier.objects.exists()
    begun = client.post(f"/m/{revision.template.slug}/commencer/", {"timezone": "Europe/Paris", **typed})
    dossier = Dossier.objects.get()
    assert begun["Location"] == f"/dossiers/{dossier.public_id}/essentiel/quand/"
    assert (dossier.template_revision, dossier.counted) == (revision, counted)
    assert "Chères consœurs" in words(client.get(begun["Location"]))


def test_the_advice_stands_beside_its_question_with_whose_it_is(client, revision):
    client.post(f"/m/{revision.template.slug}/commencer/", {"timezone": "Europe/Paris"})
    root = f"/dossiers/{Dossier.objects.get().public_id}/etapes"
    page = client.get(f"{root}/prejudices/")
    assert "Conseil de Union des médecins Comptez large" in words(page)
    assert 'href="https://www.cnil.fr/fr/aide"' in page.content.decode()
    assert f"modèle « {revision.content['title']} » (Union des médecins), révision 1.local1" in re.sub(
        r"\s", " ", words(client.get(f"{root}/donnees/"))
    )


def test_the_shipped_example_keeps_the_essential_short(client):
    template_files.load_seeds(now=NOW)
    client.post("/m/exemple-weda/commencer/", {"timezone": "Europe/Paris"})
    dossier = Dossier.objects.get()
    report = build_report(saving.load_dossier_data(dossier), NOW)
    print([screen.slug for screen in list_essential_screens(report)])
    assert len(list_essential_screens(report)) <= 8


# -- editors ----------------------------------------------------------------------------------------------


PRIVATE = [
    "",
    "importer/",
    "roles/union-des-medecins/",
    "modele/{slug}/",
    "modele/{slug}/presentation/",
    "modele/{slug}/etapes/donnees/",
    "modele/{slug}/apercu/",
    "modele/{slug}/apercu.pdf",
    "modele/{slug}/publier/",
    "modele/{slug}/retirer/",
    "modele/{slug}/affiche.pdf",
    "modele/{slug}/code.svg",
]


def test_nobody_else_opens_what_an_editor_writes(client, revision):
    union("Autre union", editor=OTHER)
    nobody, doctor, other = client, protected("dr.martin@example.org"), protected(OTHER)
    before = row_counts()
    for page in PRIVATE:
        address = "/modeles/gerer/" + page.format(slug=revision.template.slug)
        for each in (nobody, doctor) if page in ("", "importer/") else (nobody, doctor, other):
            assert each.get(address).status_code == 404, address
            assert each.post(address).status_code in (404, 405), address
    assert row_counts() == before


def test_an_editor_without_second_factor_is_sent_to_the_account(client, revision):
    sign_in(client, EDITOR)
    assert client.get("/modeles/gerer/")["Location"] == "/compte/"
    assert "deux preuves" in words(client.get("/compte/"))
    assert "gérer les modèles" in words(client.get("/compte/"))


def test_each_page_opens_for_its_editor_and_changes_nothing(editor, revision):
    before = row_counts()
    for page in PRIVATE:
        response = editor.get("/modeles/gerer/" + page.format(slug=revision.template.slug))
        assert response.status_code == 200, page
        assert "no-store" in response["Cache-Control"], page
    assert row_counts() == before


def test_begins_from_the_catalogue_in_one_click_and_is_published_after_the_roles(client):
    union(editor=EDITOR, accepted=False)
    protected(EDITOR, client)
    begun = client.post("/modeles/gerer/", {"organisation": "union-des-medecins", "incident": WEDA})
    root = begun["Location"]
    step = Page(client.get(f"{root}etapes/donnees/").content)
    client.post(f"{root}etapes/donnees/", step.sends(data_categories=["civil_status"]))
    assert client.get(f"{root}publier/")["Location"] == "/modeles/gerer/roles/union-des-medecins/"
    roles = "/modeles/gerer/roles/union-des-medecins/"
    assert client.post(roles).status_code == 422
    client.post(roles, {"accept": "on"})
    assert f"par {EDITOR}" in words(client.get(roles))
    page = Page(client.get(f"{root}publier/").content)
    assert "État civil" in page.text
    assert client.post(f"{root}publier/", page.sends(summary="Première version.")).status_code == 302
    assert SharedTemplate.objects.get().revisions.get().content["answers"]["data_categories"]["value"] == [
        "civil_status"
    ]


def test_publishing_shows_what_changed_and_wants_a_sentence(editor, user, revision):
    root = f"/modeles/gerer/modele/{revision.template.slug}/"
    assert "Rien n'a changé" in words(editor.get(f"{root}publier/"))
    write(revision.template, user, advice__severity="Autre conseil.")
    page = Page(editor.get(f"{root}publier/").content)
    assert "Comptez large" in page.text
    assert "Autre conseil." in page.text
    assert "État civil" not in page.text
    refused = editor.post(f"{root}publier/", page.sends())
    assert refused.status_code == 422
    assert "Dites en une phrase ce qui a changé." in words(refused)
    editor.post(f"{root}publier/", page.sends(summary="Un conseil change."))
    text = words(editor.get(f"/m/{revision.template.slug}/"))
    assert "Un conseil change." in text
    assert "Révision 1.local2" in text


def test_a_page_that_changes_nothing_writes_nothing(editor, revision):
    template = revision.template
    template.refresh_from_db()
    for step in ("donnees", "violation", "dates", "prejudices"):
        address = f"/modeles/gerer/modele/{template.slug}/etapes/{step}/"
        assert editor.post(address, Page(editor.get(address).content).sends()).status_code == 302
    version = template.version
    template.refresh_from_db()
    assert template.version == version


def test_only_the_practice_answers_what_only_it_knows(editor, revision):
    page = Page(editor.get(f"/modeles/gerer/modele/{revision.template.slug}/etapes/prejudices/").content)
    assert "severity" not in {each.name for each in page.controls}
    assert page.named("severity-advice").value.startswith("Comptez large")


def test_a_refused_text_stays_and_the_rest_is_saved(editor, revision):
    address = f"/modeles/gerer/modele/{revision.template.slug}/etapes/prejudices/"
    page = Page(editor.get(address).content)
    response = editor.post(address, page.sends(severity__advice="<b>gras</b>", harms__advice="Pensez aux plaintes."))
    assert response.status_code == 422
    assert "code HTML" in words(response)
    assert Page(response.content).named("severity-advice").value == "<b>gras</b>"
    advice = SharedTemplate.objects.get().content["advice"]
    assert advice["harms"] == "Pensez aux plaintes."
    assert advice["severity"].startswith("Comptez large")


def test_what_somebody_else_wrote_meanwhile_is_not_lost_unseen(editor, user, revision):
    address = f"/modeles/gerer/modele/{revision.template.slug}/etapes/prejudices/"
    page = Page(editor.get(address).content)
    write(revision.template, user, advice__severity="Le conseil d'une collègue.")
    response = editor.post(address, page.sends(severity__advice="Le mien."))
    assert response.status_code == 422
    assert "Le conseil d'une collègue." in words(response)
    editor.post(address, Page(response.content).sends())
    assert SharedTemplate.objects.get().content["advice"]["severity"] == "Le mien."


def test_a_page_without_its_version_is_refused(editor, revision):
    address = f"/modeles/gerer/modele/{revision.template.slug}/etapes/prejudices/"
    before = SharedTemplate.objects.get().content
    for base in ("", "-1", "999999", "abc", "1e3"):
        assert editor.post(address, {"base": base, "keys": "severity"}).status_code == 400
    assert SharedTemplate.objects.get().content == before


def test_the_preview_shows_a_practice_s_page_and_stores_nothing(editor, revision):
    page = editor.get(f"/modeles/gerer/modele/{revision.template.slug}/apercu/?rubrique=donnees")
    assert "Numéro de sécurité sociale" in words(page)
    assert "à relire" in words(page)
    assert not Dossier.objects.exists()


def test_withdraws_after_a_page_that_says_what_it_means(editor, revision):
    root = f"/modeles/gerer/modele/{revision.template.slug}/"
    assert "dossiers commencés avec lui gardent" in words(editor.get(f"{root}retirer/"))
    editor.post(f"{root}retirer/")
    assert editor.get(f"/m/{revision.template.slug}/").status_code == 410
    assert editor.get(f"{root}affiche.pdf").status_code == 404


def test_counts_below_ten_are_not_told(editor, revision):
    SharedTemplate.objects.update(counts={"begun": 120, "finished": 40, "on_time": 30, "late": None}, counted_at=NOW)
    page = editor.get(f"/modeles/gerer/modele/{revision.template.slug}/")
    assert "Commencés au moins 120" in words(page)
    assert "Déposés en retard moins de 10" in words(page)
    assert '<rect class="clock-gone" x="0" y="23" width="100.00%"' in page.content.decode()


# -- files ------------------------------------------------------------------------------------------------


def test_shows_what_a_file_holds_before_it_is_stored(editor, revision):
    number = {**json.loads(template_files.shared_template.write_canonical(revision.content)), "number": 2}
    number["summary"] = "Venue d'ailleurs."
    sent = SimpleUploadedFile("modele.json", template_files.shared_template.write_canonical(number))
    shown = editor.post("/modeles/gerer/importer/", {"file": sent})
    assert "Venue d'ailleurs." in words(shown)
    assert SharedTemplateRevision.objects.count() == 1
    stored = editor.post("/modeles/gerer/importer/", Page(shown.content).sends())
    assert stored.status_code == 302
    assert template_files.shared_template.digest_content(number) in set(
        SharedTemplateRevision.objects.values_list("digest", flat=True)
    )


def test_a_bad_file_is_refused_in_words_and_leaves_nothing(editor, revision):
    before = row_counts()
    for data in (b"", b"\xff\xfe", b"[]", b'{"format": "breach-assistant/template"}', b"{" * 9999):
        for sent in ({"file": SimpleUploadedFile("x.json", data)}, {"content": data.decode("latin-1")}):
            response = editor.post("/modeles/gerer/importer/", sent)
            assert response.status_code == 422
            assert "Ce fichier n'a pas été repris" in words(response)
    assert row_counts() == before


def test_the_code_is_a_picture_of_the_address(editor, revision):
    root = f"/modeles/gerer/modele/{revision.template.slug}/"
    svg, png = (editor.get(f"{root}code.{kind}") for kind in ("svg", "png"))
    assert svg["Content-Type"] == "image/svg+xml"
    assert b"<path" in svg.content
    assert png.content.startswith(b"\x89PNG\r\n")
    assert editor.get(f"{root}code.gif").status_code == 404


def test_the_poster_names_the_address_and_the_digest_on_one_tagged_page(editor, revision):
    import pypdf

    data = editor.get(f"/modeles/gerer/modele/{revision.template.slug}/affiche.pdf").content
    reader = pypdf.PdfReader(io.BytesIO(data))
    text = re.sub(r"\s+", "", reader.pages[0].extract_text())
    assert len(reader.pages) == 1
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert templates.get_address(revision.template.slug).replace(" ", "") in text
    assert revision.digest in text
    assert revision.digest[:16] in text
    assert "Uniondesmédecins" in text
