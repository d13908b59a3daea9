"""The catalogue in the browser: for editors only; a fact is written, proposed, published, and shown to everybody."""

import copy
from random import Random

import pytest
from allauth.mfa.models import Authenticator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from notifications import catalogue, prefill, seeds
from notifications.models import IncidentEdit, IncidentRevision
from notifications.report import catalogue_diff, incident_page
from notifications.services.incidents import revision_files
from notifications.services.shared_templates import unions
from tests.dossiers import NOW
from tests.html_pages import Page
from tests.publishing import union
from tests.signing_in import sign_in
from tests.stored import WEDA, fact

pytestmark = pytest.mark.usefixtures("seeds")
HOSTILE = '<script>alert(1)</script> "x" & <img src=x onerror=alert(1)>'


def browser_of(user):
    """An editor's browser, second factor and all."""
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def user():
    return union()


@pytest.fixture
def editor(user):
    return browser_of(user)


@pytest.fixture
def edit(editor):
    editor.post(reverse("catalogue_incident", args=[WEDA]))
    return IncidentEdit.objects.get()


def page(edit):
    return reverse("catalogue_edit", args=[WEDA, edit.public_id])


def row(edit, table, place=None):
    name, more = ("catalogue_row", [place]) if place is not None else ("catalogue_new_row", [])
    return reverse(name, args=[WEDA, edit.public_id, table, *more])


def words(response):
    return " ".join(" ".join(Page(response.content).words).split()).replace("\u00a0", " ").replace("\u202f", " ")


def base(client, edit):
    return next(each.value for each in Page(client.get(page(edit)).content).controls if each.name == "base")


def act(client, edit, name, **more):
    return client.post(page(edit), {"act": name, "base": base(client, edit), **more})


def filled(client, form, /, **changes):
    """What the form at this address sends when these fields are changed and nothing else."""
    sent = {}
    for each in Page(client.get(form).content).controls:
        if each.on and each.name and each.kind != "submit":
            sent.setdefault(each.name, []).append(each.value)
    return {**sent, **changes}


def published(client, edit, summary="Précise qui est concerné."):
    assert act(client, edit, "propose", summary=summary).status_code == 302
    return act(client, edit, "publish")


# -- who may --------------------------------------------------------------------------------------------


def test_to_everybody_else_the_catalogue_does_not_exist(client, editor, edit):
    addresses = [reverse("catalogue"), reverse("catalogue_incident", args=[WEDA]), page(edit)]
    addresses += [row(edit, "faits"), row(edit, "sources", 0)]
    stranger = Client()
    sign_in(stranger)
    for address in addresses:
        assert editor.get(address).status_code == 200, address
        for other in (client, stranger):
            assert other.get(address).status_code == 404, address
            assert other.post(address, {"act": "drop"}).status_code in (404, 405), address
    assert editor.get(page(edit).replace(edit.public_id, "A" * 22)).status_code == 404
    assert editor.get(row(edit, "faits", 9999)).status_code == 404
    assert editor.get(row(edit, "autres")).status_code == 404


def test_an_editor_needs_a_second_proof(user):
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(reverse("catalogue")).url.startswith(reverse("account"))


# -- the life of a revision -----------------------------------------------------------------------------


def test_a_fact_is_changed_proposed_and_published_and_everybody_reads_it(client, editor, edit):
    place = edit.content["fact"].index(fact(edit.content, "other_bodies_involved"))
    address = row(edit, "faits", place)
    sent = filled(editor, address, statement=f"Un constat {HOSTILE}", correction="Ce qui était écrit était faux.")
    assert editor.post(address, sent).status_code == 302
    shown = editor.get(page(edit))
    assert "Un constat <script>" in words(shown)
    assert b"<script>alert" not in shown.content
    assert "Corrigé le" in words(shown)
    assert published(editor, edit).status_code == 302
    public = client.get(f"/incidents/{WEDA}/")
    assert "révision 3.local1, publié sans relecture" in words(public)
    assert "Publiée sur ce site par Union des médecins : publié sans relecture." in words(public)
    assert b"<script>alert" not in public.content
    assert editor.get(page(edit)).status_code == 200


def test_the_one_who_proposed_does_not_publish_where_there_is_another(client, editor, user, edit):
    other = unions.add_editor(organisation=user.editorships.get().organisation, email="b@union.example", now=NOW).user
    editor.post(row(edit, "chronologie", 0), filled(editor, row(edit, "chronologie", 0), text="Autre chose."))
    assert published(editor, edit).status_code == 422
    assert "Un autre éditeur doit la relire" in words(editor.get(page(edit)))
    assert act(browser_of(other), edit, "publish").status_code == 302
    assert "relue par un second éditeur (Union des médecins)" in words(client.get(f"/incidents/{WEDA}/"))


def test_a_source_and_a_fact_that_cites_it_are_added(editor, edit):
    source = {"publisher": "Weda", "title": "Communiqué", "address": "https://weda.example/a", "date": "2026-02-01"}
    editor.post(row(edit, "sources"), filled(editor, row(edit, "sources"), **source))
    address = f"{row(edit, 'faits')}?question=data_categories"
    options = [each.value for each in Page(editor.get(address).content).controls if each.name == "data_categories"]
    said = {"data_categories": options[:1], "sources": ["weda"], "status": "claimed"}
    assert editor.post(row(edit, "faits"), filled(editor, address, **said)).status_code == 302
    assert editor.post(row(edit, "faits"), filled(editor, address, **said)).status_code == 422  # proposed already
    address = f"{row(edit, 'faits')}?question=constat"
    said = {"statement": "Des données ont été publiées.", "sources": ["weda"], "status": "claimed"}
    assert editor.post(row(edit, "faits"), filled(editor, address, **said)).status_code == 302
    edit.refresh_from_db()
    proposed, added = edit.content["fact"][-2:]
    assert (proposed["key"], proposed["value"]) == ("data_categories", options[:1])
    assert (added["statement"], added["sources"], added["status"]) == (said["statement"], ["weda"], "claimed")


