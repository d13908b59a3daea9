"""The board: thousands of dossiers ordered, filtered and counted by the database, read fifty at a time.

The order is that of `report.listing.sort_by_time_left`, from columns alone. The two differ in one case: a dossier whose
moment of awareness was changed after it was filed stands, among those that are over, where its present answer puts it,
not where the filing froze it. The filters never differ.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from ... import deadlines, seeds
from ...files.roster import fold_words
from ...models import Dossier, Filing, JournalEntry, Practice, Viewer
from ...obligations import CNIL, Obligation
from ...report import Report, build_report
from ..accounts import access
from ..dossiers import saving
from ..revisions import INCIDENT_REVISIONS

PIECE = 200  # dossiers that are in memory at a time
RUNNING, WAITING, COMPLEMENT, OVER = range(4)  # places, as `listing` has them


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
        row = self.report.by_key.get(saving.AWARE)
        return row.text if row else ""

    @property
    def read(self) -> int:
        """Answers that somebody at the practice has read."""
        return self.report.progress.answered - self.report.progress.to_review


# -- which dossiers, in which order ---------------------------------------------------------------------


def list_own(viewer: Viewer) -> QuerySet[Dossier]:
    """Return the dossiers of the account and of its practices; those that only this browser holds stand elsewhere."""
    return Dossier.objects.visible_to(Viewer(user=viewer.user))


def place_dossiers(found: QuerySet[Dossier]) -> QuerySet[Dossier]:
    """Each dossier with `filed`, `stopped`, `place` and `counts_from`, the moment from which its alarm counts."""
    duty, complement = _duty(CNIL), _complement()
    filings = Filing.objects.filter(dossier=OuterRef("pk"), cancelled_at=None)
    before = Q(filed_at__lt=OuterRef("filed_at")) | Q(filed_at=OuterRef("filed_at"), number__lt=OuterRef("number"))
    initial = Filing.objects.filter(before, dossier=OuterRef("dossier"), cancelled_at=None, kind=complement.after)
    careful = When(filed=False, informed_at__lt=F("aware_at"), then=F("informed_at"))
    return found.annotate(
        filed=Exists(filings.filter(kind__in=duty.done_by)),
        begun=Exists(filings.filter(kind=complement.after)),
        completed=Exists(filings.filter(Exists(initial), kind__in=complement.done_by)),
        counts_from=Case(careful, default=F("aware_at")),
        place=Case(
            When(filed=True, begun=True, completed=False, then=Value(COMPLEMENT)),
            When(Q(filed=True) | Q(decision__in=_stopping(duty)), then=Value(OVER)),
            When(aware_at=None, then=Value(WAITING)),
            default=Value(RUNNING),
        ),
    )


def _duty(key: str) -> Obligation:
    """Under its newest terms: the only ones so far."""
    return [each for each in seeds.load_duties() if each.key == key][-1]


def _complement() -> Obligation:
    return next(each for each in seeds.load_duties() if each.after)


def _stopping(duty: Obligation) -> list[str]:
    """The decisions that stop the clock."""
    return [option for condition in duty.stopped for option in condition.any or ()]


def make_conditions(now: datetime) -> Mapping[str, Q]:
    """Return, by the value of each filter of `listing`, which placed dossiers it keeps at this instant."""
    running, hours = Q(place=RUNNING), timedelta(hours=_duty(CNIL).hours)
    urgent, soon = (now + left - hours for left in (deadlines.URGENT, deadlines.SOON))
    return {
        "": Q(),
        "a-faire": Q(place__lt=OVER),
        "urgents": running & Q(counts_from__lt=urgent),
        "bientot": running & Q(counts_from__gte=urgent, counts_from__lt=soon),
        "deposes": Q(filed=True),
        "sans-depot": Q(filed=False, decision__in=_stopping(_duty(CNIL))),
    }


def choose_dossiers(viewer: Viewer, choice: Choice) -> QuerySet[Dossier]:
    """Return the placed dossiers that the practice, the incident and the words keep, whatever their state."""
    dossiers = list_own(viewer)
    if choice.practice:
        dossiers = dossiers.filter(practice__public_id=choice.practice)
    if choice.incident:
        dossiers = dossiers.filter(incident_revision__incident__slug=choice.incident)
    if choice.words:
        # Names are not compared by the database: SQLite takes « É » and « é » for two letters, and neither engine takes
        # « é » for « e ». The result stands in the place of the conditions so far: beside them, SQLite would go through
        # all memberships for each number.
        words = fold_words(choice.words)
        names = dossiers.values_list("pk", "practice__name", "organisation_name")
        named = [pk for pk, *either in names if any(words in fold_words(name or "") for name in either)]
        dossiers = Dossier.objects.filter(pk__in=named)
    return place_dossiers(dossiers)


def count_by_filter(found: QuerySet[Dossier], now: datetime) -> dict[str, int]:
    """Return, by the value of each filter, how many of these placed dossiers it keeps; in one query."""
    filters = make_conditions(now)
    counts = {f"n{place}": Count("pk", filter=condition) for place, condition in enumerate(filters.values())}
    return dict(zip(filters, found.aggregate(**counts).values(), strict=True))


def order_by_time_left(found: QuerySet[Any]) -> QuerySet[Any]:
    """Put placed dossiers in the order of time left, as `listing.sort_by_time_left`; where that is equal, the newest
    first."""
    return found.order_by("place", F("counts_from").asc(nulls_last=True), "-created_at", "-pk")


# -- what is said of each -------------------------------------------------------------------------------


def build_lines(viewer: Viewer, pks: Collection[int], now: datetime) -> list[Line]:
    """Return the lines of these dossiers, which were chosen for this viewer, in their order; as many queries for one as
    for hundreds."""
    loaded = saving.load_every_dossier_data(Dossier.objects.filter(pk__in=pks))
    last_entries = JournalEntry.objects.filter(dossier__in=pks, number=F("dossier__journal_count"))
    touches = {entry.dossier_id: entry for entry in last_entries}
    reader = access.account_author(viewer.user) if viewer.user else ""
    authors = access.authors_words({entry.by for entry in touches.values()}, reader)
    by_pk = {}
    for dossier, data in loaded:
        name = dossier.practice.name if dossier.practice else dossier.organisation_name
        touch = touches.get(dossier.pk)
        by = authors[touch.by] if touch else ""
        by_pk[dossier.pk] = Line(dossier, build_report(data, now), name, touch.at if touch else None, by)
    return [by_pk[pk] for pk in pks if pk in by_pk]


def build_pieces(viewer: Viewer, found: QuerySet[Dossier], now: datetime) -> Iterator[list[Line]]:
    """Yield all the lines, so many at a time."""
    pks = list(found.values_list("pk", flat=True))
    for start in range(0, len(pks), PIECE):
        yield build_lines(viewer, pks[start : start + PIECE], now)


# -- what one may choose by -----------------------------------------------------------------------------


def list_practices(viewer: Viewer) -> QuerySet[Practice]:
    return Practice.objects.visible_to(viewer).order_by("name", "pk")


def list_breaches(viewer: Viewer) -> list[tuple[str, str]]:
    """Return the (slug, title) of each incident of these dossiers, by title."""
    dossiers = list_own(viewer).exclude(incident_revision=None).order_by()
    used = list(dossiers.values_list("incident_revision", flat=True).distinct())
    titles = {family[0].slug: family[0].title for _, family in INCIDENT_REVISIONS.load_families(used).values()}
    return sorted(titles.items(), key=lambda pair: fold_words(pair[1]))
