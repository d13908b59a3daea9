"""A group of controllers: begun in one go or not at all, common answers offered, nothing of a practice written over."""

import pytest
from django.utils import timezone

from notifications.models import ControllerGroup, Dossier, Membership, Practice, Role, User, Viewer, new_public_id
from notifications.services import journal
from notifications.services.accounts import roles
from notifications.services.dossiers import saving
from notifications.services.practices import groups, practices, team
from notifications.services.revisions import INCIDENT_REVISIONS
from tests.dossiers import NOW, answered, form
from tests.stored import WEDA, Tab, everything, fact, publish, stored, withdraw

pytestmark = pytest.mark.usefixtures("seeds_loaded")
NAMES = ["Cabinet Ana", "Cabinet Bob", "Cabinet Cléo", "Cabinet Dan", "Cabinet Eve", "Cabinet Flo"]
MEASURES = {"practice": "Mots de passe de la maison changés.", "planned": "Réunion de tous les médecins."}


@pytest.fixture
def manager():
    return User.objects.create(email="gestion@msp.example")


def start(manager, newcomers=NAMES, members=(), incident=WEDA):
    revision = INCIDENT_REVISIONS.list_stored(incident)[0] if incident else None
    group, _ = groups.start_group(
        public_id=new_public_id(),
        name="MSP des Tilleuls",
        revision=revision,
        timezone="Europe/Paris",
        members=members,
        newcomers=newcomers,
        user=manager,
        now=NOW,
    )
    return group


def own_practice(manager, name="Cabinet Zoé", role=Role.MANAGER):
    return practices.create_practice(
        name=name, kind="office", timezone="Europe/Paris", user=manager, role=role, now=NOW
    )


def say(group, manager, rendered=None, **values):
    """As somebody writes on the page of common answers, rendered just before."""
    group.refresh_from_db()
    asked = {question.key: question for question in groups.list_common_questions(form())}
    entries = {key: answered(key, value, group.answers.get(key)) for key, value in values.items()}
    assert values.keys() <= asked.keys()
    if rendered is None:
        rendered = {key: groups.mark_answer(key, group.answers.get(key)) for key in values}
    return groups.save_common(group=group, entries=entries, rendered=rendered, user=manager, now=NOW)


def reports(group):
    return [report for _, report in groups.load_reports(group, NOW)]


def words(report, key):
    return [line.text for line in report.by_key[key].lines]


# -- starting -------------------------------------------------------------------------------------------


def test_six_dossiers_begin_in_one_go_each_of_its_own_practice(manager):
    group = start(manager)
    found = Dossier.objects.filter(group=group).order_by("pk")
    assert [dossier.organisation_name for dossier in found] == NAMES
    assert [dossier.practice.name for dossier in found] == NAMES
    assert {dossier.owner for dossier in found} == {None}
    assert set(manager.memberships.values_list("role", flat=True)) == {Role.MANAGER}
    assert all(dossier.answers["description"]["origin"].startswith("incident:") for dossier in found)
    assert [journal.find_first_fault(dossier) for dossier in found] == [None] * 6


def test_each_further_controller_costs_the_same(manager, django_assert_max_num_queries):
    with django_assert_max_num_queries(60) as first:
        start(manager, NAMES[:1])
    each = len(first)
    with django_assert_max_num_queries(6 * each):
        start(manager, NAMES)


def test_a_practice_brings_its_dossier_along_and_only_one_group_has_it(manager):
    zoe, new = own_practice(manager), own_practice(manager, "Cabinet Yann")
    revision = INCIDENT_REVISIONS.list_stored(WEDA)[0]
    begun = saving.start_dossier(revision=revision, timezone="Europe/Paris", by="compte 1", now=NOW, practice=zoe)
    group = start(manager, [], [zoe, new])
    assert set(group.dossiers.values_list("practice__name", flat=True)) == {"Cabinet Zoé", "Cabinet Yann"}
    assert group.dossiers.get(practice=zoe) == begun
    assert begun.journal.order_by("-number").first().event == "group_joined"
    before = everything()
    with pytest.raises(groups.InAnotherGroup) as refused:
        start(manager, ["Cabinet Xénia"], [zoe])
    assert refused.value.practice == zoe
    assert everything() == before  # neither the group nor the new practice


