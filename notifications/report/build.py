"""The one reading of a dossier: (questionnaire, answers, proposals, now) → sections of rows in French words."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from .. import prefill
from ..catalogue import Source
from ..obligations import CNIL, clocks, deadline
from ..questionnaire import (
    Case,
    Question,
    Rule,
    applicable,
    doubts,
    is_blank,
    is_copy,
    patient_data,
    sentences,
    with_copies,
)
from ..typography import Words
from .filings import BY_FILING, KIND, add_filings
from .model import DossierData, Line, Report, Row, Section
from .words import CERTAINTY_WORDS, describe_origin, find_status, list_lines

# What is said of a text that seems to hold a patient's data, by what it seems to hold.
NO_PATIENT_DATA = "N'écrivez aucune donnée de patient : un nombre et des catégories suffisent."
SUSPICION_WORDS = {
    "nir": f"Ce texte semble contenir un numéro de sécurité sociale. {NO_PATIENT_DATA} "
    "Retirez-le, ou indiquez que ce n'en est pas un.",
    "birth": f"Ce texte semble contenir une date de naissance. {NO_PATIENT_DATA} "
    "Retirez-la, ou indiquez qu'elle n'est pas celle d'un patient.",
    "patient": f"Ce texte semble contenir le nom d'une personne, peut-être d'un patient. {NO_PATIENT_DATA} "
    "Retirez-le, ou indiquez que ce n'est pas un patient.",
}
RULE = "phrase ajoutée par règle, d'après vos réponses"


def build_facts(dossier_data: DossierData, now: datetime) -> dict[str, Any]:
    """What conditions may ask besides answers: lateness at `now`, the moment of the attack."""
    bare = Case(dossier_data.questionnaire, dossier_data.answers, zone=dossier_data.zone)
    first = deadline([each for each in dossier_data.obligations if each.key == CNIL], bare, dossier_data.filings, now)
    return {"late": first.late, "attack": dossier_data.newest.attack if dossier_data.newest else ""}


def build_case(dossier_data: DossierData, now: datetime) -> Case:
    """The dossier as conditions see it."""
    answers = dossier_data.answers
    if not dossier_data.snapshot:
        answers = add_filings(dossier_data.questionnaire, answers, dossier_data.filings)
    answers = with_copies(dossier_data.questionnaire, answers)
    return Case(dossier_data.questionnaire, answers, build_facts(dossier_data, now), dossier_data.zone)


def find_stage(dossier_data: DossierData, now: datetime) -> str:
    """How far a dossier is, without its words: begun, finished (nothing is missing, or it is filed and nobody knows by
    when it had to be), on_time or late (filed)."""
    case = build_case(dossier_data, now)
    clock = deadline([each for each in dossier_data.obligations if each.key == CNIL], case, dossier_data.filings, now)
    if clock.late and clock.done_at:
        return "late"
    if clock.done_at:
        return "on_time" if clock.due_at else "finished"
    return "begun" if any(_is_missing(case, question) for question in applicable(case)) else "finished"


def _is_missing(case: Case, question: Question) -> bool:
    entry = case.answers.get(question.key)
    wanted = _kind(case) in question.needed_for and not question.ours and is_blank(entry)
    return wanted and not is_copy(question, case.answers) and (entry or {}).get("origin") != BY_FILING


def _kind(case: Case) -> str:
    """By what is needed for it: a complement needs what the initial notification does."""
    return "complete" if case.answers.get(KIND, {}).get("value") == "complete" else "initial"


def list_offers(dossier_data: DossierData, sourced: Mapping[str, prefill.Proposal]) -> dict[str, prefill.Proposal]:
    """What the practice's profile or its group proposes and nobody has answered; `sourced`: the weaker proposals."""
    proposals = prefill.of_practice(dossier_data.questionnaire, dossier_data.profile, dossier_data.common, sourced)
    return prefill.standing(dossier_data.answers, proposals, dossier_data.offered)


def build_report(dossier_data: DossierData, now: datetime) -> Report:
    """Everything that is shown of a dossier at one instant `now` (aware)."""
    case = build_case(dossier_data, now)
    questions = applicable(case)
    found = doubts(case)
    reader = _Reader(dossier_data, case, found)
    rows = {question.key: reader.row(question) for question in questions}
    return Report(
        data=dossier_data,
        now=now,
        sections=tuple(_section(step.slug, step.title, step.help, rows) for step in dossier_data.questionnaire.steps),
        clocks=tuple(clocks(dossier_data.obligations, case, dossier_data.filings, now)),
        doubts=tuple((rule.keys, rule.message) for rule in found),
        kind=case.answers.get(KIND, {}).get("value", "initial"),
    )


