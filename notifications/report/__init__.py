"""The one source of review page, PDF, file, progress and lists: none of them looks at an answer itself."""

from .build import build_case, build_report, find_stage
from .clocks import list_clocks
from .complement import (
    Difference,
    describe_identity,
    find_complement_clock,
    list_differences,
    list_unknowns,
    restore_filed_report,
)
from .copy_sheet import CopyScreen, Sheet, build_copy_sheet
from .data import AWARE, ORGANISATION, DossierData, Line, ReviewDone, list_offers
from .essential import READ_AGAIN, Screen, find_next_screen, find_screen, list_essential_screens, list_screens
from .filings import COMPLEMENTARY, Recorded, list_deadline_terms, set_kind
from .guidance import (
    Decision,
    Reading,
    find_decision,
    list_checkboxes,
    list_clock_readings,
    list_vendor_requests,
    write_day,
    write_source_date,
)
from .letter import Letter, offers_letter, write_letter_to_vendor
from .model import STATE_WORDS, SUSPICION_WORDS, Progress, Report, Row, Section
from .revision_changes import RevisionChange, list_changed_since, list_revision_changes
from .words import (
    CERTAINTY_WORDS,
    CLOCK_WORDS,
    ORIGIN_WORDS,
    describe_entry,
    describe_origin,
    group_digits,
    list_value_lines,
    write_plain_value,
)

# Name and version of `dossier.json`.
FILE_FORMAT, FILE_VERSION = "breach-assistant/notification", 1

__all__ = [
    "AWARE",
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
    "DossierData",
    "Letter",
    "Line",
    "Progress",
    "Reading",
    "Recorded",
    "Report",
    "ReviewDone",
    "RevisionChange",
    "Row",
    "Screen",
    "Section",
    "Sheet",
    "build_case",
    "build_copy_sheet",
    "build_report",
    "describe_entry",
    "describe_identity",
    "describe_origin",
    "find_complement_clock",
    "find_decision",
    "find_next_screen",
    "find_screen",
    "find_stage",
    "group_digits",
    "list_changed_since",
    "list_checkboxes",
    "list_clock_readings",
    "list_clocks",
    "list_deadline_terms",
    "list_differences",
    "list_essential_screens",
    "list_offers",
    "list_revision_changes",
    "list_screens",
    "list_unknowns",
    "list_value_lines",
    "list_vendor_requests",
    "offers_letter",
    "restore_filed_report",
    "set_kind",
    "write_day",
    "write_letter_to_vendor",
    "write_plain_value",
    "write_source_date",
]
