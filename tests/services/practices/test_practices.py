"""What a role allows, and what becomes of a profile: the beginning of new dossiers, an offer to open ones."""

import pytest
from django.db import IntegrityError, transaction

from notifications.models import Dossier, Membership, Practice, Role, User, Viewer
from notifications.questionnaire import Refused
from notifications.report import build_report
from notifications.services.accounts import access, roles, secrets
from notifications.services.dossiers import loading, saving
from notifications.services.practices import practices
from tests.dossiers import NOW, answered
from tests.stored import start_weda, store_seeds, stored

pytestmark = pytest.mark.django_db
BY = {"by": "compte 1", "now": NOW}


def account(name: str = "dr.martin") -> User:
    return User.objects.create(email=f"{name}@example.org")


def practice_of(user: User, role: str = Role.OWNER, name: str = "Cabinet des Tilleuls") -> Practice:
    return practices.create_practice(name=name, kind="office", timezone="Europe/Paris", user=user, role=role, now=NOW)


def begin(practice: Practice) -> Dossier:
    return saving.start_dossier(revision=None, timezone="Europe/Paris", practice=practice, **BY)


def write(practice: Practice, **values) -> set[str]:
    """Somebody opens the profile, and saves it with these values; None clears one."""
    base = practices.dump_profile(Practice.objects.get(pk=practice.pk))
    entries = {key: answered(key, value) if value else {"state": "cleared"} for key, value in values.items()}
    return practices.save_profile(practice=practice, base=base, entries=entries, facts={})


def offered(dossier: Dossier) -> dict[str, str]:
    """What the dossier is offered now, by key."""
    found = Dossier.objects.select_related("practice", "group").get(pk=dossier.pk)
    dossier_data = loading.load_dossier_data(found)
    return {row.key: row.proposal.entry.get("value") for row in build_report(dossier_data, NOW).offered}


def fresh(dossier: Dossier) -> Dossier:
    return Dossier.objects.get(pk=dossier.pk)


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
    viewer, dossier = Viewer(user=user), begin(practice)
    found = {
        "write": roles.may_write(viewer, dossier),
        "keep": roles.may_keep(viewer, practice),
        "govern": roles.may_govern(viewer, practice),
    }
    assert {name for name, may in found.items() if may} == allowed
    assert Dossier.objects.visible_to(viewer).exists() == Practice.objects.visible_to(viewer).exists() == bool(role)
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
    dossier = begin(practice_of(user))
    with pytest.raises(IntegrityError), transaction.atomic():
        Dossier.objects.filter(pk=dossier.pk).update(owner=user)


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
    dossier = begin(practice)
    assert (stored(dossier, "city"), stored(dossier, "country")) == ("Lyon", "Belgique")
    assert dossier.answers["city"]["origin"] == "profile"
    assert not dossier.answers["city"]["reviewed"]
    assert dossier.answers["country"]["basis"] == "default"
    assert offered(dossier) == {}


def test_a_change_of_the_profile_is_offered_and_never_forced():
    practice = practice_of(account())
    write(practice, city="Lyon", postcode="69003")
    practice.refresh_from_db()
    dossier = begin(practice)
    said = {"city": answered("city", "Villeurbanne", dossier.answers["city"])}
    saving.save_answers(dossier=dossier, base=dossier.version, entries=said, **BY)
    write(practice, city="Bron", postcode="69500", legal_last_name="Martin")
    assert (stored(dossier, "city"), stored(dossier, "postcode")) == ("Villeurbanne", "69003")
    assert offered(dossier) == {"city": "Bron", "postcode": "69500", "legal_last_name": "Martin"}

    saving.keep_own_answer(dossier=fresh(dossier), key="city", **BY)
    saving.take_proposal(dossier=fresh(dossier), key="postcode", **BY)
    saving.keep_own_answer(dossier=fresh(dossier), key="legal_last_name", **BY)  # left without an answer
    assert offered(dossier) == {}
    assert (stored(dossier, "city"), stored(dossier, "postcode")) == ("Villeurbanne", "69500")
    assert "legal_last_name" not in fresh(dossier).answers
    assert fresh(dossier).answers["postcode"]["origin"] == "profile"
    assert dossier.journal.filter(event="offer_declined").count() == 2

    write(practice, legal_first_name="Claire")  # what was left is not offered again for another change
    assert offered(dossier) == {"legal_first_name": "Claire"}
    write(practice, city="Lyon")
    assert offered(dossier) == {"legal_first_name": "Claire", "city": "Lyon"}
    write(practice, city="Villeurbanne")
    assert offered(dossier) == {"legal_first_name": "Claire"}
    write(practice, legal_first_name=None)
    assert offered(dossier) == {}
    assert stored(dossier, "city") == "Villeurbanne"


def test_several_offers_are_taken_in_one_save_that_merges():
    practice = practice_of(account())
    dossier = begin(practice)
    write(practice, city="Bron", postcode="69500")
    dossier = Dossier.objects.select_related("practice").get(pk=dossier.pk)
    seen = dossier.version
    colleague = {"city": answered("city", "Vénissieux")}
    saving.save_answers(dossier=dossier, base=seen, entries=colleague, **BY)
    dossier = Dossier.objects.select_related("practice").get(pk=dossier.pk)
    saved = saving.take_proposals(dossier=dossier, keys=["city", "postcode", "siren"], base=seen, **BY)
    assert (saved.saved, set(saved.conflicts), saved.version) == (["postcode"], {"city"}, seen + 2)
    assert offered(dossier) == {"city": "Bron"}


def test_lines_that_two_people_changed_are_not_written_over():
    practice = practice_of(account())
    base = practices.dump_profile(practice)
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
    user, dossier = account(), start_weda()
    practice = practice_of(account("owner"))
    secret = secrets.make_secret()
    access.grant_device(dossier=dossier, secret=secret, now=NOW)
    assert not practices.entrust_dossier(dossier=dossier, practice=practice, user=user, now=NOW)
    assert dossier.grants.count() == 1
    Dossier.objects.filter(pk=dossier.pk).update(owner=user)
    assert practices.entrust_dossier(dossier=dossier, practice=practice, user=user, now=NOW)
    assert not practices.entrust_dossier(dossier=dossier, practice=practice, user=user, now=NOW)
    found = fresh(dossier)
    assert (found.owner, found.practice, found.grants.count()) == (None, practice, 0)
    assert not Dossier.objects.visible_to(Viewer(device=secrets.hash_secret(secret))).exists()
    assert not Dossier.objects.visible_to(Viewer(user=user)).exists()
    assert found.answers == dossier.answers
    assert offered(dossier) == {"organisation_name": practice.name}
