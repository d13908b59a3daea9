"""Duties are read from a file; their clocks follow from the answers and one `now`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifications.obligations import Deadline, deadline, load
from notifications.questionnaire import BadFile
from tests.dossiers import PARIS, SEEDS, form

CNIL = load(SEEDS / "obligations.toml")[0]
NOW = datetime(2025, 11, 14, 8, 0, tzinfo=UTC)


def clock(value: str | None = None, *, now: datetime = NOW, zone: ZoneInfo = PARIS, state: str = "known") -> Deadline:
    """The clock of the CNIL's notification when the practice gave this moment of awareness."""
    entry: dict[str, Any] = {"state": state, "origin": "practice", "reviewed": True}
    return deadline(CNIL, {"aware_at": entry | ({"value": value} if value else {})}, now, zone)


def test_the_first_duty_that_ships_is_the_cnils_seventy_two_hours() -> None:
    assert (CNIL.key, CNIL.hours, CNIL.basis) == ("cnil", 72, "RGPD art. 33(1)")
    assert form().questions[CNIL.starts].type == "moment"


@pytest.mark.parametrize("attributes", ['key = "a"', 'key = "a"\nhour = 72', "hours = 72"])
def test_a_duty_with_a_missing_or_misspelt_attribute_is_refused_by_file_and_key(
    tmp_path: Path, attributes: str
) -> None:
    path = tmp_path / "devoirs.toml"
    path.write_text(f"[[obligation]]\n{attributes}\n", encoding="utf-8")
    with pytest.raises(BadFile) as caught:
        load(path)
    assert caught.value.problems[0].startswith(f"devoirs.toml: {'a' if 'key' in attributes else '?'}: ")


def test_a_file_of_duties_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"^nowhere\.toml: cannot be read"):
        load(tmp_path / "nowhere.toml")


def test_an_instant_starts_the_clock_at_that_instant() -> None:
    found = clock("2025-11-12T10:42:00+01:00")
    assert found.starts_at == datetime(2025, 11, 12, 9, 42, tzinfo=UTC)
    assert found.due_at == datetime(2025, 11, 15, 9, 42, tzinfo=UTC)
    assert (found.hour_known, found.state, found.late) == (True, "open", False)
    assert found.left == timedelta(hours=25, minutes=42)


@pytest.mark.parametrize(
    ("zone", "starts"),
    [
        ("Europe/Paris", "2025-11-11T23:00"),
        ("Pacific/Noumea", "2025-11-11T13:00"),
        ("Pacific/Tahiti", "2025-11-12T10:00"),
    ],
)
def test_a_bare_day_starts_the_clock_at_its_midnight_in_the_dossiers_zone(zone: str, starts: str) -> None:
    found = clock("2025-11-12", zone=ZoneInfo(zone))
    assert found.starts_at == datetime.fromisoformat(starts + "+00:00")
    assert found.hour_known is False


@pytest.mark.parametrize("state", ["unknown", "cleared", "not_applicable"])
def test_without_a_moment_the_clock_waits(state: str) -> None:
    found = clock(state=state)
    assert (found.state, found.starts_at, found.due_at, found.left, found.late) == ("waiting", None, None, None, False)


def test_without_an_answer_the_clock_waits() -> None:
    assert deadline(CNIL, {}, NOW, PARIS).state == "waiting"


@pytest.mark.parametrize(("seconds", "state"), [(0, "soon"), (1, "overdue")])
def test_a_second_after_its_end_a_deadline_is_missed(seconds: int, state: str) -> None:
    now = datetime(2025, 11, 15, 9, 42, tzinfo=UTC) + timedelta(seconds=seconds)
    found = clock("2025-11-12T10:42:00+01:00", now=now)
    assert (found.state, found.left) == (state, -timedelta(seconds=seconds))
    assert found.late is (state == "overdue")


def test_a_deadline_across_the_change_of_clocks_is_an_hour_earlier_on_the_wall() -> None:
    found = clock("2025-10-24T18:00:00+02:00")
    assert found.due_at is not None
    assert f"{found.due_at.astimezone(PARIS):%d %H:%M}" == "27 17:00"
