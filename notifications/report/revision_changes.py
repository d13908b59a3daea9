"""What newer revisions of an incident or of a template change for one dossier: answers « à revoir »."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from .. import prefill
from ..catalogue import Revision, Source
from ..questionnaire import Question, find_applicable
from ..shared_template import SharedTemplateFile
from .build import build_case
from .data import DossierData, Line
from .model import Report, Row
from .words import CERTAINTY_WORDS, describe_origin, find_status, list_lines


@dataclass(frozen=True)
class RevisionChange:
    """One answer whose proposal has changed. `before` is what was proposed when the practice last looked; without a
    proposal now (`withdrawn`), the fact was withdrawn. `token` says what a page showed."""

    row: Row
    before: tuple[Line, ...]
    now: tuple[Line, ...]
    withdrawn: bool
    origin: str
    status: str
    certainty: str
    sources: tuple[Source, ...]
    statement: str
    token: str

    @property
    def question(self) -> Question:
        return self.row.question


def list_revision_changes(report: Report) -> tuple[RevisionChange, ...]:
    """Every answer to look at again, in the order of the form."""
    rows = [row for section in report.sections for row in section.all_rows]
    return tuple(_describe_change(report.data, row) for row in rows if row.outdated)


def _describe_change(dossier_data: DossierData, row: Row) -> RevisionChange:
    entry, proposal = dossier_data.answers.get(row.key, {}), row.proposal
    then = dossier_data.by_basis.get(entry.get("basis", ""), {}).get(row.key)
    status = find_status(row.question, proposal.entry) if proposal else ""
    return RevisionChange(
        row=row,
        before=tuple(list_lines(dossier_data, row.question, then.entry)) if then else (),
        now=row.proposal_lines,
        withdrawn=proposal is None,
        origin=describe_origin(dossier_data, proposal.entry) if proposal else "",
        status=status,
        certainty=CERTAINTY_WORDS.get(status, ""),
        sources=find_sources(dossier_data, proposal),
        statement=proposal.statement if proposal else "",
        token=make_token(row, entry),
    )


def find_sources(dossier_data: DossierData, proposal: prefill.Proposal | None) -> tuple[Source, ...]:
    if proposal is None or dossier_data.newest is None:
        return ()
    return tuple(dossier_data.newest.sources[each] for each in proposal.sources if each in dossier_data.newest.sources)


def make_token(row: Row, entry: object) -> str:
    """Which answer and which proposal a page showed."""
    proposed = prefill.hash_proposal(row.proposal) if row.proposal else ""
    text = json.dumps([row.key, entry, proposed], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def list_changed_since(
    dossier_data: DossierData, now: datetime, revision: Revision | None, template: SharedTemplateFile | None
) -> tuple[str, ...]:
    """Which of the answers to look at again the newest revisions changed after these two: without the report that a
    page needs."""
    newest = dossier_data.sourced
    earlier = prefill.keep_strongest(prefill.stack_layers(dossier_data.questionnaire, revision, template))
    keys = prefill.find_changed_keys(dossier_data.answers, newest, dossier_data.by_basis)
    keys += prefill.find_new_keys(dossier_data.answers, dossier_data.begun_with, newest)
    moved = [key for key in keys if not prefill.is_same_proposal(earlier.get(key), newest.get(key))]
    if not moved:
        return ()
    asked = {question.key for question in find_applicable(build_case(dossier_data, now))}
    return tuple(key for key in moved if key in asked)
