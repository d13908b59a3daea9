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
    Unusable,
    check_conditions,
    convert_tables,
    holds,
    is_blank,
    join_words,
    read_toml,
    span,
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
        """Is the end over by now, whatever was done or decided?"""
        return self.left is not None and self.left < timedelta(0)

    @property
    def late(self) -> bool:
        """Is it, or was it done, after its end, be it the one that was filed or the one by today's answers? Never of a
        duty that is only « si possible »; a decision does not stop the hours."""
        return self.late_as_filed or self._after(self.corrected_at)

    @property
    def late_as_filed(self) -> bool:
        """The same, by the end that was filed alone."""
        return self._after(self.due_at)

    def _after(self, end: datetime | None) -> bool:
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


def load(path: Path, questionnaire: Questionnaire | None = None) -> tuple[Obligation, ...]:
    """Read and check a file of duties; with a questionnaire, what they ask of it is checked too. Raises Unusable."""
    return build(read_toml(path), path.name, questionnaire)


def build(tables: Mapping[str, Any], file: str, questionnaire: Questionnaire | None = None) -> tuple[Obligation, ...]:
    """Return the duties that the tables hold; `file` is its name in problems. Raises Unusable."""
    duties = convert_tables(tables, Duties, file).obligations
    problems = [(duty.key, problem) for duty in duties for problem in check_duty(duty, questionnaire)]
    problems += [(duty.key, f"deux termes sont valables le {day}.") for duty, day in find_overlaps(duties)]
    if problems:
        raise Unusable([join_words(file, *problem) for problem in problems])
    return duties


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


def find_overlaps(duties: Sequence[Obligation]) -> Iterator[tuple[Obligation, date]]:
    """Yield a duty whose terms are two on the same day, and the first such day."""
    for one, other in combinations(duties, 2):
        first, last = sorted((one, other), key=lambda each: each.valid_from)
        if one.key == other.key and (first.valid_until is None or last.valid_from <= first.valid_until):
            yield last, last.valid_from


def clocks(obligations: Sequence[Obligation], case: Case, filings: Sequence[Filed], now: datetime) -> list[Deadline]:
    """The clock of each duty in the file's order, under the terms valid when it started."""
    keys = dict.fromkeys(each.key for each in obligations)
    return [deadline([each for each in obligations if each.key == key], case, filings, now) for key in keys]


def deadline(terms: Sequence[Obligation], case: Case, filings: Sequence[Filed], now: datetime) -> Deadline:
    """The clock of one duty, given under its successive terms. A bare day starts it at 00:00 in the dossier's zone.

    What was filed keeps its start and its end: neither a later answer nor a later law changes them, and where a later
    answer would, `corrected_at` tells. Filed without a start, it counts from the one that is given later."""
    duty, start, hour_known = _terms_at_start(terms, case, filings, now)
    due_at = deadlines.due(start, timedelta(hours=duty.hours)) if start and duty.hours else None
    filed = _discharging(duty, start, filings)
    if filed and start == _frozen(duty, filed)[0]:
        due_at = _frozen(duty, filed)[1]
    careful_at = None if filed else _careful(duty, due_at, case)
    done_at, done_day = _done(duty, case, filed)
    return Deadline(
        duty,
        start,
        due_at,
        _state(duty, case, start, due_at, careful_at, done_at, now),
        hour_known,
        due_at - now if due_at else None,
        careful_at,
        done_at,
        done_day,
        _corrected(duty, case, filed),
    )


def _done(duty: Obligation, case: Case, filed: Filed | None) -> tuple[datetime | None, str]:
    """(when it was done, the day where no hour is known): by a filing, else as the practice says."""
    if filed:
        return filed.at.astimezone(UTC), ""
    for value in _moments([duty.done_on] if duty.done_on and holds(duty.done, case) else [], case):
        return span(value, case.zone)[0], value if len(value) == 10 else ""
    return None, ""


def _corrected(duty: Obligation, case: Case, filed: Filed | None) -> datetime | None:
    """The end by today's answers, where the start is no longer the one that was filed."""
    then = _frozen(duty, filed)[0] if filed and not duty.after else None
    start = _start(duty, case, ())[0] if then and duty.hours else None
    if start is None or start.replace(microsecond=0) == then:  # frozen to the second
        return None
    return deadlines.due(start, timedelta(hours=duty.hours))


def _terms_at_start(
    terms: Sequence[Obligation], case: Case, filings: Sequence[Filed], now: datetime
) -> tuple[Obligation, datetime | None, bool]:
    """(terms valid on the day of the start, or today without one; start; is its hour known?), as once filed."""
    for duty in sorted(terms, key=lambda each: each.valid_from, reverse=True):
        start, hour_known = _start(duty, case, filings)
        filed = _discharging(duty, start, filings)
        if filed and (then := _frozen(duty, filed)[0]):
            start = then
            if filed.answers and not duty.after:
                hour_known = _start(duty, replace(case, answers=filed.answers), filings)[1]
        day = (start or now).astimezone(case.zone).date()
        if duty.valid_from <= day and (duty.valid_until is None or day <= duty.valid_until):
            break
    return duty, start, hour_known  # before any known terms, the first ones


def _frozen(duty: Obligation, filed: Filed) -> tuple[datetime | None, datetime | None]:
    return filed.frozen.get(duty.key, (None, None))


def _start(duty: Obligation, case: Case, filings: Sequence[Filed]) -> tuple[datetime | None, bool]:
    """(UTC instant, is its hour known?)"""
    if duty.after:
        first = next((filed for filed in filings if filed.kind == duty.after), None)
        return (first.at.astimezone(UTC), True) if first else (None, False)
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


def _discharging(duty: Obligation, start: datetime | None, filings: Sequence[Filed]) -> Filed | None:
    """The first filing that discharges the duty; the one that starts it does not, nor one before it."""
    later: Iterator[Filed] = iter(filings)
    if duty.after:
        later = dropwhile(lambda filed: filed.kind != duty.after, filings) if start else iter(())
        next(later, None)
    return next((filed for filed in later if filed.kind in duty.done_by), None)


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
        return "waiting" if duty.hours else "todo"  # without a start, or without an hour to run out
    if duty.soft:
        return "chase" if now > due_at else "todo"
    return "overdue" if now > due_at else deadlines.state(min(careful_at or due_at, due_at), now, past="urgent")
