"""A file from a stranger is read whole or refused in French, however it was made to hurt."""

from typing import Any

import pytest

from notifications.questionnaire import Refused, strict_json
from notifications.questionnaire.strict_json import MAX_BYTES, MAX_DEPTH, MAX_NODES, loads


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        loads(data)
    return str(caught.value)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": [1, true, null, "\xc3\xa9"]}', {"a": [1, True, None, "é"]}),
        (b"\xef\xbb\xbf[]", []),
        (b'["\\ud83d\\ude00"]', ["😀"]),
        (b'["[[[[[[[[[[[[[[[[[", "a,b,c", "\\"[[[[[[[[[[[[[["]', ["[" * 17, "a,b,c", '"' + "[" * 14]),
        (b"-999999999999", -999_999_999_999),
        (b'["\\\\"]', ["\\"]),
    ],
)
def test_a_plain_file_is_read(data: bytes, value: Any) -> None:
    assert loads(data) == value


@pytest.mark.parametrize("depth", [9, MAX_DEPTH])
def test_a_dossiers_depth_is_accepted(depth: int) -> None:
    assert str(loads(nested(depth))) == nested(depth).decode()


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 1000, 100_000, 500_000])
def test_any_greater_depth_is_refused(depth: int) -> None:
    assert "trop de niveaux" in refusal(nested(depth))


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_million_openings_are_refused(opening: bytes) -> None:
    assert "trop de niveaux" in refusal((opening * 1_000_000)[: MAX_BYTES - 1])


def test_closing_first_does_not_hide_a_depth() -> None:
    refusal(b"]" * 500_000 + b"[" * 500_000)


def test_a_file_too_big_is_refused_before_it_is_read() -> None:
    assert "trop gros" in refusal(b" " * MAX_BYTES + b"[]")
    assert loads(b" " * (MAX_BYTES - 2) + b"[]") == []


def test_too_many_elements_are_refused() -> None:
    assert loads(b"[" + b"0," * (MAX_NODES - 2) + b"0]") == [0] * (MAX_NODES - 1)
    assert "trop d'éléments" in refusal(b"[" + b"0," * MAX_NODES + b"0]")


def test_the_line_of_a_fault_is_given() -> None:
    assert "(ligne 3)" in refusal(b"[\n\n" + nested(MAX_DEPTH))
    assert "à la ligne 2, colonne 1" in refusal(b"[1,\n")
    assert "(ligne 2)" in refusal(b'[\n"\\u0000"]')


def test_a_key_written_twice_is_refused_by_its_name() -> None:
    assert refusal(b'{"a": {"b": 1, "c": 2, "b": 3}}').startswith("« b » est écrit deux fois")


def test_a_key_written_twice_among_thousands_is_found() -> None:
    pairs = ",".join(f'"{number}":0' for number in range(MAX_NODES - 2))
    assert refusal(f'{{{pairs},"{MAX_NODES - 3}":0}}'.encode()).startswith(f"« {MAX_NODES - 3} »")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_is_refused(number: str) -> None:
    assert refusal(f"[{number}]".encode()) == f"« {number} » n'est pas un nombre accepté."


@pytest.mark.parametrize("number", ["1.5", "1e5", "-0.0", "1E400"])
def test_a_number_with_a_point_or_an_exponent_is_refused(number: str) -> None:
    assert "Les nombres à virgule ne sont pas acceptés" in refusal(f"[{number}]".encode())


@pytest.mark.parametrize("digits", [16, 5_000, 900_000])
def test_a_huge_number_is_refused(digits: int) -> None:
    assert refusal(b"9" * digits) == "Un nombre est trop grand."


@pytest.mark.parametrize(
    "text", ['"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udfff"', '"\\ude00\\ud83d"', '{"\\u0000": 1}']
)
def test_an_escaped_character_that_breaks_databases_is_refused(text: str) -> None:
    assert "caractère illisible" in refusal(text.encode())


@pytest.mark.parametrize(
    "data",
    [b'"\xed\xa0\x80"', "[]".encode("utf-16"), b"\xff\xfe", "é".encode("latin-1")],
    ids=["raw surrogate", "UTF-16", "only a mark", "Latin-1"],
)
def test_what_is_not_utf_8_is_refused(data: bytes) -> None:
    assert refusal(data) == "Ce fichier n'est pas du texte en UTF-8."


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"{",
        b'{"a"',
        b'{"a":1',
        b'["a',
        b'["a\\',
        b"[1]]",
        b"[1] [2]",
        b"{'a': 1}",
        b"[1,]",
        b'"\x00"',
        b"%PDF-1.7",
        "[]".encode("utf-16-le"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(data: bytes) -> None:
    assert "n'est pas lisible à la ligne 1" in refusal(data)


@pytest.mark.parametrize(
    "text", ['"\\', '\\"', '"', "\\", '"\\"', '"a', '["', '"]', '\\u0000"'], ids=lambda text: f"<{text}>"
)
def test_hostile_quotes_and_backslashes_are_scanned_once(text: str) -> None:
    """Each of these would take hours if the scan went back over what it has read."""
    with pytest.raises(Refused):
        loads(text.encode() * (300_000 // len(text)))


def test_one_long_string_of_escapes_is_read() -> None:
    assert loads(b'"' + b"\\\\" * 300_000 + b'"') == "\\" * 300_000


def test_every_prefix_of_a_file_is_refused_or_read() -> None:
    whole = '{"a": ["é\\n", {"b": -12}], "c": null}'.encode()
    read = []
    for length in range(len(whole) + 1):
        try:
            read.append(strict_json.loads(whole[:length]))
        except Refused:
            continue
    assert read == [{"a": ["é\n", {"b": -12}], "c": None}]
