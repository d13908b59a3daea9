"""Saving: merged by key, three ways; nothing acknowledged is lost and nothing is overwritten in silence."""

import json
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifications.models import AnswerChange, Dossier
from notifications.questionnaire import mark_reviewed
from notifications.services.dossiers import saving
from tests.dossiers import NOW, answered, form
from tests.stored import NIR, Tab, everything, start_weda, stored

BODIES = [{"name": "WEDA", "role": "processor"}, {"name": "Hébergeur Exemple", "role": "sub_processor"}]


def history(dossier, key):
    return list(
        dossier.changes.filter(key=key).order_by("version").values_list("version", "before", "after", "by", "at")
    )


# -- the counter ----------------------------------------------------------------------------------------


def test_every_save_takes_the_next_number_and_changed_entries_keep_it(weda_dossier):
    tab = Tab(weda_dossier)
    first = tab.type(city="Rouen", headcount=2)
    tab.reload()
    second = tab.type(headcount=3)
    answers = Dossier.objects.get().answers
    assert (first.version, second.version) == (weda_dossier.version + 1, weda_dossier.version + 2)
    assert (answers["city"]["version"], answers["headcount"]["version"]) == (first.version, second.version)
    assert answers["nature"]["version"] == weda_dossier.version


def test_a_save_says_what_it_wrote_and_when(weda_dossier):
    saved = Tab(weda_dossier).type(headcount=2, city="Rouen")
    dossier = Dossier.objects.get()
    assert saved.saved == ["city", "headcount"]
    assert saved.conflicts == {}
    assert saved.saved_at == dossier.last_saved_at == NOW + timedelta(minutes=1)
    assert saved.version == dossier.version


def test_every_change_has_its_row_in_the_history(weda_dossier):
    tab = Tab(weda_dossier, by="Camille")
    first = tab.type(headcount=2)
    one = tab.dossier.changes.get(key="headcount").after
    tab.reload()
    second = tab.type(headcount=3, city="Rouen")
    two = answered("headcount", 3, one)
    assert history(weda_dossier, "headcount") == [
        (first.version, None, one, "Camille", NOW + timedelta(minutes=1)),
        (second.version, one, two, "Camille", NOW + timedelta(minutes=2)),
    ]
    assert [change[0] for change in history(weda_dossier, "city")] == [second.version]


# -- three ways -----------------------------------------------------------------------------------------


def test_what_a_page_shows_and_nobody_changed_on_it_is_not_sent_back_over_another_save(tabs):
    mine, theirs = tabs
    theirs.type(city="Rouen")
    saved = mine.send(mine.shown | {"city": None, "headcount": answered("headcount", 2)})
    assert saved.saved == ["headcount"]
    assert saved.conflicts == {}
    assert stored(mine.dossier, "city") == "Rouen"


def test_a_change_is_written_over_what_the_page_showed(tabs):
    mine, theirs = tabs
    theirs.type(city="Rouen")
    mine.reload()
    assert mine.type(city="Dieppe").saved == ["city"]
    assert stored(mine.dossier, "city") == "Dieppe"


def test_two_who_type_the_same_agree_and_nothing_moves(tabs):
    mine, theirs = tabs
    theirs.type(city="Rouen")
    before = everything()
    saved = mine.type(city="Rouen")
    assert saved.saved == ["city"]
    assert saved.conflicts == {}
    assert everything() == before


def test_a_conflicting_answer_is_not_written_while_the_others_are(tabs):
    mine, theirs = tabs
    other = theirs.type(city="Rouen")
    saved = mine.type(city="Dieppe", headcount=2)
    assert saved.saved == ["headcount"]
    assert stored(mine.dossier, "city") == "Rouen"
    assert stored(mine.dossier, "headcount") == 2
    assert saved.conflicts == {
        "city": {
            "mine": answered("city", "Dieppe"),
            "theirs": answered("city", "Rouen"),
            "by": "Dominique",
            "at": other.saved_at.isoformat(),
        }
    }
    json.dumps(saved.conflicts)  # the reply to autosave


def test_after_a_conflict_a_page_that_was_reloaded_may_write(tabs):
    mine, theirs = tabs
    theirs.type(city="Rouen")
    mine.type(city="Dieppe")
    mine.reload()
    assert mine.type(city="Dieppe").conflicts == {}
    assert stored(mine.dossier, "city") == "Dieppe"


def test_clearing_an_answer_that_changed_meanwhile_is_a_conflict_too(tabs):
    mine, theirs = tabs
    theirs.type(subjects_informed="planned")
    assert list(mine.send({"subjects_informed": {"state": "cleared"}}).conflicts) == ["subjects_informed"]
    assert stored(mine.dossier, "subjects_informed") == "planned"


def test_an_answer_that_was_removed_meanwhile_does_not_come_back_in_silence(tabs):
    mine, theirs = tabs
    theirs.type(city="Rouen")
    mine.reload()
    theirs.reload()
    theirs.send({"city": None})
    assert list(mine.type(city="Dieppe").conflicts) == ["city"]
    assert stored(mine.dossier, "city") is None
    assert "city" not in Dossier.objects.get().answers


