"""Proposals laid over one another: default < incident < template < profile or group < practice.

A proposal is an entry that nobody at the practice has read yet. Losing proposals are recomputed for display, never
stored; nothing here writes over an answer.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import product

from . import shared_template
from .catalogue import Revision, proposed_entry
from .questionnaire import Answers, Entry, Question, Questionnaire, default_entry, same_answer
from .shared_template import SharedTemplateFile


@dataclass(frozen=True)
class Proposal:
    """What one source proposes for one key; `sources` are ids in the incident file."""

    key: str
    entry: Entry
    sources: tuple[str, ...] = ()
    statement: str = ""
    scope: str = ""
    via: str = ""

    @property
    def origin(self) -> str:
        return str(self.entry["origin"])

    @property
    def basis(self) -> str:
        """By which revisions to find it again: its origin; a template's and an incident's, where both speak."""
        return str(self.entry.get("basis", self.origin))


@cache
def of_defaults(questionnaire: Questionnaire) -> dict[str, Proposal]:
    """The questionnaire's own usual answers."""
    usual = {question.key: default_entry(question) for question in questionnaire}
    return {key: Proposal(key, entry) for key, entry in usual.items() if entry}


@lru_cache(maxsize=256)
def of_incident(questionnaire: Questionnaire, revision: Revision) -> dict[str, Proposal]:
    """What an incident revision proposes: facts present, with a value or a reason why it is unknown."""
    return {
        fact.key: Proposal(
            fact.key,
            proposed_entry(questionnaire.questions[fact.key], fact, revision.origin),
            fact.sources,
            fact.statement,
            fact.scope,
            fact.via,
        )
        for fact in revision.facts
        if fact.proposes and fact.polarity == "present"
    }


@lru_cache(maxsize=256)
def of_template(questionnaire: Questionnaire, template: SharedTemplateFile) -> dict[str, Proposal]:
    """What a template revision proposes by itself; nothing for another form than its own."""
    if template.questionnaire != questionnaire.name:
        return {}
    return {
        key: Proposal(key, shared_template.proposed_entry(questionnaire.questions[key], answer, template.origin))
        for key, answer in template.answers.items()
    }


@lru_cache(maxsize=1024)
def _beside(questionnaire: Questionnaire, revision: Revision, template: SharedTemplateFile) -> dict[str, Proposal]:
    """Those texts in parts to which a template adds a part of its own, beside the incident's."""
    incident, own = of_incident(questionnaire, revision), of_template(questionnaire, template)
    both = [key for key in own if key in incident and questionnaire.questions[key].parts]
    return {key: _joined(own[key], incident[key]) for key in both if incident[key].entry["state"] == "known"}


def _joined(own: Proposal, incident: Proposal) -> Proposal:
    """How sure it is, is said of the incident's words."""
    value = [*incident.entry["value"], *own.entry["value"]]
    basis = pair(own.origin, incident.origin)
    return replace(incident, entry={**incident.entry, **own.entry, "value": value, "basis": basis})


def pair(template: str, incident: str) -> str:
    """The basis of a text in which both speak."""
    return f"{template}+{incident}"


def layers(
    questionnaire: Questionnaire, revision: Revision | None, template: SharedTemplateFile | None = None
) -> tuple[dict[str, Proposal], ...]:
    """All proposals, the weakest layer first."""
    incident = of_incident(questionnaire, revision) if revision else {}
    own = of_template(questionnaire, template) if template else {}
    both = _beside(questionnaire, revision, template) if revision and template else {}
    return (of_defaults(questionnaire), incident, {**own, **both})


def at_basis(
    questionnaire: Questionnaire, revisions: Collection[Revision], templates: Collection[SharedTemplateFile]
) -> dict[str, Mapping[str, Proposal]]:
    """What was proposed by each basis that an answer may name: a revision, or one of a template with one of its
    incident."""
    found: dict[str, Mapping[str, Proposal]] = {each.origin: of_incident(questionnaire, each) for each in revisions}
    found |= {each.origin: of_template(questionnaire, each) for each in templates}
    for template, revision in product(templates, revisions):
        found[pair(template.origin, revision.origin)] = _beside(questionnaire, revision, template)
    return found


def of_practice(
    questionnaire: Questionnaire,
    profile: Mapping[str, Entry],
    common: Mapping[str, Entry],
    below: Mapping[str, Proposal],
) -> dict[str, Proposal]:
    """What the practice's profile proposes, and over it what the controllers of its group answer alike. `below` holds
    the proposals of weaker layers: a text in parts adds to theirs, and their origin stays as the basis."""
    found = {
        key: _own(key, entry, "profile", below) for key, entry in profile.items() if key in questionnaire.questions
    }
    for key, entry in common.items():
        if (question := questionnaire.get(key)) is not None:
            found[key] = _own(key, _with_parts(question, entry, below.get(key)), "group", below)
    return found


