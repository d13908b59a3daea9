"""What a complementary notification says: what changed since the last filing, and what is still unknown."""

from dataclasses import replace
from itertools import takewhile
from typing import Any, NamedTuple, cast

from ..obligations import Deadline, Filed
from ..typography import Words
from .build import build_report
from .data import Line
from .filings import KIND, REFERENCE
from .model import Report, Row
from .words import ORIGIN_WORDS

CNIL_COMPLEMENT = "cnil_complement"  # the duty to complete what was filed
LONG = 800  # characters, before and now


class Difference(NamedTuple):
    """An answer that is no longer what was filed; no lines where it was not asked or not answered."""

    row: Row  # as it stands now; as it was filed where it is no longer asked
    before: tuple[Line, ...]
    now: tuple[Line, ...]
    name: str  # the question, as it is understood out of its page

    @property
    def long(self) -> bool:
        """Too long to be kept on one sheet?"""
        return sum(len(line.text) for line in self.before + self.now) > LONG


def list_differences(report: Report, filed: Filed) -> tuple[Difference, ...]:
    """The CNIL's questions whose printed answer is no longer that of `filed`, in the questionnaire's order.

    Kind and reference are left out: they are those of each notification, not of the breach. So are notes."""
    before = {row.key: row for row in restore_filed_report(report, filed).rows}
    now = {row.key: row for row in report.rows}
    asked = [question.key for question in report.data.questionnaire if question.key not in (KIND, REFERENCE)]
    pairs = [(before.get(key), now.get(key)) for key in asked]
    changed = [pair for pair in pairs if list_printed_words(pair[0]) != list_printed_words(pair[1])]
    return tuple(build_difference(report, *pair) for pair in changed)


def find_complement_clock(report: Report) -> Deadline:
    """The clock of the complementary notification: 72 hours « si possible » after the first one."""
    return next(clock for clock in report.clocks if clock.obligation.key == CNIL_COMPLEMENT)


def restore_filed_report(report: Report, filed: Filed) -> Report:
    """The same dossier as it was filed, after the filings that came before."""
    before = tuple(takewhile(lambda each: each is not filed and each.at <= filed.at, report.data.filings))
    return build_report(replace(report.data, answers=filed.answers, filings=before, snapshot=True), filed.at)


def list_unknowns(report: Report) -> tuple[tuple[str, Row], ...]:
    """What is « inconnu à ce stade », each with its question as it is understood out of its page."""
    return tuple((name_question(report, row), row) for row in report.unknowns)


def describe_identity(report: Report) -> tuple[Row, ...]:
    """Which notification this is: its kind, and the number of the one that it completes."""
    return tuple(row for row in report.rows if row.key in (KIND, REFERENCE))


def name_question(report: Report, row: Row) -> str:
    """« Dates de la violation : Début »: many labels say little without the title of their page."""
    title = next(step.title for step in report.data.questionnaire.steps if step.slug == row.question.step)
    label = row.question.label
    return Words(label if label.startswith(title) else f"{title} : {label}")


def build_difference(report: Report, old: Row | None, new: Row | None) -> Difference:
    row = cast(Row, new or old)  # a question that differs is asked on one side at least
    return Difference(row, list_printed_lines(old), list_printed_lines(new), name_question(report, row))


def list_printed_lines(row: Row | None) -> tuple[Line, ...]:
    """The answer's lines, with the certainty of the whole answer on those of which it is said."""
    if row is None:
        return ()
    whole = {"certainty": row.certainty, "status": row.status} if row.certainty else {}
    return tuple(line if stands_apart(line) else replace(line, **whole) for line in row.lines)


def stands_apart(line: Line) -> bool:
    """The practice's own part of a text, or a sentence made by rule: neither is the vendor's word."""
    return line.kind == "sentence" or (line.kind == "part" and ORIGIN_WORDS["practice"] in line.origin)


def list_printed_words(row: Row | None) -> Any:
    return [(line.text, line.detail, line.certainty) for line in list_printed_lines(row)]
