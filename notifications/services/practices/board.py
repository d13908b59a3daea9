"""The board: thousands of dossiers ordered, filtered and counted by the database, read fifty at a time.

Order and filters are those of `report.listing`, from the columns that each change of a dossier derives from its clocks.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet

from ... import deadlines
from ...files.roster import folded
from ...models import Dossier, JournalEntry, Practice, Viewer
from ...report import AWARE, DossierData, Report, build_report, listing
from ..accounts import access
from ..dossiers import loading
from ..incidents import incidents

PIECE = 200  # dossiers that are in memory at a time


@dataclass(frozen=True)
class Choice:
    """What is kept of the board: the value of a filter of `listing`, a practice, an incident, words of a name."""

    state: str = ""
    practice: str = ""  # its public id
    incident: str = ""  # its slug
    words: str = ""


@dataclass(frozen=True)
class Line:
    """A dossier on the board; `name` is that of the practice, `by` who touched it last, after « par »."""

    dossier: Dossier
    report: Report
    name: str
    touched_at: datetime | None
    by: str

    @property
    def aware_words(self) -> str:
        """When the practice learned of the breach, "" while that is not known."""
        row = self.report.by_key.get(AWARE)
        return row.text if row else ""

    @property
    def read(self) -> int:
        """Answers that somebody at the practice has read."""
        return self.report.progress.answered - self.report.progress.to_review


# -- which dossiers, in which order ---------------------------------------------------------------------


def mine(viewer: Viewer) -> QuerySet[Dossier]:
    """The dossiers of the account and of its practices; those that only this browser holds are on another page."""
    return Dossier.objects.visible_to(Viewer(user=viewer.user))


def conditions(now: datetime) -> Mapping[str, Q]:
    """By the value of a filter of `listing`, which dossiers it keeps at this instant."""
    running = Q(place=listing.RUNNING)
    urgent, soon = now + deadlines.URGENT, now + deadlines.SOON
    return {
        "": Q(),
        "a-faire": Q(place__lt=listing.OVER),
        "urgents": running & Q(alarm_at__lt=urgent),
        "bientot": running & Q(alarm_at__gte=urgent, alarm_at__lt=soon),
        "deposes": Q(clock="done"),
        "sans-depot": Q(clock="stopped"),
    }


def chosen(viewer: Viewer, choice: Choice) -> QuerySet[Dossier]:
    """The dossiers that the practice, the incident and the words keep, whatever their state."""
    found = mine(viewer)
    if choice.practice:
        found = found.filter(practice__public_id=choice.practice)
    if choice.incident:
        found = found.filter(incident_revision__incident__slug=choice.incident)
    if choice.words:
        # in the place of the conditions so far: beside them, SQLite would go through all memberships for each number
        found = Dossier.objects.filter(pk__in=_named(found, choice.words))
    return found


def _named(found: QuerySet[Dossier], words: str) -> list[int]:
    """Those whose practice's name holds these words. Not asked of the database: SQLite takes « É » and « é » for two
    letters, and neither engine takes « é » for « e »."""
    wanted = folded(words)
    names = found.values_list("pk", "practice__name", "organisation_name")
    return [pk for pk, *either in names if any(wanted in folded(name or "") for name in either)]


def counted(found: QuerySet[Dossier], now: datetime) -> dict[str, int]:
    """By the value of each filter, how many of these dossiers it keeps; in one query."""
    wanted = {f"n{place}": Count("pk", filter=each) for place, each in enumerate(conditions(now).values())}
    return dict(zip(conditions(now), found.aggregate(**wanted).values(), strict=True))


def ordered(found: QuerySet[Dossier]) -> QuerySet[Dossier]:
    """By time left, as `listing.sort_by_time_left`; where that is equal, the newest first."""
    return found.order_by("place", F("alarm_at").asc(nulls_last=True), "-created_at", "-pk")


# -- what is said of each -------------------------------------------------------------------------------


def lines(viewer: Viewer, pks: Collection[int], now: datetime) -> list[Line]:
    """The lines of these dossiers, which were chosen for this viewer, in their order; as many queries for one as for
    hundreds."""
    found = {
        dossier.pk: (dossier, data)
        for dossier, data in loading.load_every_dossier_data(Dossier.objects.filter(pk__in=pks))
    }
    last = _last_touches(found)
    reader = access.account_author(viewer.user) if viewer.user else ""
    words = access.authors_words({entry.by for entry in last.values()}, reader)
    return [_line(*found[pk], last.get(pk), words, now) for pk in pks if pk in found]


def _last_touches(pks: Iterable[int]) -> dict[int, JournalEntry]:
    found = JournalEntry.objects.filter(dossier__in=list(pks), number=F("dossier__journal_count"))
    return {entry.dossier_id: entry for entry in found}


def _line(
    dossier: Dossier, data: DossierData, last: JournalEntry | None, words: Mapping[str, str], now: datetime
) -> Line:
    report = build_report(data, now)
    name = dossier.practice.name if dossier.practice else dossier.organisation_name
    return Line(dossier, report, name, last and last.at, words[last.by] if last else "")


def pieces(viewer: Viewer, found: QuerySet[Dossier], now: datetime) -> Iterator[list[Line]]:
    """All the lines, so many at a time."""
    pks = list(found.values_list("pk", flat=True))
    for start in range(0, len(pks), PIECE):
        yield lines(viewer, pks[start : start + PIECE], now)


# -- what one may choose by -----------------------------------------------------------------------------


def practices(viewer: Viewer) -> QuerySet[Practice]:
    return Practice.objects.visible_to(viewer).order_by("name", "pk")


def breaches(viewer: Viewer) -> list[tuple[str, str]]:
    """(slug, title) of the incidents of these dossiers, by title."""
    used = (
        mine(viewer).exclude(incident_revision=None).order_by().values_list("incident_revision", flat=True).distinct()
    )
    found = {family[0].slug: family[0].title for _, family in incidents.families(list(used)).values()}
    return sorted(found.items(), key=lambda each: folded(each[1]))
