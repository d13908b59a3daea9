"""A template's file on its way into the database: whole and under its own name, or not at all."""

import json

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from notifications import seeds, shared_template
from notifications.models import Editor, Incident, Organisation, SharedTemplate, SharedTemplateRevision
from notifications.questionnaire import Unusable
from notifications.services.accounts import accounts
from notifications.services.incidents import incidents
from notifications.services.operations import restore
from notifications.services.revisions import TEMPLATE_REVISIONS
from notifications.services.shared_templates import editing, publishing, template_files, unions
from tests.broken_templates import BROKEN, GOOD, changed, good
from tests.dossiers import NOW
from tests.publishing import begin, published, union, write
from tests.stored import everything


@pytest.fixture
def administrator(seeds_loaded):
    return accounts.make_administrator(email="admin@example.org", now=NOW)


def store(data, by=None):
    return template_files.store_revision(revision=template_files.read_file(data), by=by, now=NOW)


def refusal(data, by=None):
    before = everything()
    with pytest.raises(Unusable) as refused:
        store(data, by)
    assert everything() == before
    return str(refused.value)


def numbered(number, change=lambda content: None):
    def renumber(content):
        content["number"] = number
        change(content)

    return changed(renumber)


# -- there and back -------------------------------------------------------------------------------------


def test_what_one_installation_publishes_another_stores_and_gives_out_alike(administrator):
    editor = union()
    revision = published(
        editor, cover="À tous.\nUne ligne.", position={"text": "Notifiez.", "date": "2025-11-19"},
        answers__nature={"state": "known", "value": ["integrity"], "certainty": {"*": "claimed"}, "note": "Vu là."},
        answers__description="Notre avis.", advice__aware_at="Voir https://www.cnil.fr/fr.",
    )  # fmt: skip
    data = shared_template.write_file(TEMPLATE_REVISIONS.as_data(revision))
    for model in (SharedTemplateRevision, SharedTemplate, Organisation):
        model.objects.all().delete()
    assert store(data, administrator) is True
    again = SharedTemplateRevision.objects.get()
    assert shared_template.write_file(TEMPLATE_REVISIONS.as_data(again)) == data
    assert (again.number, again.published_by, again.from_seed) == ("1.local1", administrator, False)
    assert (again.template.organisation.name, again.template.organisation.editors.count()) == ("Union des médecins", 0)


def test_a_file_that_is_here_already_changes_nothing(administrator):
    store(GOOD.read_bytes(), administrator)
    before = everything()
    assert store(changed(lambda content: None), administrator) is False
    assert everything() == before


def test_editors_go_on_from_what_was_brought_and_lose_nothing_that_they_wrote(administrator):
    store(GOOD.read_bytes(), administrator)
    template = SharedTemplate.objects.get()
    assert template.content["title"] == good()["title"]
    editor = unions.add_editor(organisation=template.organisation, email="editeur@union.example", now=NOW).user
    unions.accept_roles(organisation=template.organisation, by=editor, now=NOW)
    store(numbered(2, lambda content: content.update(cover="Suite.")), administrator)
    template.refresh_from_db()
    assert template.content["cover"] == "Suite."
    write(template, editor, cover="La mienne.")
    store(numbered(3, lambda content: content.update(cover="Fin.")), administrator)
    template.refresh_from_db()
    assert template.content["cover"] == "La mienne."
    assert TEMPLATE_REVISIONS.choose_local_number(template.slug) == "3.local1"


def test_an_older_revision_does_not_take_the_place_of_what_editors_see(administrator):
    store(numbered(2, lambda content: content.update(cover="Suite.")), administrator)
    store(GOOD.read_bytes(), administrator)
    assert SharedTemplate.objects.get().content["cover"] == "Suite."
    assert [each.number for each in TEMPLATE_REVISIONS.list_stored(SharedTemplate.objects.get().slug)] == ["2", "1"]


# -- what is refused ------------------------------------------------------------------------------------


def test_a_number_that_holds_something_else_is_refused_and_both_are_named(administrator):
    store(GOOD.read_bytes(), administrator)
    other = changed(lambda content: content.update(cover="Autre chose."))
    said = refusal(other, administrator)
    assert "La révision 1 de « exemple-weda » existe déjà ici avec un autre contenu" in said
    assert SharedTemplateRevision.objects.get().digest[:12] in said
    assert shared_template.digest_content(json.loads(other))[:12] in said


def test_only_its_editors_and_an_administrator_bring_a_template_in_an_organisation_s_name(administrator):
    stranger = union()
    assert "celui de « Union d'exemple »" in refusal(GOOD.read_bytes(), stranger)
    example = unions.make_organisation(name="Union d'exemple", now=NOW)
    assert "celui de « Union d'exemple »" in refusal(GOOD.read_bytes(), stranger)
    unions.add_editor(organisation=example, email=stranger.email, now=NOW)
    for anybody in (stranger, administrator):
        assert refusal(GOOD.read_bytes(), anybody) == publishing.NOT_ACCEPTED
    unions.accept_roles(organisation=example, by=stranger, now=NOW)
    assert store(GOOD.read_bytes(), stranger) is True
    assert SharedTemplateRevision.objects.get().published_by == stranger


def test_a_file_does_not_bring_a_withdrawn_template_on(administrator):
    store(GOOD.read_bytes(), administrator)
    editing.withdraw_template(template=SharedTemplate.objects.get(), by=administrator, now=NOW)
    assert refusal(numbered(2), administrator) == publishing.WITHDRAWN
    assert store(numbered(2)) is True  # what ships is loaded all the same


