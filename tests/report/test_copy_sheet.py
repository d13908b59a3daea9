"""The copy sheet: every answered question of the CNIL, in order, exactly as it is typed; nothing else."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.obligations import Filed
from notifications.questionnaire import Entry
from notifications.report import Report, Sheet, build_copy_sheet, build_report, list_differences
from notifications.report.copy_sheet import Field, Piece
from tests.dossiers import AS_IN_EXAMPLE, LATE, NOW, PARIS, answered, weda_data
from tests.report.test_report import any_answers

IN_PARIS = "Soit le 12/11/2025 à 23:30, heure de Paris."


def report(*, zone: ZoneInfo = PARIS, now: Any = NOW, **answers: Any) -> Report:
    return build_report(weda_data({**AS_IN_EXAMPLE, **answers}, zone=zone), now)


def field(key: str, **answers: Any) -> Field:
    return next(each for each in build_copy_sheet(report(**answers)).fields if each.key == key)


def texts(found: Field) -> list[tuple[str, str]]:
    return [(piece.name, piece.text) for piece in found.pieces]


def to_type(found: Report) -> list[str]:
    """The CNIL's questions with something to say there."""
    rule_made = {row.key for row in found.rows for line in row.lines if line.kind == "sentence"}
    return [row.key for row in found.rows if row.answered or row.key in rule_made]


def keys(sheet: Sheet) -> list[str]:
    return [each.key for each in sheet.fields]


@pytest.mark.parametrize("now", [NOW, LATE])
def test_every_answered_question_of_the_example_is_there_in_order_and_nothing_else(now: Any) -> None:
    found = report(now=now)
    sheet = build_copy_sheet(found)
    assert keys(sheet) == [row.key for row in found.rows if row.answered]
    assert [screen.title for screen in sheet.screens] == [each.title for each in found.sections]
    assert "late_reasons" in keys(sheet) or now == NOW
    assert len(keys(sheet)) > 45


@settings(max_examples=settings.default.max_examples // 4)
@given(any_answers(), st.sampled_from([NOW, LATE]))
def test_so_it_is_whatever_the_answers_are(answers: dict[str, Entry], now: Any) -> None:
    found = build_report(replace(weda_data({}), answers=answers), now)
    sheet = build_copy_sheet(found)
    assert keys(sheet) == to_type(found)
    silent = {row.key for screen in sheet.screens for row in screen.unanswered}
    assert silent == {row.key for row in found.rows} - set(keys(sheet))
    marks = [piece.mark for each in sheet.fields for piece in each.pieces]
    assert len(marks) == len(set(marks)) == len(sheet.by_mark)
    for each in sheet.fields:
        assert all(piece.mark.partition("/")[0] == each.key for piece in each.pieces)
        assert each.pieces or each.hints
        if each.row.question.format and each.kind == "text":
            assert texts(each) == [("", answers[each.key]["value"])]
    done = build_copy_sheet(found, {mark: piece.sha256 for mark, piece in sheet.by_mark.items()})
    assert (done.done, done.next) == (sheet.total, None)


@pytest.mark.parametrize(
    ("key", "value", "kind", "typed"),
    [
        ("siren", "123 456 782", "text", [("", "123456782")]),
        ("person_count", 1240, "number", [("", "1240")]),
        ("has_dpo", False, "options", [("", "Non")]),
        ("legal_title", "madame", "options", [("", "Madame")]),
        ("aware_at", "2025-11-12T18:07:00+01:00", "date", [("Jour", "12/11/2025"), ("Heure", "18:07")]),
        ("aware_at", "2025-11-12", "date", [("Jour", "12/11/2025")]),
        ("prior_measures", "Un compte\n\nchacun.", "text", [("", "Un compte\n\nchacun.")]),
        ("record_count", {"unknown": True}, "unknown", []),
        ("siren", {"not_applicable": True}, "empty", []),
        (
            "other_bodies",
            [{"name": "WEDA", "role": "processor"}, {"name": "Hébergeur", "siren": "404833048"}],
            "group",
            [
                ("1. Nom", "WEDA"),
                ("1. Rôle", "Sous-traitant"),
                ("2. Nom", "Hébergeur"),
                ("2. Numéro SIREN", "404833048"),
            ],
        ),
    ],
)
def test_a_value_is_what_is_typed_there(key: str, value: Any, kind: str, typed: list[tuple[str, str]]) -> None:
    found = field(key, **{key: value})
    assert (found.kind, texts(found)) == (kind, typed)


@pytest.mark.parametrize(
    ("zone", "day", "hour", "words"),
    [
        ("Europe/Paris", "12/11/2025", "23:30", ("À l'heure de Paris.",)),
        ("Indian/Reunion", "13/11/2025", "02:30", ("À l'heure de La Réunion.", IN_PARIS)),
        ("Pacific/Marquesas", "12/11/2025", "13:00", ("À l'heure des Marquises.", IN_PARIS)),
    ],
)
def test_day_and_hour_are_those_of_the_dossiers_zone(zone: str, day: str, hour: str, words: tuple[str, ...]) -> None:
    found = field("aware_at", zone=ZoneInfo(zone), aware_at="2025-11-12T22:30:00+00:00")
    assert texts(found) == [("Jour", day), ("Heure", hour)]
    assert found.hints == words


def test_a_text_in_parts_is_one_text_with_the_sentences_made_by_rule_and_no_origin() -> None:
    found = report()
    (text,) = (piece.text for piece in field("description").pieces)
    lines = found.by_key["description"].lines
    parts, rules = ([line.text for line in lines if line.kind == kind] for kind in ("part", "sentence"))
    assert text == "\n\n".join([*parts, "\n".join(rules)])
    assert "fiche" not in text
    (measures,) = (piece.text for piece in field("measures_taken").pieces)
    vendor, _, own = measures.partition("\n\nFait par le cabinet :\nConsultations sur papier")
    assert vendor.startswith("Annoncé par l'éditeur")
    assert "\n\nPrévu par le cabinet :\nDemander la double authentification" in own


def test_a_suspected_option_is_ticked_and_the_description_says_so() -> None:
    found = field("nature")
    suspected, certain = found.pieces[0].choices
    assert (suspected.label, suspected.word) == ("Perte de la confidentialité", "suspectée")
    assert suspected.hint == "cochez ; l'incertitude est écrite dans le descriptif"
    assert "La perte de confidentialité est suspectée" in field("description").pieces[0].text
    assert (certain.word, certain.hint, found.hints) == ("", "", ())


def test_where_no_sentence_says_it_the_sheet_does_not_claim_that_one_does() -> None:
    found = field("origins")
    assert found.pieces[0].choices[0].hint == ""
    assert "« selon l'éditeur »" in found.hints[0]
    assert texts(field("harms"))[1][0] == "Autre"  # its words are copied apart
    assert field("subjects_informed").pieces[0].choices[0].word == ""  # says itself that it is not settled


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("causes", "« Inconnu »"),
        ("data_categories", "« Les données concernées ne sont pas connues pour le moment »"),
        ("person_categories", "« Pas déterminé pour le moment »"),
        ("severity", "exige un choix"),
        ("person_count", "exige un nombre"),
    ],
)
def test_what_is_unknown_stays_empty_unless_the_form_forces_an_answer(key: str, words: str) -> None:
    found = field(key, **{key: {"unknown": True}})
    assert (found.kind, found.counted) == ("unknown", False)
    assert found.hints[0].startswith("Laissez vide ou, si le formulaire exige")
    assert words in found.hints[0]


