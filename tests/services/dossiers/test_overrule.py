"""« Ce n'est pas une donnée de patient »: said of one text, logged without it, and what the history keeps."""

import pytest

from notifications.models import AnswerChange, Dossier
from notifications.questionnaire.patient_data import hash_texts, list_free_texts
from notifications.report import SUSPICION_WORDS, build_report
from notifications.services.dossiers import loading, saving
from tests.dossiers import NOW, form
from tests.stored import NIR, Tab, everything

KEY = "discovery"
TEXTS = {
    "nir": f"Le dossier {NIR} était fermé.",
    "birth": "Une personne née le 12/03/1980.",
    "patient": "Vu par Mme X.",
}


@pytest.fixture(params=TEXTS)
def tab(weda_dossier, request):
    """A page on a dossier in which a suspected text was saved."""
    tab = Tab(weda_dossier)
    tab.kind, tab.text = request.param, TEXTS[request.param]
    tab.type(discovery=tab.text)
    tab.reload()
    return tab


def row(tab, key=KEY):
    return build_report(loading.load_dossier_data(Dossier.objects.get(pk=tab.dossier.pk)), NOW).by_key[key]


def overrule(tab, key=KEY, seen=None):
    return saving.overrule_warning(
        dossier=tab.dossier, key=key, seen=seen or row(tab).fingerprint, by="une page", now=NOW
    )


def test_a_suspected_text_is_saved_and_warned_of(tab):
    assert row(tab).warnings == (SUSPICION_WORDS[tab.kind],)
    assert row(tab).text == tab.text
    assert row(tab).doubts == ()
    warned = build_report(loading.load_dossier_data(tab.dossier), NOW).warnings
    assert [each.key for each in warned] == [KEY]


def test_an_overruled_text_is_not_warned_of(tab):
    assert overrule(tab) is True
    assert (row(tab).warnings, row(tab).fingerprint) == ((), "")


def test_who_overruled_it_is_kept_and_the_text_is_not(tab):
    seen = row(tab).fingerprint
    overrule(tab)
    assert Dossier.objects.get().overruled == {KEY: {"sha256": seen, "by": "une page", "at": NOW.isoformat()}}
    assert seen == hash_texts(form().questions[KEY], tab.shown[KEY])


def test_overruling_changes_no_answer(tab):
    before = everything()
    overrule(tab)
    after = everything()
    told = ("overruled", "journal_count", "journal_head")
    after["Dossier"][0] |= {name: before["Dossier"][0][name] for name in told}
    assert after.pop("JournalEntry") != before.pop("JournalEntry")
    assert after == before


def test_a_changed_text_is_judged_anew(tab):
    overrule(tab)
    tab.type(discovery=f"{tab.text} Et encore.")
    assert row(tab).warnings == (SUSPICION_WORDS[tab.kind],)


def test_the_same_text_kept_or_typed_again_stays_overruled(tab):
    overrule(tab)
    saving.keep_answers(dossier=Dossier.objects.get(), keys=[KEY], by="une page", now=NOW)
    assert row(tab).warnings == ()
    for text in ("Autre chose.", tab.text):
        tab.reload()
        tab.type(discovery=text)
    assert row(tab).warnings == ()


def test_a_text_that_changed_since_it_was_seen_is_not_overruled(tab):
    seen = row(tab).fingerprint
    tab.type(discovery=f"{tab.text} Et encore.")
    assert overrule(tab, seen=seen) is False
    assert row(tab).warnings
    assert Dossier.objects.get().overruled == {}


@pytest.mark.parametrize("key", ["city", "never_asked", "late_reasons"])
def test_what_is_not_suspected_cannot_be_overruled(tab, key):
    tab.type(city="Rouen", late_reasons="Une panne.")
    entry = loading.strip_version(Dossier.objects.get().answers.get(key))
    seen = hash_texts(form().questions[key], entry) if entry else "0" * 64
    assert overrule(tab, key, seen) is False
    assert Dossier.objects.get().overruled == {}


def test_the_log_says_which_question_and_kind_without_the_text(tab, caplog, django_capture_on_commit_callbacks):
    with caplog.at_level("INFO"), django_capture_on_commit_callbacks(execute=True):
        overrule(tab)
        overrule(tab)
    [record] = [each for each in caplog.records if each.msg == "patient_data_overruled"]
    assert record.fields == {"question": KEY, "kind": (tab.kind,)}


# -- history --------------------------------------------------------------------------------------------


def _history():
    changes = AnswerChange.objects.values_list("before", "after")
    return [text for sides in changes for entry in sides for text in _words(entry)]


def _words(entry):
    return list_free_texts(form().questions[KEY], entry)


def test_a_suspected_text_leaves_the_history_once_replaced(tab):
    assert tab.text in _history()
    tab.type(discovery="Le cabinet a été fermé.")
    assert tab.text not in _history()


def test_an_overruled_text_stays_in_the_history(tab):
    overrule(tab)
    tab.type(discovery="Le cabinet a été fermé.")
    assert tab.text in _history()


def test_only_the_text_that_was_overruled_stays_in_the_history(tab):
    tab.type(discovery=f"{tab.text} Et encore.")
    tab.reload()
    overrule(tab)
    tab.type(discovery="Le cabinet a été fermé.")
    assert f"{tab.text} Et encore." in _history()
    assert tab.text not in _history()
