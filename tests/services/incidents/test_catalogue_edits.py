"""A coming revision: written, proposed by one editor, published by another; hostile files; two at once."""

import copy
import threading

import pytest
from django.db import connection

from notifications import seeds
from notifications.models import Incident, IncidentEdit, IncidentRevision, Viewer
from notifications.questionnaire import Unusable
from notifications.services.incidents import catalogue_edits, revision_files
from notifications.services.revisions import INCIDENT_REVISIONS
from notifications.services.shared_templates import unions
from tests.dossiers import NOW
from tests.publishing import union
from tests.stored import WEDA, fact, store_seeds

SHIPPED = seeds.locate_folder() / "incidents" / "weda-2025-11.3.toml"
SOURCE = {"id": "essai", "publisher": "Essai", "title": "une page", "seen": "2026-01-02"}


@pytest.fixture
def editor(seeds_loaded):
    return union()


@pytest.fixture
def second(editor):
    return unions.add_editor(organisation=editor.editorships.get().organisation, email="b@union.example", now=NOW).user


def begun():
    return catalogue_edits.begin_edit(incident=Incident.objects.get(slug=WEDA))


def change(edit, *changes):
    edit.refresh_from_db()
    return catalogue_edits.change_rows(edit=edit, base=catalogue_edits.digest_edit(edit), changes=changes)


def propose(edit, by, summary="Ajoute une source."):
    edit.refresh_from_db()
    catalogue_edits.propose_edit(edit=edit, base=catalogue_edits.digest_edit(edit), summary=summary, by=by, now=NOW)


def publish(edit, by):
    edit.refresh_from_db()
    return catalogue_edits.publish_edit(edit=edit, base=catalogue_edits.digest_edit(edit), by=by, now=NOW)


def ready(by, source=SOURCE):
    edit = begun()
    change(edit, ("source", None, source))
    propose(edit, by)
    return edit


def test_another_editor_publishes_and_is_named(editor, second):
    edit = ready(editor)
    with pytest.raises(Unusable, match="un autre éditeur"):
        publish(edit, editor)
    revision = publish(edit, second)
    assert revision.number == "3.local1"
    newest = INCIDENT_REVISIONS.load_all(WEDA)[0]
    assert (newest.number, newest.reviewed_by) == ("3.local1", "un second éditeur (Union des médecins)")
    assert "essai" in newest.sources
    assert catalogue_edits.find_publishers(WEDA) == {"3.local1": "Union des médecins"}


def test_the_only_editor_of_an_installation_publishes_alone(editor):
    assert publish(ready(editor), editor).content["reviewed_by"] == ""
    assert publish(ready(editor, {**SOURCE, "id": "autre"}), editor).number == "3.local2"


def test_a_change_after_the_proposal_is_to_be_proposed_again(editor, second):
    edit = ready(editor)
    change(edit, ("source", None, {**SOURCE, "id": "autre"}))
    with pytest.raises(Unusable, match="proposée"):
        publish(edit, second)


def test_what_was_published_is_closed(editor):
    edit = ready(editor)
    publish(edit, editor)
    for act in (lambda: publish(edit, editor), lambda: change(edit, ("source", None, SOURCE))):
        with pytest.raises(Unusable, match="déjà publiée"):
            act()


def test_a_page_that_is_no_longer_true_writes_nothing(editor):
    edit = begun()
    base = catalogue_edits.digest_edit(edit)
    change(edit, ("source", None, SOURCE))
    with pytest.raises(Unusable, match="a changé"):
        catalogue_edits.change_rows(edit=edit, base=base, changes=[("source", 0, None)])


def test_nothing_is_proposed_without_a_change_or_a_summary(editor):
    edit = begun()
    with pytest.raises(Unusable, match="Rien ne change"):
        propose(edit, editor)
    change(edit, ("source", None, SOURCE))
    with pytest.raises(Unusable, match="en une phrase"):
        propose(edit, editor, "  ")


def test_an_edit_that_another_overtook_is_taken_up_again(editor):
    first, other = ready(editor), ready(editor, {**SOURCE, "id": "autre"})
    publish(first, editor)
    with pytest.raises(Unusable, match="autre révision"):
        publish(other, editor)
    catalogue_edits.rebase_edit(edit=other, base=catalogue_edits.digest_edit(other))
    propose(other, editor)
    assert publish(other, editor).number == "3.local2"
    assert {"essai", "autre"} <= INCIDENT_REVISIONS.load_all(WEDA)[0].sources.keys()


