"""Dossiers that were begun with a template: what it proposed, what changed since, what travels with the file."""

import json
from typing import Any

import pytest

from notifications.documents import dossier_file
from notifications.files import dossier_files
from notifications.files.dossier_files import read_dossier
from notifications.models import Dossier, SharedTemplateRevision, User
from notifications.report import Report, build_report, list_essential_screens
from notifications.services.dossiers import loading, saving, snapshots
from notifications.services.revisions import INCIDENT_REVISIONS, TEMPLATE_REVISIONS
from notifications.services.shared_templates import editing
from tests import stored
from tests.broken_files import changed
from tests.dossiers import LATE, NOW
from tests.publishing import begin, publish, published, union, write
from tests.stored import WEDA, file

ADVISED = {
    "answers__has_sensitive_data": True,
    "answers__description": "Avis de l'union.",
    "answers__subjects_informed": "undetermined",
    "advice__severity": "À vous de juger.",
}


@pytest.fixture
def editor(seeds_loaded: None) -> User:
    return union()


@pytest.fixture
def revision(editor: User) -> SharedTemplateRevision:
    return published(editor, **ADVISED)


@pytest.fixture
def dossier(revision: SharedTemplateRevision) -> Dossier:
    return start(revision)


def start(revision: SharedTemplateRevision, **said) -> Dossier:
    newest = INCIDENT_REVISIONS.list_stored(WEDA)[0]
    return saving.start_dossier(revision=newest, template=revision, timezone="Europe/Paris", by="x", now=NOW, **said)


def again(dossier: Dossier, editor: User, **elements) -> SharedTemplateRevision:
    """The next revision of the template."""
    template = dossier.template_revision.template
    write(template, editor, **elements)
    return publish(template, editor, "Précisions.")


def report(dossier: Dossier) -> Report:
    return build_report(loading.load_dossier_data(Dossier.objects.get(pk=dossier.pk)), NOW)


def to_review_again(dossier: Dossier) -> set[str]:
    return {row.key for row in report(dossier).rows if row.outdated}


def named(revision: SharedTemplateRevision) -> str:
    return f"template:{revision.template.slug}@{revision.number}"


# -- begun ----------------------------------------------------------------------------------------------


def test_a_dossier_begins_with_the_template_s_answers_unread(dossier, revision):
    rows = report(dossier).by_key
    for key in ("has_sensitive_data", "subjects_informed", "description"):
        assert (rows[key].origin, rows[key].state) == (named(revision), "to_review")
    assert rows["has_sensitive_data"].certainty == "suspectée"
    assert rows["subjects_informed"].certainty == ""
    assert rows["has_sensitive_data"].sources == ()
    assert rows["nature"].origin == f"incident:{WEDA}@3"
    assert rows["severity"].state == "missing"
    said = "modèle « Cyberattaque du logiciel Weda (novembre 2025) » (Union des médecins), révision 1.local1"
    assert rows["has_sensitive_data"].origin_words == said
    assert to_review_again(dossier) == set()


def test_a_template_that_answers_leaves_fewer_screens(dossier):
    plain = {screen.slug for screen in list_essential_screens(report(stored.start_weda()))}
    assert plain - {screen.slug for screen in list_essential_screens(report(dossier))} == {"patients"}


@pytest.mark.parametrize("revision_of", [None, "cegedim-mlm-2025"])
def test_a_template_serves_no_dossier_of_another_incident(revision, revision_of):
    other = INCIDENT_REVISIONS.list_stored(revision_of)[0] if revision_of else None
    with pytest.raises(ValueError, match="another incident"):
        saving.start_dossier(revision=other, template=revision, timezone="Europe/Paris", by="x", now=NOW)
    assert not Dossier.objects.exists()


def test_a_template_without_incident_serves_a_dossier_without(editor):
    template = begin(editor, incident=None)
    write(template, editor, answers__description="Avis de l'union.")
    dossier = saving.start_dossier(
        revision=None, template=publish(template, editor), timezone="Europe/Paris", by="x", now=NOW, counted=True
    )
    assert dossier.answers["description"]["basis"] == f"template:{template.slug}@1.local1"
    assert dossier.counted


# -- what changed since ---------------------------------------------------------------------------------


def test_a_newer_revision_of_the_template_shows_what_it_says_otherwise(dossier, editor):
    newer = again(dossier, editor, answers__has_sensitive_data=False, answers__description="Autre avis.")
    assert to_review_again(dossier) == {"has_sensitive_data", "description"}
    row = report(dossier).by_key["has_sensitive_data"]
    assert [line.text for line in row.proposal_lines] == ["Non"]
    assert row.proposal.origin == named(newer)
    assert dossier.template_revision != newer  # nothing is written before the practice says so


