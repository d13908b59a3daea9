"""Templates stay few, flat and free of a filter on each word. The ceilings only fall."""

import re
from functools import cache

import pytest

from tests.dossiers import ROOT

FOLDER = ROOT / "templates"
TEXTS = {str(path.relative_to(FOLDER)): path.read_text("utf-8") for path in sorted(FOLDER.rglob("*.*"))}
INCLUDE = re.compile(r'{%\s*include\s+"([^"]+)"')
STEP = re.compile(r"{%\s*(for|endfor|include)\b")

MOST_TEMPLATES = 187
LONGEST_CHAIN = 3  # a page, a part of it, a part of that
MOST_FILTERED = 39  # words made in Python, or typed by a person; all others are spaced once (typography.py)
MOST_IN_LOOPS = 31  # the rows of a list are written in one template; what is left shows an answer inside a row


@cache
def chain(name: str) -> int:
    return 1 + max((chain(part) for part in INCLUDE.findall(TEXTS[name]) if part in TEXTS), default=0)


def count_includes_in_loops(text: str) -> int:
    depth = count = 0
    for step in STEP.findall(text):
        depth += {"for": 1, "endfor": -1}.get(step, 0)
        count += step == "include" and depth > 0
    return count


def test_templates_are_few() -> None:
    assert len(TEXTS) <= MOST_TEMPLATES


@pytest.mark.parametrize("name", TEXTS)
def test_includes_do_not_go_deep(name: str) -> None:
    assert chain(name) <= LONGEST_CHAIN


def test_hardly_a_list_includes_a_template_for_each_row() -> None:
    assert sum(map(count_includes_in_loops, TEXTS.values())) <= MOST_IN_LOOPS


def test_words_are_spaced_without_a_filter() -> None:
    assert sum(text.count("|typo") for text in TEXTS.values()) <= MOST_FILTERED
