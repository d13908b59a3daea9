"""What a role allows, and what becomes of a profile: the beginning of new dossiers, an offer to open ones."""

import pytest
from django.db import IntegrityError, transaction

from notifications.models import Draft, Membership, Practice, Role, User, Viewer
from notifications.questionnaire import Refused
from notifications.report import build_report
from notifications.services.accounts import access, roles
from notifications.services.dossiers import saving
from notifications.services.practices import practices
from tests.dossiers import NOW, answered
from tests.stored import start_weda, store_seeds, stored

pytestmark = pytest.mark.django_db
BY = {"by": "compte 1", "now": NOW}


def account(name: str = "dr.martin") -> User:
    return User.objects.create(email=f"{name}@example.org")


def practice_of(user: User, role: str = Role.OWNER, name: str = "Cabinet des Tilleuls") -> Practice:
    return practices.create(name=name, kind="office", timezone="Europe/Paris", user=user, role=role, now=NOW)


def begin(practice: Practice) -> Draft:
    return saving.start(revision=None, timezone="Europe/Paris", practice=practice, **BY)


def write(practice: Practice, **values) -> set[str]:
    """Somebody opens the profile, and saves it with these values; None clears one."""
    base = practices.contents(Practice.objects.get(pk=practice.pk))
    entries = {key: answered(key, value) if value else {"state": "cleared"} for key, value in values.items()}
    return practices.save_profile(practice=practice, base=base, entries=entries, facts={})


def offered(draft: Draft) -> dict[str, str]:
    """What the dossier is offered now, by key."""
    found = Draft.objects.select_related("practice", "group").get(pk=draft.pk)
    dossier = saving.dossier(found)
    return {row.key: row.proposal.entry.get("value") for row in build_report(dossier, NOW).offered}


def fresh(draft: Draft) -> Draft:
    return Draft.objects.get(pk=draft.pk)


# -- roles ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.OWNER, {"write", "keep", "govern"}),
        (Role.MANAGER, {"write", "keep"}),
        (Role.MEMBER, {"write"}),
        (Role.READER, set()),
        (None, set()),
    ],
)
def test_each_role_allows_its_own(role, allowed):
    practice, user = practice_of(account("owner")), account()
    if role:
        Membership.objects.create(practice=practice, user=user, role=role)
    viewer, draft = Viewer(user=user), begin(practice)
    found = {
        "write": roles.may_write(viewer, draft),
        "keep": roles.may_keep(viewer, practice),
        "govern": roles.may_govern(viewer, practice),
    }
    assert {name for name, may in found.items() if may} == allowed
    assert Draft.objects.visible_to(viewer).exists() == Practice.objects.visible_to(viewer).exists() == bool(role)
    assert roles.practices(viewer, roles.KEEPERS).exists() == ("keep" in allowed)


def test_a_role_elsewhere_allows_nothing_here():
    user = account()
    here, elsewhere = practice_of(account("owner")), practice_of(user)
    Membership.objects.create(practice=here, user=user, role=Role.READER)
    assert list(roles.practices(Viewer(user=user), roles.WRITERS)) == [elsewhere]
    assert not roles.practices(Viewer(), Role.values).exists()


def test_a_manager_governs_as_long_as_nobody_owns():
    manager = account()
    practice = practice_of(manager, Role.MANAGER)
    assert roles.may_govern(Viewer(user=manager), practice)
    Membership.objects.create(practice=practice, user=account("owner"), role=Role.OWNER)
    assert not roles.may_govern(Viewer(user=manager), practice)


def test_a_dossier_is_never_an_account_s_and_a_practice_s():
    user = account()
    draft = begin(practice_of(user))
    with pytest.raises(IntegrityError), transaction.atomic():
        Draft.objects.filter(pk=draft.pk).update(owner=user)


# -- beginning ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x" * 201, "a\x00b", "\ud800"])
def test_a_name_that_is_no_answer_begins_no_practice(name):
    with pytest.raises(Refused):
        practice_of(account(), name=name)
    assert not Practice.objects.exists()


def test_a_name_is_kept_as_the_form_keeps_it():
    practice = practice_of(account(), name="  Cabinet de l'e\u0301toile ")
    assert practice.name == practice.profile["organisation_name"]["value"] == "Cabinet de l'étoile"


# -- the profile ----------------------------------------------------------------------------------------


def test_a_new_dossier_begins_with_the_profile_over_what_is_usual():
    practice = practice_of(account())
    write(practice, city="Lyon", country="Belgique")
    practice.refresh_from_db()
    draft = begin(practice)
    assert (stored(draft, "city"), stored(draft, "country")) == ("Lyon", "Belgique")
    assert draft.answers["city"]["origin"] == "profile"
    assert not draft.answers["city"]["reviewed"]
    assert draft.answers["country"]["basis"] == "default"
    assert offered(draft) == {}