def test_what_is_taken_is_the_newer_one_and_what_is_kept_stays(dossier, editor):
    newer = again(dossier, editor, answers__has_sensitive_data=False, answers__description="Autre avis.")
    saving.take_proposal(dossier=dossier, key="has_sensitive_data", by="x", now=NOW)
    dossier.refresh_from_db()
    saving.keep_own_answer(dossier=dossier, key="description", by="x", now=NOW)
    dossier.refresh_from_db()
    taken, kept = dossier.answers["has_sensitive_data"], dossier.answers["description"]
    assert (taken["value"], taken["origin"], taken["reviewed"]) == (False, named(newer), True)
    assert [part["text"] for part in kept["value"]][1:] == ["Avis de l'union."]
    assert kept["basis"] == f"{named(newer)}+incident:{WEDA}@3"
    assert to_review_again(dossier) == set()


def test_what_the_vendor_s_facts_become_shows_beside_the_union_s_words(dossier):
    def change(content):
        stored.fact(content, "description")["value"] += " Suite."

    stored.publish("4", change)
    assert to_review_again(dossier) == {"description"}
    saving.take_proposal(dossier=dossier, key="description", by="x", now=NOW)
    dossier.refresh_from_db()
    vendor, own = dossier.answers["description"]["value"]
    assert vendor["text"].endswith("Suite.")
    assert own["text"] == "Avis de l'union."
    assert to_review_again(dossier) == set()


def test_a_withdrawn_template_still_serves_its_dossiers(dossier, editor, revision):
    again(dossier, editor, answers__has_sensitive_data=False)
    editing.withdraw_template(template=revision.template, by=editor, now=NOW)
    assert to_review_again(dossier) == {"has_sensitive_data"}
    assert "(Union des médecins)" in report(dossier).by_key["has_sensitive_data"].origin_words


def test_a_list_asks_for_templates_once(dossier, revision, django_assert_num_queries):
    for _ in range(3):
        start(revision)
    loading.load_every_dossier_data(Dossier.objects.all())
    with django_assert_num_queries(6):  # dossiers, filings, decisions, incidents, templates, who has proofread
        found = loading.load_every_dossier_data(Dossier.objects.all())
    assert {data.template for _, data in found} == {TEMPLATE_REVISIONS.as_data(revision)}


# -- the file -------------------------------------------------------------------------------------------


def read(data, **known):
    known = {
        "revisions_of": INCIDENT_REVISIONS.load_by_origin,
        "templates_of": TEMPLATE_REVISIONS.load_by_origin,
    } | known
    return read_dossier(data, **known, now=LATE)


def start_from(imported) -> Dossier:
    return saving.start_dossier(
        revision=INCIDENT_REVISIONS.find_stored(imported.revision),
        template=imported.template and TEMPLATE_REVISIONS.find_stored(imported.template),
        timezone=imported.timezone,
        by="x",
        now=LATE,
        answers=imported.answers,
    )


def dump(dossier: Dossier) -> bytes:
    return dossier_file.dump(build_report(loading.load_dossier_data(dossier), LATE))


def test_a_dossier_with_a_template_comes_back_whole(dossier, revision, editor):
    again(dossier, editor, answers__has_sensitive_data=False)
    saving.keep_own_answer(dossier=dossier, key="has_sensitive_data", by="x", now=NOW)
    dossier.refresh_from_db()
    data = dump(dossier)
    assert json.loads(data)["template"] == {"slug": revision.template.slug, "revision": "1.local1"}
    copy = start_from(read(data))
    assert json.loads(dump(copy)) == json.loads(data)
    assert not copy.counted


def test_a_template_that_is_not_here_leaves_unread_imports(dossier):
    imported = read(dump(dossier), templates_of=dossier_files.no_templates)
    assert imported.template is None
    assert imported.answers["has_sensitive_data"]["origin"] == "import"
    assert imported.answers["nature"]["origin"] == f"incident:{WEDA}@3"
    assert [part["origin"] for part in imported.answers["description"]["value"]] == [f"incident:{WEDA}@3", "import"]


def test_a_template_of_another_incident_stands_for_nothing(dossier):
    content = json.loads(dump(dossier))
    content["incident"] = None
    imported = read(json.dumps(content).encode())
    assert imported.template is None
    assert imported.answers["has_sensitive_data"]["origin"] == "import"


@pytest.mark.parametrize("template", ["union@1", {"slug": "x"}, {"slug": 1, "revision": 1}])
def test_a_template_named_otherwise_is_refused(seeds_loaded, template):
    with pytest.raises(dossier_files.Unusable, match="Le modèle de ce fichier n'a pas la forme attendue"):
        read(changed(lambda content: content.update(template=template)))


def read_rows(report: Report) -> list[tuple[Any, ...]]:
    """All that is said of each question."""
    names = ("key", "state", "lines", "note", "origin_words", "certainty", "sources", "doubts", "proposal", "outdated")
    return [tuple(getattr(row, name) for name in names) for row in report.rows]


def test_what_was_filed_reads_the_same_whatever_the_union_publishes_later(dossier, editor):
    filing = file(dossier)
    then = build_report(snapshots.build_filed_report(filing).data, NOW)
    again(dossier, editor, answers__has_sensitive_data=False)
    now = build_report(snapshots.build_filed_report(filing).data, NOW)
    assert read_rows(now) == read_rows(then)
    assert "(Union des médecins)" in now.by_key["has_sensitive_data"].origin_words
    assert snapshots.is_whole(filing)