def test_too_many_controllers_begin_nothing(manager, monkeypatch):
    monkeypatch.setattr(groups, "MOST", 3)
    before = everything()
    with pytest.raises(groups.TooMany):
        start(manager, NAMES[:4])
    assert everything() == before


def test_a_dossier_that_leaves_goes_on_by_itself(manager):
    group = start(manager, NAMES[:2])
    say(group, manager, discovery="Par un courriel.")
    one, two = group.dossiers.order_by("pk")
    groups.leave_group(dossier=one, user=manager, now=NOW)
    groups.spread_common(group=group, user=manager, now=NOW)
    assert [stored(each, "discovery") for each in (one, two)] == [None, "Par un courriel."]
    groups.add_controllers(group=group, members=[one.practice], newcomers=[], user=manager, now=NOW)
    assert set(group.dossiers.all()) == {one, two}


# -- common answers -------------------------------------------------------------------------------------


def test_what_is_common_is_offered_to_each_and_forced_on_none(manager):
    group = start(manager)
    before = [dossier.answers for dossier in group.dossiers.order_by("pk")]
    merged = say(group, manager, discovery="Par un courriel.", measures_taken=MEASURES)
    assert set(merged.saved) == {"discovery", "measures_taken"}
    assert [dossier.answers for dossier in group.dossiers.order_by("pk")] == before
    for report in reports(group):
        assert {row.key for row in report.rows if row.offered} == {"discovery", "measures_taken"}
    lines = {dossier.journal.order_by("-number").first().event for dossier in group.dossiers.all()}
    assert lines == {"common_answers_changed"}


def test_the_practice_s_part_adds_to_the_vendor_s_words(manager):
    group = start(manager, NAMES[:1])
    vendor = words(reports(group)[0], "measures_taken")
    say(group, manager, measures_taken=MEASURES)
    groups.spread_common(group=group, user=manager, now=NOW)
    [report] = reports(group)
    assert words(report, "measures_taken") == [*vendor, *MEASURES.values()]
    row = report.by_key["measures_taken"]
    assert (row.state, row.origin_words) == ("to_review", "réponse commune du groupe")
    assert [line.origin for line in row.lines][-2:] == [
        "réponse commune du groupe (ce que votre cabinet a fait)",
        "réponse commune du groupe (ce que votre cabinet prévoit)",
    ]
    assert report.data.answers["measures_taken"]["basis"].startswith("incident:")


def test_spreading_reaches_six_and_writes_over_nothing_that_was_said_or_read(manager):
    group = start(manager)
    typed, read, cleared, *rest = group.dossiers.order_by("pk")
    Tab(typed).type(discovery="À la radio.", measures_taken={"practice": "Les miennes."})
    saving.keep_answers(dossier=read, keys=["measures_taken"], by="compte 1", now=NOW)
    Tab(cleared).send({"discovery": {"state": "cleared", "origin": "practice", "reviewed": False}})
    said = {dossier.pk: Dossier.objects.get(pk=dossier.pk).answers for dossier in (typed, read, cleared)}
    say(group, manager, discovery="Par un courriel.", measures_taken=MEASURES)
    assert groups.spread_common(group=group, user=manager, now=NOW) == 5
    assert Dossier.objects.get(pk=typed.pk).answers == said[typed.pk]
    now_read = Dossier.objects.get(pk=read.pk).answers
    assert now_read["measures_taken"] == said[read.pk]["measures_taken"]
    assert [stored(each, "discovery") for each in (typed, read, *rest)] == ["À la radio.", *["Par un courriel."] * 4]
    assert stored(cleared, "discovery") is None
    assert groups.spread_common(group=group, user=manager, now=NOW) == 0


