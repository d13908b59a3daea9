"""The one source of review page, PDF, file, progress and lists: none of them looks at an answer itself."""

from .complement import Difference, as_filed, complement_clock, differences, identity, unknowns
from .copying import CopyScreen, Sheet, copy_sheet
from .essential import READ_AGAIN, Screen, essential, next_screen, screen_of, screens
from .filed import COMPLEMENTARY, Recorded, as_kind, terms
from .letter import Letter, letter_offered, letter_to_vendor
from .news import News, changed_since, news
from .pieces import ORGANISATION, STATE_WORDS, Dossier, Line, Progress, Proofread, Report, Row, Section
from .reading import SUSPICION_WORDS, case_of, facts_of, offers, report, stage
from .readings import Decision, Reading, clock_readings, date_words, day_words, decision, ticks, vendor_requests
from .words import (
    CERTAINTY_WORDS,
    CLOCK_WORDS,
    ORIGIN_WORDS,
    grouped,
    origin_words,
    plain_words,
    typo,
    value_lines,
    words,
)

# Name and version of `dossier.json`.
FILE_FORMAT, FILE_VERSION = "breach-assistant/notification", 1

__all__ = [
    "CERTAINTY_WORDS",
    "CLOCK_WORDS",
    "COMPLEMENTARY",
    "FILE_FORMAT",
    "FILE_VERSION",
    "ORGANISATION",
    "ORIGIN_WORDS",
    "READ_AGAIN",
    "STATE_WORDS",
    "SUSPICION_WORDS",
    "CopyScreen",
    "Decision",
    "Difference",
    "Dossier",
    "Letter",
    "Line",
    "News",
    "Progress",
    "Proofread",
    "Reading",
    "Recorded",
    "Report",
    "Row",
    "Screen",
    "Section",
    "Sheet",
    "as_filed",
    "as_kind",
    "case_of",
    "changed_since",
    "clock_readings",
    "complement_clock",
    "copy_sheet",
    "date_words",
    "day_words",
    "decision",
    "differences",
    "essential",
    "facts_of",
    "grouped",
    "identity",
    "letter_offered",
    "letter_to_vendor",
    "news",
    "next_screen",
    "offers",
    "origin_words",
    "plain_words",
    "report",
    "screen_of",
    "screens",
    "stage",
    "terms",
    "ticks",
    "typo",
    "unknowns",
    "value_lines",
    "vendor_requests",
    "words",
]