def test_marks_say_what_was_copied_and_what_changed_since() -> None:
    sheet = build_copy_sheet(report())
    first = {piece.mark: piece.sha256 for each in sheet.fields[:3] for piece in each.pieces}
    assert (sheet.done, sheet.next) == (0, sheet.fields[0])
    after = build_copy_sheet(report(siren="404833048"), first)
    assert [piece.state for each in after.fields[:4] for piece in each.pieces] == ["copied", "changed", "copied", ""]
    assert after.done == 2
    assert after.next is not None
    assert after.next.key == "siren"


def test_a_date_is_copied_once_both_its_day_and_its_hour_are() -> None:
    day, hour = field("aware_at").pieces

    def done(*pieces: Piece) -> bool:
        sheet = build_copy_sheet(report(), {piece.mark: piece.sha256 for piece in pieces})
        return next(each for each in sheet.fields if each.key == "aware_at").done

    assert not done(day)
    assert done(day, hour)


def test_after_a_filing_the_sheet_holds_what_changed_since() -> None:
    filed = weda_data()
    now: dict[str, Entry] = {**filed.answers, "record_count": answered("record_count", 8000) or {}}
    now["has_sensitive_data"] = answered("has_sensitive_data", False) or {}
    filings = (Filed("initial", NOW, "CNIL-1234", filed.answers),)
    found = build_report(replace(filed, answers=now, filings=filings), LATE)

    sheet = build_copy_sheet(found)
    assert sheet.complementary
    assert not sheet.whole
    changed = {each.row.key for each in list_differences(found, filings[-1])}
    assert set(keys(sheet)) == {"kind", "initial_reference", "sensitive_categories", *changed}
    by_key = {each.key: each for each in sheet.fields}
    assert texts(by_key["kind"]) == [("", "Complémentaire")]
    assert texts(by_key["initial_reference"]) == [("", "CNIL-1234")]
    assert texts(by_key["record_count"]) == [("", "8000")]
    assert [line.text for line in by_key["record_count"].before] == ["Inconnu à ce stade"]
    gone = by_key["sensitive_categories"]  # filed, and no longer asked
    assert (gone.kind, gone.pieces) == ("empty", ())
    assert "videz" in gone.hints[0]

    whole = build_copy_sheet(found, whole=True)
    assert [key for key in keys(whole) if key in found.by_key] == to_type(found)
