"""Private links, numbers of devices, and having an earlier answer back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from notifications.models import AnswerChange, Dossier, Grant, Viewer
from notifications.report import describe_entry
from notifications.services.accounts import access, secrets
from notifications.services.dossiers import loading, saving
from tests.dossiers import NOW, answered, form
from tests.stored import NIR, Tab, everything, start_weda, stored

TOMORROW = NOW + timedelta(days=1)


def viewer(secret):
    return Viewer(device=secrets.hash_secret(secret))


def device(dossier):
    """A browser that may open this dossier."""
    secret = secrets.make_secret()
    access.grant_device(dossier=dossier, secret=secret, now=NOW)
    return secret


# -- links ----------------------------------------------------------------------------------------------


def test_a_link_s_secret_opens_its_dossier_and_is_nowhere_in_the_database(weda_dossier):
    secret = access.make_link(dossier=weda_dossier, by="appareil 1", now=NOW)
    assert len(secret) >= 43  # 256 bits
    assert access.find_link(secret, NOW).dossier == weda_dossier
    assert secret not in str(everything())
    assert access.find_link(secrets.hash_secret(secret), NOW) is None


def test_a_device_s_secret_is_not_a_link(weda_dossier):
    assert access.find_link(device(weda_dossier), NOW) is None


@pytest.mark.parametrize("secret", ["", "A" * 43, "é", "\ud800", "x" * 100_000, "\0"])
def test_what_was_never_given_opens_nothing(weda_dossier, secret):
    access.make_link(dossier=weda_dossier, by="appareil 1", now=NOW)
    assert access.find_link(secret, NOW) is None


def test_a_link_that_was_revoked_opens_nothing_and_the_others_still_do(weda_dossier):
    first, second = (access.make_link(dossier=weda_dossier, by="appareil 1", now=NOW) for _ in range(2))
    assert access.revoke_link(dossier=weda_dossier, number=1, by="appareil 1", now=TOMORROW)
    assert access.find_link(first, NOW) is None
    assert access.find_link(second, NOW).dossier == weda_dossier
    assert [link.number for link in access.links(weda_dossier)] == [2]
    assert not access.revoke_link(dossier=weda_dossier, number=1, by="appareil 1", now=TOMORROW)


def test_a_dossier_cannot_revoke_another_s_link(weda_dossier):
    other = start_weda()
    secret = access.make_link(dossier=other, by="appareil 1", now=NOW)
    assert not access.revoke_link(dossier=weda_dossier, number=1, by="appareil 1", now=NOW)
    assert access.find_link(secret, NOW).dossier == other


def test_revoking_a_link_never_closes_a_device(weda_dossier):
    secret = device(weda_dossier)
    assert not access.revoke_link(dossier=weda_dossier, number=1, by="appareil 1", now=NOW)
    assert Dossier.objects.visible_to(viewer(secret)).get() == weda_dossier


def test_five_links_at_a_time(weda_dossier):
    for _ in range(secrets.LINK.most):
        access.make_link(dossier=weda_dossier, by="appareil 1", now=NOW)
    with pytest.raises(secrets.TooMany):
        access.make_link(dossier=weda_dossier, by="appareil 1", now=NOW)
    access.make_link(dossier=start_weda(), by="appareil 1", now=NOW)  # others have their own
    access.revoke_link(dossier=weda_dossier, number=2, by="appareil 1", now=NOW)
    access.make_link(dossier=weda_dossier, by="appareil 1", now=NOW)
    assert [link.number for link in access.links(weda_dossier)] == [1, 3, 4, 5, 6]


def test_a_link_says_when_it_was_used(weda_dossier):
    secret, other = (access.make_link(dossier=weda_dossier, by="appareil 1", now=NOW) for _ in range(2))
    access.note_link(link=access.find_link(secret, NOW), now=TOMORROW)
    assert [link.last_used_on for link in access.links(weda_dossier)] == [TOMORROW.date(), None]
    assert access.find_link(other, NOW).dossier == weda_dossier


# -- this browser ---------------------------------------------------------------------------------------


def test_a_forgotten_device_opens_nothing_while_others_and_links_still_do(weda_dossier):
    first, second = device(weda_dossier), device(weda_dossier)
    access.grant_device(dossier=start_weda(), secret=first, now=NOW)
    link = access.make_link(dossier=weda_dossier, by="appareil 1", now=NOW)
    access.forget_device(device=secrets.hash_secret(first), now=NOW)
    assert not Dossier.objects.visible_to(viewer(first)).exists()
    assert not access.device_is_known(secrets.hash_secret(first))
    assert Dossier.objects.visible_to(viewer(second)).get() == weda_dossier
    assert access.find_link(link, NOW).dossier == weda_dossier


# -- who wrote ------------------------------------------------------------------------------------------


def test_devices_are_told_apart_by_their_order(weda_dossier):
    first, second = device(weda_dossier), device(weda_dossier)
    assert access.author(weda_dossier, viewer(first)) == access.FIRST_DEVICE == "appareil 1"
    assert access.author(weda_dossier, viewer(second)) == "appareil 2"
    assert access.author(weda_dossier, Viewer()) == ""
    assert access.author(start_weda(), viewer(first)) == ""


def test_a_number_is_never_given_twice(weda_dossier):
    """Or the history would say that the new browser wrote what the forgotten one did."""
    device(weda_dossier)
    second = device(weda_dossier)
    access.forget_device(device=secrets.hash_secret(second), now=NOW)
    assert access.author(weda_dossier, viewer(device(weda_dossier))) == "appareil 3"
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(dossier=weda_dossier, kind=Grant.Kind.DEVICE, number=3, sha256="0" * 64, created_at=NOW)


@pytest.mark.parametrize(
    ("by", "mine", "words"),
    [
        ("appareil 1", "appareil 1", "cet appareil (appareil 1)"),
        ("appareil 1", "appareil 2", "l'appareil 1"),
        ("Camille", "appareil 2", "Camille"),
        ("Camille", "Camille", "Camille"),
        ("", "", ""),
    ],
)
def test_an_author_in_words(by, mine, words):
    assert access.author_words(by, mine) == words


# -- an earlier answer ----------------------------------------------------------------------------------


@pytest.fixture
def tab(weda_dossier):
    return Tab(weda_dossier, by="appareil 1")


def told(dossier, key):
    """(words, author) of each version, the present one first."""
    dossier_data = loading.load_dossier_data(dossier)
    question = form().questions[key]
    return [
        (" / ".join(line.text for line in describe_entry(dossier_data, question, each.entry)), each.by)
        for each in saving.list_versions(dossier, key)
    ]


def typed(tab, key, *values):
    for value in values:
        tab.reload()
        tab.type(**{key: value})
    tab.reload()


def restore(tab, key, change, **more):
    return saving.restore_version(dossier=tab.dossier, key=key, change=change, by="appareil 2", now=TOMORROW, **more)


def test_every_earlier_value_is_told_once_in_words(tab):
    typed(tab, "headcount", 2, 3000)
    saving.keep_answers(dossier=tab.dossier, keys=["nature"], by="appareil 2", now=NOW)
    assert told(tab.dossier, "headcount") == [("3\u202f000", "appareil 1"), ("2", "appareil 1")]
    assert [by for _, by in told(tab.dossier, "nature")] == ["au début"]  # reading is not writing


def test_which_answers_have_a_past_takes_one_query(tab, django_assert_num_queries):
    typed(tab, "headcount", 2, 3)
    typed(tab, "city", "Rouen")
    typed(tab, "description", {"practice": "Un poste éteint."})
    saving.keep_answers(dossier=tab.dossier, keys=["nature", "causes"], by="appareil 1", now=NOW)
    dossier = Dossier.objects.get()
    with django_assert_num_queries(1):
        assert dossier.rewritten == {"headcount", "description"}
        assert "city" not in dossier.rewritten


def test_an_erased_text_still_counts_as_a_past(tab):
    typed(tab, "discovery", f"Patient {NIR}", "Par un message.")
    assert Dossier.objects.get().rewritten == {"discovery"}


def test_restoring_is_a_new_save_with_its_history(tab):
    typed(tab, "city", "Rouen", "Dieppe")
    first = saving.list_versions(tab.dossier, "city")[-1]
    saved = restore(tab, "city", first.number)
    assert saved.saved == ["city"]
    assert saved.version == tab.dossier.version + 1
    assert stored(tab.dossier, "city") == "Rouen"
    change = AnswerChange.objects.get(dossier=tab.dossier, version=saved.version)
    assert (change.before["value"], change.after["value"], change.by, change.at) == (
        "Dieppe",
        "Rouen",
        "appareil 2",
        TOMORROW,
    )


def test_a_prefilled_answer_comes_back_with_its_origin_certainty_and_as_read(tab):
    before = loading.strip_version(tab.dossier.answers["nature"])
    typed(tab, "nature", ["integrity"])
    restore(tab, "nature", 1)
    assert loading.strip_version(Dossier.objects.get().answers["nature"]) == {**before, "reviewed": True}
    assert before["certainty"]


def test_an_answer_that_was_cleared_can_be_cleared_again(tab):
    cleared = {"state": "cleared", "origin": "practice", "reviewed": False}
    typed(tab, "city", "Rouen")
    tab.send({"city": cleared})
    typed(tab, "city", "Dieppe")
    number = next(each.number for each in saving.list_versions(tab.dossier, "city") if each.entry == cleared)
    restore(tab, "city", number)
    assert loading.strip_version(Dossier.objects.get().answers["city"]) == cleared


def test_keys_that_merge_together_are_restored_one_by_one(tab):
    typed(tab, "siren", "123456782", "732829320")
    typed(tab, "no_siren", True)
    assert "no_siren" in form().merge_set("siren")
    restore(tab, "siren", saving.list_versions(tab.dossier, "siren")[-1].number)
    assert (stored(tab.dossier, "siren"), stored(tab.dossier, "no_siren")) == ("123456782", True)


def test_restoring_merges_with_what_the_page_showed(tab):
    typed(tab, "city", "Rouen", "Dieppe")
    first, base = saving.list_versions(tab.dossier, "city")[-1].number, tab.dossier.version
    Tab(tab.dossier).type(city="Elbeuf")
    tab.reload()
    saved = restore(tab, "city", first, base=base)
    assert list(saved.conflicts) == ["city"]
    assert stored(tab.dossier, "city") == "Elbeuf"


def test_restoring_what_stands_moves_nothing(tab):
    typed(tab, "city", "Rouen")
    before = everything()
    assert restore(tab, "city", tab.dossier.version).saved == []
    assert everything() == before


def test_an_erased_answer_cannot_be_restored(tab):
    typed(tab, "discovery", f"Patient {NIR}", "Par un message.")
    erased = saving.list_versions(tab.dossier, "discovery")[-1]
    assert (erased.erased, erased.entry) == (True, None)
    assert restore(tab, "discovery", erased.number) is None
    assert NIR not in str(everything())


def test_only_a_save_of_this_answer_in_this_dossier_can_be_restored(tab):
    typed(tab, "city", "Rouen", "Dieppe")
    typed(tab, "headcount", 2)
    before = everything()
    assert restore(tab, "city", tab.dossier.version) is None  # a save of another answer
    assert restore(tab, "city", 999) is None
    assert restore(Tab(start_weda()), "city", 2) is None
    Dossier.objects.exclude(pk=tab.dossier.pk).delete()
    assert everything() == before


def test_words_of_a_past_answer_carry_their_certainty(tab):
    claimed = answered("record_count", {"value": 300, "certainty": {"*": "claimed"}})
    [line] = describe_entry(loading.load_dossier_data(tab.dossier), form().questions["record_count"], claimed)
    assert (line.text, line.certainty, line.status) == ("300", "selon l'éditeur", "claimed")
