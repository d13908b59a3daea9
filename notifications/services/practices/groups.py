"""Groups of controllers: dossiers begun in one go, answers in common, and a new fact answered once for all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count

from ... import prefill, seeds
from ...merge import merge_three_ways
from ...models import ControllerGroup, Dossier, IncidentRevision, Membership, Practice, Role, User
from ...questionnaire import Entry, Question, Questionnaire
from ...report import DossierData, Report, Row, build_report, list_offers
from .. import journal
from ..accounts import access, roles
from ..dossiers import loading, saving
from ..locks import lock_row
from ..revisions import INCIDENT_REVISIONS
from . import practices

MOST = 100  # controllers of one group
TOUCHED = {"practice", "profile", "import"}  # origins of what the practice itself said
LoadedReports = Sequence[tuple[Dossier, Report]]


class InAnotherGroup(Exception):
    """A practice's dossier of this breach belongs to another group already."""

    def __init__(self, practice: Practice):
        super().__init__()
        self.practice = practice


class TooMany(Exception):
    """More controllers than a group may have."""


@dataclass(frozen=True)
class Merged:
    """What became of common answers that were sent: keys written, and those that somebody else changed meanwhile."""

    saved: list[str]
    conflicts: list[str]


@dataclass(frozen=True)
class Novelty:
    """A question to which the newest revision of the incident proposes another answer than dossiers hold. `row` is that
    of one of them; `open`: those for which one may answer together; `own`: those whose practice wrote its own answer,
    which only the dossier's page changes."""

    row: Row
    open: tuple[Dossier, ...]
    own: tuple[Dossier, ...]


# -- who is in it ---------------------------------------------------------------------------------------


@transaction.atomic
def start_group(
    *,
    public_id: str,
    name: str,
    revision: IncidentRevision | None,
    timezone: str,
    members: Iterable[Practice],
    newcomers: Iterable[str],
    user: User,
    now: datetime,
) -> tuple[ControllerGroup, list[Practice]]:
    """Begin a group with a dossier for each practice of `members`, and for a new practice of each name of `newcomers`;
    returns the group and these new practices. All or nothing. Raises InAnotherGroup or TooMany."""
    group = ControllerGroup.objects.create(
        public_id=public_id,
        name=name,
        incident_revision=revision,
        timezone=timezone,
        created_by=user,
        created_at=now,
    )
    return group, add_controllers(group=group, members=members, newcomers=newcomers, user=user, now=now)


@transaction.atomic
def add_controllers(
    *, group: ControllerGroup, members: Iterable[Practice], newcomers: Iterable[str], user: User, now: datetime
) -> list[Practice]:
    """Give each more controller a dossier in the group: a practice that has one of this breach already brings it along.
    A new practice is kept by whoever begins the group, until the one who answers for it takes it over. Returns the new
    practices. Raises InAnotherGroup or TooMany."""
    lock_row(ControllerGroup.objects.all(), pk=group.pk)
    zone, by, revision = group.timezone, access.account_author(user), _newest_revision(group)
    made = [
        practices.create_practice(
            name=name, kind=Practice.Kind.OFFICE, timezone=zone, user=user, role=Role.MANAGER, now=now
        )
        for name in newcomers
    ]
    for practice in (*members, *made):
        # without an incident nothing tells that two dossiers are about the same breach
        same = {"incident_revision__incident": revision.incident_id} if revision else {"pk": None}
        dossier = Dossier.objects.filter(practice=practice, **same).order_by("pk").first()
        if dossier is None:
            saving.start_dossier(
                revision=revision, timezone=practice.timezone, by=by, now=now, practice=practice, group=group
            )
        elif dossier.group_id is None:
            Dossier.objects.filter(pk=dossier.pk).update(group=group)
            journal.append_line(dossier=dossier, event="group_joined", by=by, now=now)
        elif dossier.group_id != group.pk:
            raise InAnotherGroup(practice)
    if group.dossiers.count() > MOST:
        raise TooMany
    return made


def _newest_revision(group: ControllerGroup) -> IncidentRevision | None:
    """The newest revision of the group's incident, None without one."""
    begun = group.incident_revision
    return INCIDENT_REVISIONS.list_stored(begun.incident.slug)[0] if begun else None


@transaction.atomic
def leave_group(*, dossier: Dossier, user: User, now: datetime) -> None:
    """Take a dossier out of its group: it stays as it is, and goes on by itself."""
    if Dossier.objects.filter(pk=dossier.pk, group__isnull=False).update(group=None):
        journal.append_line(dossier=dossier, event="group_left", by=access.account_author(user), now=now)


def has_other_keeper(group: ControllerGroup, *, besides: User) -> bool:
    """Does somebody else keep every practice of the group?"""
    inside = Practice.objects.filter(dossiers__group=group).distinct()
    memberships = Membership.objects.filter(practice__in=inside, role__in=roles.KEEPERS, user__is_active=True)
    by_user = memberships.exclude(user=besides).values("user").annotate(kept=Count("pk"))
    return by_user.filter(kept=inside.count()).exists()


# -- common answers -------------------------------------------------------------------------------------


def list_common_questions(questionnaire: Questionnaire) -> list[Question]:
    """Return what a group may answer alike. Of a text in parts only the practice's own are typed here; that one does
    not know yet is for each to say."""
    return [
        question.replace(
            parts=tuple(part for part in question.parts if part.by == "practice"), unknown=False, not_applicable=False
        )
        for question in questionnaire
        if question.common
    ]


