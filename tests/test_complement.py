"""What a complement says: exactly what differs from the last filing; and the letter that asks for the rest."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from notifications import rubrics
from notifications.documents import letter as as_text
from notifications.obligations import Filed
from tests.dossiers import AS_IN_EXAMPLE, NOW, form, weda_dossier

FILED_AT = datetime(2025, 11, 14, 7, 0, tzinfo=UTC)


def filed(answers=None, **said):
    usual = {"kind": "initial", "at": FILED_AT, "number": "FR-2025-77"}
    return Filed(**{**usual, "answers": weda_dossier().answers if answers is None else answers, **said})


def after_filing(changes=(), *filings):
    """The example's practice after its initial filing, with other answers since."""
    dossier = weda_dossier({**AS_IN_EXAMPLE, **dict(changes)})
    return rubrics.report(replace(dossier, filings=filings or (filed(),)), NOW)


def changed(report):
    return {each.row.key: each for each in rubrics.differences(report, report.dossier.filings[-1])}


# -- what is prepared after a filing --------------------------------------------------------------------


def test_after_a_filing_a_complementary_notification_is_prepared_and_nobody_s_answer_is_written():
    before = rubrics.report(weda_dossier(), NOW)
    report = after_filing()
    assert (before.kind, report.kind) == ("initial", "complementary")
    kind, reference = report.by_key["kind"], report.by_key["initial_reference"]
    assert (kind.text, kind.origin_words) == ("Complémentaire", "d'après le dépôt consigné")
    assert (reference.text, reference.state) == ("FR-2025-77", "reviewed")
    assert report.dossier.answers == before.dossier.answers
    assert not [row for row in (kind, reference) if row in report.missing]


def test_without_a_number_the_practice_is_asked_for_it_and_its_answer_stands():
    report = after_filing((), filed(number=""))
    assert report.by_key["initial_reference"].state in ("missing", "blank")
    assert not report.by_key["initial_reference"].copied
    told = {**AS_IN_EXAMPLE, "initial_reference": "FR-2025-78"}
    said = rubrics.report(replace(weda_dossier(told), filings=(filed(number=""),)), NOW)
    assert said.by_key["initial_reference"].text == "FR-2025-78"


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
    old, found = rubrics.report(weda_dossier(), NOW), changed(report)
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


def test_each_complement_differs_from_the_last_filing_only():
    now = weda_dossier({**AS_IN_EXAMPLE, "record_count": 1200})
    second = filed(now.answers, kind="complementary", at=FILED_AT + timedelta(hours=1))
    report = rubrics.report(replace(now, filings=(filed(), second)), NOW)
    assert changed(report) == {}


# -- the letter -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{}, {"record_count": 1200}])
def test_the_letter_asks_for_exactly_what_is_unknown(changes):
    report = rubrics.report(weda_dossier({**AS_IN_EXAMPLE, **changes}), NOW)
    letter = rubrics.letter_to_vendor(report)
    assert letter.asked
    for asked, row in zip(letter.asked, report.unknowns, strict=True):
        assert asked.endswith(row.question.label)
    assert ("record_count" in {row.key for row in report.unknowns}) == (not changes)
    text = as_text.text(letter).decode()
    for place, asked in enumerate(letter.asked, start=1):
        assert f"{place}. {rubrics.typo(asked)}\n" in text
    for words in ("art. 28(3)(f)", "art. 33(2)", "vendredi 14 novembre 2025", "aucune donnée de patient"):
        assert words in text
    assert text.endswith("\n\nCabinet du Dr Exemple\n")
    assert not any(row.note and row.note in text for row in report.unknowns)  # written for the practice's own use


def test_the_letter_goes_to_the_processor_that_is_named_else_to_the_incident_s_vendor():
    bodies = [{"name": "Un hébergeur", "role": "other"}, {"name": "Éditeur SA", "role": "processor", "address": "Lyon"}]
    named = {**AS_IN_EXAMPLE, "other_bodies_involved": True, "other_bodies": bodies}
    assert rubrics.letter_to_vendor(rubrics.report(weda_dossier(named), NOW)).recipient == ("Éditeur SA", "Lyon")
    nobody = rubrics.report(weda_dossier({**AS_IN_EXAMPLE, "other_bodies_involved": False}), NOW)
    assert rubrics.letter_to_vendor(nobody).recipient == (nobody.dossier.revision.vendor,)


def test_the_letter_says_when_the_breach_was_notified():
    reports = rubrics.report(weda_dossier(), NOW), after_filing()
    before, after = (rubrics.letter_to_vendor(report) for report in reports)
    assert "Nous préparons la notification" in " ".join(before.opening)
    assert "notifiée à la CNIL le vendredi 14 novembre 2025" in " ".join(after.opening)
