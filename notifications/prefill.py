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
from .catalogue import Revision, propose_entry
from .questionnaire import SAYING, Answers, Entry, Questionnaire, is_same_answer, make_default_entry
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
        """The revisions by which to find it again: its origin; a template's and an incident's, where both speak."""
        return str(self.entry.get("basis", self.origin))


@cache
def propose_defaults(questionnaire: Questionnaire) -> dict[str, Proposal]:
    """Return the questionnaire's own usual answers."""
    entries = {question.key: make_default_entry(question) for question in questionnaire}
    return {key: Proposal(key, entry) for key, entry in entries.items() if entry}


@lru_cache(maxsize=256)
def propose_incident(questionnaire: Questionnaire, revision: Revision) -> dict[str, Proposal]:
    """Return what an incident revision proposes: facts present, with a value or a reason why it is unknown."""
    proposals = {}
    for fact in revision.facts:
        if fact.proposes and fact.polarity == "present":
            entry = propose_entry(questionnaire.questions[fact.key], fact, revision.origin)
            proposals[fact.key] = Proposal(fact.key, entry, fact.sources, fact.statement, fact.scope, fact.via)
    return proposals


@lru_cache(maxsize=256)
def propose_template(questionnaire: Questionnaire, template: SharedTemplateFile) -> dict[str, Proposal]:
    """Return what a template revision proposes by itself; nothing for another form than its own."""
    if template.questionnaire != questionnaire.name:
        return {}
    return {
        key: Proposal(key, shared_template.propose_entry(questionnaire.questions[key], answer, template.origin))
        for key, answer in template.answers.items()
    }


@lru_cache(maxsize=1024)
def _join_parts(questionnaire: Questionnaire, revision: Revision, template: SharedTemplateFile) -> dict[str, Proposal]:
    """Return those texts in parts to which a template adds a part of its own, beside the incident's. How sure it is, is
    said of the incident's words."""
    incident, basis, joined = (
        propose_incident(questionnaire, revision),
        join_bases(template.origin, revision.origin),
        {},
    )
    for key, proposal in propose_template(questionnaire, template).items():
        if key in incident and questionnaire.questions[key].parts and incident[key].entry["state"] == "known":
            value = [*incident[key].entry["value"], *proposal.entry["value"]]
            entry = {**incident[key].entry, **proposal.entry, "value": value, "basis": basis}
            joined[key] = replace(incident[key], entry=entry)
    return joined


def join_bases(template: str, incident: str) -> str:
    """Return the basis of a text in which both speak."""
    return f"{template}+{incident}"


def stack_layers(
    questionnaire: Questionnaire, revision: Revision | None, template: SharedTemplateFile | None = None
) -> tuple[dict[str, Proposal], ...]:
    """Return all proposals, the weakest layer first."""
    incident = propose_incident(questionnaire, revision) if revision else {}
    own = propose_template(questionnaire, template) if template else {}
    joined = _join_parts(questionnaire, revision, template) if revision and template else {}
    return (propose_defaults(questionnaire), incident, {**own, **joined})


def index_by_basis(
    questionnaire: Questionnaire, revisions: Collection[Revision], templates: Collection[SharedTemplateFile]
) -> dict[str, Mapping[str, Proposal]]:
    """Return what was proposed by each basis that an answer may name: a revision, or one of a template with one of its
    incident."""
    proposals: dict[str, Mapping[str, Proposal]] = {
        each.origin: propose_incident(questionnaire, each) for each in revisions
    }
    proposals |= {each.origin: propose_template(questionnaire, each) for each in templates}
    for template, revision in product(templates, revisions):
        proposals[join_bases(template.origin, revision.origin)] = _join_parts(questionnaire, revision, template)
    return proposals


def propose_practice(
    questionnaire: Questionnaire,
    profile: Mapping[str, Entry],
    common: Mapping[str, Entry],
    below: Mapping[str, Proposal],
) -> dict[str, Proposal]:
    """Return what the practice's profile proposes, and over it what the controllers of its group answer alike. `below`
    holds the proposals of weaker layers: a text in parts adds to theirs, and their origin stays as the basis."""
    proposals = {}
    for origin, entries in (("profile", profile), ("group", common)):
        for key, own_entry in entries.items():
            if (question := questionnaire.get(key)) is None:
                continue
            entry = {**own_entry, "origin": origin, "reviewed": False}
            if key in below:
                entry["basis"] = below[key].basis
                weaker_parts = below[key].entry.get("value")
                if question.parts and isinstance(weaker_parts, list) and isinstance(entry.get("value"), list):
                    entry["value"] = [*weaker_parts, *entry["value"]]
            proposals[key] = Proposal(key, entry)
    return proposals