def build_common_data(group: ControllerGroup) -> DossierData:
    """Return the common answers as if they were all of a dossier, for what pages say beside questions."""
    stored = _newest_revision(group)
    revision = INCIDENT_REVISIONS.as_data(stored) if stored else None
    return DossierData(
        questionnaire=seeds.find_questionnaire(),
        answers=group.answers,
        zone=ZoneInfo(group.timezone),
        obligations=seeds.load_duties(),
        revision=revision,
        newest=revision,
    )


def mark_answer(key: str, entry: Entry | None) -> str:
    """Return what tells this common answer from another, for the page that was rendered with it."""
    return prefill.hash_proposal(prefill.Proposal(key, entry)) if entry else ""


@transaction.atomic
def save_common(
    *,
    group: ControllerGroup,
    entries: Mapping[str, Entry | None],
    rendered: Mapping[str, str],
    user: User,
    now: datetime,
) -> Merged:
    """Keep what was typed, merged by key three ways: `rendered` holds what the page was rendered with, as `seen` tells
    it. A change is an offer to each dossier, whose journal tells it."""
    locked = lock_row(ControllerGroup.objects.all(), pk=group.pk)
    sent = {key: _make_group_entry(key, entry) for key, entry in entries.items()}
    shown = {key: rendered.get(key, "") for key in sent}
    theirs = {key: mark_answer(key, locked.answers.get(key)) for key in sent}
    marks = {key: mark_answer(key, entry) for key, entry in sent.items()}
    changed, conflicts = merge_three_ways(shown, marks, theirs)
    merged = Merged([key for key, mark in changed.items() if mark != theirs[key]], list(conflicts))
    if merged.saved:
        answers = {**locked.answers, **{key: sent[key] for key in merged.saved}}
        group.answers = {key: entry for key, entry in answers.items() if entry}
        group.save(update_fields=["answers"])
        by = access.account_author(user)
        for dossier in group.dossiers.order_by("pk"):
            journal.append_line(dossier=dossier, event="common_answers_changed", keys=merged.saved, by=by, now=now)
    else:
        group.answers = locked.answers
    return merged


def _make_group_entry(key: str, entry: Entry | None) -> Entry | None:
    """Return what was typed as the group's word, None where it was emptied. Each part of a text names its part, which
    its origin does not tell."""
    if entry is None or entry["state"] == "cleared":
        return None
    entry = {name: value for name, value in entry.items() if name != "basis"} | {"origin": "group", "reviewed": True}
    question = seeds.find_questionnaire().questions[key]
    if question.parts and entry["state"] == "known":
        own = question.part_for("practice")
        entry["value"] = [
            {"part": part.get("part", own), "text": part["text"], "origin": "group"} for part in entry["value"]
        ]
    return entry


@transaction.atomic
def spread_common(*, group: ControllerGroup, user: User, now: datetime) -> int:
    """Write the common answers, unread, where nobody at the practice has said anything: no answer at all, or one that
    was proposed and never read. Returns in how many dossiers something was written."""
    by, changed = access.account_author(user), 0
    for dossier in group.dossiers.order_by("pk"):
        data = loading.load_dossier_data(dossier)
        offers = list_offers(data, prefill.keep_strongest(prefill.stack_layers(data.questionnaire, data.newest)))
        own = {key for key, entry in data.answers.items() if entry.get("reviewed") or entry["origin"] in TOUCHED}
        proposals = {key: offers[key] for key in group.answers if key in offers and key not in own}
        if proposals:
            entries = {key: dict(proposal.entry) for key, proposal in proposals.items()}
            saved = saving.save_answers(dossier=dossier, base=dossier.version, entries=entries, by=by, now=now).saved
            saving.note_seen(dossier, {key: proposals[key] for key in saved})
            changed += bool(saved)
    return changed


# -- new facts ------------------------------------------------------------------------------------------


def load_reports(group: ControllerGroup, now: datetime) -> LoadedReports:
    """Return the dossiers of a group and their reports, in the order in which they came."""
    loaded = loading.load_every_dossier_data(group.dossiers.order_by("pk"))
    return [(dossier, build_report(data, now)) for dossier, data in loaded]


def list_novelties(listed: LoadedReports) -> list[Novelty]:
    """Return each question to which the newest revision proposes another answer than some of these dossiers hold."""
    outdated: dict[str, list[tuple[Dossier, Row]]] = {}
    for dossier, report in listed:
        for row in report.rows + report.notes:
            if row.outdated:
                outdated.setdefault(row.key, []).append((dossier, row))
    return [
        Novelty(
            row=pairs[0][1],
            open=tuple(dossier for dossier, row in pairs if row.origin not in TOUCHED),
            own=tuple(dossier for dossier, row in pairs if row.origin in TOUCHED),
        )
        for pairs in outdated.values()
    ]


@transaction.atomic
def answer_for_all(*, group: ControllerGroup, key: str, take: bool, user: User, now: datetime) -> int:
    """« Prendre pour tous » or « Garder pour tous »: answer as on each dossier's page, save where the practice wrote
    its own answer. Returns for how many."""
    answer = saving.take_proposal if take else saving.keep_own_answer
    dossiers = [
        each for novelty in list_novelties(load_reports(group, now)) if novelty.row.key == key for each in novelty.open
    ]
    for dossier in dossiers:
        answer(dossier=dossier, key=key, by=access.account_author(user), now=now)
    return len(dossiers)
