"""Groups of controllers: dossiers begun in one go, answers in common, and a new fact answered once for all."""

from collections.abc import Collection, Iterable, Mapping, Sequence
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
from ..incidents import incidents
from . import practices

MOST = 100  # controllers of one group
TOUCHED = {"practice", "profile", "import"}  # origins of what the practice itself said
Listed = Sequence[tuple[Dossier, Report]]


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
def start(
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
    """A group with a dossier for each practice of `members`, and for a new practice of each name of `newcomers`; these
    are returned, too. All or nothing. Raises InAnotherGroup or TooMany."""
    group = ControllerGroup.objects.create(
        public_id=public_id,
        name=name,
        incident_revision=revision,
        timezone=timezone,
        created_by=user,
        created_at=now,
    )
    return group, add(group=group, members=members, newcomers=newcomers, user=user, now=now)


@transaction.atomic
def add(
    *, group: ControllerGroup, members: Iterable[Practice], newcomers: Iterable[str], user: User, now: datetime
) -> list[Practice]:
    """More controllers: a practice that has a dossier of this breach already brings it along. Returns the new
    practices. Raises InAnotherGroup or TooMany."""
    _locked(group)
    made = [_practice(name, group, user, now) for name in newcomers]
    for practice in (*members, *made):
        _join(group, practice, user, now)
    if group.dossiers.count() > MOST:
        raise TooMany
    return made


def _practice(name: str, group: ControllerGroup, user: User, now: datetime) -> Practice:
    """Kept by whoever begins the group, until the one who answers for it takes it over."""
    kind, role = Practice.Kind.OFFICE, Role.MANAGER
    return practices.create(name=name, kind=kind, timezone=group.timezone, user=user, role=role, now=now)


def _join(group: ControllerGroup, practice: Practice, user: User, now: datetime) -> None:
    found = _of_the_breach(group, practice)
    if found is None:
        saving.start(
            revision=_newest(group),
            timezone=practice.timezone,
            by=access.account_author(user),
            now=now,
            practice=practice,
            group=group,
        )
    elif found.group_id is None:
        Dossier.objects.filter(pk=found.pk).update(group=group)
        journal.append(dossier=found, event="group_joined", by=access.account_author(user), now=now)
    elif found.group_id != group.pk:
        raise InAnotherGroup(practice)


def _of_the_breach(group: ControllerGroup, practice: Practice) -> Dossier | None:
    """This practice's dossier of the group's incident; without an incident nothing tells that two are the same."""
    if group.incident_revision is None:
        return None
    incident = group.incident_revision.incident_id
    return Dossier.objects.filter(practice=practice, incident_revision__incident=incident).order_by("pk").first()


def _newest(group: ControllerGroup) -> IncidentRevision | None:
    revision = group.incident_revision
    return incidents.stored_revisions(revision.incident.slug)[0] if revision else None


@transaction.atomic
def leave(*, dossier: Dossier, user: User, now: datetime) -> None:
    """The dossier stays as it is, and goes on by itself."""
    if Dossier.objects.filter(pk=dossier.pk, group__isnull=False).update(group=None):
        journal.append(dossier=dossier, event="group_left", by=access.account_author(user), now=now)


def has_keeper(group: ControllerGroup, *, besides: User) -> bool:
    """Does somebody else keep every practice of the group?"""
    inside = Practice.objects.filter(dossiers__group=group).distinct()
    held = Membership.objects.filter(practice__in=inside, role__in=roles.KEEPERS, user__is_active=True)
    counted = held.exclude(user=besides).values("user").annotate(held=Count("pk"))
    return counted.filter(held=inside.count()).exists()


def _locked(group: ControllerGroup) -> ControllerGroup:
    return ControllerGroup.objects.select_for_update().get(pk=group.pk)


# -- common answers -------------------------------------------------------------------------------------


def questions(questionnaire: Questionnaire) -> list[Question]:
    """What a group may answer alike. Of a text in parts only the practice's own are typed here; that one does not know
    yet is for each to say."""
    return [_as_common(question) for question in questionnaire if question.common]


def _as_common(question: Question) -> Question:
    own = tuple(part for part in question.parts if part.by == "practice")
    return question.replace(parts=own, unknown=False, not_applicable=False)


def as_dossier(group: ControllerGroup) -> DossierData:
    """The common answers as if they were all of a dossier, for what pages say beside questions."""
    stored = _newest(group)
    newest = incidents.as_data(stored) if stored else None
    return DossierData(
        questionnaire=seeds.questionnaire(),
        answers=group.answers,
        zone=ZoneInfo(group.timezone),
        obligations=seeds.duties(),
        revision=newest,
        newest=newest,
    )


def seen(key: str, entry: Entry | None) -> str:
    """Tells one common answer from another: what a page was rendered with."""
    return prefill.fingerprint(prefill.Proposal(key, entry)) if entry else ""


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
    locked = _locked(group)
    sent = {key: _shared(key, entry) for key, entry in entries.items()}
    shown = {key: rendered.get(key, "") for key in sent}
    theirs = {key: seen(key, locked.answers.get(key)) for key in sent}
    changed, conflicts = merge_three_ways(shown, {key: seen(key, entry) for key, entry in sent.items()}, theirs)
    merged = Merged([key for key, mine in changed.items() if mine != theirs[key]], list(conflicts))
    if merged.saved:
        changed = {**locked.answers, **{key: sent[key] for key in merged.saved}}
        group.answers = {key: entry for key, entry in changed.items() if entry}
        group.save(update_fields=["answers"])
        _tell(group, "common_answers_changed", merged.saved, user, now)
    else:
        group.answers = locked.answers
    return merged


def _shared(key: str, entry: Entry | None) -> Entry | None:
    """What was typed as the group's word; each part of a text names its part, which its origin does not tell."""
    if entry is None or entry["state"] == "cleared":
        return None
    entry = {name: value for name, value in entry.items() if name != "basis"} | {"origin": "group", "reviewed": True}
    question = seeds.questionnaire().questions[key]
    if question.parts and entry["state"] == "known":
        own = question.part_for("practice")
        entry["value"] = [
            {"part": part.get("part", own), "text": part["text"], "origin": "group"} for part in entry["value"]
        ]
    return entry


def _tell(group: ControllerGroup, event: str, keys: Collection[str], user: User, now: datetime) -> None:
    for dossier in group.dossiers.order_by("pk"):
        journal.append(dossier=dossier, event=event, keys=keys, by=access.account_author(user), now=now)


@transaction.atomic
def spread(*, group: ControllerGroup, user: User, now: datetime) -> int:
    """Write the common answers, unread, where nobody at the practice has said anything: no answer at all, or one that
    was proposed and never read. Returns in how many dossiers something was written."""
    return sum(_filled(dossier, group, user, now) for dossier in group.dossiers.order_by("pk"))


def _filled(dossier: Dossier, group: ControllerGroup, user: User, now: datetime) -> bool:
    data = loading.load_dossier_data(dossier)
    sourced = prefill.strongest(prefill.layers(data.questionnaire, data.newest))
    standing = list_offers(data, sourced)
    wanted = {key: standing[key] for key in group.answers if key in standing and _untouched(data.answers.get(key))}
    if not wanted:
        return False
    entries = {key: dict(proposal.entry) for key, proposal in wanted.items()}
    by = access.account_author(user)
    saved = saving.save_answers(dossier=dossier, base=dossier.version, entries=entries, by=by, now=now).saved
    saving.note_seen(dossier, {key: wanted[key] for key in saved})
    return bool(saved)


def _untouched(entry: Entry | None) -> bool:
    return entry is None or not (entry.get("reviewed") or entry["origin"] in TOUCHED)


# -- new facts ------------------------------------------------------------------------------------------


def listed(group: ControllerGroup, now: datetime) -> Listed:
    """The dossiers of a group and their reports, in the order in which they came."""
    found = loading.load_every_dossier_data(group.dossiers.order_by("pk"))
    return [(dossier, build_report(data, now)) for dossier, data in found]


def novelties(found: Listed) -> list[Novelty]:
    rows = [(dossier, row) for dossier, report in found for row in report.rows + report.notes if row.outdated]
    told = []
    for key in dict.fromkeys(row.key for _, row in rows):
        same = [(dossier, row) for dossier, row in rows if row.key == key]
        own = tuple(dossier for dossier, row in same if row.origin in TOUCHED)
        told.append(Novelty(same[0][1], tuple(dossier for dossier, _ in same if dossier not in own), own))
    return told


@transaction.atomic
def answer_for_all(*, group: ControllerGroup, key: str, take: bool, user: User, now: datetime) -> int:
    """« Prendre pour tous » or « Garder pour tous »: as on each dossier's page, save where the practice wrote its own
    answer. Returns for how many."""
    act = saving.take if take else saving.keep_mine
    found = [dossier for each in novelties(listed(group, now)) if each.row.key == key for dossier in each.open]
    for dossier in found:
        act(dossier=dossier, key=key, by=access.account_author(user), now=now)
    return len(found)
