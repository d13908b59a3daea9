"""The list of dossiers as a table: read back as a spreadsheet in French reads it, and never a formula."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifications.documents import table
from notifications.obligations import Filed
from notifications.report import build_report
from tests.dossiers import AS_IN_EXAMPLE, LATE, NOW, weda_data

REUNION = ZoneInfo("Indian/Reunion")
FILED = datetime(2025, 11, 15, 9, 30, tzinfo=UTC)


def read_back(data: bytes) -> list[dict[str, str]]:
    text = data.decode("utf-8")
    assert text.startswith("\ufeff")  # or Excel reads it as Latin-1
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), delimiter=";"))


def line(now: datetime = NOW, title: str = "Cabinet", **changes: Any) -> dict[str, str]:
    report = build_report(replace(weda_data(zone=REUNION), **changes), now)
    [found] = read_back(table.dossiers([(title, report)]))
    return found


def test_a_line_says_when_and_what_is_left_in_the_dossiers_own_zone() -> None:
    found = line()
    assert found["cabinet"] == "Cabinet du Dr Exemple"
    assert "Weda" in found["incident"]
    assert found["appris le"] == "2025-11-12T21:07:00+04:00"
    assert found["fin du délai"] == "2025-11-15T21:07:00+04:00"
    assert found["fin du délai, en mots"] == "samedi 15 novembre 2025 à 21 h 07 (heure de La Réunion)"
    assert (found["état"], found["déposé le"], found["numéro de la CNIL"]) == ("en cours", "", "")
    assert found["réponses manquantes"].isdecimal()


def test_a_filed_dossier_bears_its_hour_its_number_and_what_remains() -> None:
    filings = (Filed("initial", FILED, "FV-2025-1"), Filed("complementary", FILED + timedelta(days=1), "FV-2025-2"))
    found = line(LATE, filings=filings)
    assert (found["déposé le"], found["numéro de la CNIL"]) == ("2025-11-15T13:30:00+04:00", "FV-2025-1")
    assert found["état"] == "déposé"
    assert line(NOW, filings=filings[:1])["état"] == "déposé, complément à faire"


def test_what_is_not_known_is_left_empty_and_a_day_without_hour_stays_a_day() -> None:
    day = build_report(weda_data({**AS_IN_EXAMPLE, "aware_at": "2025-11-12"}), NOW)
    none = build_report(weda_data({}), NOW)
    first, second = read_back(table.dossiers([("Jour", day), ("Rien", none)]))
    assert first["appris le"] == "2025-11-12"
    assert [second[each] for each in ("appris le", "fin du délai", "fin du délai, en mots")] == ["", "", ""]
    assert second["état"] == "à calculer"


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\u00a0=", "\ufeff="]
)
def test_no_cell_is_a_formula(start: str) -> None:
    text = f'{start}HYPERLINK("https://evil.example";"x")'
    data = table.table([["titre"], [text]]).decode("utf-8-sig")
    _, [cell] = list(csv.reader(io.StringIO(data, newline=""), delimiter=";"))
    assert cell == f"'{text}"


@pytest.mark.parametrize("text", ['a;b"c', "deux\nlignes", "l'éditeur", "1 = 1", "", "’=", "\ud800"])
def test_any_other_text_comes_back_as_it_was(text: str) -> None:
    data = table.table([["titre"], [text, "fin"]]).decode("utf-8-sig")
    _, cells = list(csv.reader(io.StringIO(data, newline=""), delimiter=";"))
    assert cells == [text.encode("utf-8", "replace").decode(), "fin"]
