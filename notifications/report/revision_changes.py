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
from .model import DossierData, Line, Report, Row
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
    known = _at_basis(report.data)
    rows = [row for section in report.sections for row in section.all_rows]
    return tuple(_news(report.data, row, known) for row in rows if row.outdated)


def _at_basis(dossier_data: DossierData) -> dict[str, dict[str, prefill.Proposal]]:
    defaults = prefill.propose_defaults(dossier_data.questionnaire)
    known = prefill.index_by_basis(
        dossier_data.questionnaire, dossier_data.revisions.values(), dossier_data.templates.values()
    )
    return {"default": defaults, **{basis: {**defaults, **proposals} for basis, proposals in known.items()}}


def _news(dossier_data: DossierData, row: Row, known: dict[str, dict[str, prefill.Proposal]]) -> RevisionChange:
    entry, proposal = dossier_data.answers.get(row.key, {}), row.proposal
    then = known.get(entry.get("basis", ""), {}).get(row.key)
    status = find_status(row.question, proposal.entry) if proposal else ""
    return RevisionChange(
        row=row,
        before=tuple(list_lines(dossier_data, row.question, then.entry)) if then else (),
        now=row.proposal_lines,
        withdrawn=proposal is None,
        origin=describe_origin(dossier_data, proposal.entry) if proposal else "",
        status=status,
        certainty=CERTAINTY_WORDS.get(status, ""),
        sources=_sources(dossier_data, proposal),
        statement=proposal.statement if proposal else "",
        token=_token(row, entry),
    )


def _sources(dossier_data: DossierData, proposal: prefill.Proposal | None) -> tuple[Source, ...]:
    if proposal is None or dossier_data.newest is None:
        return ()
    return tuple(dossier_data.newest.sources[each] for each in proposal.sources if each in dossier_data.newest.sources)


def _token(row: Row, entry: object) -> str:
    """Which answer and which proposal a page showed."""
    proposed = prefill.hash_proposal(row.proposal) if row.proposal else ""
    text = json.dumps([row.key, entry, proposed], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def list_changed_since(
    dossier_data: DossierData, now: datetime, revision: Revision | None, template: SharedTemplateFile | None
) -> tuple[str, ...]:
    """Which of the answers to look at again the newest revisions changed after these two: without the report that a
    page needs."""
    newest = prefill.keep_strongest(dossier_data.layers(newest=True))
    earlier = prefill.keep_strongest(prefill.stack_layers(dossier_data.questionnaire, revision, template))
    begun = prefill.keep_strongest(dossier_data.layers(newest=False))
    keys = prefill.find_changed_keys(dossier_data.answers, newest, _at_basis(dossier_data))
    keys += prefill.find_new_keys(dossier_data.answers, begun, newest)
    moved = [key for key in keys if not prefill.is_same_proposal(earlier.get(key), newest.get(key))]
    if not moved:
        return ()
    asked = {question.key for question in find_applicable(build_case(dossier_data, now))}
    return tuple(key for key in moved if key in asked)