def test_a_changed_common_answer_follows_only_where_nobody_read_the_first(manager):
    group = start(manager, NAMES[:3])
    say(group, manager, discovery="Par un courriel.")
    groups.spread_common(group=group, user=manager, now=NOW)
    unread, read, mine = group.dossiers.order_by("pk")
    saving.keep_answers(dossier=read, keys=["discovery"], by="compte 1", now=NOW)
    Tab(mine).type(discovery="Par un collègue.")
    say(group, manager, discovery="Par un courriel du 12 novembre.")
    assert groups.spread_common(group=group, user=manager, now=NOW) == 1
    assert [stored(each, "discovery") for each in (unread, read, mine)] == [
        "Par un courriel du 12 novembre.",
        "Par un courriel.",
        "Par un collègue.",
    ]
    saving.take_proposal(dossier=Dossier.objects.get(pk=read.pk), key="discovery", by="compte 1", now=NOW)
    assert stored(read, "discovery") == "Par un courriel du 12 novembre."


def test_a_controller_who_comes_later_begins_with_the_common_answers(manager):
    group = start(manager, NAMES[:1])
    say(group, manager, measures_taken=MEASURES, contact_phone="02 35 00 00 00")
    groups.add_controllers(group=group, members=[], newcomers=["Cabinet Tardif"], user=manager, now=NOW)
    late = group.dossiers.order_by("pk").last()
    assert late.answers["contact_phone"]["origin"] == "group"
    assert not late.answers["measures_taken"]["reviewed"]
    assert words(reports(group)[1], "measures_taken")[-2:] == list(MEASURES.values())


def test_each_keeps_its_own_moment_counts_and_name(manager):
    common = {question.key for question in groups.list_common_questions(form())}
    assert not common & {"aware_at", "person_count", "record_count", "organisation_name", "siren", "severity"}
    assert not common & {"legal_last_name", "legal_email", "late_reasons", "decision"}
    [measures] = [question for question in groups.list_common_questions(form()) if question.key == "measures_taken"]
    assert [part.key for part in measures.parts] == ["practice", "planned"]


def test_two_who_write_common_answers_at_once_lose_nothing(manager):
    group = start(manager, NAMES[:1])
    blank = {"discovery": "", "contact_phone": "", "address": ""}
    say(group, manager, blank, discovery="De l'un.", contact_phone="02 35 00 00 00")
    merged = say(group, manager, blank, discovery="De l'autre.", address="1 rue des Tilleuls")
    assert (merged.saved, merged.conflicts) == (["address"], ["discovery"])
    group.refresh_from_db()
    assert {key: entry["value"] for key, entry in group.answers.items()} == {
        "discovery": "De l'un.",
        "contact_phone": "02 35 00 00 00",
        "address": "1 rue des Tilleuls",
    }


def test_a_common_answer_that_is_emptied_is_offered_no_more(manager):
    group = start(manager, NAMES[:1])
    say(group, manager, discovery="Par un courriel.")
    say(group, manager, discovery="")
    assert not ControllerGroup.objects.get(pk=group.pk).answers
    assert not [row for row in reports(group)[0].rows if row.offered]


# -- new facts ------------------------------------------------------------------------------------------


def changed(content):
    fact(content, "nature")["value"] = ["confidentiality", "integrity", "availability"]


def natures(group):
    return [stored(dossier, "nature") for dossier in group.dossiers.order_by("pk")]


def test_a_new_fact_is_taken_once_for_all_but_not_over_a_practice_s_own_words(manager):
    group = start(manager)
    own = group.dossiers.order_by("pk").first()
    Tab(own).type(nature=["availability"])
    old = natures(group)[1]
    publish("4", changed)
    [novelty] = groups.list_novelties(groups.load_reports(group, NOW))
    assert (novelty.row.key, len(novelty.open), novelty.own) == ("nature", 5, (own,))
    assert natures(group) == [["availability"], *[old] * 5]
    assert groups.answer_for_all(group=group, key="nature", take=True, user=manager, now=NOW) == 5
    assert natures(group) == [["availability"], *[["confidentiality", "integrity", "availability"]] * 5]
    [left] = groups.list_novelties(groups.load_reports(group, NOW))
    assert (left.open, left.own) == ((), (own,))
    assert groups.answer_for_all(group=group, key="nature", take=True, user=manager, now=NOW) == 0
    assert [journal.find_first_fault(dossier) for dossier in group.dossiers.all()] == [None] * 6


