"""The clocks of a dossier: one reading of them for pages, lists, the board, reminders and calendars."""

from collections.abc import Collection
from datetime import datetime

from ..obligations import Deadline, read_clocks
from ..questionnaire import Answers, Case, fill_copies
from .data import DossierData
from .filings import COMPLEMENTARY, set_kind


def prepare_answers(dossier_data: DossierData) -> Answers:
    """Return the answers of the notification that is prepared now, with those that filings and other questions give."""
    answers = dossier_data.answers
    if dossier_data.filings and not dossier_data.snapshot:
        answers = set_kind(dossier_data.questionnaire, answers, dossier_data.filings, COMPLEMENTARY)
    return fill_copies(dossier_data.questionnaire, answers)


def list_clocks(dossier_data: DossierData, now: datetime, duties: Collection[str] = ()) -> list[Deadline]:
    """Return the clock of each duty at `now`, or of those named, each under the terms valid when it started."""
    case = Case(dossier_data.questionnaire, prepare_answers(dossier_data), zone=dossier_data.zone)
    wanted = [duty for duty in dossier_data.obligations if not duties or duty.key in duties]
    return read_clocks(wanted, case, dossier_data.filings, now)
