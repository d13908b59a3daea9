"""What the incident's guidance says beside the deadline: how others read its start, what the vendor asked for, and what
the CNIL asks of a practice that decides otherwise."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from .. import deadlines
from ..catalogue import GUIDANCE_WORDS, Guidance, Revision, Source
from ..questionnaire import Checkbox, holds
from .model import Report, Row

NOTIFY = "notify"  # the decision that contradicts nobody


@dataclass(frozen=True)
class Reading:
    """Who says what, with each source and the words of its date."""

    guidance: Guidance
    kind: str  # in words: « autorité chargée des notifications »
    cited: tuple[tuple[Source, str], ...]


@dataclass(frozen=True)
class Decision:
    """What the practice decided about notifying, and why (`rows`), the day, and the CNIL's request to read with it."""

    rows: tuple[Row, ...]
    day: str  # « 20 novembre 2025 », "" when not known
    request: Reading | None


def write_day(day: dt.date) -> str:
    """« 12 novembre 2025 », without the day of the week."""
    return deadlines.describe_day(day.isoformat()).partition(" ")[2]


def write_source_date(source: Source) -> str:
    """How a source is dated: « 12 novembre 2025 », or « non datée, vue le 21 novembre 2026 »."""
    if source.date:
        return write_day(source.date)
    return f"non datée, vue le {write_day(source.seen)}" if source.seen else "non datée"


def list_clock_readings(report: Report) -> tuple[Reading, ...]:
    """Every published reading of when the delay starts or ends, the authority's first, contrary ones included."""
    found = list_readings(report, lambda each: each.about == "clock" or each.asks_before is not None)
    return tuple(sorted(found, key=lambda each: list(GUIDANCE_WORDS).index(each.guidance.kind)))


def list_vendor_requests(report: Report) -> tuple[Reading, ...]:
    """What the vendor asked its customers to do before a day: a mark on the bar, never the deadline. Nothing of a day
    that was past when the delay began."""
    start = report.clock.starts_at
    since = start.astimezone(report.data.zone).date() if start else dt.date.min
    return list_readings(report, lambda each: each.asks_before is not None and each.asks_before >= since)


def find_decision(report: Report) -> Decision | None:
    """The decision not to notify, to wait or to follow another reading; None while nothing differs from notifying."""
    answers = report.data.answers
    asked = [condition.key for condition in report.clock.obligation.stopped]
    keys = {key for each in asked for key in report.data.questionnaire.merge_set(each)}
    rows = tuple(row for key, row in report.by_key.items() if key in keys and row.answered)
    if not rows or (len(rows) == 1 and answers[rows[0].key].get("value") == NOTIFY):
        return None
    at = report.data.decided_at
    day = write_day(at.astimezone(report.data.zone).date()) if at else ""
    requests = list_readings(
        report, lambda each: each.about == "notify" and each.kind == "authority" and not each.contrary
    )
    return Decision(rows, day, next(iter(requests), None))


def list_readings(report: Report, wanted: Callable[[Guidance], bool]) -> tuple[Reading, ...]:
    revision = report.data.newest
    return tuple(build_reading(revision, each) for each in revision.guidance if wanted(each)) if revision else ()


def build_reading(revision: Revision, guidance: Guidance) -> Reading:
    sources = [revision.sources[each] for each in guidance.sources]
    return Reading(guidance, GUIDANCE_WORDS[guidance.kind], tuple((each, write_source_date(each)) for each in sources))


def list_checkboxes(report: Report) -> dict[str, tuple[Checkbox, ...]]:
    """By question: the boxes that fit what is recorded. The incident adds its own, and its box takes the place of the
    form's of the same key; each is offered only where its conditions hold and its period meets the delay, from its
    start to the first filing, or to now."""
    case = report.reading.case
    found = {each.key: {tick.key: tick for tick in each.ticks} for each in report.data.questionnaire if each.ticks}
    for occasion in report.data.newest.occasions if report.data.newest else ():
        boxes = found.setdefault(occasion.question, {})
        boxes.pop(occasion.tick.key, None)
        if meets_delay(report, occasion.since, occasion.until):
            boxes[occasion.tick.key] = occasion.tick
    return {key: tuple(tick for tick in boxes.values() if holds(tick.when, case)) for key, boxes in found.items()}


def meets_delay(report: Report, since: dt.date | None, until: dt.date | None) -> bool:
    zone, start = report.data.zone, report.clock.starts_at
    end = (report.clock.done_at or report.now).astimezone(zone).date()
    return (since is None or since <= end) and (until is None or not start or start.astimezone(zone).date() <= until)
