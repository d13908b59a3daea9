"""Starting a dossier for every practice of a roster: what would be done, then all of it or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from ... import seeds
from ...files.roster import CITY, NAME, SIREN, Line, identify_practice
from ...models import Dossier, IncidentRevision, Membership, Practice, Role, User, Viewer
from ...questionnaire import Entry, Unusable, apply_edit
from ..accounts import access, roles
from ..dossiers import loading, saving
from ..locks import lock_row


@dataclass(frozen=True)
class Planned:
    """A line, the practice that is here already (None: a new one), and its dossier for this incident, if any."""

    line: Line
    practice: Practice | None = None
    dossier: Dossier | None = None
    is_new: bool = False  # the practice was made for this line


def plan_dossiers(*, viewer: Viewer, lines: Sequence[Line], revision: IncidentRevision | None) -> list[Planned]:
    """Return what `begin` would do. Raises Unusable where the account's role does not allow it, and where two lines are
    the same practice."""
    matches = _match_practices(viewer, lines)
    first_lines: dict[int, int] = {}  # of each practice: one line may give its SIREN, another one only its name
    twice = [
        f"ligne {number} : « {practice.name} » est déjà à la ligne {first_lines[practice.pk]}."
        for number, practice in matches.items()
        if first_lines.setdefault(practice.pk, number) != number
    ]
    if twice:
        raise Unusable(twice)
    kept = set(roles.practices(viewer, roles.KEEPERS))
    refused = [
        f"ligne {number} : votre rôle dans « {practice.name} » ne permet pas d'y commencer un dossier."
        for number, practice in matches.items()
        if practice not in kept
    ]
    if refused:
        raise Unusable(refused)
    incident = revision.incident if revision else None
    begun = Dossier.objects.filter(practice__in=matches.values(), incident_revision__incident=incident)
    dossiers = {dossier.practice_id: dossier for dossier in begun.defer("answers").order_by("-pk")}
    practices = [matches.get(line.number) for line in lines]
    return [
        Planned(line, practice, dossiers.get(practice.pk) if practice else None)
        for line, practice in zip(lines, practices, strict=True)
    ]


def _match_practices(viewer: Viewer, lines: Sequence[Line]) -> dict[int, Practice]:
    """Return, by the number of its line, each practice of the account that a line names: by its SIREN; or by its name
    and city, unless its SIREN is another one."""
    known: dict[str, Practice] = {}
    for practice in Practice.objects.visible_to(viewer).order_by("-pk"):
        siren, name, city = (practice.profile.get(key, {}).get("value") or "" for key in (SIREN, NAME, CITY))
        known |= {identify_practice(siren, name, city): practice, identify_practice("", name, city): practice}
    matches = {}
    for line in lines:
        match = known.get(identify_practice("", line.name, line.city))
        if line.siren and match and match.profile.get(SIREN, {}).get("value"):
            match = None
        if match := known.get(line.names) or match:
            matches[line.number] = match
    return matches


@transaction.atomic
def start_dossiers(
    *, user: User, lines: Sequence[Line], revision: IncidentRevision | None, timezone: str, now: datetime
) -> list[Planned]:
    """Start what is not started yet; returns what was done, each new practice and dossier in its place. Done again, it
    does nothing. Raises Unusable, and nothing is stored."""
    # one at a time: a second click finds all of it done
    lock_row(User.objects.all(), pk=user.pk)
    by, questions, done = access.account_author(user), seeds.find_questionnaire().questions, []
    for planned in plan_dossiers(viewer=Viewer(user=user), lines=lines, revision=revision):
        if planned.dossier:
            continue
        given, practice = planned.line.entries, planned.practice
        if practice is None:  # prepared by a manager: its doctor is invited as owner, or not yet
            profile: dict[str, Entry] = {key: dict(entry) for key, entry in given.items() if questions[key].profile}
            practice = Practice.objects.create(name=planned.line.name, timezone=timezone, profile=profile)
            Membership.objects.create(practice=practice, user=user, role=Role.MANAGER)
        dossier = saving.start_dossier(revision=revision, timezone=timezone, by=by, now=now, practice=practice)
        stored = {key: loading.strip_version(dossier.answers.get(key)) for key in given}
        entries = {key: apply_edit(questions[key], stored[key], entry) for key, entry in given.items()}
        saving.save_answers(dossier=dossier, base=dossier.version, entries=entries, by=by, now=now)
        done.append(Planned(planned.line, practice, dossier, is_new=planned.practice is None))
    return done
