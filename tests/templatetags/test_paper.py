"""Texts of any shape on paper."""

from notifications.templatetags.paper import MOST_LINES, ZERO_WIDTH_SPACE, on_paper


def test_line_breaks_are_kept_and_markup_is_escaped() -> None:
    assert on_paper("<img>\nfin") == "&lt;img&gt;<br>fin"


def test_empty_lines_make_one() -> None:
    assert on_paper("a\n \n\n\nb") == "a<br><br>b"


def test_an_endless_word_may_break_and_an_ordinary_one_is_untouched() -> None:
    address = "https://example.org/" + "x" * 100
    assert on_paper(address) == address
    broken = on_paper("<" * 6000)
    assert ZERO_WIDTH_SPACE in broken
    assert broken.replace(ZERO_WIDTH_SPACE, "") == "&lt;" * 6000


def test_thousands_of_lines_become_a_paragraph() -> None:
    lines = ["x"] * (MOST_LINES + 2)
    assert on_paper("\n".join(lines)) == " ".join(lines)
    assert on_paper("\n".join(lines[:-1])).count("<br>") == MOST_LINES
