"""Which reminder is true when: one at a time, whatever was missed."""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest

from notifications import obligations
from notifications.obligations import Filed
from notifications.questionnaire import Case
from notifications.services.alerts.plan import find_target, list_reminders, list_upcoming
from tests.dossiers import SEEDS, form

DUTIES = obligations.load_duties(SEEDS / "obligations.toml")
AWARE = datetime(2025, 11, 12, 9, 42, tzinfo=UTC)
END = AWARE + timedelta(hours=72)
HOUR = timedelta(hours=1)


def clocks(now, *, filings=(), aware=AWARE, **answers):
    values = {"aware_at": aware.isoformat()} | answers if aware else answers
    entries = {key: {"state": "known", "value": value} for key, value in values.items()}
    return obligations.read_clocks(DUTIES, Case(form(), entries, zone=ZoneInfo("Europe/Paris")), filings, now)


def kinds(now, decided_at=None, **given):
    return [(each.kind, each.deadline) for each in list_reminders(clocks(now, **given), decided_at, now)]


def told(start, hours, **given):
    """The kinds that are true one after the other, each with the hour from END at which it begins."""
    moments = [start + HOUR * n for n in range(hours)]
    said = [(moment, tuple(kinds(moment, **given))) for moment in moments]
    return [(key, (next(found)[0] - END) / HOUR) for key, found in groupby(said, key=lambda each: each[1])]


def test_one_reminder_is_true_at_a_time():
    assert told(AWARE, 24 * 10) == [
        ((("start", END),), -72),
        ((("before_24h", END),), -24),
        ((("before_6h", END),), -6),
        ((("before_1h", END),), -1),
        ((("overdue_1", END),), 1),
        ((("overdue_2", END),), 24),
        ((("overdue_3", END),), 48),  # and no further one
    ]
    assert kinds(END) == [("before_1h", END)]
    assert kinds(END + timedelta(seconds=1)) == [("overdue_1", END)]


def test_nothing_is_said_of_an_end_that_is_not_known():
    assert kinds(END, aware=None) == []


def test_alarms_follow_the_careful_reading_then_the_stated_one():
    received = AWARE - 30 * HOUR
    careful = END - 30 * HOUR
    given = {"informed_by_processor_at": received.isoformat()}
    assert [kind for kind, _ in told(AWARE, 24 * 4, **given)] == [
        (("start", careful),),
        (("before_24h", careful),),
        (("before_6h", careful),),
        (("before_1h", careful),),
        (("start", END),),
        (("before_24h", END),),
        (("before_6h", END),),
        (("before_1h", END),),
        (("overdue_1", END),),
    ]
    cnil = clocks(AWARE, **given)[0]
    assert (find_target(cnil, careful), find_target(cnil, careful + HOUR)) == (careful, END)
    assert list(list_upcoming(cnil, careful - 3 * HOUR)) == [careful - HOUR]


def test_a_filing_ends_the_alarms_and_starts_those_of_the_complement():
    filed = Filed("initial", END - HOUR)
    soft = filed.at + timedelta(hours=72)
    assert [kind for kind, _ in told(END, 24 * 5, filings=[filed])] == [
        (("complement", soft),),
        (("complement_chase", soft),),
    ]
    later = [filed, Filed("complementary", END + HOUR)]
    assert kinds(END + 2 * HOUR, filings=later) == []
    assert kinds(END, filings=[Filed("complete", END - HOUR)]) == []


@pytest.mark.parametrize(
    ("decided_at", "due_at"),
    [(AWARE + HOUR, END - 24 * HOUR), (END - 2 * HOUR, END - 2 * HOUR + timedelta(days=7))],
)
def test_a_decision_not_to_notify_is_looked_at_once_more(decided_at, due_at):
    given = {"decision": "not_notify", "decided_at": decided_at}
    assert kinds(due_at - HOUR, **given) == []
    assert kinds(due_at, **given) == kinds(due_at + 999 * HOUR, **given) == [("review", due_at)]


def test_a_decision_without_a_known_end_is_looked_at_after_a_week():
    found = kinds(END, aware=None, decision="not_notify", decided_at=AWARE)
    assert found == []
    found = kinds(AWARE + timedelta(days=8), aware=None, decision="not_notify", decided_at=AWARE)
    assert found == [("review", AWARE + timedelta(days=7))]
