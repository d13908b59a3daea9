"""A dossier among others: its place by time left, its state in words, and the filters of the list."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from ..obligations import CNIL, Deadline
from .model import Report
from .words import CLOCK_WORDS

LAST = datetime.max.replace(tzinfo=UTC)
RUNNING, WAITING, COMPLEMENT, OVER = range(4)  # places in a list
# By the value of the filter in the address: its words, and which dossiers it keeps.
FILTERS: Mapping[str, tuple[str, Callable[[Report], bool]]] = {
    "": ("Tous", lambda report: True),
    "a-faire": ("À faire", lambda report: find_place(report.clocks)[2] < OVER),
    "urgents": ("Urgents ou dépassés", lambda report: report.clock.state in ("urgent", "overdue")),
    "bientot": ("Bientôt (moins de 24 heures)", lambda report: report.clock.state == "soon"),
    "deposes": ("Déposés", lambda report: is_notified(report)),
    "sans-depot": ("Arrêtés par votre décision", lambda report: report.clock.state == "stopped"),
}


def sort_by_time_left(report: Report) -> tuple[int, datetime]:
    """Running clocks first, the nearest end first; then those to calculate; then complements; then what is over."""
    _, alarm_at, place = find_place(report.clocks)
    return place, alarm_at or LAST


def find_place(clocks: Sequence[Deadline]) -> tuple[str, datetime | None, int]:
    """Return what a list orders and filters by: the state of the notification's clock, « running » in whatever state it
    runs; the instant that its alarms count towards; the place. None of them follows from the hour that it is."""
    clock = next(each for each in clocks if each.obligation.key == CNIL)
    if clock.running:
        return "running", clock.alarm_at, RUNNING
    if clock.state == "waiting":
        return clock.state, clock.alarm_at, WAITING
    return clock.state, clock.alarm_at, COMPLEMENT if find_complement_state(clocks) in ("todo", "chase") else OVER


def is_notified(report: Report) -> bool:
    """Is the notification itself filed? A complement alone is none."""
    return report.clock.state == "done"


def find_complement_state(clocks: Sequence[Deadline]) -> str:
    return next((clock.state for clock in clocks if clock.obligation.after), "idle")


def find_state(report: Report) -> str:
    """The state that is shown for the whole dossier, a key of CLOCK_WORDS: the complement's once it is notified."""
    if not is_notified(report):
        return report.clock.state
    complement = find_complement_state(report.clocks)
    return complement if complement in ("todo", "chase") else "done"


def describe_state(report: Report) -> str:
    """« urgent », « déposé », « déposé, complément à faire »."""
    words = CLOCK_WORDS[find_state(report)]
    if not is_notified(report):
        return words
    return "déposé" if find_state(report) == "done" else f"déposé, complément {words}"
