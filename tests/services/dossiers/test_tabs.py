"""Several pages on one dossier, edited and saved in any order; and two that save at the very same moment."""

import threading
from datetime import timedelta
from typing import Any

import hypothesis
import pytest
from django.db import connection
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from notifications.models import AnswerChange, Dossier
from notifications.services.dossiers import loading, saving
from tests.dossiers import NOW, answered, form
from tests.stored import Tab, start_weda, store_seeds, stored

CLEARED = {"state": "cleared", "origin": "practice", "reviewed": False}
VALUES: dict[str, list[Any]] = {
    "city": ["Rouen", "Dieppe", "Elbeuf"],
    "headcount": [1, 2, 3],
    "siren": ["123456782", "732829320"],
    "no_siren": [True, False],
    "other_bodies_involved": [True, False],
    "other_bodies": [[{"name": "WEDA"}], [{"name": "WEDA"}, {"name": "Hébergeur Exemple"}]],
    "description": [{"practice": "Rien d'anormal."}, {"practice": "Un poste éteint."}],
}
ENTRIES = st.sampled_from(
    [(key, value) for key, values in VALUES.items() for value in values] + [(key, None) for key in VALUES]
)


class Tabs(RuleBasedStateMachine):
    """Up to four pages. The model knows what each page showed and what was acknowledged, and nothing of versions."""

    @initialize()
    def start(self):
        dossier = start_weda()
        self.tabs = [Tab(dossier, by=f"page {number}") for number in range(4)]
        self.typed = [{} for _ in self.tabs]
        self.now = {key: entry for key, entry in self.tabs[0].shown.items() if key in VALUES}
        self.acknowledged: list[tuple[str, Any]] = []

    @property
    def dossier(self):
        return Dossier.objects.get(pk=self.tabs[0].dossier.pk)

    @rule(number=st.integers(0, 3), chosen=ENTRIES)
    def edit(self, number, chosen):
        key, value = chosen
        shown = self.tabs[number].shown.get(key)
        self.typed[number][key] = CLEARED if value is None else answered(key, value, shown)

    @rule(number=st.integers(0, 3), whole_page=st.booleans())
    def save(self, number, whole_page):
        """With all that the page shows, as a form posts it, or with what was typed only, as autosave does."""
        tab, version = self.tabs[number], self.dossier.version
        shown = {key: tab.shown.get(key) for key in VALUES}
        sent = (shown if whole_page else {}) | self.typed[number]
        edited = {key for key, entry in sent.items() if entry != shown[key]}
        saved = tab.send(sent)

        lost = {key for key in edited if key not in saved.saved and key not in saved.conflicts}
        assert not lost, "neither acknowledged nor refused"
        for key in VALUES:
            belonging = form().merge_set(key)
            if key in saved.saved:
                assert self.now.get(key) in (shown[key], sent[key]), "overwritten in silence"
                if self.now.get(key) != sent[key]:
                    others = [k for k in belonging if self.now.get(k) not in (shown[k], sent.get(k, shown[k]))]
                    assert not others, "written beside what another page wrote in the same set"
            if key in saved.conflicts and key in edited:
                changed = [k for k in belonging if self.now.get(k) != shown[k]]
                assert changed, "a conflict with nobody"
                assert saved.conflicts[key]["theirs"] == self.now.get(key)
        written = {key: sent[key] for key in saved.saved if self.now.get(key) != sent[key]}
        assert saved.version == version + bool(written)
        self.now |= written
        self.acknowledged += [(key, sent[key]) for key in saved.saved]

    @rule(number=st.integers(0, 3))
    def reload(self, number):
        self.tabs[number].reload()
        self.typed[number] = {}

    @invariant()
    def the_dossier_is_what_was_acknowledged_last(self):
        answers = self.dossier.answers
        assert {key: loading.strip_version(answers[key]) for key in VALUES if key in answers} == self.now

    def teardown(self):
        if not hasattr(self, "tabs"):
            return
        kept = [(change.key, change.after) for change in AnswerChange.objects.filter(dossier=self.dossier)]
        for key, entry in self.acknowledged:
            assert (key, entry) in kept, "an acknowledged value is in neither the dossier nor its history"


@pytest.mark.django_db
def test_no_acknowledged_value_is_lost_and_none_is_overwritten_in_silence():
    store_seeds()
    examples = max(10, hypothesis.settings.default.max_examples // 8)
    run_state_machine_as_test(
        Tabs, settings=hypothesis.settings(max_examples=examples, stateful_step_count=25, deadline=None)
    )


SAVES = 15


@pytest.mark.django_db(transaction=True)
def test_two_who_save_at_the_same_moment_lose_nothing():
    """Each counts one more than what it read, as long as nobody was faster: in the end nothing is missing."""
    store_seeds()
    dossier = start_weda()
    together = threading.Barrier(2, timeout=30)
    faults = []

    def counts(by):
        try:
            together.wait()
            for _ in range(SAVES):
                _add_one(dossier, by)
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=counts, args=[name]) for name in ("Camille", "Dominique")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert faults == []
    assert stored(dossier, "headcount") == 2 * SAVES
    changes = dossier.changes.filter(key="headcount").order_by("version")
    assert [change.after["value"] for change in changes] == list(range(1, 2 * SAVES + 1))
    assert Dossier.objects.get().version == dossier.version + 2 * SAVES


def _add_one(dossier, by):
    for _ in range(500):
        read = Dossier.objects.get(pk=dossier.pk)
        number = (read.answers.get("headcount") or {}).get("value", 0) + 1
        saved = saving.save_answers(
            dossier=read,
            base=read.version,
            entries={"headcount": answered("headcount", number) | {"note": by}},
            by=by,
            now=NOW + timedelta(seconds=number),
        )
        if saved.saved:
            return
    raise AssertionError("never faster than the other one")