def test_a_change_of_the_profile_is_offered_and_never_forced():
    practice = practice_of(account())
    write(practice, city="Lyon", postcode="69003")
    practice.refresh_from_db()
    draft = begin(practice)
    said = {"city": answered("city", "Villeurbanne", draft.answers["city"])}
    saving.save_answers(draft=draft, base=draft.version, entries=said, **BY)
    write(practice, city="Bron", postcode="69500", legal_last_name="Martin")
    assert (stored(draft, "city"), stored(draft, "postcode")) == ("Villeurbanne", "69003")
    assert offered(draft) == {"city": "Bron", "postcode": "69500", "legal_last_name": "Martin"}

    saving.keep_mine(draft=fresh(draft), key="city", **BY)
    saving.take(draft=fresh(draft), key="postcode", **BY)
    saving.keep_mine(draft=fresh(draft), key="legal_last_name", **BY)  # left without an answer
    assert offered(draft) == {}
    assert (stored(draft, "city"), stored(draft, "postcode")) == ("Villeurbanne", "69500")
    assert "legal_last_name" not in fresh(draft).answers
    assert fresh(draft).answers["postcode"]["origin"] == "profile"
    assert draft.journal.filter(event="offer_declined").count() == 2

    write(practice, legal_first_name="Claire")  # what was left is not offered again for another change
    assert offered(draft) == {"legal_first_name": "Claire"}
    write(practice, city="Lyon")
    assert offered(draft) == {"legal_first_name": "Claire", "city": "Lyon"}
    write(practice, city="Villeurbanne")
    assert offered(draft) == {"legal_first_name": "Claire"}
    write(practice, legal_first_name=None)
    assert offered(draft) == {}
    assert stored(draft, "city") == "Villeurbanne"


def test_several_offers_are_taken_in_one_save_that_merges():
    practice = practice_of(account())
    draft = begin(practice)
    write(practice, city="Bron", postcode="69500")
    draft = Draft.objects.select_related("practice").get(pk=draft.pk)
    seen = draft.version
    colleague = {"city": answered("city", "Vénissieux")}
    saving.save_answers(draft=draft, base=seen, entries=colleague, **BY)
    draft = Draft.objects.select_related("practice").get(pk=draft.pk)
    saved = saving.take_all(draft=draft, keys=["city", "postcode", "siren"], base=seen, **BY)
    assert (saved.saved, set(saved.conflicts), saved.version) == (["postcode"], {"city"}, seen + 2)
    assert offered(draft) == {"city": "Bron"}


def test_lines_that_two_people_changed_are_not_written_over():
    practice = practice_of(account())
    base = practices.contents(practice)
    first = practices.save_profile(
        practice=practice, base=base, entries={"city": answered("city", "Lyon")}, facts={"patients": 10}
    )
    second = practices.save_profile(
        practice=practice,
        base=base,
        entries={"city": answered("city", "Bron"), "postcode": answered("postcode", "69500")},
        facts={"patients": 20, "software": "Weda", "kind": "office"},
    )
    assert (first, second) == (set(), {"city", "patients"})
    practice.refresh_from_db()
    assert practice.profile["city"]["value"] == "Lyon"
    assert practice.profile["postcode"]["value"] == "69500"
    assert (practice.patients, practice.software) == (10, "Weda")


def test_the_name_of_the_practice_follows_its_profile():
    practice = practice_of(account())
    write(practice, organisation_name="SELARL du Parc")
    practice.refresh_from_db()
    assert practice.name == "SELARL du Parc"


# -- entrusting -----------------------------------------------------------------------------------------


def test_a_dossier_is_entrusted_by_its_account_only():
    store_seeds()
    user, draft = account(), start_weda()
    practice = practice_of(account("owner"))
    secret = access.new_secret()
    access.grant_device(draft=draft, secret=secret, now=NOW)
    assert not practices.entrust(draft=draft, practice=practice, user=user, now=NOW)
    assert draft.grants.count() == 1
    Draft.objects.filter(pk=draft.pk).update(owner=user)
    assert practices.entrust(draft=draft, practice=practice, user=user, now=NOW)
    assert not practices.entrust(draft=draft, practice=practice, user=user, now=NOW)
    found = fresh(draft)
    assert (found.owner, found.practice, found.grants.count()) == (None, practice, 0)
    assert not Draft.objects.visible_to(Viewer(device=access.fingerprint(secret))).exists()
    assert not Draft.objects.visible_to(Viewer(user=user)).exists()
    assert found.answers == draft.answers
    assert offered(draft) == {"organisation_name": practice.name}
