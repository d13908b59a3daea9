"""The list of dossiers as a table for a spreadsheet in French: UTF-8 with its mark, columns apart by semicolons."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from ..report import Report, listing

COLUMNS = (
    "titre",
    "cabinet",
    "incident",
    "appris le",
    "fin du délai",
    "fin du délai, en mots",
    "état",
    "réponses manquantes",
    "déposé le",
    "numéro de la CNIL",
)
# What a spreadsheet takes for the beginning of a formula, its full-width forms included.
FORMULA = re.compile(r"[\s\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]")


BOARD = (
    *COLUMNS[1:8],
    "réponses relues",
    "réponses demandées",
    *COLUMNS[8:],
    "modifié le",
    "modifié par",
)


def dossiers(listed: Iterable[tuple[str, Report]]) -> bytes:
    """One line for each (title, report), under the names of the columns."""
    return table([COLUMNS, *(_line(title, report) for title, report in listed)])


def board(chunks: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """The lines of the board (`services.board.Line`), piece by piece, under the names of the columns."""
    yield table([BOARD])
    for lines in chunks:
        yield _encoded(_board_line(line) for line in lines)


def table(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows as CSV. No cell is a formula: an apostrophe goes before what would be one."""
    return codecs.BOM_UTF8 + _encoded(rows)


def _encoded(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows([_cell(each) for each in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if FORMULA.match(text) else text


def _line(title: str, report: Report) -> tuple[object, ...]:
    clock = report.clock
    first = report.notified
    return (
        title,
        report.organisation,
        report.incident_title,
        _instant(report, clock.starts_at)[: None if clock.hour_known else 10],
        _instant(report, clock.due_at),
        report.deadline_words,
        listing.describe_state(report),
        len(report.missing),
        _instant(report, first.at if first else None),
        first.number if first else "",
    )


def _board_line(line: Any) -> tuple[object, ...]:
    _, _, *clock, filed_at, number = _line("", line.report)
    touched_at = _instant(line.report, line.touched_at)
    return (line.name, *clock, line.read, line.report.progress.total, filed_at, number, touched_at, line.by)


def _instant(report: Report, instant: datetime | None) -> str:
    """ISO 8601 with the offset of the dossier's zone, "" while not known."""
    return instant.astimezone(report.data.zone).isoformat() if instant else ""
