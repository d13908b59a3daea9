"""French words and spacing, in templates."""

import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils.html import escape

from notifications.questionnaire.schema import Option
from notifications.templatetags.french import cited_in, plural
from notifications.typography import Words, space_french


def rendered(source: str, **values: object) -> str:
    return Template("{% load french %}" + source).render(Context(values))


def test_typo_spaces_as_in_french_and_escapes() -> None:
    text = "« Oui » : <b>vraiment ?</b>"
    assert rendered("{{ text|typo }}", text=text) == escape(space_french(text))
    assert "&lt;b&gt;vraiment\u202f?" in rendered("{{ text|typo }}", text=text)


def test_words_are_spaced_where_they_become_html_and_nowhere_else() -> None:
    text = "« Oui » : <b>vraiment ?</b>"
    assert rendered("{{ text }}", text=Words(text)) == escape(space_french(text))
    assert rendered("{% autoescape off %}{{ text }}{% endautoescape %}", text=Words(text)) == text
    assert json.dumps(Words(text)) == json.dumps(text)


def test_a_data_file_marks_the_words_that_it_shows_and_no_key() -> None:
    option = Option(key="a : b", label="a : b")
    assert (type(option.key), type(option.label)) == (str, Words)
    assert type(option.replace(label="b : a").label) is Words


def test_an_instant_is_said_in_the_zone_given() -> None:
    said = rendered(
        "{{ now|in_words:zone }}", now=datetime(2025, 11, 15, 17, 7, tzinfo=UTC), zone=ZoneInfo("Europe/Paris")
    )
    assert said == "samedi 15 novembre 2025 à 18 h 07 (heure de Paris)"


@pytest.mark.parametrize("day", [date(2025, 11, 1), "2025-11-01"])
def test_a_day_is_said_with_its_name(day: date | str) -> None:
    assert rendered("{{ day|day_in_words }}", day=day) == "samedi 1er novembre 2025"


def test_a_french_plural_begins_at_two() -> None:
    assert [plural(count) for count in (0, 1, 2)] == ["", "", "s"]
    assert plural(3, "x") == "x"


def test_places_in_a_list_are_said_in_order() -> None:
    listed = ("a", "b", "c", "d")
    assert [cited_in(each, listed) for each in ("", "b", "da", "dab")] == ["", "2", "1 et 4", "1, 2 et 4"]
