"""Who must be told by when: duties read from `seeds/obligations.toml`, and their deadlines for given answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from . import deadlines
from .questionnaire import Answers, BadFile, read_toml, span


@dataclass(frozen=True)
class Obligation:
    key: str
    title: str
    who: str
    to: str
    starts: str  # the question whose moment starts the delay
    hours: int
    tone: str
    basis: str
    link: str
    valid_from: str
    certainty: str


@dataclass(frozen=True)
class Deadline:
    """A duty and its clock, computed from one `now`. `starts_at` and `due_at` are UTC, None while not known."""

    obligation: Obligation
    starts_at: datetime | None
    due_at: datetime | None
    state: str  # waiting, open, soon, overdue
    hour_known: bool
    left: timedelta | None

    @property
    def late(self) -> bool:
        return self.state == "overdue"


def load(path: Path) -> tuple[Obligation, ...]:
    """The duties of a file. Raises BadFile for a missing or unknown attribute."""
    found = []
    for raw in read_toml(path).get("obligation", []):
        try:
            found.append(Obligation(**raw))
        except TypeError as error:
            raise BadFile([f"{path.name}: {raw.get('key', '?')}: {error}"]) from error
    return tuple(found)


def deadline(obligation: Obligation, answers: Answers, now: datetime, zone: ZoneInfo) -> Deadline:
    """The clock of one duty. A bare day starts it at 00:00 of that day in the dossier's zone."""
    entry: Mapping[str, Any] = answers.get(obligation.starts, {})
    if entry.get("state") != "known":
        return Deadline(obligation, None, None, "waiting", False, None)
    start = span(entry["value"], zone)[0]
    due_at = deadlines.due(start, timedelta(hours=obligation.hours))
    return Deadline(
        obligation,
        start,
        due_at,
        deadlines.state(due_at, now),
        hour_known=len(entry["value"]) > 10,
        left=due_at - now,
    )