def _section(slug: str, title: str, help: str, rows: Mapping[str, Row]) -> Section:
    return Section(slug, title, help, tuple(row for row in rows.values() if row.question.step == slug))


class _Reader:
    """What is the same for all rows of one report, worked out once."""

    def __init__(self, dossier_data: DossierData, case: Case, found: tuple[Rule, ...]):
        self.data, self.case, self.doubts = dossier_data, case, found
        self.sentences = sentences(case)
        self.kind = _kind(case)
        sourced = prefill.strongest(dossier_data.layers(newest=True))
        self.offers = list_offers(dossier_data, sourced)
        self.newest = {**sourced, **self.offers}
        known = prefill.at_basis(
            dossier_data.questionnaire, dossier_data.revisions.values(), dossier_data.templates.values()
        )
        defaults = prefill.of_defaults(dossier_data.questionnaire)
        self.at_basis = {"default": defaults, **{basis: {**defaults, **said} for basis, said in known.items()}}
        begun = prefill.strongest(dossier_data.layers(newest=False))
        self.outdated = {
            *prefill.differing(case.answers, sourced, self.at_basis),
            *prefill.newly_proposed(dossier_data.answers, begun, sourced),
        }

    def row(self, question: Question) -> Row:
        entry = self.case.answers.get(question.key)
        proposal = self.newest.get(question.key)
        needed = self.kind in question.needed_for
        copied = is_copy(question, self.case.answers) or (entry or {}).get("origin") == BY_FILING
        warnings, fingerprint = ((), "") if copied else self.warnings(question, entry)
        return Row(
            question=question,
            state=_state(entry, needed),
            lines=(*self.lines(question, entry), *self.by_rule(question)),
            note=Words((entry or {}).get("note", "")),
            origin=(entry or {}).get("origin", ""),
            origin_words=describe_origin(self.data, entry),
            certainty=CERTAINTY_WORDS.get(status := find_status(question, entry), ""),
            status=status,
            sources=self.sources(question, entry),
            doubts=tuple(rule.message for rule in self.doubts if question.key in rule.keys),
            needed=needed,
            proposal=proposal,
            proposal_lines=tuple(self.lines(question, proposal.entry)) if proposal else (),
            outdated=question.key in self.outdated,
            offered=question.key in self.offers,
            copied=copied,
            warnings=warnings,
            fingerprint=fingerprint,
        )

    def warnings(self, question: Question, entry: Mapping[str, Any] | None) -> tuple[tuple[str, ...], str]:
        """(sentences, fingerprint of the text that they are about), empty when the text was overruled."""
        kinds = patient_data.entry_suspicions(question, entry)
        of = patient_data.fingerprint(question, entry) if kinds else ""
        if not kinds or self.data.overruled.get(question.key) == of:
            return (), ""
        return tuple(Words(SUSPICION_WORDS[kind]) for kind in kinds), of

    def lines(self, question: Question, entry: Mapping[str, Any] | None) -> Iterator[Line]:
        return list_lines(self.data, question, entry)

    def by_rule(self, question: Question) -> Iterator[Line]:
        for rule in self.sentences:
            if question.key in rule.keys:
                yield Line(self.filled(rule.message), "sentence", origin=RULE)

    def filled(self, sentence: str) -> str:
        """`{key}` in a sentence made by rule stands for the words of that answer."""
        return re.sub(r"\{(\w+)\}", lambda found: self.plain(found[1]), sentence)

    def plain(self, key: str) -> str:
        question, entry = self.data.questionnaire.questions[key], self.case.answers.get(key)
        return ", ".join(line.text for line in self.lines(question, entry))

    def sources(self, question: Question, entry: Mapping[str, Any] | None) -> tuple[Source, ...]:
        if not entry:
            return ()
        for origin in (entry["origin"], *entry.get("basis", "").split("+")):
            revision, proposals = self.data.revisions.get(origin), self.at_basis.get(origin, {})
            if revision and question.key in proposals and proposals[question.key].origin == origin:
                return tuple(revision.sources[each] for each in proposals[question.key].sources)
        return ()


def _state(entry: Mapping[str, Any] | None, needed: bool) -> str:
    if entry is None or is_blank(entry):
        return "missing" if needed else "blank"
    if not entry.get("reviewed"):
        return "to_review"
    return {"unknown": "unknown", "not_applicable": "not_applicable"}.get(entry["state"], "reviewed")
