"""A filing is a snapshot that nothing changes: recorded once, read back the same, cancelled with a trace."""

import hashlib
import json
from datetime import timedelta

import pytest

from notifications.models import Dossier, Filing, JournalEntry
from notifications.report import build_report, list_differences
from notifications.services.dossiers import filings, loading, snapshots, transcription
from tests.dossiers import AS_IN_EXAMPLE, LATE, NOW
from tests.stored import Tab, everything, file, publish, withdraw

HOUR = timedelta(hours=1)


@pytest.fixture
def tab(weda_dossier):
    """A page on the example's dossier, every answer given."""
    tab = Tab(weda_dossier, by="appareil 1")
    tab.type(**AS_IN_EXAMPLE)
    tab.reload()
    return tab


def report(tab, now=NOW):
    return build_report(loading.load_dossier_data(Dossier.objects.get(pk=tab.dossier.pk)), now)


def words(found):
    return {row.key: (row.lines, row.note, row.state) for row in found.rows}


def test_the_snapshot_is_what_the_page_showed_and_its_digest_can_be_made_again(tab):
    shown = report(tab)
    filing = file(tab.dossier, cnil_number="FR-2025-77", filed_by="Dr Exemple")
    content = Filing.objects.get().content
    parts = {"answers", "questionnaire", "incident", "template", "timezone", "deadlines"}
    assert set(content) == parts | {"filed_at", "cnil_number", "kind", "by"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert filing.digest == hashlib.sha256(text.encode("utf-8")).hexdigest()
    assert content["answers"] == shown.data.answers
    assert content["deadlines"][0] == {
        "kind": "cnil",
        "starts_at": "2025-11-12T17:07:00Z",
        "due_at": "2025-11-15T17:07:00Z",
        "basis": "RGPD art. 33(1)",
    }
    said = [content[name] for name in ("filed_at", "cnil_number", "kind", "by")]
    assert said == ["2025-11-14T08:00:00Z", "FR-2025-77", "initial", "Dr Exemple"]
    assert words(snapshots.build_filed_report(filing)) == words(shown)


def test_nothing_that_happens_later_changes_a_filing(tab, seeded):
    """Answers, further filings, cancelling, a newer and a withdrawn fact: content, digest and words stay."""
    first = file(tab.dossier)
    kept = {first.pk: (first.content, first.digest, words(snapshots.build_filed_report(first)))}
    publish("4", lambda content: withdraw(content, "nature"))
    for turn in range(12):
        act = seeded.choice(["type", "file", "cancel"])
        if act == "type":
            tab.reload()
            tab.type(**{seeded.choice(["record_count", "person_count"]): seeded.randrange(9_999)})
        elif act == "file":
            each = file(tab.dossier, kind="complementary", filed_at=NOW + turn * HOUR, now=LATE)
            kept[each.pk] = (each.content, each.digest, words(snapshots.build_filed_report(each)))
        else:
            number = seeded.randint(1, len(kept))
            filings.cancel(dossier=tab.dossier, number=number, reason="erreur", by="appareil 1", now=LATE)
        for pk, was in kept.items():
            now = Filing.objects.get(pk=pk)
            assert (now.content, now.digest) == was[:2]
            assert snapshots.is_whole(now)
    assert all(words(snapshots.build_filed_report(Filing.objects.get(pk=pk))) == was[2] for pk, was in kept.items())
    with pytest.raises(TypeError):
        Filing.objects.first().save()


def test_on_time_or_late_follows_the_frozen_deadline(tab):
    in_time, late = file(tab.dossier), file(tab.dossier, filed_at=LATE, now=LATE, kind="complete")
    tab.type(aware_at="2025-11-01T08:00:00+01:00")
    assert [snapshots.describe_filing(Filing.objects.get(pk=each.pk)).late for each in (in_time, late)] == [False, True]
    clock = report(tab, LATE).clock
    assert (clock.state, clock.late_as_filed, clock.due_at.isoformat()) == ("done", False, "2025-11-15T17:07:00+00:00")
    assert clock.late  # by the corrected start: the reasons are asked for


def test_a_filing_before_the_awareness_is_recorded_and_doubted(tab):
    early = file(tab.dossier, filed_at=NOW - timedelta(days=5))
    assert snapshots.describe_filing(early).too_early
    assert not snapshots.describe_filing(file(tab.dossier)).too_early


def test_a_page_sent_twice_records_once(tab):
    place = {"version": Dossier.objects.get().version, "number": 1}
    said = {"dossier": tab.dossier, "kind": "initial", "filed_at": NOW, "by": "appareil 1", "now": NOW}
    first = filings.record(**place, **said)
    before = everything()
    with pytest.raises(filings.AlreadyRecorded) as again:
        filings.record(**place, **said)
    assert again.value.filing == first
    assert everything() == before


def test_answers_that_nobody_saw_are_not_filed(tab):
    seen = Dossier.objects.get().version
    Tab(tab.dossier).type(record_count=7)
    before = everything()
    with pytest.raises(filings.Moved):
        filings.record(
            dossier=tab.dossier, version=seen, number=1, kind="initial", filed_at=NOW, by="appareil 1", now=NOW
        )
    assert everything() == before


def test_cancelling_leaves_a_trace_and_the_dossier_prepares_an_initial_notification_again(tab):
    filing = file(tab.dossier, cnil_number="FR-2025-77")
    assert report(tab).kind == "complementary"
    said = {"dossier": tab.dossier, "number": 1, "by": "appareil 2", "now": LATE}
    assert filings.cancel(**said, reason="mauvaise heure")
    assert not filings.cancel(**said, reason="encore")
    found = snapshots.describe_filing(Filing.objects.get())
    assert (found.cancelled_at, found.cancelled_by, found.cancel_reason) == (LATE, "appareil 2", "mauvaise heure")
    assert report(tab).kind == "initial"
    assert "FR-2025-77" not in report(tab).by_key
    events = [(line.event, line.keys) for line in JournalEntry.objects.order_by("-number")[:2]]
    assert events == [("filing_cancelled", ["dépôt 1"]), ("filed", ["dépôt 1", f"sha256 {filing.digest}"])]
    assert file(tab.dossier).number == 2


def test_a_complement_is_filed_under_the_number_of_the_first(tab):
    file(tab.dossier, cnil_number="FR-2025-77")
    second = file(tab.dossier, kind="complementary", filed_at=NOW + HOUR, now=LATE)
    found = snapshots.build_filed_report(second).by_key
    assert (found["kind"].text, found["initial_reference"].text) == ("Complémentaire", "FR-2025-77")
    assert list_differences(report(tab), snapshots.as_data(second)) == ()


def test_what_was_copied_for_a_filing_does_not_count_for_the_next(tab):
    said = {"by": "appareil 1", "now": NOW}
    for turn, kind in enumerate(["initial", "complementary"], start=1):
        transcription.mark_copied(dossier=tab.dossier, mark="siren", sha256="a" * 64, **said)
        assert Dossier.objects.get().transcribed
        file(tab.dossier, kind=kind)
        assert Dossier.objects.get().transcribed == {}, turn


def test_a_filing_recorded_anew_keeps_what_had_been_recorded(tab):
    first = file(tab.dossier)
    filings.cancel(dossier=tab.dossier, number=1, reason="mauvaise heure", by="appareil 1", now=NOW)
    tab.reload()
    tab.type(record_count=8412)
    with pytest.raises(Filing.DoesNotExist):
        file(tab.dossier, again=2)
    second = file(tab.dossier, again=1, filed_at=NOW - HOUR)
    assert {**second.content, "filed_at": first.content["filed_at"]} == first.content
    assert snapshots.is_whole(second)
    assert [each.row.key for each in list_differences(report(tab), snapshots.as_data(second))] == ["record_count"]
    filings.cancel(dossier=tab.dossier, number=2, reason="mauvais type", by="appareil 1", now=NOW)
    assert filings.find_taken_back(tab.dossier, "complete") == second
    third = file(tab.dossier, again=2, kind="complete")
    told = {key: third.content["answers"][key]["value"] for key in ("kind", "aware_at")}
    assert told == {"kind": "complete", "aware_at": first.content["answers"]["aware_at"]["value"]}
    assert filings.list_unlike_journal(tab.dossier) == []
    assert filings.find_taken_back(tab.dossier, "complementary") is None