def test_a_reading_meanwhile_is_not_undone_by_a_stale_page(tabs):
    mine, theirs = tabs
    theirs.send({"nature": mark_reviewed(theirs.shown["nature"])})
    mine.send(mine.shown)
    assert Dossier.objects.get().answers["nature"]["reviewed"] is True


@pytest.mark.parametrize("entries", [{}, {"city": None}, "as shown"], ids=["nothing sent", "nothing there", "as shown"])
def test_nothing_written_nothing_moves(weda_dossier, entries):
    tab = Tab(weda_dossier)
    tab.type(headcount=2)
    tab.reload()
    before = everything()
    saved = tab.send(tab.shown if entries == "as shown" else entries)
    assert everything() == before
    assert (saved.version, saved.saved_at, saved.saved) == (tab.base, NOW + timedelta(minutes=1), [])


def test_only_a_conflict_moves_nothing_either(tabs):
    mine, theirs = tabs
    theirs.type(city="Rouen")
    before = everything()
    assert mine.type(city="Dieppe").saved == []
    assert everything() == before


def test_a_save_that_fails_leaves_everything_as_it_was(weda_dossier, monkeypatch):
    def fails(*args, **kwargs):
        raise OSError("the disk is full")

    before = everything()
    monkeypatch.setattr(AnswerChange.objects, "bulk_create", fails)
    with pytest.raises(OSError, match="disk"):
        Tab(weda_dossier).type(city="Rouen")
    assert everything() == before


# -- keys that make sense only together -----------------------------------------------------------------


def test_keys_that_belong_together_are_written_together(tabs):
    mine, theirs = tabs
    theirs.type(city="Rouen")
    assert mine.type(siren="123456782", no_siren=False).saved == ["no_siren", "siren"]


def test_keys_that_belong_together_are_held_back_together(tabs):
    mine, theirs = tabs
    theirs.type(siren="123456782")
    saved = mine.type(siren="732829320", no_siren=True, headcount=2)
    assert sorted(saved.conflicts) == ["no_siren", "siren"]
    assert saved.saved == ["headcount"]
    assert stored(mine.dossier, "siren") == "123456782"
    assert stored(mine.dossier, "no_siren") is False


def test_changing_two_keys_that_belong_together_from_two_pages_is_a_conflict(tabs):
    """« Non, aucun autre organisme » on one page, and one more organisation on the other: both would contradict."""
    mine, theirs = tabs
    theirs.type(other_bodies=BODIES)
    saved = mine.type(other_bodies_involved=False)
    assert list(saved.conflicts) == ["other_bodies_involved"]
    assert saved.conflicts["other_bodies_involved"]["by"] == "Dominique"
    assert stored(mine.dossier, "other_bodies_involved") is True


def test_a_conflict_shows_all_that_changed_among_keys_that_belong_together(tabs):
    mine, theirs = tabs
    theirs.type(other_bodies=BODIES)
    sent = mine.shown | {"other_bodies_involved": answered("other_bodies_involved", False)}
    conflicts = mine.send(sent).conflicts
    assert sorted(conflicts) == ["other_bodies", "other_bodies_involved"]
    assert conflicts["other_bodies"]["theirs"]["value"] == BODIES


def test_agreeing_on_one_of_the_keys_that_belong_together_is_no_conflict(tabs):
    mine, theirs = tabs
    theirs.type(access_today="full")
    saved = mine.type(access_today="full", access_back_at="2025-11-14")
    assert saved.conflicts == {}
    assert stored(mine.dossier, "access_back_at") == "2025-11-14"


def test_the_lines_of_a_group_are_one_answer(tabs):
    mine, theirs = tabs
    theirs.type(other_bodies=BODIES)
    mine_too = [{"name": "WEDA", "role": "processor", "contact": "support"}]
    assert list(mine.type(other_bodies=mine_too).conflicts) == ["other_bodies"]
    assert stored(mine.dossier, "other_bodies") == BODIES


# -- as of ----------------------------------------------------------------------------------------------


def test_every_earlier_version_can_be_read_back(weda_dossier, seeded: random.Random):
    """Whatever was typed, cleared and removed in between."""
    tab, keys = Tab(weda_dossier), ["city", "headcount", "siren", "nature", "never_answered"]
    seen = {0: dict.fromkeys(keys), tab.base: {key: tab.shown.get(key) for key in keys}}
    for _ in range(30):
        key = seeded.choice(keys[:4])
        made = [None, {"state": "cleared", "origin": "practice", "reviewed": False}]
        made += [answered("city", seeded.choice(["Rouen", "Dieppe"]))] * 2  # the kind of value does not matter here
        tab.send({key: seeded.choice(made)})
        tab.reload()
        seen[tab.base] = {key: tab.shown.get(key) for key in keys}
    assert len(seen) > 10
    for base, entries in seen.items():
        assert saving.entries_as_of(dossier=tab.dossier, base=base, keys=keys) == entries


