"""What an organisation may know of the dossiers that were begun with its template: four numbers, and nobody's.

Counting reads every dossier: the worker does it, and pages show what it last found."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from ...models import Dossier, SharedTemplate
from ...report import find_stage
from . import loading

STEP = 10  # the least number that is shown, and what numbers are rounded down to
AT_A_TIME = 500
EVERY = timedelta(hours=6)


@dataclass(frozen=True)
class Counts:
    """« Au moins » so many dossiers each; None for fewer than ten.

    All revisions together and only by tens, so that neither two counts nor the same one a day later tell of a single
    practice."""

    begun: int | None
    finished: int | None  # nothing is missing for the notification, or it is filed
    on_time: int | None  # filed within the delay
    late: int | None


def get_last_counts(template: SharedTemplate) -> Counts | None:
    """Return what was last counted, at `template.counted_at`; None before."""
    return Counts(**template.counts) if template.counted_at else None


def refresh_counts(*, now: datetime) -> int:
    """Count anew where it is time; return for how many templates."""
    due = SharedTemplate.objects.filter(Q(counted_at=None) | Q(counted_at__lte=now - EVERY))
    templates = list(due.filter(revisions__isnull=False).distinct())
    for template in templates:
        counts = asdict(count_dossiers(template, now))
        SharedTemplate.objects.filter(pk=template.pk).update(counts=counts, counted_at=now)
    return len(templates)


def count_dossiers(template: SharedTemplate, now: datetime) -> Counts:
    """Count the dossiers of the practices that let themselves be counted."""
    dossiers = Dossier.objects.filter(template_revision__template=template, counted=True)
    keys = list(dossiers.order_by("pk").values_list("pk", flat=True))
    stages: Counter[str] = Counter()
    for start in range(0, len(keys), AT_A_TIME):
        batch = loading.load_every_dossier_data(dossiers.filter(pk__in=keys[start : start + AT_A_TIME]))
        stages.update(find_stage(data, now) for _, data in batch)
    numbers = [stages.total(), stages.total() - stages["begun"], stages["on_time"], stages["late"]]
    return Counts(*(number - number % STEP if number >= STEP else None for number in numbers))