def hash_proposal(proposal: Proposal) -> str:
    """Return which answer is proposed, whoever proposes it, as a short hash."""
    entry = _drop_origins(proposal)
    text = json.dumps([entry.get(name) for name in SAYING], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def find_open(answers: Answers, proposals: Mapping[str, Proposal], seen: Mapping[str, str]) -> dict[str, Proposal]:
    """Return those proposals of the profile or the group that nobody has answered yet: not the one last seen (`seen`,
    its fingerprint by key), and not what the answer says already."""
    return {
        key: proposal
        for key, proposal in proposals.items()
        if seen.get(key) != hash_proposal(proposal) and not is_same_answer(answers.get(key), proposal.entry)
    }


def keep_strongest(proposals: Iterable[Mapping[str, Proposal]]) -> dict[str, Proposal]:
    """Return for each key the proposal of the strongest layer; the weakest comes first."""
    return {key: proposal for layer in proposals for key, proposal in layer.items()}


def fill_entries(answers: Answers, proposals: Mapping[str, Proposal]) -> dict[str, Entry]:
    """Return new entries, only for keys that have no entry at all (a cleared answer is never proposed again)."""
    return {key: dict(proposal.entry) for key, proposal in proposals.items() if key not in answers}


def find_changed_keys(
    answers: Answers, newest: Mapping[str, Proposal], at_basis: Mapping[str, Mapping[str, Proposal]]
) -> list[str]:
    """Return the keys « à revoir »: the newest proposal differs from the one that the answer was last shown.

    `newest` is what the newest revisions propose, `at_basis` the proposals of each older origin that some answer
    names as its basis. A withdrawn fact is a difference."""
    bases = {key: entry["basis"] for key, entry in answers.items() if entry.get("basis") in at_basis}
    return [key for key, basis in bases.items() if not is_same_proposal(at_basis[basis].get(key), newest.get(key))]


def find_new_keys(answers: Answers, begun: Mapping[str, Proposal], newest: Mapping[str, Proposal]) -> list[str]:
    """Return the keys « à revoir » that nobody has answered, and for which nothing was proposed when the dossier was
    begun."""
    return [key for key in newest if key not in answers and key not in begun]


def is_same_proposal(one: Proposal | None, other: Proposal | None) -> bool:
    """Say whether two proposals say the same, whatever revision said it."""
    if one is None or other is None:
        return one is other
    return is_same_answer(_drop_origins(one), _drop_origins(other))


def _drop_origins(proposal: Proposal) -> Entry:
    parts = _list_parts(proposal.entry)
    return {**proposal.entry, "value": [part["text"] for part in parts]} if parts else proposal.entry


def _list_parts(entry: Entry) -> list[dict[str, str]]:
    """Return the parts of a text that tell their origin, none for another answer."""
    value = entry.get("value")
    return value if isinstance(value, list) and value and isinstance(value[0], dict) and "origin" in value[0] else []


def settle_origin(entry: Entry, proposals: Mapping[str, Mapping[str, Proposal]], key: str) -> Entry:
    """Return an imported entry with the origin that may stand.

    `proposals` holds, for each basis that is here, what it proposes. An origin stands only where one of its proposals
    says the same as the entry; otherwise the entry becomes an unread import, and so does each part of its text."""
    of_key = {basis: layer[key].entry for basis, layer in proposals.items() if key in layer}
    kept = {name: value for name, value in entry.items() if name != "basis" or value in proposals}
    if entry["origin"] != "practice":
        if any(each["origin"] == entry["origin"] and is_same_answer(entry, each) for each in of_key.values()):
            return kept
        kept = {name: value for name, value in kept.items() if name != "basis"}
        kept |= {"origin": "import", "reviewed": False}
    if parts := _list_parts(kept):
        kept["value"] = [
            part
            if part["origin"] == "practice" or part in of_key.get(part["origin"], {}).get("value", ())
            else {**part, "origin": "import"}
            for part in parts
        ]
    return kept
