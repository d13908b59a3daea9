"""A dossier among others: its place by time left, its state in words, and the filters of the list."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from .model import Report
from .words import CLOCK_WORDS

LAST = datetime.max.replace(tzinfo=UTC)
# By the value of the filter in the address: its words, and which dossiers it keeps.
FILTERS: Mapping[str, tuple[str, Callable[[Report], bool]]] = {
    "": ("Tous", lambda report: True),
    "a-faire": ("À faire", lambda report: _place(report) < 3),
    "urgents": ("Urgents ou dépassés", lambda report: report.clock.state in ("urgent", "overdue")),
    "bientot": ("Bientôt (moins de 24 heures)", lambda report: report.clock.state == "soon"),
    "deposes": ("Déposés", lambda report: _notified(report)),
    "sans-depot": ("Arrêtés par votre décision", lambda report: report.clock.state == "stopped"),
}


def sort_by_time_left(report: Report) -> tuple[int, datetime]:
    """Running clocks first, the nearest end first; then those to calculate; then complements; then what is over."""
    return _place(report), report.clock.alarm_at or LAST


def _place(report: Report) -> int:
    if report.clock.running:
        return 0
    if report.clock.state == "waiting":
        return 1
    return 2 if find_complement_state(report) in ("todo", "chase") else 3


def _notified(report: Report) -> bool:
    """Is the notification itself filed? A complement alone is none."""
    return report.clock.state == "done"


def find_complement_state(report: Report) -> str:
    return next((clock.state for clock in report.clocks if clock.obligation.after), "idle")


def find_state(report: Report) -> str:
    """The state that is shown for the whole dossier, a key of CLOCK_WORDS: the complement's once it is notified."""
    if not _notified(report):
        return report.clock.state
    complement = find_complement_state(report)
    return complement if complement in ("todo", "chase") else "done"


def describe_state(report: Report) -> str:
    """« urgent », « déposé », « déposé, complément à faire »."""
    words = CLOCK_WORDS[find_state(report)]
    if not _notified(report):
        return words
    return "déposé" if find_state(report) == "done" else f"déposé, complément {words}"
