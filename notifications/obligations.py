"""Who must be told by when: duties read from `seeds/obligations.toml`, and their clocks for given answers and filings.

A clock is computed from one `now` and never stored; what was filed keeps the terms under which it was filed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from . import deadlines
from .questionnaire import Answers, BadFile, Case, holds, is_blank, read_toml, span

CNIL = "cnil"  # the duty whose clock every page shows
Conditions = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Obligation:
    """A duty under the terms valid from `valid_from` until `valid_until` (days, the last one included).

    It starts at the first known of `starts` (questions), or at the first active filing of kind `after`; with neither it
    always stands. Without `hours` the law gives no hour, and none is made up."""

    key: str
    title: str
    who: str
    to: str
    delay: str
    tone: str
    basis: str
    link: str
    valid_from: str
    certainty: str
    valid_until: str = ""
    caveat: str = ""  # to whom it may not apply, in words
    hours: int = 0
    soft: bool = False  # « si possible »: never called overdue
    starts: tuple[str, ...] = ()
    prudent: str = ""  # the question whose earlier moment gives the careful reading
    after: str = ""
    when: Conditions = ()  # it is due only if these hold
    done: Conditions = ()
    done_by: tuple[str, ...] = ()  # kinds of filing that discharge it
    stopped: Conditions = ()  # the practice decided otherwise


@dataclass(frozen=True)
class Filed:
    """An active filing, as data: when (UTC), what, and each duty's (start, end) as frozen in it."""

    kind: str
    at: datetime
    number: str = ""
    answers: Answers = field(default_factory=dict)
    digest: str = ""
    frozen: Mapping[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Deadline:
    """A duty and its clock at one `now`. Instants are UTC, None while not known, or where the law gives no hour.

    `state`: idle (not due as things stand), waiting (its start is not known), open, soon, urgent, overdue, todo (no hour
    to run out), chase (soft, and its time is past), done, stopped (the practice decided otherwise)."""

    obligation: Obligation
    starts_at: datetime | None
    due_at: datetime | None
    state: str
    hour_known: bool
    left: timedelta | None
    careful_at: datetime | None = None  # end under the careful reading, when that is earlier
    done_at: datetime | None = None

    @property
    def late(self) -> bool:
        """Is it, or was it done, after its end? Never of a duty that is only « si possible »."""
        if self.obligation.soft or self.due_at is None:
            return False
        return self.state == "overdue" or bool(self.done_at and self.done_at > self.due_at)

    @property
    def alarm_at(self) -> datetime | None:
        """The instant that alarms count towards: the earlier reading."""
        return self.careful_at or self.due_at

    @property
    def running(self) -> bool:
        return self.state in ("open", "soon", "urgent", "overdue")


def load(path: Path) -> tuple[Obligation, ...]:
    """The duties of a file. Raises BadFile for a missing or unknown attribute."""
    found = []
    for raw in read_toml(path).get("obligation", []):
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}
        try:
            found.append(Obligation(**values))
        except TypeError as error:
            raise BadFile([f"{path.name}: {raw.get('key', '?')}: {error}"]) from error
    return tuple(found)


def clocks(obligations: Sequence[Obligation], case: Case, filings: Sequence[Filed], now: datetime) -> list[Deadline]:
    """The clock of each duty in the file's order, under the terms valid when it started."""
    keys = dict.fromkeys(each.key for each in obligations)
    return [deadline([each for each in obligations if each.key == key], case, filings, now) for key in keys]


def deadline(terms: Sequence[Obligation], case: Case, filings: Sequence[Filed], now: datetime) -> Deadline:
    """The clock of one duty, given under its successive terms. A bare day starts it at 00:00 in the dossier's zone."""
    start, hour_known = _start(terms[-1], case, filings)
    duty = _valid(terms, (start or now).astimezone(case.zone).date().isoformat())
    due_at = deadlines.due(start, timedelta(hours=duty.hours)) if start and duty.hours else None
    done_at = _done_at(duty, start, filings)
    for filed in filings[:1]:
        if duty.done_by and not duty.after:  # a filing freezes the terms under which it was made
            start, due_at = filed.frozen.get(duty.key, (start, due_at))
    careful_at = None if done_at else _careful(duty, due_at, case)
    return Deadline(
        duty,
        start,
        due_at,
        _state(duty, case, start, due_at, careful_at, done_at, now),
        hour_known,
        due_at - now if due_at else None,
        careful_at,
        done_at,
    )


def _valid(terms: Sequence[Obligation], day: str) -> Obligation:
    valid = [each for each in terms if each.valid_from <= day and (not each.valid_until or day <= each.valid_until)]
    return valid[-1] if valid else terms[0]


def _start(duty: Obligation, case: Case, filings: Sequence[Filed]) -> tuple[datetime | None, bool]:
    """(UTC instant, is its hour known?)"""
    if duty.after:
        first = next(iter(filings), None)
        return (first.at, True) if first and first.kind == duty.after else (None, False)
    for value in _moments(duty.starts, case):
        return span(value, case.zone)[0], len(value) > 10
    return None, False


def _moments(keys: Sequence[str], case: Case) -> Iterator[str]:
    for key in keys:
        entry = case.answers.get(key)
        if entry and entry["state"] == "known" and not is_blank(entry):
            yield entry["value"]


def _careful(duty: Obligation, due_at: datetime | None, case: Case) -> datetime | None:
    """The end if the delay began when the news was received, where that is earlier than when it was read."""
    for value in _moments([duty.prudent] if duty.prudent and due_at else [], case):
        end = deadlines.due(span(value, case.zone)[0], timedelta(hours=duty.hours))
        return end if due_at and end < due_at else None
    return None


def _done_at(duty: Obligation, start: datetime | None, filings: Sequence[Filed]) -> datetime | None:
    later = filings[1:] if duty.after else filings
    found = [filed.at for filed in later if filed.kind in duty.done_by]
    return found[0].astimezone(UTC) if found and (start or not duty.after) else None


def _state(
    duty: Obligation,
    case: Case,
    start: datetime | None,
    due_at: datetime | None,
    careful_at: datetime | None,
    done_at: datetime | None,
    now: datetime,
) -> str:
    if done_at or (duty.done and holds(duty.done, case)):
        return "done"
    if (duty.after and start is None) or not holds(duty.when, case):
        return "idle"
    if duty.stopped and holds(duty.stopped, case):
        return "stopped"
    if due_at is None:
        return "waiting" if duty.starts and start is None else "todo"
    if duty.soft:
        return "chase" if now > due_at else "todo"
    return "overdue" if now > due_at else deadlines.state(min(careful_at or due_at, due_at), now, past="urgent")
