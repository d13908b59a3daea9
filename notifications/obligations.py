"""Who must be told by when: duties read from `seeds/obligations.toml`, and their clocks for given answers and filings.

A clock is computed from one `now` and never stored; what was filed keeps the terms under which it was filed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, dropwhile
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from . import deadlines
from .questionnaire import (
    Answers,
    Case,
    Condition,
    Filled,
    Questionnaire,
    Shape,
    Status,
    check_conditions,
    convert_tables,
    find_span,
    holds,
    read_toml,
)

CNIL = "cnil"  # the duty whose clock every page shows
Filing = Literal["initial", "complementary", "complete"]


class Obligation(Shape, frozen=True):
    """A duty under the terms valid from `valid_from` until `valid_until` (days, the last one included).

    It starts at the first known of `starts` (questions), or at the first active filing of kind `after`; with neither it
    always stands. Without `hours` the law gives no hour, and none is made up."""

    key: Filled
    title: Filled
    who: Filled
    to: Filled
    delay: Filled
    tone: Filled
    basis: Filled
    link: Annotated[str, Meta(pattern="^https://")]
    valid_from: date
    certainty: Status
    valid_until: date | None = None
    caveat: str = ""  # to whom it may not apply, in words
    hours: Annotated[int, Meta(ge=0)] = 0
    soft: bool = False  # « si possible »: never called overdue
    starts: tuple[str, ...] = ()
    prudent: str = ""  # the question whose earlier moment gives the careful reading
    after: Filing | Literal[""] = ""
    when: tuple[Condition, ...] = ()  # it is due only if these hold
    done: tuple[Condition, ...] = ()
    done_on: str = ""  # the question that tells the day on which it was done
    late_note: str = ""  # what to say where it was done after its end, in words
    done_by: tuple[Filing, ...] = ()  # kinds of filing that discharge it
    stopped: tuple[Condition, ...] = ()  # the practice decided otherwise


class Duties(Shape, frozen=True):
    """A file of duties."""

    obligations: Annotated[tuple[Obligation, ...], Meta(min_length=1)] = msgspec.field(name="obligation")


@dataclass(frozen=True)
class Filed:
    """An active filing, as data: when (UTC), what, and each duty's (start, end) as frozen in it."""

    kind: str
    at: datetime
    number: str = ""
    answers: Answers = field(default_factory=dict)
    digest: str = ""
    frozen: Mapping[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict)

    def find_terms(self, duty: Obligation) -> tuple[datetime | None, datetime | None]:
        """Return the start and the end of a duty as frozen here."""
        return self.frozen.get(duty.key, (None, None))


@dataclass(frozen=True)
class Deadline:
    """A duty and its clock at one `now`. Instants are UTC, None while not known, or where the law gives no hour.

    `state`: idle (not due as things stand), waiting (its start is not known), open, soon, urgent, overdue, todo (no
    hour to run out), chase (soft, and its time is past), done, stopped (the practice decided otherwise)."""

    obligation: Obligation
    starts_at: datetime | None
    due_at: datetime | None
    state: str
    hour_known: bool
    left: timedelta | None
    careful_at: datetime | None = None  # end under the careful reading, when that is earlier
    done_at: datetime | None = None
    done_day: str = ""  # the day (ISO) where no hour is known; `done_at` is then its beginning
    corrected_at: datetime | None = None  # the end by today's answers, where what was filed froze another start

    @property
    def past(self) -> bool:
        """The end is over by now, whatever was done or decided."""
        return self.left is not None and self.left < timedelta(0)

    @property
    def late(self) -> bool:
        """It is, or was done, after its end, be it the one that was filed or the one by today's answers? Never of a
        duty that is only « si possible »; a decision does not stop the hours."""
        return self.late_as_filed or self._is_after(self.corrected_at)

    @property
    def late_as_filed(self) -> bool:
        """The same, by the end that was filed alone."""
        return self._is_after(self.due_at)

    def _is_after(self, end: datetime | None) -> bool:
        if self.obligation.soft or end is None:
            return False
        return self.done_at > end if self.done_at else self.past and self.state in ("overdue", "stopped")

    @property
    def alarm_at(self) -> datetime | None:
        """The instant that alarms count towards: the earlier reading."""
        return self.careful_at or self.due_at

    @property
    def running(self) -> bool:
        return self.state in ("open", "soon", "urgent", "overdue")


def load_duties(path: Path, questionnaire: Questionnaire | None = None) -> tuple[Obligation, ...]:
    """Read and check a file of duties; with a questionnaire, what they ask of it is checked too. Raises Unusable."""
    return build_duties(read_toml(path), path.name, questionnaire)


def build_duties(
    tables: Mapping[str, Any], file: str, questionnaire: Questionnaire | None = None
) -> tuple[Obligation, ...]:
    """Return the duties that the tables hold; `file` is its name in problems. Raises Unusable."""

    def find_problems(duties: Duties) -> Iterator[tuple[str, str]]:
        for duty in duties.obligations:
            yield from ((duty.key, problem) for problem in check_duty(duty, questionnaire))
        for one, other in combinations(duties.obligations, 2):
            first, last = sorted((one, other), key=lambda duty: duty.valid_from)
            if one.key == other.key and (first.valid_until is None or last.valid_from <= first.valid_until):
                yield last.key, f"deux termes sont valables le {last.valid_from}."

    return convert_tables(tables, Duties, file, find_problems).obligations


