"""A roster as people save it: any spreadsheet, any order, and every fault told by its line; no database."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.files import roster
from notifications.questionnaire import Unusable
from tests.dossiers import PARIS, ROOT

NOW = datetime(2025, 11, 14, 8, 0, tzinfo=UTC)
EXAMPLE = (ROOT / "examples/cabinets.csv").read_text("utf-8")


def read(text, zone=PARIS):
    return roster.read(text, zone, NOW)


def only(text, zone=PARIS):
    [line] = read(text, zone).lines
    return line


def problems(text):
    with pytest.raises(Unusable) as refused:
        read(text)
    return refused.value.problems


# -- files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_spreadsheet_says_the_same(delimiter, encoding, end):
    data = EXAMPLE.replace(";", delimiter).replace("\n", end).encode(encoding)
    assert read(roster.decoded(data)) == read(EXAMPLE)


def test_a_quoted_cell_may_hold_anything():
    assert only('cabinet;ville\n"Cabinet ""A""; B";Rouen\n').name == 'Cabinet "A"; B'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04 a workbook", "classeur"),
        (b"x" * (roster.MOST_BYTES + 1), "1 Mo"),
        (b"\x81\x8d\x8f", "CSV (UTF-8)"),
    ],
)
def test_what_is_no_csv_is_refused_with_what_to_do(data, words):
    with pytest.raises(Unusable, match=words.replace("(", r"\(").replace(")", r"\)")):
        roster.decoded(data)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Ce fichier est vide."),
        ("cabinet\n", "Ce fichier ne contient aucun cabinet sous la ligne des titres."),
        ('cabinet\n"Alpha', "ligne 2 : un guillemet n'est pas fermé, ou une case est trop longue."),
        ("cabinet\n" + "".join(f"C{n}\n" for n in range(501)), "501 cabinets, pour 500 au plus"),
        ("ville\nRouen\n", "ligne 1 : il manque une colonne « cabinet »."),
        ("cabinet;nom\nA;B\n", "ligne 1 : les colonnes « cabinet », « nom » disent la même chose, gardez-en une."),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(text, told):
    [problem] = problems(text)
    assert told in problem


def test_500_lines_are_taken():
    assert len(read("cabinet\n" + "".join(f"C{n}\n" for n in range(500))).lines) == 500


# -- columns --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "names"), roster.COLUMNS.items())
def test_every_name_of_a_column_is_understood_however_it_is_written(key, names):
    cells = {"siren": "123456782", "legal_email": "a@example.org", "legal_title": "Madame", "aware_at": "12/11/2025"}
    cell = cells.get(key, "7")
    for name in names:
        for title in (name, name.upper(), f" {name} "):
            text = f"{title}\n{cell}\n" if key == roster.NAME else f"cabinet;{title}\nAlpha;{cell}\n"
            assert key in only(text).entries


def test_other_columns_are_named_and_left_aside():
    found = read("téléphone;cabinet;;remarque\n1;Alpha;;secret\n")
    assert found.ignored == ("téléphone", "remarque")
    assert "secret" not in str(found)


# -- cells ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("12/11/2025", "2025-11-12"),
        ("2025-11-12", "2025-11-12"),
        ("12/11/2025 18:07", "2025-11-12T18:07:00+04:00"),
        ("12/11/2025 18:07:00", "2025-11-12T18:07:00+04:00"),
        ("12/11/2025 à 18 h 07", "2025-11-12T18:07:00+04:00"),
        ("2025-11-12T18:07", "2025-11-12T18:07:00+04:00"),
        ("2025-11-12T18:07:00+01:00", "2025-11-12T18:07:00+01:00"),
        ("2025-11-12 17:07:00Z", "2025-11-12T17:07:00+00:00"),
    ],
)
def test_a_moment_is_a_day_an_hour_there_or_an_instant(cell, kept):
    assert only(f"cabinet;appris le\nAlpha;{cell}\n", ZoneInfo("Indian/Reunion")).aware == kept


def test_an_hour_that_came_twice_is_told():
    line = only("cabinet;appris le\nAlpha;26/10/2025 02:30\n")
    assert line.aware == "2025-10-26T02:30:00+02:00"
    assert "passé deux fois" in line.notices[0]


@pytest.mark.parametrize(
    ("cell", "key"), [("Mme", "madame"), ("MADAME", "madame"), ("M.", "monsieur"), ("mr", "monsieur")]
)
def test_titles_as_people_write_them(cell, key):
    assert only(f"cabinet;civilité\nAlpha;{cell}\n").entries["legal_title"]["value"] == key


def test_an_empty_cell_is_no_answer_and_an_empty_line_no_practice():
    first, second = read("cabinet;ville;personnes\nAlpha;;\n;;\n\nBeta;Rouen\n").lines
    assert list(first.entries) == ["organisation_name"]
    assert (second.number, second.city, second.persons) == (5, "Rouen", "")


def test_what_is_typed_is_the_practices_word():
    entry = only("cabinet;personnes\nAlpha;3\u202f600\n").entries["person_count"]
    assert entry == {"state": "known", "value": 3600, "origin": "practice", "reviewed": True}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (";123456782;;;", "ligne 2 : le nom du cabinet manque."),
        ("A;123456789;;;", "ligne 2, SIREN : Ce SIREN n'est pas valide"),
        ("A;;32/01/2025;;", "ligne 2, Appris le : Cette date n'existe pas"),
        ("A;;15/11/2025 10:00;;", "ligne 2, Appris le : Cette date et cette heure sont dans le futur"),
        ("A;;;beaucoup;", "ligne 2, patients : Un nombre entier est attendu ici"),
        ("A;;;;Dr", "ligne 2, civilité : « Dr » n'est pas possible ici : « Madame », « Monsieur »."),
        ("A;;;;;x", "ligne 2 : elle a plus de cases que la ligne des titres."),
    ],
)
def test_a_fault_is_told_by_its_line_and_its_column_as_the_file_names_it(row, told):
    [problem] = problems(f"Nom;SIREN;Appris le;patients;civilité\n{row}\n")
    assert problem.startswith(told)


def test_every_fault_is_told_at_once():
    assert len(problems("cabinet;SIREN;appris le\n;1;x\nB;2;\n")) == 4


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("A;123456782;\nB;123 456 782;\n", "ligne 3 : ce SIREN est déjà à la ligne 2."),
        ("A;123456782;\nB;12345678200010;\n", "ligne 3 : ce SIREN est déjà à la ligne 2."),
        ("Été;;Rouen\nÉTÉ ;;ROUEN\n", "ligne 3 : un cabinet de ce nom, sans SIREN, est déjà à la ligne 2."),
    ],
)
def test_a_practice_that_comes_twice_is_told(rows, told):
    assert problems(f"cabinet;SIREN;ville\n{rows}") == [told]


def test_the_same_name_in_two_cities_or_with_two_numbers_is_two_practices():
    assert len(read("cabinet;SIREN;ville\nA;;Rouen\nA;;Dieppe\nA;123456782;\nA;222222226;\n").lines) == 4


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda data: data.decode("cp1252", "replace")))
def test_any_text_is_read_or_refused_in_french(text):
    for each in (text, f"cabinet;SIREN;appris le;civilité;personnes\n{text}"):
        told = []
        try:
            lines = read(each).lines
        except Unusable as refused:
            lines, told = (), refused.problems
        assert bool(lines) != bool(told)
        assert all(problem.endswith((".", "»")) for problem in told)
