"""Ticks that write plain sentences: the text is the answer, the box follows it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.questionnaire import Checkbox, Question, Refused
from notifications.questionnaire.ticks import NO_DATE, find_day, is_checked, write_boxes
from tests.dossiers import SEEDS, form, revision

PAPER = Checkbox("paper", "Papier", "Les consultations ont été assurées sur papier (sans écran).")
CHANGED = Checkbox("changed", "Mots de passe", "Les mots de passe ont été changés le {date}.")
BOTH = (PAPER, CHANGED)
MINE = "Nous avons aussi appelé l'éditeur.\n\nSans réponse à ce jour."
# Every box that ships: the questionnaire's own, then those that an incident adds.
OCCASIONS = [
    occasion
    for path in sorted((SEEDS / "incidents").glob("*.toml"))
    for occasion in revision(path.name.removesuffix(".toml")).occasions
]
SHIPPED = [
    *((question, tick) for question in form() for tick in question.ticks),
    *((form().questions[each.question], each.tick) for each in OCCASIONS),
]
names = [f"{question.key}-{tick.key}-{number}" for number, (question, tick) in enumerate(SHIPPED)]


def sentence(tick: Checkbox, day: str = NO_DATE) -> str:
    return tick.sentence.replace("{date}", day)


# -- a box that changes ---------------------------------------------------------------------------------


def test_a_tick_adds_its_sentence_on_a_line_of_its_own() -> None:
    assert write_boxes("", "", BOTH, {"paper": ""}) == PAPER.sentence
    assert write_boxes(MINE, MINE, BOTH, {"paper": ""}) == f"{MINE}\n{PAPER.sentence}"
    assert write_boxes("", "", BOTH, {"changed": "2025-11-14", "paper": ""}) == (
        f"{PAPER.sentence}\nLes mots de passe ont été changés le 14/11/2025."
    )


@pytest.mark.parametrize("place", [f"{{}}\n{MINE}", f"{MINE}\n{{}}", f"Avant.\n{{}}\n{MINE}", "{}"])
@pytest.mark.parametrize("tick", BOTH)
def test_an_untick_removes_its_sentence_and_nothing_else(tick: Checkbox, place: str) -> None:
    text = place.format(sentence(tick, "14/11/2025"))
    without = place.replace("{}\n", "").replace("\n{}", "").replace("{}", "")
    assert write_boxes(text, text, BOTH, {}) == without


def test_an_untick_leaves_the_sentence_of_another_box() -> None:
    text = write_boxes("", "", BOTH, {"paper": "", "changed": "2025-11-14"})
    assert write_boxes(text, text, BOTH, {"changed": "2025-11-14"}) == sentence(CHANGED, "14/11/2025")


def test_another_day_replaces_the_day_where_it_stands() -> None:
    text = f"{sentence(CHANGED, '14/11/2025')}\n{MINE}"
    later = write_boxes(text, text, BOTH, {"changed": "2025-11-15"})
    assert later == f"{sentence(CHANGED, '15/11/2025')}\n{MINE}"
    assert find_day(CHANGED, later) == "2025-11-15"


def test_without_a_day_the_sentence_says_that_it_is_wanting() -> None:
    text = write_boxes("", "", BOTH, {"changed": ""})
    assert text == "Les mots de passe ont été changés le (date à préciser)."
    assert is_checked(CHANGED, text)
    assert find_day(CHANGED, text) == ""
    assert write_boxes(text, text, BOTH, {"changed": "2025-11-14"}) == sentence(CHANGED, "14/11/2025")
    dated = sentence(CHANGED, "14/11/2025")
    assert write_boxes(dated, dated, BOTH, {"changed": ""}) == text  # the day was erased again


def test_a_french_day_is_read_too_and_nonsense_is_refused() -> None:
    assert write_boxes("", "", BOTH, {"changed": "14/11/2025"}) == sentence(CHANGED, "14/11/2025")
    for nonsense in ("2025-02-30", "hier", "0001-01-01", "<b>"):
        with pytest.raises(Refused):
            write_boxes("", "", BOTH, {"changed": nonsense})


# -- a text that a person edits -------------------------------------------------------------------------


def test_a_box_that_did_not_change_says_nothing_about_an_edited_text() -> None:
    before = f"{PAPER.sentence}\n{MINE}"
    edited = "Les consultations ont eu lieu sur papier, deux jours."
    assert write_boxes(edited, before, BOTH, {"paper": ""}) == edited  # the box was on, and the page still sends it
    typed = f"{MINE}\n{PAPER.sentence}"
    assert write_boxes(typed, MINE, BOTH, {}) == typed  # the box was off, and somebody typed the sentence


def test_a_text_that_says_it_already_is_left_as_it_is() -> None:
    """A page with scripts sends both the box and the sentence that it wrote."""
    text = f"{sentence(CHANGED, '14/11/2025')}\n{PAPER.sentence}\n{MINE}"
    assert write_boxes(text, "", BOTH, {"paper": "", "changed": "2025-11-14"}) == text
    assert write_boxes(MINE, f"{MINE}\n{PAPER.sentence}", BOTH, {}) == MINE


def test_the_box_follows_the_text() -> None:
    assert is_checked(PAPER, f"{MINE} {PAPER.sentence} Voilà.")
    assert not is_checked(PAPER, PAPER.sentence.replace("papier", "carton"))
    assert not is_checked(CHANGED, sentence(CHANGED, "mardi"))


@pytest.mark.parametrize("written", ["31/02/2025", "99/99/9999", "01/01/1812", "١٤/١١/٢٠٢٥"])
def test_a_day_that_no_calendar_has_is_no_day_and_no_fault(written: str) -> None:
    text = sentence(CHANGED, written)
    assert is_checked(CHANGED, text)
    assert find_day(CHANGED, text) == ""
    assert write_boxes(text, text, BOTH, {"changed": ""}) == text
    assert write_boxes(text, text, BOTH, {"changed": "2025-11-14"}) == sentence(CHANGED, "14/11/2025")
    assert write_boxes(text, text, BOTH, {}) == ""


# -- any text, any boxes --------------------------------------------------------------------------------

DAYS = st.one_of(st.just(""), st.dates(date(1990, 1, 1), date(2099, 12, 31)).map(str))
LINES = st.one_of(st.text(max_size=20), st.sampled_from(["", PAPER.sentence, sentence(CHANGED)]))
TEXTS = st.lists(st.one_of(LINES, DAYS.map(lambda day: sentence(CHANGED, day))), max_size=6).map("\n".join)
CHOSEN = st.fixed_dictionaries({}, optional={"paper": st.just(""), "changed": DAYS})


@given(text=TEXTS, before=TEXTS, chosen=CHOSEN)
def test_to_apply_twice_is_to_apply_once(text: str, before: str, chosen: dict[str, str]) -> None:
    once = write_boxes(text, before, BOTH, chosen)
    assert write_boxes(once, before, BOTH, chosen) == once


@given(text=TEXTS, chosen=CHOSEN)
def test_afterwards_the_boxes_are_as_they_were_chosen(text: str, chosen: dict[str, str]) -> None:
    after = write_boxes(text, text, BOTH, chosen)
    for tick in BOTH:
        assert is_checked(tick, after) == (tick.key in chosen)
        assert find_day(tick, after) == chosen.get(tick.key, "")


# -- what ships -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("question", "tick"), SHIPPED, ids=names)
def test_every_box_that_ships_goes_there_and_back(question: Question, tick: Checkbox) -> None:
    day = "2025-11-14" if tick.dated else ""
    alone = write_boxes("", "", [tick], {tick.key: day})
    assert alone
    assert "{" not in alone
    assert (is_checked(tick, alone), find_day(tick, alone)) == (True, day)
    assert len(alone) < question.limit
    both = write_boxes(MINE, MINE, [tick], {tick.key: day})
    assert both == f"{MINE}\n{alone}"
    assert write_boxes(both, both, [tick], {}) == MINE


def test_the_sentences_of_one_text_never_hold_one_another() -> None:
    for question in {question.key: question for question, _ in SHIPPED}.values():
        boxes = {tick.key: tick for each, tick in SHIPPED if each.key == question.key}.values()
        text = write_boxes("", "", boxes, {tick.key: "2025-11-14" if tick.dated else "" for tick in boxes})
        for tick in boxes:
            left = write_boxes(
                text, text, boxes, {each.key: find_day(each, text) for each in boxes if each is not tick}
            )
            assert not is_checked(tick, left)
            assert set(text.split("\n")) - set(left.split("\n")) == {sentence(tick, "14/11/2025")}


def test_each_box_of_parts_belongs_to_a_part_of_the_practice() -> None:
    for question, tick in SHIPPED:
        own = [part.key for part in question.parts if part.by == "practice"]
        assert (tick.part in own) if question.parts else not tick.part, tick.key


def test_the_questionnaire_and_an_incident_have_boxes() -> None:
    assert len(SHIPPED) > 20
    assert OCCASIONS