def test_every_row_that_ships_is_saved_as_it_was(editor, edit):
    """Opening a row and saving it changes nothing that anybody reads."""
    for table, name in (("faits", "fact"), ("chronologie", "event"), ("conseils", "guidance"), ("sources", "source")):
        for place in range(0, len(edit.content[name]), 7):
            address = row(edit, table, place)
            response = editor.post(address, filled(editor, address))
            assert response.status_code == 302, (address, response.context["problems"], response.context["form"].errors)
    shown = editor.get(page(edit)).context["differences"]
    assert [each["name"] for each in shown] == [], shown


def test_who_reads_a_change_again_sees_all_of_it(editor, edit):
    """Also what only a file may change, and what changes no word of an answer."""
    fact(edit.content, "nature").update(polarity="absent", scope="practice")
    edit.content["tick"][0]["sentence"] = "Une phrase que le cabinet dirait."
    edit.content.update(title="Autre titre", attack="2025-11-09")
    edit.save()
    text = words(editor.get(page(edit))).partition("Ce qui change")[2].partition("Ajouter un fait")[0]
    for said in ("La source dit que ce n'est pas le cas", "concerne le cabinet lui-même", "Une phrase que le cabinet"):
        assert said in text.replace("’", "'")
    assert "Titre" in text
    assert "9 novembre 2025" in text


def test_a_row_is_withdrawn(editor, edit):
    place = edit.content["fact"].index(fact(edit.content, "description"))
    editor.post(row(edit, "faits", place), {"withdraw": "1", "base": base(editor, edit)})
    assert "Retiré" in words(editor.get(page(edit)))


@pytest.mark.parametrize(
    ("table", "changes", "said"),
    [
        ("sources", {"publisher": "X", "title": "Y", "seen": "2026-01-01", "address": "javascript:alert(1)"}, "https"),
        ("sources", {"publisher": "X", "title": "Y"}, "Donnez la date de la source"),
        ("sources", {"publisher": "X\x00", "title": "Y", "seen": "2026-01-01"}, "Qui l'a publiée"),
        ("chronologie", {"day": "2026-02-30", "text": "x", "precision": "day", "sources": ["cnil"]}, "n'existe pas"),
        ("conseils", {"body": "X", "text": "y"}, "Citez au moins une source"),
    ],
)
def test_what_is_wrong_is_said_and_the_text_stays(editor, edit, table, changes, said):
    response = editor.post(row(edit, table), filled(editor, row(edit, table), **changes))
    assert response.status_code == 422
    assert said in words(response).replace("’", "'")
    before = edit.content
    edit.refresh_from_db()
    assert edit.content == before


def test_a_file_is_checked_then_read_like_any_edit(editor):
    address = reverse("catalogue_incident", args=[WEDA])
    shipped = (seeds.locate_folder() / "incidents" / f"{WEDA}.3.toml").read_bytes()
    wrong = shipped.replace(b'status = "contested"', b'status = "certain"', 1)
    for data, status in ((wrong, 422), (b"\xff", 422), (shipped, 302)):
        sent = {"from_file": "1", "file": SimpleUploadedFile("a.toml", data)}
        assert editor.post(address, sent).status_code == status
    assert IncidentEdit.objects.count() == 1
    assert editor.post(address, {"from_file": "1"}).status_code == 422


def test_reading_writes_nothing(editor, edit):
    before = IncidentEdit.objects.values_list("content").get(), IncidentRevision.objects.count()
    for address in (page(edit), row(edit, "faits", 0), row(edit, "faits"), reverse("catalogue")):
        editor.get(address)
    assert (IncidentEdit.objects.values_list("content").get(), IncidentRevision.objects.count()) == before


# -- any content ----------------------------------------------------------------------------------------

STRANGE = [
    "",
    "x",
    HOSTILE,
    "2026-13-45",
    "9999-12-31T23:59:59-12:00",
    "\x00",
    -1,
    True,
    None,
    [],
    {},
    ["x"],
    {"x": "y"},
]
STRANGE += [[[1]], 1.5, "x" * 9000, "period", "practice", "2026-01-01"]


def _nodes(node, path=()):
    yield path
    for name, each in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from _nodes(each, (*path, name))


def test_whatever_is_not_refused_can_be_shown():
    """A good revision with one element made strange: refused with words, or every page of it renders."""
    random = Random(6)
    good = IncidentRevision.objects.get(incident__slug=WEDA, number="3").content
    paths = [path for path in _nodes(good) if path]
    form, shown = seeds.find_questionnaire(), 0
    older = catalogue.build_revision(good, WEDA, form)
    for _ in range(100):
        content, path = copy.deepcopy(good), random.choice(paths)
        place = content
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = random.choice(STRANGE)
        try:
            revision_files.check_tables(content, WEDA)
        except revision_files.Unusable:
            continue
        revision, shown = catalogue.build_revision(content, WEDA, form), shown + 1
        incident_page.build_incident_page([revision, older], form, {})
        catalogue_diff.list_row_differences(revision, older, form)
        prefill.propose_incident(form, revision)
    assert shown > 5
