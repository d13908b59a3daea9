"""The one reading of a dossier: (questionnaire, answers, proposals, now) → sections of rows in French words."""

from datetime import datetime

from ..obligations import CNIL, Deadline
from ..questionnaire import Case, find_applicable
from .clocks import list_clocks, prepare_answers
from .data import DossierData
from .model import Reading, Report, Row, Section


def build_case(dossier_data: DossierData, now: datetime, clock: Deadline | None = None) -> Case:
    """Return the dossier as conditions see it: its answers, whether it is late, the moment of the attack. `clock`: the
    notification's at `now`, where it is at hand."""
    late = (clock or list_clocks(dossier_data, now, (CNIL,))[0]).late
    facts = {"late": late, "attack": dossier_data.newest.attack if dossier_data.newest else ""}
    return Case(dossier_data.questionnaire, prepare_answers(dossier_data), facts, dossier_data.zone)


def build_report(dossier_data: DossierData, now: datetime) -> Report:
    """Return everything that is shown of a dossier at one instant `now` (aware). What a page does not look at is not
    worked out: a save looks at the rows of its page and at one clock."""
    [clock] = list_clocks(dossier_data, now, (CNIL,))
    case = build_case(dossier_data, now, clock)
    reading = Reading(dossier_data, case)
    rows = [Row(question, reading) for question in find_applicable(case)]
    sections = [
        Section(step.slug, step.title, step.help, tuple(row for row in rows if row.question.step == step.slug))
        for step in dossier_data.questionnaire.steps
    ]
    return Report(dossier_data, now, reading, clock, tuple(sections))


def find_stage(dossier_data: DossierData, now: datetime) -> str:
    """Return how far a dossier is, without its words: begun, finished (nothing is missing, or it is filed and nobody
    knows by when it had to be), on_time or late (filed)."""
    report = build_report(dossier_data, now)
    if report.clock.done_at:
        return "late" if report.clock.late else "on_time" if report.clock.due_at else "finished"
    return "begun" if report.missing else "finished"
