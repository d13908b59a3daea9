"""A template from its first line to its withdrawal, and what its organisation may know of the dossiers."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import ProtectedError

from notifications import shared_template
from notifications.models import (
    Dossier,
    Editor,
    Filing,
    Organisation,
    RolesAcceptance,
    SharedTemplate,
    SharedTemplateRevision,
    User,
    Viewer,
)  # fmt: skip
from notifications.questionnaire import Unusable
from notifications.report import build_report, find_stage
from notifications.services.accounts import accounts
from notifications.services.dossiers import counts, loading, saving
from notifications.services.revisions import INCIDENT_REVISIONS, TEMPLATE_REVISIONS, find_questionnaire
from notifications.services.shared_templates import editing, publishing, unions
from tests.dossiers import NOW, form
from tests.publishing import begin, publish, published, union, write
from tests.stored import WEDA, everything, file


@pytest.fixture
def editor(seeds_loaded: None) -> User:
    return union()


@pytest.fixture
def template(editor: User) -> SharedTemplate:
    return begin(editor)


def refusal(call, *args, **kwargs) -> str:
    before = everything()
    with pytest.raises(Unusable) as refused:
        call(*args, **kwargs)
    assert everything() == before
    return str(refused.value)


# -- organisations --------------------------------------------------------------------------------------


def test_an_editor_needs_a_second_factor_from_the_moment_of_being_one(editor):
    other = accounts.load_or_make("autre@union.example", NOW)
    assert accounts.needs_second_factor(editor)
    assert accounts.lacks_second_factor(editor)
    assert not accounts.needs_second_factor(other)
    editor.editorships.all().delete()
    assert not accounts.needs_second_factor(editor)


def test_an_editor_who_has_not_signed_in_yet_is_not_forgotten(editor):
    accounts.load_for_sign_in(email="quelqu.un@example.org", now=NOW + timedelta(days=30))
    assert Editor.objects.filter(user=editor).exists()


@pytest.mark.parametrize("again", [{"name": "Union des médecins"}, {"name": "Autre", "slug": "union-des-medecins"}])
def test_a_name_and_an_address_belong_to_one_organisation(editor, again):
    with pytest.raises(unions.NameTaken):
        unions.make_organisation(**again, now=NOW)


def test_who_accepts_the_roles_first_stays_named_and_another_text_is_to_be_accepted_anew(editor, monkeypatch):
    organisation = Organisation.objects.get()
    other = unions.add_editor(organisation=organisation, email="autre@union.example", now=NOW).user
    unions.accept_roles(organisation=organisation, by=other, now=NOW + timedelta(days=1))
    kept = RolesAcceptance.objects.get()
    assert (kept.accepted_by, kept.accepted_at) == (editor, NOW)
    monkeypatch.setattr(unions, "ROLES_VERSION", "2027-01")
    assert not unions.has_accepted(organisation)


# -- begun and edited -----------------------------------------------------------------------------------


def test_a_template_begins_with_what_the_incident_proposes_and_holds_none_of_it(template):
    proposed = publishing.preview_dossier(template, NOW).answers
    begun = saving.start_dossier(
        revision=INCIDENT_REVISIONS.list_stored(WEDA)[0], timezone="Europe/Paris", by="x", now=NOW
    )
    assert proposed == {key: loading.strip_version(entry) for key, entry in begun.answers.items()}
    assert template.content["answers"] == {}
    assert template.content["title"] == "Cyberattaque du logiciel Weda (novembre 2025)"
    assert begin(User.objects.get()).slug == f"{template.slug}-2"


def test_what_an_editor_writes_is_what_the_preview_shows(template, editor):
    saved = write(template, editor, answers__data_categories=["civil_status"], answers__description="Notre avis.")
    assert saved.saved == ["answers.data_categories", "answers.description"]
    template.refresh_from_db()
    report = build_report(publishing.preview_dossier(template, NOW), NOW)
    row = report.by_key["data_categories"]
    assert (row.state, row.text) == ("to_review", form().questions["data_categories"].options[0].label)
    title = "modèle « Cyberattaque du logiciel Weda (novembre 2025) » (Union des médecins), révision 1.local1"
    assert row.origin_words == title
    vendor, own = report.by_key["description"].lines[:2]
    assert own.text == "Notre avis."
    assert own.origin.startswith(title)
    assert vendor.origin.startswith("fiche « Weda », révision 3")
    assert report.by_key["description"].sources


def test_elements_that_cannot_be_kept_are_refused_by_name_and_the_others_kept(template, editor):
    saved = write(
        template, editor, answers__severity="limited", answers__nature=["theft"], advice__severity="<b>",
        cover="Bonjour.",
        title="", position={"text": "Oui.", "date": "hier"}, colour="bleu", answers__favourite="x",
    )  # fmt: skip
    assert saved.saved == ["cover"]
    assert saved.refused.keys() == {
        "answers.severity", "answers.nature", "advice.severity", "title", "position", "colour", "answers.favourite",
    }  # fmt: skip
    template.refresh_from_db()
    assert template.content["cover"] == "Bonjour."


def test_an_element_can_be_taken_away(template, editor):
    write(template, editor, advice__severity="Un conseil.", answers__nature=["integrity"], cover="Bonjour.")
    write(template, editor, advice__severity="", answers__nature=None, cover="")
    template.refresh_from_db()
    assert (template.content["advice"], template.content["answers"], template.content["cover"]) == ({}, {}, "")


def test_two_editors_lose_nothing_of_each_other(template, editor):
    organisation = Organisation.objects.get()
    other = unions.add_editor(organisation=organisation, email="autre@union.example", now=NOW).user
    write(template, editor, advice__severity="Un conseil.", cover="Bonjour.")
    base = SharedTemplate.objects.get().version

    def save(by, **elements):
        named = {name.replace("__", "."): each for name, each in elements.items()}
        return editing.save_elements(template=template, base=base, elements=named, by=by, now=NOW)

    save(editor, advice__severity="Mon conseil.", cover="Bonjour.")
    saved = save(other, advice__severity="Le mien.", cover="Bonsoir.")
    assert saved.saved == ["cover"]
    assert saved.conflicts["advice.severity"]["mine"] == "Le mien."
    assert saved.conflicts["advice.severity"]["theirs"] == "Mon conseil."
    assert saved.conflicts["advice.severity"]["by"] == f"compte {editor.pk}"
    assert save(other, advice__severity="Mon conseil.", cover="Bonjour.").conflicts == {}
    kept = SharedTemplate.objects.get().content
    assert (kept["advice"]["severity"], kept["cover"]) == ("Mon conseil.", "Bonsoir.")
    assert save(other, advice__severity="Un conseil.").version == SharedTemplate.objects.get().version


def test_nothing_written_nothing_moves(template, editor):
    write(template, editor, cover="Bonjour.")
    before = everything()
    assert write(template, editor, cover="Bonjour.", advice__severity="").saved == []
    assert everything() == before


# -- published ------------------------------------------------------------------------------------------


def test_what_is_published_is_the_file_that_anybody_can_check(template, editor):
    write(template, editor, answers__has_sensitive_data=True, advice__severity="Un conseil.")
    revision = publish(template, editor)
    found = TEMPLATE_REVISIONS.as_data(revision)
    data = shared_template.write_file(found)
    assert (found.number, found.organisation, found.incident) == ("1.local1", "Union des médecins", (WEDA, "3"))
    assert revision.digest == shared_template.digest_content(revision.content)
    assert shared_template.read_file(data, find_questionnaire) == found
    assert found.answers["has_sensitive_data"]["certainty"] == {"*": "suspected"}


def test_revisions_are_numbered_one_after_the_other_newest_first(template, editor):
    for number in range(1, 12):
        write(template, editor, cover=f"Version {number}.")
        write(template, editor, advice__severity="Un conseil.")
        publish(template, editor)
    numbers = [each.number for each in TEMPLATE_REVISIONS.list_stored(template.slug)]
    assert numbers == [f"1.local{number}" for number in range(11, 0, -1)]
    assert [each.number for each in TEMPLATE_REVISIONS.list_newest(template=template)] == ["1.local11"]
    assert [each.number for each in TEMPLATE_REVISIONS.load_all(template.slug)] == numbers


def test_a_published_revision_never_changes(template, editor):
    write(template, editor, advice__severity="Un conseil.")
    revision = publish(template, editor)
    before = everything()["SharedTemplateRevision"]
    write(template, editor, advice__severity="Un autre.", title="Autre titre")
    editing.set_public_line(template=template, base=template.version, text="Une ligne.", by=editor, now=NOW)
    assert everything()["SharedTemplateRevision"] == before
    revision.summary = "Autre chose."
    with pytest.raises(TypeError):
        revision.save()


def test_only_an_organisation_that_accepted_the_roles_publishes(seeds_loaded):
    editor = union(accepted=False)
    template = begin(editor)
    write(template, editor, advice__severity="Un conseil.")
    assert refusal(publish, template, editor) == publishing.NOT_ACCEPTED


def test_what_stands_in_the_way_of_publishing_is_told(template, editor):
    assert refusal(publish, template, editor) == publishing.EMPTY
    write(template, editor, advice__severity="Un conseil.")
    assert refusal(publish, template, editor, summary="") == publishing.NO_SUMMARY
    assert "code HTML" in refusal(publish, template, editor, summary="<b>")
    old = SharedTemplate.objects.get().version
    write(template, editor, cover="Bonjour.")
    assert (
        refusal(publishing.publish_revision, template=template, base=old, summary="x", by=editor, now=NOW)
        == publishing.MOVED
    )
    publish(template, editor)
    assert refusal(publish, template, editor, summary="Encore.") == "Rien n'a changé depuis la révision 1.local1."
    editing.withdraw_template(template=template, by=editor, now=NOW)
    write(template, editor, cover="Bonsoir.")
    assert refusal(publish, template, editor) == publishing.WITHDRAWN


def test_what_no_other_installation_could_take_is_not_published(template, editor):
    everywhere = {f"advice__{question.key}": "😀" * shared_template.ADVICE for question in form()}
    write(template, editor, **everywhere)
    assert "il peut faire 256 Ko au plus" in refusal(publish, template, editor)


def test_the_public_line_changes_without_a_revision_and_leaves_a_trace(template, editor):
    write(template, editor, advice__severity="Un conseil.")
    publish(template, editor)
    opened = template.version
    for line in (" Permanence ce soir. ", ""):  # the second from a page that was opened before the first was written
        editing.set_public_line(template=template, base=opened, text=line, by=editor, now=NOW)
    editing.withdraw_template(template=template, by=editor, now=NOW)
    editing.withdraw_template(template=template, by=editor, now=NOW)
    template.refresh_from_db()
    assert template.public_line == "Permanence ce soir."
    assert template.revisions.count() == 1
    told = list(template.changes.order_by("version").values_list("key", "by"))
    by = f"compte {editor.pk}"
    assert told == [("advice.severity", by), ("public_line", by), ("withdrawn_at", by)]


# -- who may see it -------------------------------------------------------------------------------------


def seen(viewer: Viewer) -> set[str]:
    found = set(SharedTemplate.objects.visible_to(viewer).values_list("slug", flat=True))
    of_revisions = SharedTemplateRevision.objects.visible_to(viewer).values_list("template__slug", flat=True)
    assert set(of_revisions) <= found
    return found


def test_who_sees_which_template(editor):
    other = union("Autre union", editor="autre@example.org")
    dossier, shown, gone = (
        begin(editor),
        published(editor, cover="x", advice__severity="x"),
        published(other, advice__severity="y"),
    )
    begun = saving.start_dossier(
        revision=INCIDENT_REVISIONS.list_stored(WEDA)[0], template=gone, timezone="Europe/Paris", by="x", now=NOW
    )
    Dossier.objects.filter(pk=begun.pk).update(owner=(member := accounts.load_or_make("dr@example.org", NOW)))
    editing.withdraw_template(template=gone.template, by=other, now=NOW)
    assert seen(Viewer()) == {shown.template.slug}
    assert seen(Viewer(user=member)) == {shown.template.slug, gone.template.slug}
    assert seen(Viewer(user=editor)) == {dossier.slug, shown.template.slug}
    assert seen(Viewer(user=other)) == {shown.template.slug, gone.template.slug}
    assert [each.slug for each in SharedTemplate.objects.edited_by(Viewer(user=other))] == [gone.template.slug]
    assert not SharedTemplate.objects.edited_by(Viewer(user=member)).exists()
    assert not SharedTemplate.objects.edited_by(Viewer()).exists()
    assert [each.name for each in Organisation.objects.visible_to(Viewer(user=editor))] == ["Union des médecins"]
    assert not Organisation.objects.visible_to(Viewer(user=member)).exists()


def test_an_editor_sees_no_dossier_that_uses_the_template(editor):
    start_many(published(editor, advice__severity="x"), 1)
    assert not Dossier.objects.visible_to(Viewer(user=editor)).exists()


def test_a_revision_that_a_dossier_uses_cannot_be_deleted(editor):
    revision = published(editor, advice__severity="x")
    start_many(revision, 1)
    with pytest.raises(ProtectedError):
        revision.delete()


# -- counts ---------------------------------------------------------------------------------------------


def start_many(
    revision: SharedTemplateRevision,
    number: int,
    *,
    counted: bool = True,
    ready: Callable[[Dossier], None] = lambda dossier: None,
) -> list[Dossier]:
    """The first as a page does it, the others as copies of its row."""
    newest = INCIDENT_REVISIONS.list_stored(WEDA)[0]
    said = {"revision": newest, "template": revision, "counted": counted}
    first = saving.start_dossier(**said, timezone="Europe/Paris", by="x", now=NOW)
    ready(first)
    rest = [
        Dossier(**{field.attname: getattr(first, field.attname) for field in Dossier._meta.fields})
        for _ in range(number - 1)
    ]
    for each in rest:
        each.pk, each.public_id = None, Dossier._meta.get_field("public_id").get_default()
    return [first, *Dossier.objects.bulk_create(rest)]


def answer(dossier: Dossier, key: str) -> None:
    """Something of the question's type."""
    question = form().questions[key]
    values = {"number": 1, "yes_no": True, "date": "2025-11-14", "moment": NOW.isoformat(), "group": [{"name": "x"}]}
    value = values.get(question.type, question.options[0].key if question.options else "x")
    value = [value] if question.type == "choices" else value
    value = [{"text": "x", "origin": "practice"}] if question.parts else value
    dossier.answers[key] = {"state": "known", "value": value, "origin": "practice", "reviewed": True, "version": 1}


