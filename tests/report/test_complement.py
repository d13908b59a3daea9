"""What a complement says: exactly what differs from the last filing; and the letter that asks for the rest."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from notifications.documents import letter as as_text
from notifications.obligations import Filed
from notifications.report import (
    build_report,
    list_differences,
    offers_letter,
    restore_filed_report,
    write_letter_to_vendor,
)
from notifications.typography import space_french
from tests.dossiers import AS_IN_EXAMPLE, NOW, form, weda_data

FILED_AT = datetime(2025, 11, 14, 7, 0, tzinfo=UTC)


def filed(answers=None, **said):
    usual = {"kind": "initial", "at": FILED_AT, "number": "FR-2025-77"}
    return Filed(**{**usual, "answers": weda_data().answers if answers is None else answers, **said})


def after_filing(changes=(), *filings):
    """The example's practice after its initial filing, with other answers since."""
    dossier_data = weda_data({**AS_IN_EXAMPLE, **dict(changes)})
    return build_report(replace(dossier_data, filings=filings or (filed(),)), NOW)


def changed(report):
    return {each.row.key: each for each in list_differences(report, report.data.filings[-1])}


# -- what is prepared after a filing --------------------------------------------------------------------


def test_after_a_filing_a_complementary_notification_is_prepared_and_nobody_s_answer_is_written():
    before = build_report(weda_data(), NOW)
    report = after_filing()
    assert (before.kind, report.kind) == ("initial", "complementary")
    kind, reference = report.by_key["kind"], report.by_key["initial_reference"]
    assert (kind.text, kind.origin_words) == ("Complémentaire", "d'après le dépôt consigné")
    assert (reference.text, reference.state) == ("FR-2025-77", "reviewed")
    assert report.data.answers == before.data.answers
    assert not [row for row in (kind, reference) if row in report.missing]


def test_without_a_number_the_practice_is_asked_for_it_and_its_answer_stands():
    report = after_filing((), filed(number=""))
    assert report.by_key["initial_reference"].state in ("missing", "blank")
    assert not report.by_key["initial_reference"].answered_elsewhere
    told = {**AS_IN_EXAMPLE, "initial_reference": "FR-2025-78"}
    said = build_report(replace(weda_data(told), filings=(filed(number=""),)), NOW)
    assert said.by_key["initial_reference"].text == "FR-2025-78"


def test_the_number_of_a_complement_is_never_that_of_the_first_notification():
    complement = filed(kind="complementary", number="C-9", at=FILED_AT + timedelta(hours=1))
    for filings in ((filed(number=""), complement), (complement,)):
        told = {**AS_IN_EXAMPLE, "initial_reference": "FR-2025-78"}
        said = build_report(replace(weda_data(told), filings=filings), NOW).by_key["initial_reference"]
        assert (said.text, said.answered_elsewhere) == ("FR-2025-78", False)
    assert after_filing((), filed(), complement).by_key["initial_reference"].text == "FR-2025-77"


# -- differences ----------------------------------------------------------------------------------------

CHANGES = {
    "record_count": 1200,
    "headcount": "9",
    "nature": ["availability"],
    "has_dpo": True,
    "subjects_informed": "no",
    "severity": "significant",
    "prior_measures": "Tout autre chose.",
    "other_bodies_involved": False,
}


def test_nothing_changed_nothing_to_say():
    assert changed(after_filing()) == {}


@pytest.mark.parametrize("turn", range(8))
def test_exactly_the_printed_answers_that_differ_are_told(seeded, turn):
    keys = seeded.sample(sorted(CHANGES), seeded.randint(1, len(CHANGES)))
    report = after_filing({key: CHANGES[key] for key in keys})
    old, found = build_report(weda_data(), NOW), changed(report)
    assert set(keys) <= found.keys()
    for question in form():
        if question.ours or question.key in ("kind", "initial_reference"):
            assert question.key not in found
            continue
        then, now = old.by_key.get(question.key), report.by_key.get(question.key)
        same = (then.lines if then else ()) == (now.lines if now else ())
        assert (question.key in found) == (not same), question.key


def test_before_and_now_are_in_words_with_their_certainty():
    found = changed(after_filing(CHANGES))
    count = found["record_count"]
    assert ([line.text for line in count.before], [line.text for line in count.now]) == (
        ["Inconnu à ce stade"],
        ["1\u202f200"],
    )
    assert ("Perte de la confidentialité", "suspectée") in [
        (line.text, line.certainty) for line in found["nature"].before
    ]
    assert found["consequences_confidentiality"].now == ()  # no longer asked, and told as such


def test_the_practice_s_own_words_and_the_rules_bear_no_certainty_of_the_vendor_s():
    [text] = [changed(after_filing({"measures_taken": "Tout éteint."}))["measures_taken"]]
    assert text.row.certainty == "selon l'éditeur"
    own = {"cabinet" in line.origin: line.certainty for line in text.now if line.kind == "part"}
    assert own == {False: "selon l'éditeur", True: ""}
    description = changed(after_filing({"nature": ["availability"]}))["description"]
    assert {line.certainty for line in description.before if line.kind == "sentence"} == {""}