def check_duty(duty: Obligation, questionnaire: Questionnaire | None) -> Iterator[str]:
    """Yield what is wrong with a duty, and what no question of the questionnaire can answer."""
    if duty.prudent and not duty.starts:
        yield "« prudent » va avec « starts »."
    if duty.done_on and not duty.done:
        yield "« done_on » va avec « done »."
    conditions = (*duty.when, *duty.done, *duty.stopped)
    if not all(condition.plain for condition in conditions):
        yield "une condition n'essaie ici que is, any ou known."
    if questionnaire is None:
        return
    yield from check_conditions(conditions, questionnaire)
    days = [(key, ("moment",)) for key in (*duty.starts, duty.prudent)] + [(duty.done_on, ("date", "moment"))]
    for key, types in days:
        if key and getattr(questionnaire.get(key), "type", "") not in types:
            yield f"« {key} » n'est pas une question de type {' ou '.join(types)}."


def read_clocks(
    obligations: Sequence[Obligation], case: Case, filings: Sequence[Filed], now: datetime
) -> list[Deadline]:
    """Return the clock of each duty in the file's order, under the terms valid when it started."""
    keys = dict.fromkeys(duty.key for duty in obligations)
    return [read_clock([duty for duty in obligations if duty.key == key], case, filings, now) for key in keys]


def read_clock(terms: Sequence[Obligation], case: Case, filings: Sequence[Filed], now: datetime) -> Deadline:
    """Return the clock of one duty, given under its successive terms. A bare day starts it at 00:00 in the dossier's
    zone.

    What was filed keeps its start and its end: neither a later answer nor a later law changes them, and where a later
    answer would, `corrected_at` tells. Filed without a start, it counts from the one that is given later."""
    duty, start, hour_known = _find_terms(terms, case, filings, now)
    delay = timedelta(hours=duty.hours)
    due_at = deadlines.add_delay(start, delay) if start and delay else None
    careful_at = done_at = corrected_at = None
    done_day = ""
    if filed := _find_discharge(duty, start, filings):
        done_at = filed.at.astimezone(UTC)
        filed_start, filed_end = filed.find_terms(duty)
        if start == filed_start:
            due_at = filed_end
        start_today = _find_start(duty, case, ())[0] if filed_start and delay and not duty.after else None
        if start_today and start_today.replace(microsecond=0) != filed_start:  # filed to the second
            corrected_at = deadlines.add_delay(start_today, delay)
    else:
        # The end if the delay began when the news was received, where that is earlier than when it was read.
        if due_at and (received := _find_moment([duty.prudent], case)):
            end = deadlines.add_delay(find_span(received, case.zone)[0], delay)
            careful_at = end if end < due_at else None
        if holds(duty.done, case) and (done := _find_moment([duty.done_on], case)):
            done_at, done_day = find_span(done, case.zone)[0], done if len(done) == 10 else ""
    state = _judge_state(duty, case, start, due_at, careful_at or due_at, done_at, now)
    left = due_at - now if due_at else None
    return Deadline(duty, start, due_at, state, hour_known, left, careful_at, done_at, done_day, corrected_at)


def _find_terms(
    terms: Sequence[Obligation], case: Case, filings: Sequence[Filed], now: datetime
) -> tuple[Obligation, datetime | None, bool]:
    """Return the terms valid on the day of the start (today without one), the start as once filed, and whether its hour
    is known."""
    for duty in sorted(terms, key=lambda each: each.valid_from, reverse=True):
        start, hour_known = _find_start(duty, case, filings)
        filed = _find_discharge(duty, start, filings)
        if filed and (filed_start := filed.find_terms(duty)[0]):
            start = filed_start
            if filed.answers and not duty.after:
                hour_known = _find_start(duty, replace(case, answers=filed.answers), filings)[1]
        day = (start or now).astimezone(case.zone).date()
        if duty.valid_from <= day and (duty.valid_until is None or day <= duty.valid_until):
            break
    return duty, start, hour_known  # before any known terms, the first ones


def _find_start(duty: Obligation, case: Case, filings: Sequence[Filed]) -> tuple[datetime | None, bool]:
    """Return the instant (UTC) at which the duty starts, and whether its hour is known."""
    if duty.after:
        first = next((filed for filed in filings if filed.kind == duty.after), None)
        return (first.at.astimezone(UTC), True) if first else (None, False)
    moment = _find_moment(duty.starts, case)
    return (find_span(moment, case.zone)[0], len(moment) > 10) if moment else (None, False)


def _find_moment(keys: Sequence[str], case: Case) -> str:
    """Return the first known answer to these questions, "" without one."""
    entries = (case.answers.get(key) for key in keys)
    return next((entry["value"] for entry in entries if entry and entry["state"] == "known" and entry["value"]), "")


def _find_discharge(duty: Obligation, start: datetime | None, filings: Sequence[Filed]) -> Filed | None:
    """Return the first filing that discharges the duty; the one that starts it does not, nor one before it."""
    later: Iterator[Filed] = iter(filings)
    if duty.after:
        later = dropwhile(lambda filed: filed.kind != duty.after, filings) if start else iter(())
        next(later, None)
    return next((filed for filed in later if filed.kind in duty.done_by), None)


def _judge_state(
    duty: Obligation,
    case: Case,
    start: datetime | None,
    due_at: datetime | None,
    alarm_at: datetime | None,
    done_at: datetime | None,
    now: datetime,
) -> str:
    if done_at or (duty.done and holds(duty.done, case)):
        return "done"
    if (duty.after and start is None) or not holds(duty.when, case):
        return "idle"
    if duty.stopped and holds(duty.stopped, case):
        return "stopped"
    if due_at is None or alarm_at is None:
        return "waiting" if duty.hours else "todo"  # without a start, or without an hour to run out
    if duty.soft:
        return "chase" if now > due_at else "todo"
    return "overdue" if now > due_at else deadlines.judge_state(alarm_at, now, past="urgent")
