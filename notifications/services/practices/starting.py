"""Starting a dossier for every practice of a roster: what would be done, then all of it or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from ... import seeds
from ...files.roster import CITY, NAME, SIREN, Line, naming
from ...models import Dossier, IncidentRevision, Membership, Practice, Role, User, Viewer
from ...questionnaire import Entry, Unusable, edited
from ..accounts import access, roles
from ..dossiers import loading, saving


@dataclass(frozen=True)
class Planned:
    """A line, the practice that is here already (None: a new one), and its dossier for this incident, if any."""

    line: Line
    practice: Practice | None = None
    dossier: Dossier | None = None
    is_new: bool = False  # the practice was made for this line


def plan(*, viewer: Viewer, lines: Sequence[Line], revision: IncidentRevision | None) -> list[Planned]:
    """What `begin` would do. Raises Unusable where the account's role does not allow it, and where two lines are the
    same practice."""
    practices = _by_names(viewer)
    known = {line.number: found for line in lines if (found := _found(practices, line))}
    if twice := _twice(known):
        raise Unusable(twice)
    kept = set(roles.practices(viewer, roles.KEEPERS))
    refused = [(number, practice.name) for number, practice in known.items() if practice not in kept]
    if refused:
        words = "ligne {} : votre rôle dans « {} » ne permet pas d'y commencer un dossier."
        raise Unusable([words.format(*each) for each in refused])
    begun = _begun(known.values(), revision)
    found = [(line, known.get(line.number)) for line in lines]
    return [Planned(line, practice, begun.get(practice.pk) if practice else None) for line, practice in found]


def _by_names(viewer: Viewer) -> dict[str, Practice]:
    """The practices of the account by SIREN, and by name and city."""
    found: dict[str, Practice] = {}
    for practice in Practice.objects.visible_to(viewer).order_by("-pk"):
        siren, name, city = (practice.profile.get(key, {}).get("value") or "" for key in (SIREN, NAME, CITY))
        found |= {naming(siren, name, city): practice, naming("", name, city): practice}
    return found


def _found(practices: Mapping[str, Practice], line: Line) -> Practice | None:
    """That of the line's SIREN; or of its name and city, unless its SIREN is another one."""
    namesake = practices.get(naming("", line.name, line.city))
    if line.siren and namesake and namesake.profile.get(SIREN, {}).get("value"):
        namesake = None
    return practices.get(line.names) or namesake


def _twice(known: Mapping[int, Practice]) -> list[str]:
    """One line may give the SIREN of a practice, another one only its name."""
    first: dict[int, int] = {}
    words = "ligne {} : « {} » est déjà à la ligne {}."
    found = [(number, practice.name, first.setdefault(practice.pk, number)) for number, practice in known.items()]
    return [words.format(*each) for each in found if each[0] != each[2]]


def _begun(practices: Iterable[Practice], revision: IncidentRevision | None) -> dict[int, Dossier]:
    """By practice, its dossier for this incident."""
    incident = revision.incident if revision else None
    found = Dossier.objects.filter(practice__in=list(practices), incident_revision__incident=incident)
    return {dossier.practice_id: dossier for dossier in found.defer("answers").order_by("-pk")}


@transaction.atomic
def begin(
    *, user: User, lines: Sequence[Line], revision: IncidentRevision | None, timezone: str, now: datetime
) -> list[Planned]:
    """Start what is not started yet; returns what was done, each new practice and dossier in its place. Done again, it
    does nothing. Raises Unusable, and nothing is stored."""
    User.objects.filter(pk=user.pk).update(seal=F("seal"))  # one at a time: a second click finds all of it done
    said = {"revision": revision, "timezone": timezone, "by": access.account_author(user), "now": now}
    planned = plan(viewer=Viewer(user=user), lines=lines, revision=revision)
    return [_begin(user, each, said) for each in planned if each.dossier is None]


def _begin(user: User, planned: Planned, said: dict) -> Planned:
    practice = planned.practice or _new_practice(user, planned.line, said["timezone"])
    dossier = saving.start(practice=practice, **said)
    entries = {
        key: edited(seeds.questionnaire().questions[key], loading.strip_version(dossier.answers.get(key)), entry)
        for key, entry in planned.line.entries.items()
    }
    saving.save_answers(dossier=dossier, base=dossier.version, entries=entries, by=said["by"], now=said["now"])
    return Planned(planned.line, practice, dossier, is_new=planned.practice is None)


def _new_practice(user: User, line: Line, timezone: str) -> Practice:
    """Prepared by a manager: its doctor is invited as owner, or not yet."""
    questions = seeds.questionnaire().questions
    profile: dict[str, Entry] = {key: dict(entry) for key, entry in line.entries.items() if questions[key].profile}
    practice = Practice.objects.create(name=line.name, timezone=timezone, profile=profile)
    Membership.objects.create(practice=practice, user=user, role=Role.MANAGER)
    return practice