def finish(dossier: Dossier) -> None:
    while missing := build_report(loading.load_dossier_data(dossier), NOW).missing:
        for row in missing:
            answer(dossier, row.key)
    answer(dossier, "late_reasons")  # asked for once the time is over
    dossier.save()


def test_fewer_than_ten_are_not_told_and_others_by_tens(editor):
    revision = published(editor, advice__severity="x")
    start_many(revision, 9)
    start_many(revision, 15, counted=False)
    nothing = counts.Counts(None, None, None, None)
    assert counts.count_dossiers(revision.template, NOW) == nothing
    start_many(revision, 1)
    assert counts.count_dossiers(revision.template, NOW) == counts.Counts(10, None, None, None)
    start_many(revision, 9)
    assert counts.count_dossiers(revision.template, NOW).begun == 10
    other = published(union("Autre", editor="autre@example.org"), advice__severity="y")
    assert counts.count_dossiers(other.template, NOW) == nothing


def test_what_is_finished_and_filed_in_time_or_late(editor, django_assert_max_num_queries):
    revision = published(editor, advice__severity="x")
    start_many(revision, 12)
    found = start_many(revision, 32, ready=finish)
    early, late = found[:10], found[10:20]
    for dossier in early:
        file(dossier, filed_at=NOW + timedelta(hours=72), now=NOW + timedelta(hours=80))
    for dossier in late:
        file(dossier, filed_at=NOW + timedelta(hours=72, minutes=1), now=NOW + timedelta(hours=80))
    with django_assert_max_num_queries(12):
        assert counts.count_dossiers(revision.template, NOW + timedelta(days=9)) == counts.Counts(40, 30, 10, 10)
    Filing.objects.filter(dossier=late[0]).update(cancelled_at=NOW)
    assert counts.count_dossiers(revision.template, NOW + timedelta(days=9)).late is None