def _own(key: str, entry: Entry, origin: str, below: Mapping[str, Proposal]) -> Proposal:
    basis = {"basis": below[key].basis} if key in below else {}
    return Proposal(key, {**entry, "origin": origin, "reviewed": False, **basis})


def _with_parts(question: Question, entry: Entry, below: Proposal | None) -> Entry:
    if not question.parts or below is None or not isinstance(entry.get("value"), list):
        return entry
    said = below.entry.get("value")
    return {**entry, "value": [*(said if isinstance(said, list) else []), *entry["value"]]}


def fingerprint(proposal: Proposal) -> str:
    """Which answer is proposed, whoever proposes it."""
    said = _without_origins(proposal)
    names = ("state", "value", "note", "details", "certainty")
    text = json.dumps([said.get(name) for name in names], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def standing(answers: Answers, proposals: Mapping[str, Proposal], seen: Mapping[str, str]) -> dict[str, Proposal]:
    """Those proposals of the profile or the group that nobody has answered yet: not the one last seen (`seen`, its
    fingerprint by key), and not what the answer says already."""
    return {
        key: proposal
        for key, proposal in proposals.items()
        if seen.get(key) != fingerprint(proposal) and not same_answer(answers.get(key), proposal.entry)
    }


def strongest(found: Iterable[Mapping[str, Proposal]]) -> dict[str, Proposal]:
    """For each key the proposal of the strongest layer."""
    return {key: proposal for layer in found for key, proposal in layer.items()}


def prefill(answers: Answers, proposals: Mapping[str, Proposal]) -> dict[str, Entry]:
    """New entries, only for keys that have no entry at all (a cleared answer is never proposed again)."""
    return {key: dict(proposal.entry) for key, proposal in proposals.items() if key not in answers}


def differing(
    answers: Answers, newest: Mapping[str, Proposal], at_basis: Mapping[str, Mapping[str, Proposal]]
) -> list[str]:
    """Keys « à revoir »: the newest proposal differs from the one that the answer was last shown.

    `newest` is what the newest revisions propose, `at_basis` the proposals of each older origin that some answer
    names as its basis. A withdrawn fact is a difference."""
    found = []
    for key, entry in answers.items():
        basis = entry.get("basis")
        if not basis or basis not in at_basis:
            continue
        then, now = at_basis[basis].get(key), newest.get(key)
        if not same(then, now):
            found.append(key)
    return found


def newly_proposed(answers: Answers, begun: Mapping[str, Proposal], newest: Mapping[str, Proposal]) -> list[str]:
    """Keys « à revoir » that nobody has answered, and for which nothing was proposed when the dossier was begun."""
    return [key for key in newest if key not in answers and key not in begun]


def same(one: Proposal | None, other: Proposal | None) -> bool:
    """Do two proposals say the same, whatever revision said it?"""
    if one is None or other is None:
        return one is other
    return same_answer(_without_origins(one), _without_origins(other))


def _without_origins(proposal: Proposal) -> Entry:
    value = proposal.entry.get("value")
    if isinstance(value, list) and value and isinstance(value[0], dict) and "origin" in value[0]:
        return {**proposal.entry, "value": [part["text"] for part in value]}
    return proposal.entry


def taken(proposal: Proposal) -> Entry:
    """The entry that « Prendre » writes: value, certainty, origin and basis of the proposal, read by the practice."""
    return {**proposal.entry, "reviewed": True}


def standing_origin(entry: Entry, proposals: Mapping[str, Mapping[str, Proposal]], key: str) -> Entry:
    """An imported entry with the origin that may stand.

    `proposals` holds, for each basis that is here, what it proposes. An origin stands only where one of its proposals
    says the same as the entry; otherwise the entry becomes an unread import, and so does each part of its text."""
    origin, basis = entry["origin"], entry.get("basis")
    entry = {name: value for name, value in entry.items() if name != "basis" or basis in proposals}
    if origin == "practice":
        return _standing_parts(entry, proposals, key)
    said = [found[key] for found in proposals.values() if key in found]
    if any(each.origin == origin and same_answer(entry, each.entry) for each in said):
        return entry
    entry = {name: value for name, value in entry.items() if name != "basis"}
    return _standing_parts({**entry, "origin": "import", "reviewed": False}, proposals, key)


def _standing_parts(entry: Entry, proposals: Mapping[str, Mapping[str, Proposal]], key: str) -> Entry:
    value = entry.get("value")
    if not (isinstance(value, list) and value and isinstance(value[0], dict) and "origin" in value[0]):
        return entry
    return {**entry, "value": [_standing_part(part, proposals, key) for part in value]}


def _standing_part(part: dict[str, str], proposals: Mapping[str, Mapping[str, Proposal]], key: str) -> dict[str, str]:
    proposal = proposals.get(part["origin"], {}).get(key)
    stands = part["origin"] == "practice" or (proposal is not None and part in proposal.entry.get("value", ()))
    return part if stands else {**part, "origin": "import"}
