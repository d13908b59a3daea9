"""Who must be told by when: duties read from `seeds/obligations.toml`, and their clocks for given answers and filings.

A clock is computed from one `now` and never stored; what was filed keeps the terms under which it was filed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, dropwhile
from pathlib import Path
from typing import Any, get_type_hints

from . import deadlines
from .questionnaire import STATUSES, Answers, BadFile, Case, Questionnaire, holds, is_blank, read_toml, span
from .typography import mark_words

CNIL = "cnil"  # the duty whose clock every page shows
FILINGS = ("initial", "complementary", "complete")
TESTS = {"is", "any", "known"}  # a condition has a `key` and one of these
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
    done_on: str = ""  # the question that tells the day on which it was done
    late_note: str = ""  # what to say where it was done after its end, in words
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
    """The duties of a file. Raises BadFile with every problem found: file, key, what is wrong.

    With a questionnaire, what the duties ask of it is checked too: moments that start a clock, keys of conditions."""
    problems: list[str] = []
    found = []
    for raw in read_toml(path).get("obligation", []):
        wrong = list(_shape_problems(raw))
        if not wrong:
            values = {k: tuple(each) if isinstance(each, list) else each for k, each in mark_words(raw).items()}
            duty = Obligation(**values)
            wrong = [*_duty_problems(duty), *(_link_problems(duty, questionnaire) if questionnaire else ())]
            found.append(duty)
        problems += [f"{path.name}: {raw.get('key', '?')}: {each}" for each in wrong]
    problems += [f"{path.name}: {each}" for each in _overlaps(found)]
    if problems:
        raise BadFile(problems)
    return tuple(found)


def _shape_problems(raw: Mapping[str, Any]) -> Iterator[str]:
    """Attributes that are missing, unknown, or not of their type."""
    types = get_type_hints(Obligation)
    yield from (f"unknown attribute {name}" for name in raw.keys() - types.keys())
    for each in fields(Obligation):
        if each.name not in raw:
            if each.default is MISSING:
                yield f"{each.name} is missing"
        elif not _fits(raw[each.name], types[each.name]):
            yield f"{each.name} {raw[each.name]!r} is not of its type"


def _fits(value: Any, kind: Any) -> bool:
    if kind in (str, int, bool):
        return type(value) is kind
    wanted = Mapping if kind == Conditions else str
    return isinstance(value, list) and all(isinstance(each, wanted) for each in value)


def _duty_problems(duty: Obligation) -> Iterator[str]:
    for name in ("valid_from", "valid_until"):
        day = getattr(duty, name)
        if not _is_day(day) and (day or name == "valid_from"):
            yield f"{name} {day!r} is not a day (YYYY-MM-DD)"
    if duty.certainty not in STATUSES:
        yield f"unknown certainty {duty.certainty!r}"
    if duty.hours < 0:
        yield "hours is negative"
    if not duty.link.startswith("https://"):
        yield "link is not an https address"
    if {*duty.done_by, *filter(None, [duty.after])} - set(FILINGS):
        yield f"after and done_by name kinds of filing: {', '.join(FILINGS)}"
    if duty.prudent and not duty.starts:
        yield "prudent goes with starts"
    if duty.done_on and not duty.done:
        yield "done_on goes with done"
    for condition in (*duty.when, *duty.done, *duty.stopped):
        if not (len(condition) == 2 and "key" in condition and condition.keys() - {"key"} <= TESTS):
            yield f"condition {dict(condition)} needs a key and one of {', '.join(sorted(TESTS))}"


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _link_problems(duty: Obligation, questionnaire: Questionnaire) -> Iterator[str]:
    """What no question of the questionnaire can answer."""
    for key in filter(None, (*duty.starts, duty.prudent)):
        question = questionnaire.get(key)
        if question is None or question.type != "moment":
            yield f"starts at {key!r}, which is no question of type moment"
    if duty.done_on and getattr(questionnaire.get(duty.done_on), "type", "") not in ("date", "moment"):
        yield f"done_on {duty.done_on!r}, which is no question of type date or moment"
    for condition in (*duty.when, *duty.done, *duty.stopped):
        question = questionnaire.get(condition.get("key", ""))
        named = [condition.get("is"), *condition.get("any", ())]
        if question is None:
            yield f"condition on a missing key {condition.get('key')!r}"
        elif question.options and any(each is not None and question.option(each) is None for each in named):
            yield f"condition on {question.key}: it has no such option"


def _overlaps(duties: Sequence[Obligation]) -> Iterator[str]:
    """Two terms of one duty that hold on the same day."""
    for one, other in combinations(duties, 2):
        first, last = sorted((one, other), key=lambda each: each.valid_from)
        if one.key == other.key and (not first.valid_until or last.valid_from <= first.valid_until):
            yield f"{one.key}: terms of {first.valid_from} and {last.valid_from} are valid on the same day"


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
        day = (start or now).astimezone(case.zone).date().isoformat()
        if duty.valid_from <= day and (not duty.valid_until or day <= duty.valid_until):
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
