"""Which reminders are true at one instant. Pure: derived from clocks and `now`, so that nothing needs to be scheduled.

A duty has at most one reminder that is true: whatever was missed while nothing ran is merged into it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...obligations import CNIL, Deadline

COMPLEMENT = "cnil_complement"
REMINDED = (CNIL, COMPLEMENT)  # the duties of which mails remind
DAY = timedelta(days=1)
# Shortest first: the first one that holds is the one that is true.
BEFORE = {"before_1h": timedelta(hours=1), "before_6h": timedelta(hours=6), "before_24h": DAY}
OVERDUE = ("overdue_1", "overdue_2", "overdue_3")  # a day each, the last one until it was sent
REVIEW = "review"
REVIEW_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Reminder:
    """With the dossier, `kind` and `deadline` (UTC) make its key: a deadline that moved makes another reminder."""

    kind: str
    deadline: datetime


def list_reminders(clocks: Sequence[Deadline], decided_at: datetime | None, now: datetime) -> list[Reminder]:
    """What should have been sent by `now` and still says something true; `decided_at`: when the practice last said
    whether it notifies."""
    by_key = {clock.obligation.key: clock for clock in clocks}
    notification, complement = by_key.get(CNIL), by_key.get(COMPLEMENT)
    found = [
        _remind_of_end(notification, now) if notification else None,
        _remind_of_decision(notification, decided_at, now) if notification else None,
        _remind_of_complement(complement) if complement else None,
    ]
    return [each for each in found if each]


def duty_of(kind: str) -> str:
    """The key of the duty that a kind of reminder is about."""
    return COMPLEMENT if kind.startswith("complement") else CNIL


def find_target(clock: Deadline, now: datetime) -> datetime | None:
    """The end that alarms count towards: the careful one, and once that is past the one that the practice states."""
    return clock.careful_at if clock.careful_at and now <= clock.careful_at else clock.due_at


def list_upcoming(clock: Deadline, now: datetime) -> Iterator[datetime]:
    """When the reminders before the end are due, those that are still to come."""
    end = find_target(clock, now)
    if end and clock.running:
        yield from (end - delay for delay in reversed(BEFORE.values()) if end - delay > now)


def _remind_of_end(clock: Deadline, now: datetime) -> Reminder | None:
    end = find_target(clock, now)
    if not (clock.running and end):
        return None
    if now > end:
        return Reminder(OVERDUE[min((now - end) // DAY, len(OVERDUE) - 1)], end)
    return Reminder(next((kind for kind, delay in BEFORE.items() if end - now <= delay), "start"), end)


def _remind_of_decision(clock: Deadline, decided_at: datetime | None, now: datetime) -> Reminder | None:
    """One look back at a decision not to notify: a day before the end, or a week after where that is past already."""
    if clock.state != "stopped" or decided_at is None:
        return None
    at = clock.due_at - DAY if clock.due_at else decided_at
    if at <= decided_at:
        at = decided_at + REVIEW_AFTER
    return Reminder(REVIEW, at) if now >= at else None


def _remind_of_complement(clock: Deadline) -> Reminder | None:
    kind = {"todo": "complement", "chase": "complement_chase"}.get(clock.state)
    return Reminder(kind, clock.due_at) if kind and clock.due_at else None