# -- patient data ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [{"state": "cleared"}, None, "Le cabinet a été fermé."])
def test_a_health_number_leaves_the_history_once_replaced(weda_dossier, after):
    tab = Tab(weda_dossier)
    tab.type(discovery=f"Le dossier {NIR} était fermé.")
    tab.reload()
    tab.type(headcount=2)
    tab.reload()
    sent = answered("discovery", after, tab.shown["discovery"]) if isinstance(after, str) else after
    assert tab.send({"discovery": sent}).saved == ["discovery"]
    assert NIR not in str(everything())
    assert [change[2] for change in history(weda_dossier, "discovery")][-1] == sent


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("description", {"practice": f"Dossier {NIR}"}),
        ("other_bodies", [{"name": NIR.replace(" ", "")}]),
        ("record_count", {"unknown": True, "note": f"voir {NIR}"}),
        ("data_categories", {"value": ["other"], "details": {"other": NIR.replace(" ", ".")}}),
    ],
)
def test_a_health_number_is_found_wherever_it_was_typed(weda_dossier, key, value):
    tab = Tab(weda_dossier)
    tab.type(**{key: value})
    tab.reload()
    tab.send({key: {"state": "cleared", "origin": "practice", "reviewed": False}})
    digits = NIR.replace(" ", "")
    assert digits not in str(everything()).replace(" ", "").replace(".", "")


def test_without_a_health_number_the_history_keeps_what_was_replaced(weda_dossier):
    """A number of the same length whose key is wrong is no health number."""
    wrong = NIR[:-1] + "2"
    tab = Tab(weda_dossier)
    tab.type(discovery=f"Le dossier {wrong} était fermé.")
    tab.reload()
    tab.type(discovery="Le cabinet a été fermé.")
    assert wrong in str(history(weda_dossier, "discovery")[-1][1])


def test_a_page_that_still_shows_a_replaced_health_number_does_not_bring_it_back(tabs):
    mine, theirs = tabs
    theirs.type(discovery=f"Le dossier {NIR} était fermé.")
    mine.reload()
    theirs.reload()
    theirs.type(discovery="Le cabinet a été fermé.")
    mine.send(mine.shown | {"headcount": answered("headcount", 2)})
    assert NIR not in str(everything())
    assert stored(mine.dossier, "headcount") == 2


# -- columns that queries need --------------------------------------------------------------------------

TYPED = {
    "aware_at": [
        "2025-11-12",
        "2025-11-12T18:07:00+01:00",
        "2025-10-26T02:30:00+02:00",
        "2025-10-26T02:30:00+01:00",
        "2025-11-13T06:10:00-10:00",
        None,
    ],
    "organisation_name": ["Cabinet A", "B" * 200, None],
}


@pytest.mark.parametrize("timezone", ["Europe/Paris", "Pacific/Tahiti", "Indian/Reunion"])
def test_columns_are_what_the_answers_say_after_any_series_of_saves(seeds_loaded, seeded: random.Random, timezone):
    tab = Tab(start_weda(timezone=timezone))
    series = [(key, seeded.choice(TYPED[key])) for key in seeded.choices(list(TYPED), k=20)]
    for key, value in [*series, ("aware_at", "2025-11-12"), ("organisation_name", "Cabinet A")]:
        tab.send({key: {"state": "cleared"} if value is None else answered(key, value, tab.shown.get(key))})
        _check_columns(Dossier.objects.get(), ZoneInfo(timezone))
        tab.reload()


def _check_columns(dossier, zone):
    """Worked out again from the answers, by other means."""
    aware, name = stored(dossier, "aware_at"), stored(dossier, "organisation_name") or ""
    if aware is None:
        assert dossier.aware_at is None
    elif "T" in aware:
        assert dossier.aware_at.isoformat() == datetime.fromisoformat(aware).astimezone(UTC).isoformat()
    else:
        local = dossier.aware_at.astimezone(zone)
        assert (f"{local:%Y-%m-%d}", local.hour, local.minute) == (aware, 0, 0)
    assert dossier.organisation_name == name
    assert dossier.title == f"{name or 'Cabinet à nommer'} – Cyberattaque du logiciel Weda (novembre 2025)"[:250]
    last = dossier.changes.order_by("-version").first()
    assert (dossier.version, dossier.last_saved_at) == (last.version, last.at)


def test_every_question_of_the_form_can_be_conflicting(tabs):
    mine, theirs = tabs
    keys = list(form().questions)
    theirs.send({key: {"state": "cleared", "origin": "practice", "reviewed": False} for key in keys})
    other = {"state": "not_applicable", "origin": "practice", "reviewed": True}
    assert sorted(mine.send(dict.fromkeys(keys, other)).conflicts) == sorted(keys)