def test_an_address_that_is_another_template_s_is_refused(administrator):
    editor = union()
    mine = begin(editor)
    SharedTemplate.objects.filter(pk=mine.pk).update(slug="exemple-weda")
    assert "autre organisation, incident ou questionnaire" in refusal(GOOD.read_bytes(), administrator)


def test_an_incident_that_is_not_here_is_named(administrator):
    unknown = changed(lambda content: content.update(incident={"slug": "ailleurs-2026-01", "revision": 1}))
    assert refusal(unknown, administrator) == "L'incident « ailleurs-2026-01 » n'est pas connu ici."


def test_broken_files_write_no_row(administrator):
    before = everything()
    for data, words in BROKEN.values():
        with pytest.raises(Unusable) as refused:
            store(data, administrator)
        assert words in str(refused.value)
    assert everything() == before


# -- any file -------------------------------------------------------------------------------------------

WORDS = [
    "known", "unknown", "suspected", "*", "other", "practice", "2025-11-12", "<b>", "https://cnil.fr", "javascript:x",
    "template:exemple-weda@1", "nature", "severity", "description", "",
]  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers(-3, 10**16) | st.sampled_from(WORDS) | st.text(max_size=20)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=9), inner),
    max_leaves=8,
)


def places(value, path=()):
    """Every way into nested tables and lists, as the keys to follow."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield from places(inner, (*path, name))


PLACES = sorted(places(good()), key=str)


@given(
    st.sampled_from(PLACES),
    st.sampled_from(["put", "drop", "add"]),
    st.sampled_from(WORDS) | st.text(max_size=9),
    ANY_JSON,
)
def test_any_value_at_any_place_is_refused_or_comes_out_equal(path, how, name, value):
    content = {"": good()}
    inside = content
    for each in ("", *path)[:-1]:
        inside = inside[each]
    last = ("", *path)[-1]
    if how == "drop" and path:
        del inside[last]
    elif how == "add" and isinstance(inside[last], dict):
        inside[last][name] = value
    else:
        inside[last] = value
    refused_or_equal(json.dumps(content[""]).encode(), content[""])


@given(st.data())
def test_any_bytes_at_any_place_are_refused_or_come_out_equal(data):
    before = GOOD.read_bytes()
    at, length = data.draw(st.integers(0, len(before))), data.draw(st.integers(0, 40))
    refused_or_equal(before[:at] + data.draw(st.binary(max_size=40)) + before[at + length :])


def refused_or_equal(data, content=None):
    """Nothing but `Unusable`, with sentences; what is taken is what the file said, to the byte of its one form."""
    problems, found = [], None
    try:
        found = template_files.read_file(data)
    except Unusable as refused:
        problems = refused.problems
    if found is None:
        assert problems
        assert all(problem.endswith((".", ")")) for problem in problems)
        return
    again = shared_template.write_file(found)
    assert json.loads(again) == (json.loads(data.decode("utf-8-sig")) if content is None else content)
    assert template_files.read_file(again) == found
    assert not {key for key in found.answers if not seeds.find_questionnaire().questions[key].shareable}


# -- what ships -----------------------------------------------------------------------------------------


def test_the_example_is_published_by_a_union_that_has_no_editor(seeds_loaded):
    assert template_files.load_seeds(now=NOW) == 1
    revision = SharedTemplateRevision.objects.get()
    assert (revision.from_seed, revision.number, revision.published_by) == (True, "1", None)
    assert revision.template.organisation.name == "Union d'exemple"
    assert not Editor.objects.exists()
    before = everything()
    assert template_files.load_seeds(now=NOW) == 0
    assert everything() == before


def test_an_installation_that_holds_only_what_ships_is_still_empty(seeds_loaded):
    """Into which a backup is taken back without a question."""
    template_files.load_seeds(now=NOW)
    assert restore.is_empty()
    example = Organisation.objects.get()
    mine = editing.begin_template(organisation=example, incident=None, now=NOW)
    assert not restore.is_empty()
    mine.delete()
    assert restore.is_empty()
    unions.make_organisation(name="Union des médecins", now=NOW)
    assert not restore.is_empty()


def test_a_shipped_number_that_holds_something_else_here_stores_nothing(db):
    incidents.load_seeds()
    store(changed(lambda content: content.update(cover="Autre chose.")))
    Incident.objects.filter(templates=None).first().revisions.all().delete()
    before = everything()
    with pytest.raises(CommandError) as refused:
        call_command("load_seeds")
    assert refused.value.returncode == 1
    assert "exemple-weda.1.json" in str(refused.value)
    assert everything() == before  # not even the incident that could have been stored


def test_a_wrong_file_among_those_that_ship_is_named(seeds_loaded, tmp_path, monkeypatch):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/good.1.json").write_bytes(GOOD.read_bytes())
    (tmp_path / "templates/wrong.1.json").write_bytes(b"{}")
    monkeypatch.setattr(seeds, "locate_folder", lambda: tmp_path)
    with pytest.raises(Unusable) as refused:
        template_files.load_seeds(now=NOW)
    assert refused.value.problems == ["wrong.1.json: Ce fichier n'est pas un modèle de Breach Assistant."]
    assert not SharedTemplate.objects.exists()
