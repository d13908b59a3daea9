"""A dossier's documents as PDF: one report in, the bytes of a tagged A4 document out (PDF/UA-1).

Same report, same bytes. While it renders, nothing is read but the fonts listed here: whatever a text holds, it is
printed as text, and an address asked for by anything else is refused.
"""

import atexit
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from ..report import (
    CERTAINTY_WORDS,
    ORIGIN_WORDS,
    Letter,
    Recorded,
    Report,
    Row,
    describe_identity,
    find_complement_clock,
    find_decision,
    list_differences,
    list_unknowns,
)

STYLESHEET = "css/pdf.css"
FONTS = tuple(
    f"vendor/font/atkinson-hyperlegible-next-{face}.woff2"
    for alphabet in ("latin", "latin-ext")
    for face in (f"{alphabet}-400-normal", f"{alphabet}-400-italic", f"{alphabet}-700-normal")
)
# A blank before a closing tag makes WeasyPrint break a line that would just fit, a word or more too early.
LAST_BLANKS = re.compile(r"(?<!\s)\s++(?=</)")
# Stands for the folder of static files. `.invalid` exists nowhere (RFC 2606), should it ever leave this module.
ROOT = "https://static.invalid/"
FETCHABLE = {ROOT + name: name for name in FONTS}


def draft_pdf(report: Report, *, title: str = "", incident_title: str = "", with_notes: bool = True) -> bytes:
    """The draft of a notification. `title` names the dossier on each page: the organisation when nothing else is said.

    Without notes, nothing that the questionnaire asks only for the practice's own use is printed."""
    return printed("pdf/draft.html", _titles(report, title, incident_title) | _context(report, with_notes))


def filing_pdf(report: Report, recorded: Recorded) -> bytes:
    """A copy of what was recorded as filed: `report` is read from its snapshot, whose digest stands on each page."""
    return printed("pdf/draft.html", _titles(report) | _context(report, with_notes=False) | {"recorded": recorded})


def complement_pdf(report: Report) -> bytes:
    """A complementary notification: what changed since the last filing, and what is still unknown."""
    last = report.data.filings[-1]
    found = {
        "heading": "Notification complémentaire d'une violation de données personnelles",
        "compared": last,
        "identity": describe_identity(report),
        "differences": list_differences(report, last),
        "named_unknowns": list_unknowns(report),
        "clock": find_complement_clock(report),
    }
    return printed("pdf/complement.html", _titles(report) | _context(report, with_notes=False) | found)


def letter_pdf(letter: Letter) -> bytes:
    return printed("pdf/letter.html", {"letter": letter})


def deadlines_pdf(title: str, reports: Sequence[Report], *, now: datetime, zone: ZoneInfo) -> bytes:
    """A sheet with a line for each dossier: when it was learnt, until when, and boxes to be filled in by hand."""
    incident_title = next((report.incident_title for report in reports), "")
    context = {"title": title, "incident_title": incident_title, "reports": reports, "now": now, "zone": zone}
    return printed("pdf/deadlines.html", context)


def _titles(report: Report, title: str = "", incident_title: str = "") -> dict[str, str]:
    return {
        "title": title or report.organisation or "Organisme non renseigné",
        "incident_title": incident_title or report.incident_title,
    }


def printed(template: str, context: dict[str, Any]) -> bytes:
    """A page template, filled in, as PDF."""
    html = render_to_string(template, context)
    engine = _engine()
    with engine.lock:
        return engine.write(LAST_BLANKS.sub("", html))


def _context(report: Report, with_notes: bool) -> dict[str, Any]:
    doubts = _doubts(report, with_notes)
    decided = find_decision(report) if with_notes else None
    notes = [row for row in report.notes if with_notes and row.answered and row.origin != "default"]
    return {
        "report": report,
        "questionnaire": report.data.questionnaire,
        "zone": report.data.zone,
        "with_notes": with_notes,
        "decision": decided,  # printed with what the CNIL asks, not among the other notes
        "notes": [row for row in notes if not decided or row not in decided.rows],
        "sources": report.sources,
        "unknowns": report.unknowns,
        "doubts": doubts,
        "doubtful_keys": {row.key for _, rows in doubts for row in rows},
        "practice_words": ORIGIN_WORDS["practice"],
        "certainty": CERTAINTY_WORDS,
        "first": next(iter(report.data.filings), None),
        "recorded": None,
        "compared": None,
        "heading": "",
    }


def _doubts(report: Report, with_notes: bool) -> list[tuple[str, list[Row]]]:
    """Each doubt with the rows it is about. One that tells what a note says leaves with the notes."""
    found = []
    for keys, message in report.doubts:
        rows = [report.by_key[key] for key in keys if key in report.by_key]
        if with_notes or not any(row.question.ours for row in rows):
            found.append((message, rows))
    return found


@dataclass(frozen=True)
class _Engine:
    """What is made once for each process: fonts, parsed style sheet, and the fetcher that refuses the rest."""

    fetcher: Any
    fonts: Any
    stylesheet: Any
    lock: Lock  # fonts are shared by renderings, and Pango's are not made for several threads

    def write(self, html: str) -> bytes:
        from weasyprint import HTML

        document = HTML(string=html, url_fetcher=self.fetcher)
        return bytes(document.write_pdf(font_config=self.fonts, stylesheets=[self.stylesheet], pdf_variant="pdf/ua-1"))


@cache
def _engine() -> _Engine:
    # Imported here, not above: it takes a second and 60 MB that most pages and commands do not need.
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    fetcher, fonts = _fetcher(), FontConfiguration()
    text = _on_disk(STYLESHEET).read_text(encoding="utf-8")
    atexit.register(_engine.cache_clear)  # fonts remove their temporary folder, which they cannot do any later
    stylesheet = CSS(string=text, base_url=ROOT + STYLESHEET, url_fetcher=fetcher, font_config=fonts)
    return _Engine(fetcher, fonts, stylesheet, Lock())


def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFontsOnly(URLFetcher):  # type: ignore[misc]
        """Answers for the addresses of FETCHABLE, from disk. It opens no address and follows no redirect."""

        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            if url not in FETCHABLE:
                raise PermissionError(f"not a file of the draft: {url[:80]!r}")
            return URLFetcherResponse(url, _on_disk(FETCHABLE[url]).read_bytes(), {"Content-Type": "font/woff2"})

    return OwnFontsOnly(allowed_protocols=(), allow_redirects=False)


def _on_disk(name: str) -> Path:
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(f"static file {name} is missing: run `make setup`")
    return Path(str(path))
