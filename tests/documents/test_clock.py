"""The bar of the 72 hours: where its marks stand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from notifications import obligations
from notifications.documents.clock import drawing
from notifications.obligations import Deadline, Filed
from notifications.questionnaire import Case
from tests.dossiers import PARIS, SEEDS, form

CNIL = obligations.load_duties(SEEDS / "obligations.toml")[0]
AWARE = datetime(2025, 11, 12, 9, 42, tzinfo=UTC)
HOUR = timedelta(hours=1)


def clock(now: datetime, *, filings: tuple[Filed, ...] = (), **moments: str) -> Deadline:
    moments = {"aware_at": AWARE.isoformat(), **moments}
    answers = {key: {"state": "known", "value": value, "origin": "practice"} for key, value in moments.items()}
    return obligations.read_clock([CNIL], Case(form(), answers), filings, now)


def drawn(now: datetime, asked: tuple[date, ...] = (), **options: Any) -> dict[str, Any]:
    return drawing(clock(now, **options), now, PARIS, asked)


def test_what_is_gone_grows_with_elapsed_hours_and_stops_at_the_end() -> None:
    places = [drawn(AWARE + hours * HOUR)["gone"] for hours in (0, 36, 72, 500)]
    assert places == [0, 300, 600, 600]
    assert [drawn(AWARE + hours * HOUR)["late"] for hours in (72, 73)] == [False, True]
    assert [mark["words"] for mark in drawn(AWARE)["marks"]] == ["mer. 12", "jeu. 13", "ven. 14", "sam. 15"]


def test_a_change_of_clocks_moves_no_mark() -> None:
    back = drawn(AWARE, aware_at="2026-10-24T10:00:00+02:00")
    assert [mark["x"] for mark in back["marks"]] == [0, 200, 400, 600]


def test_the_vendors_day_and_the_careful_end_stand_inside_the_bar_or_nowhere() -> None:
    found = drawn(AWARE, (date(2025, 11, 15), date(2025, 11, 30)), informed_by_processor_at="2025-11-11T10:42:00+01:00")
    assert (found["asked"], found["careful"]) == ([511], [400])  # 61 h 18 min, and 48 h, of 72
    assert drawn(AWARE, informed_by_processor_at="2025-11-01")["careful"] == []
    assert drawn(AWARE)["careful"] == []


def test_a_filing_stops_the_bar_where_it_was_made() -> None:
    found = drawn(AWARE + 500 * HOUR, filings=(Filed("initial", AWARE + 36 * HOUR),))
    assert (found["gone"], found["late"], found["done"]) == (300, False, True)


def test_nothing_is_drawn_before_the_start_is_known() -> None:
    assert drawing(obligations.read_clock([CNIL], Case(form(), {}), (), AWARE), AWARE, PARIS) == {}