def test_two_that_change_the_same_row_are_not_joined(editor):
    first, other = begun(), begun()
    for edit, status in ((first, "suspected"), (other, "contested")):
        place = edit.content["fact"].index(fact(edit.content, "other_bodies_involved"))
        change(edit, ("fact", place, {**edit.content["fact"][place], "status": status}))
        propose(edit, editor)
    publish(first, editor)
    with pytest.raises(Unusable, match="se contredisent"):
        catalogue_edits.rebase_edit(edit=other, base=catalogue_edits.digest_edit(other))


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        ("source", {**SOURCE, "address": "javascript:alert(1)"}, "https://"),
        ("source", {**SOURCE, "address": "http://exemple.fr"}, "https://"),
        ("source", {**SOURCE, "id": '"><script>'}, "identifiant"),
        ("source", {"id": "essai", "publisher": "Essai", "title": "sans jour"}, "donnez sa date"),
        ("source", {**SOURCE, "id": "cnil"}, "Deux sources"),
        ("source", {**SOURCE, "title": ["une", "liste"]}, "forme attendue"),
        ("source", {**SOURCE, "title": "x" * 5000}, "trop long : 5000 caractères"),
        ("fact", {"key": "kind", "value": "initial", "status": "sûr", "sources": ["cnil"]}, "certitude"),
        ("fact", {"key": "discovery", "value": "x", "status": "claimed", "sources": ["cnil"]}, "seul le cabinet"),
        ("fact", {"key": "sector", "value": "x", "status": "claimed", "sources": []}, "au moins une source"),
        ("fact", {"key": "sector", "value": "x", "status": "claimed", "sources": ["nul"]}, "« nul » n'existe pas"),
        ("fact", {"key": "rien", "value": "x", "status": "claimed", "sources": ["cnil"]}, "n'existe pas"),
        ("event", {"at": "hier", "precision": "day", "text": "x", "status": "claimed", "sources": []}, "« hier »"),
        ("event", {"at": "2026-01-01", "precision": "period", "text": "x", "status": "claimed", "sources": []}, "fin"),
    ],
)
def test_what_makes_no_revision_is_refused_in_french(editor, table, row, said):
    edit = begun()
    before = copy.deepcopy(edit.content)
    with pytest.raises(Unusable) as refused:
        change(edit, (table, None, row))
    assert said in " ".join(refused.value.problems)
    edit.refresh_from_db()
    assert edit.content == before


HOSTILE = [
    b"",
    b"\xff\xfe",
    b"a = [" + b"[" * 5000,
    b"slug = 5",
    b"slug = 'weda-2025-11'\nfact = 3",
    b"slug = 'weda-2025-11'\nfact = [3]",
    b"slug = 'weda-2025-11'\nquestionnaire = '../../etc/passwd'",
    b"slug = 'weda-2025-11'\nnumber = nan",
    b"x" * (revision_files.SIZE + 1),
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_file_leaves_nothing(editor, data):
    with pytest.raises(Unusable):
        catalogue_edits.begin_edit(incident=Incident.objects.get(slug=WEDA), file=data)
    assert not IncidentEdit.objects.exists()


def test_a_file_of_another_incident_is_refused_and_its_own_is_read(editor):
    data = SHIPPED.read_bytes()
    with pytest.raises(Unusable, match="pas une révision"):
        catalogue_edits.begin_edit(incident=Incident.objects.exclude(slug=WEDA)[0], file=data)
    edit = catalogue_edits.begin_edit(incident=Incident.objects.get(slug=WEDA), file=data)
    assert not catalogue_edits.is_changed(edit)


def test_only_editors_see_what_is_coming(editor):
    begun()
    assert IncidentEdit.objects.visible_to(Viewer(user=editor)).count() == 1
    editor.editorships.all().delete()
    assert not IncidentEdit.objects.visible_to(Viewer(user=editor)).exists()
    assert not catalogue_edits.is_editor(Viewer())


@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_at_once_one_wins():
    store_seeds()
    editor = union()
    edits = [ready(editor), ready(editor, {**SOURCE, "id": "autre"})]
    gate, told = threading.Barrier(2, timeout=30), []

    def run(edit):
        gate.wait()
        try:
            told.append(publish(edit, editor).number)
        except Unusable as error:
            told.append(error.problems)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[edit]) for edit in edits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, told)) == sorted(["3.local1", str([catalogue_edits.OUTDATED])])
    assert IncidentRevision.objects.filter(number__contains="local").count() == 1
