"""What a report is read from: a dossier as plain data, and the pieces of an answer in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from .. import prefill
from ..catalogue import Revision
from ..obligations import Filed, Obligation
from ..questionnaire import Answers, Entry, Questionnaire
from ..shared_template import SharedTemplateFile
from ..typography import Words

ORGANISATION, AWARE = "organisation_name", "aware_at"


@dataclass(frozen=True)
class ReviewDone:
    """Somebody said that they read the dossier; `changed_at`: when an answer last changed since, None when none did."""

    name: str
    at: datetime
    changed_at: datetime | None = None


@dataclass(frozen=True)
class DossierData:
    """A dossier as plain data. `revision` is the one it was begun with, `newest` what is known of the incident now;
    `revisions` holds, by origin, every incident revision that an answer may name; likewise of its template;
    `overruled`, by key, the fingerprint of the free text of which somebody said that it is no patient's data."""

    questionnaire: Questionnaire
    answers: Answers
    zone: ZoneInfo
    obligations: tuple[Obligation, ...]
    revision: Revision | None = None
    newest: Revision | None = None
    revisions: Mapping[str, Revision] = field(default_factory=dict)
    template: SharedTemplateFile | None = None
    newest_template: SharedTemplateFile | None = None
    templates: Mapping[str, SharedTemplateFile] = field(default_factory=dict)
    overruled: Mapping[str, str] = field(default_factory=dict)
    profile: Mapping[str, Entry] = field(default_factory=dict)  # who the practice is, by key
    common: Mapping[str, Entry] = field(default_factory=dict)  # what its group answers alike, by key
    offered: Mapping[str, str] = field(default_factory=dict)  # fingerprints of what these last proposed, by key
    filings: tuple[Filed, ...] = ()  # active ones, the oldest first
    decided_at: datetime | None = None  # when the practice last said whether it notifies
    reviews: tuple[ReviewDone, ...] = ()  # the last one first
    snapshot: bool = False  # read back from a filing: which notification it is stands among its answers

    def layers(self, *, newest: bool) -> tuple[dict[str, prefill.Proposal], ...]:
        """The proposals of the newest revisions, or of those that it was begun with; the weakest layer first."""
        revision, template = (self.newest, self.newest_template) if newest else (self.revision, self.template)
        return prefill.stack_layers(self.questionnaire, revision, template)

    @cached_property
    def begun_with(self) -> dict[str, prefill.Proposal]:
        """What the questionnaire, the incident and the template proposed when the dossier was begun, by key."""
        return prefill.keep_strongest(self.layers(newest=False))

    @cached_property
    def sourced(self) -> dict[str, prefill.Proposal]:
        """What they propose now."""
        return prefill.keep_strongest(self.layers(newest=True))

    @cached_property
    def offers(self) -> dict[str, prefill.Proposal]:
        """What the practice's profile or its group proposes and nobody has answered."""
        return list_offers(self, self.sourced)

    @cached_property
    def by_basis(self) -> Mapping[str, Mapping[str, prefill.Proposal]]:
        """What was proposed by each basis that an answer may name: the usual answers, a revision over them."""
        usual = prefill.propose_defaults(self.questionnaire)
        known = prefill.index_by_basis(self.questionnaire, self.revisions.values(), self.templates.values())
        return {"default": usual, **{basis: {**usual, **proposals} for basis, proposals in known.items()}}


def list_offers(dossier_data: DossierData, sourced: Mapping[str, prefill.Proposal]) -> dict[str, prefill.Proposal]:
    """Return what the practice's profile or its group proposes and nobody has answered; `sourced`: weaker proposals."""
    proposals = prefill.propose_practice(dossier_data.questionnaire, dossier_data.profile, dossier_data.common, sourced)
    return prefill.find_open(dossier_data.answers, proposals, dossier_data.offered)


@dataclass(frozen=True)
class Line:
    """A piece of an answer: a line of text, a ticked option, a part of a text, or a sentence made by rule."""

    text: str
    kind: str = "text"  # text, option, part, sentence, unknown
    certainty: str = ""  # French word, "" when nothing needs to be said
    origin: str = ""  # French words, for parts and sentences
    detail: str = ""
    status: str = ""  # key of the certainty in STATUSES, "" with no certainty

    def __post_init__(self) -> None:
        for name in ("text", "origin", "detail"):
            object.__setattr__(self, name, Words(getattr(self, name)))
