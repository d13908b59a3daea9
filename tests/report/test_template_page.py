"""What the page of a template says of each answer, and what changed between two revisions."""

from collections.abc import Callable
from typing import Any

import pytest

from notifications import shared_template
from notifications.report.template_page import list_answer_lines, list_changes, list_element_changes
from notifications.shared_template import SharedTemplateFile
from tests.broken_templates import changed
from tests.dossiers import form


def revise(change: Callable[[dict[str, Any]], Any] = lambda content: None) -> SharedTemplateFile:
    """The template that ships, with something changed."""
    return shared_template.read_file(changed(change), lambda name: form())


@pytest.mark.parametrize(
    ("key", "answer", "lines"),
    [
        ("description", {"state": "known", "value": "Une intrusion."}, ["Une intrusion."]),
        ("has_sensitive_data", {"state": "unknown", "note": "On cherche."}, ["Pas encore connu", "On cherche."]),
        ("data_categories", {"state": "not_applicable"}, ["Sans objet"]),
    ],
)
def test_says_each_kind_of_answer_in_words(key: str, answer: dict[str, Any], lines: list[str]) -> None:
    assert [line.text for line in list_answer_lines(form().questions[key], answer)] == lines


def test_says_each_element_that_changed_before_and_now() -> None:
    newer = revise(lambda content: content["advice"].update(severity="Un autre conseil.") or content.update(cover=""))
    first, second = list_element_changes(form(), revise(), newer)
    assert (first.name, first.now) == ("Présentation", ())
    assert second.name == f"Conseil : {form().questions['severity'].label}"
    assert [line.text for line in second.now] == ["Un autre conseil."]
    assert second.before != second.now


def test_names_what_each_revision_changed_and_nothing_for_the_first() -> None:
    newer = revise(lambda content: content.update(number=2, title="Un autre titre"))
    assert [change["names"] for change in list_changes(form(), [newer, revise()])] == [["Titre"], None]
    assert list_changes(form(), []) == []
