"""Data that ships reads as careful French, and the code that reads it stays in small pieces."""

import ast
import re
import statistics
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dossiers import ROOT, SEEDS, form

FILES = sorted(SEEDS.rglob("*.toml"))
# Attributes that no person reads, and words of others, which are kept as they were written.
CODES = {"key", "id", "slug", "address", "link", "type", "step", "at", "until"}
VERBATIM = {("source", "title"), ("source", "quote"), ("options", "label")}
FAULTS = {
    "straight double quote": r'"',
    "double hyphen": r"--",
    "double space": r"  ",
    "three dots": r"\.\.\.",
    "space at an end": r"^\s|\s$",
    "no space before a high sign": r"[\w)»][;!?](?:\s|$)",
    "no space before a colon": r"[\w)»]:(?:\s|$)",
    "no space inside guillemets": r"«\S|\S»",
    "English quotes": r"[“”]",
}
SOURCES = [path for path in sorted((ROOT / "notifications").rglob("*.py")) if "migrations" not in path.parts]
TEXTS = [
    path
    for folder in ("notifications", "breach_assistant", "seeds", "templates", "examples", "scripts", "static")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".toml", ".html", ".txt", ".css", ".js", ".svg"}
]


def words(value: Any, table: str = "", name: str = "") -> Iterator[tuple[str, str]]:
    """(where, text) for each text of a data file that a person may read and that is ours."""
    if isinstance(value, str) and name not in CODES and (table, name) not in VERBATIM:
        yield f"{table}.{name}", value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from words(each, name, key)
    elif isinstance(value, list):
        for each in value:
            yield from words(each, table, name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("fault", FAULTS)
def test_our_words_keep_french_typography(path: Path, fault: str) -> None:
    found = words(tomllib.loads(path.read_text("utf-8")))
    assert [(where, text) for where, text in found if re.search(FAULTS[fault], text)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_guillemets_that_open_close(path: Path) -> None:
    for where, text in words(tomllib.loads(path.read_text("utf-8"))):
        assert re.sub("[^«»]", "", text) in ("«»" * n for n in range(9)), (where, text)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("straight double quote", 'un "mot"'),
        ("double hyphen", "un -- deux"),
        ("no space before a high sign", "Quoi?"),
        ("no space before a colon", "Exemple: un"),
        ("no space inside guillemets", "«mot »"),
        ("space at an end", "mot "),
    ],
)
def test_a_fault_of_typography_is_seen(fault: str, text: str) -> None:
    assert re.search(FAULTS[fault], text)


def test_every_question_and_field_has_help() -> None:
    questions = [each for question in form() for each in (question, *question.fields)]
    assert [question.key for question in questions if len(question.help) < 20] == []


def test_a_form_with_labels_that_nobody_checked_says_so() -> None:
    all_verified = form().verified and all(question.verified is not False for question in form())
    assert form().unverified_note or all_verified


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_left_over_from_writing(path: Path) -> None:
    text = path.read_text("utf-8")
    assert re.findall(r"\b(?:TODO|FIXME|XXX|HACK|[Ll]orem ipsum)\b", text) == []
    assert re.findall(r"(?<![\w.:/>-])/(?:home|root|tmp|work|mnt|Users)/\w+", text) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_mark_of_a_working_note_is_left_in_the_data(path: Path) -> None:
    assert re.findall(r"\[(?:\?|M|V\d?)(?: [^\]]*)?\]", path.read_text("utf-8")) == []


# ---------------------------------------------------------------- sizes


def lengths() -> list[tuple[int, str]]:
    """(lines, name) of every function."""
    return [
        (node.end_lineno - node.lineno + 1, f"{path.name}: {node.name}")
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    ]


def test_functions_are_short() -> None:
    found = sorted(lengths())
    assert statistics.median(lines for lines, _ in found) < 10
    assert found[len(found) * 9 // 10][0] < 36, found[-5:]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400
