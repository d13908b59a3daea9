"""The one source of review page, PDF, file, progress and lists: none of them looks at an answer itself."""

from .essential import Screen, essential
from .pieces import ORGANISATION, STATE_WORDS, Dossier, Line, Progress, Report, Row, Section
from .reading import SUSPICION_WORDS, case_of, facts_of, report
from .words import CERTAINTY_WORDS, ORIGIN_WORDS, origin_words, plain_words, typo, value_lines, words

# Name and version of `dossier.json`.
FILE_FORMAT, FILE_VERSION = "breach-assistant/notification", 1

__all__ = [
    "CERTAINTY_WORDS",
    "FILE_FORMAT",
    "FILE_VERSION",
    "ORGANISATION",
    "ORIGIN_WORDS",
    "STATE_WORDS",
    "SUSPICION_WORDS",
    "Dossier",
    "Line",
    "Progress",
    "Report",
    "Row",
    "Screen",
    "Section",
    "case_of",
    "essential",
    "facts_of",
    "origin_words",
    "plain_words",
    "report",
    "typo",
    "value_lines",
    "words",
]