def test_a_new_fact_may_be_left_aside_once_for_all(manager):
    group = start(manager, NAMES[:2])
    old = natures(group)
    publish("4", changed)
    assert groups.answer_for_all(group=group, key="nature", take=False, user=manager, now=NOW) == 2
    assert natures(group) == old
    assert groups.list_novelties(groups.load_reports(group, NOW)) == []


def test_new_words_of_the_vendor_keep_the_group_s_part(manager):
    group = start(manager, NAMES[:2])
    say(group, manager, measures_taken=MEASURES)
    groups.spread_common(group=group, user=manager, now=NOW)
    publish("4", lambda content: fact(content, "measures_taken").update(value="Tout est coupé."))
    groups.answer_for_all(group=group, key="measures_taken", take=True, user=manager, now=NOW)
    for report in reports(group):
        assert words(report, "measures_taken") == ["Tout est coupé.", *MEASURES.values()]


def test_a_withdrawn_fact_can_only_be_left_aside(manager):
    group = start(manager, NAMES[:2])
    publish("4", lambda content: withdraw(content, "nature"))
    [novelty] = groups.list_novelties(groups.load_reports(group, NOW))
    assert novelty.row.proposal is None
    assert groups.answer_for_all(group=group, key="nature", take=False, user=manager, now=NOW) == 2


def test_a_group_without_an_incident_has_no_news(manager):
    group = start(manager, NAMES[:2], incident=None)
    assert groups.list_novelties(groups.load_reports(group, timezone.now())) == []
    assert [report.incident_title for report in reports(group)] == ["", ""]


@pytest.mark.parametrize("how", ["removed", "read only"])
def test_a_practice_that_parts_with_its_manager_leaves_the_group_to_the_others(manager, how):
    doctor = User.objects.create(email="dr.eve@example.org")
    group = start(manager)
    practice = Practice.objects.get(name="Cabinet Eve")
    Membership.objects.create(practice=practice, user=doctor, role=Role.OWNER)
    if how == "removed":
        assert team.remove(practice=practice, email=manager.email, by=doctor, now=NOW)
    else:
        assert team.change_role(practice=practice, email=manager.email, role=Role.READER, by=doctor, now=NOW)
    assert set(Dossier.objects.filter(group=group).values_list("practice__name", flat=True)) == {*NAMES} - {
        "Cabinet Eve"
    }
    assert group in ControllerGroup.objects.visible_to(Viewer(user=manager))
    [dossier] = practice.dossiers.all()
    assert journal.find_first_fault(dossier) is None
    assert dossier.organisation_name == "Cabinet Eve"


@pytest.mark.parametrize("how", ["removed", "read only"])
def test_a_group_that_a_colleague_keeps_too_stays_theirs_and_no_more_of_whoever_goes(manager, how):
    doctor = User.objects.create(email="dr.eve@example.org")
    group = start(manager, NAMES[:1])
    [dossier] = group.dossiers.all()
    Membership.objects.create(practice=dossier.practice, user=doctor, role=Role.OWNER)
    say(group, doctor, discovery="Par un courriel.")
    if how == "removed":
        assert team.remove(practice=dossier.practice, email=manager.email, by=doctor, now=NOW)
    else:
        team.change_role(practice=dossier.practice, email=manager.email, role=Role.READER, by=doctor, now=NOW)
    assert not ControllerGroup.objects.visible_to(Viewer(user=manager)).exists()
    assert list(ControllerGroup.objects.visible_to(Viewer(user=doctor))) == [group]
    assert list(group.dossiers.all()) == [dossier]


def test_only_what_one_keeps_may_be_put_into_a_group(manager):
    kept = own_practice(manager, "Gérée")
    own_practice(manager, "Lue", Role.READER)
    own_practice(manager, "Membre", Role.MEMBER)
    own_practice(User.objects.create(email="autre@example.org"), "D'un autre")
    assert list(roles.practices(Viewer(user=manager), roles.KEEPERS)) == [kept]
    assert not roles.practices(Viewer(), roles.KEEPERS)