def test_pages_show_what_was_last_counted_and_nothing_finer_is_kept(editor, template):
    revision = published(editor, advice__severity="x")
    start_many(revision, 17)
    assert counts.get_last_counts(revision.template) is None
    assert counts.refresh_counts(now=NOW) == 1  # the other one is not published
    start_many(revision, 10)
    assert counts.refresh_counts(now=NOW + counts.EVERY - timedelta(seconds=1)) == 0
    kept = SharedTemplate.objects.get(pk=revision.template.pk)
    assert counts.get_last_counts(kept) == counts.Counts(10, None, None, None)
    assert kept.counts == {"begun": 10, "finished": None, "on_time": None, "late": None}
    assert counts.refresh_counts(now=NOW + counts.EVERY) == 1
    assert counts.get_last_counts(SharedTemplate.objects.get(pk=kept.pk)).begun == 20


def test_the_stage_of_a_dossier_is_the_one_that_its_page_shows(editor):
    dossier = start_many(published(editor, advice__severity="x"), 1)[0]
    now = NOW + timedelta(days=9)
    while missing := build_report(loading.load_dossier_data(dossier), now).missing:
        assert find_stage(loading.load_dossier_data(dossier), now) == "begun"
        answer(dossier, missing[0].key)
    assert find_stage(loading.load_dossier_data(dossier), now) == "finished"