def test_each_complement_differs_from_the_last_filing_only():
    now = weda_data({**AS_IN_EXAMPLE, "record_count": 1200})
    second = filed(now.answers, kind="complementary", at=FILED_AT + timedelta(hours=1))
    report = build_report(replace(now, filings=(filed(), second)), NOW)
    assert changed(report) == {}


def test_a_complement_filed_after_the_hours_is_not_late_where_the_notification_was_in_time():
    start = build_report(weda_data(), NOW).clock
    first = filed(frozen={"cnil": (start.starts_at, start.due_at)})
    second = filed(kind="complementary", at=start.due_at + timedelta(days=3))
    report = build_report(replace(weda_data(), filings=(first, second)), second.at + timedelta(days=1))
    assert "late_reasons" not in restore_filed_report(report, second).by_key
    assert changed(report) == {}
    whole = replace(second, kind="complete")
    told = restore_filed_report(replace(report, data=replace(report.data, filings=(first, whole))), whole)
    assert told.kind == whole.answers.get("kind", {}).get("value", "initial")  # as filed, not as it would be now


# -- the letter -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{}, {"record_count": 1200}])
def test_the_letter_asks_for_exactly_what_is_unknown(changes):
    report = build_report(weda_data({**AS_IN_EXAMPLE, **changes}), NOW)
    letter = write_letter_to_vendor(report)
    assert letter.asked
    for asked, row in zip(letter.asked, report.unknowns, strict=True):
        assert asked.endswith(row.question.label)
    assert ("record_count" in {row.key for row in report.unknowns}) == (not changes)
    text = as_text.text(letter).decode()
    for place, asked in enumerate(letter.asked, start=1):
        assert f"{place}. {space_french(asked)}\n" in text
    for words in ("art. 28(3)(f)", "art. 33(2)", "vendredi 14 novembre 2025", "aucune donnée de patient"):
        assert words in text
    assert text.endswith("\n\nCabinet du Dr Exemple\n")
    assert not any(row.note and row.note in text for row in report.unknowns)  # written for the practice's own use


def test_the_letter_goes_to_the_processor_that_is_named_else_to_the_incident_s_vendor():
    bodies = [{"name": "Un hébergeur", "role": "other"}, {"name": "Éditeur SA", "role": "processor", "address": "Lyon"}]
    named = {**AS_IN_EXAMPLE, "other_bodies_involved": True, "other_bodies": bodies}
    assert write_letter_to_vendor(build_report(weda_data(named), NOW)).recipient == ("Éditeur SA", "Lyon")
    nobody = build_report(weda_data({**AS_IN_EXAMPLE, "other_bodies_involved": False}), NOW)
    assert write_letter_to_vendor(nobody).recipient == (nobody.data.revision.vendor,)


def test_the_letter_says_when_the_breach_was_notified():
    reports = build_report(weda_data(), NOW), after_filing()
    before, after = (write_letter_to_vendor(report) for report in reports)
    assert "Nous préparons la notification" in " ".join(before.opening)
    assert "notifiée à la CNIL le vendredi 14 novembre 2025" in " ".join(after.opening)


def opening(report):
    return " ".join(write_letter_to_vendor(report).opening)


def test_the_letter_says_nothing_of_the_notification_that_is_not_so():
    decided = build_report(weda_data({**AS_IN_EXAMPLE, "decision": "not_notify"}), NOW)
    complement = filed(kind="complementary", at=FILED_AT - timedelta(days=2))
    assert "Nous préparons" not in opening(decided) + opening(after_filing((), complement))
    both = after_filing((), complement, filed())
    assert "le vendredi 14 novembre 2025 et devons compléter" in opening(both)
    done = after_filing((), filed(), replace(complement, at=FILED_AT + timedelta(hours=1)))
    assert "le vendredi 14 novembre 2025 (RGPD" in opening(done)
    assert "devons compléter" not in opening(done)
    assert "devons compléter" not in opening(after_filing((), filed(kind="complete")))


def test_the_letter_accuses_nobody_and_is_offered_where_there_is_somebody_to_write_to():
    named = {**AS_IN_EXAMPLE, "other_bodies_involved": True, "other_bodies": [{"name": "É", "role": "processor"}]}
    nobody = build_report(weda_data({**AS_IN_EXAMPLE, "other_bodies_involved": False}), NOW)
    assert "Vous traitez pour notre compte" in opening(build_report(weda_data(named), NOW))
    assert "peut concerner" in opening(nobody)
    assert "Vous traitez pour" not in opening(nobody)
    assert offers_letter(nobody)
    alone = replace(nobody.data, revision=None, newest=None)
    assert not offers_letter(build_report(alone, NOW))
    assert offers_letter(build_report(replace(alone, answers={}), NOW))
