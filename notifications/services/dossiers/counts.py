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


def shown(template: SharedTemplate) -> Counts | None:
    """What was last counted, at `template.counted_at`; None before."""
    return Counts(**template.counts) if template.counted_at else None


def refresh(*, now: datetime) -> int:
    """Count anew where it is time; returns for how many templates."""
    due = SharedTemplate.objects.filter(Q(counted_at=None) | Q(counted_at__lte=now - EVERY))
    found = list(due.filter(revisions__isnull=False).distinct())
    for template in found:
        counted = asdict(count(template, now))
        SharedTemplate.objects.filter(pk=template.pk).update(counts=counted, counted_at=now)
    return len(found)


def count(template: SharedTemplate, now: datetime) -> Counts:
    """Of the practices that let themselves be counted."""
    found = Dossier.objects.filter(template_revision__template=template, counted=True)
    keys = list(found.order_by("pk").values_list("pk", flat=True))
    stages: Counter[str] = Counter()
    for start in range(0, len(keys), AT_A_TIME):
        batch = loading.load_every_dossier_data(found.filter(pk__in=keys[start : start + AT_A_TIME]))
        stages.update(find_stage(data, now) for _, data in batch)
    return Counts(
        begun=_shown(stages.total()),
        finished=_shown(stages.total() - stages["begun"]),
        on_time=_shown(stages["on_time"]),
        late=_shown(stages["late"]),
    )


def _shown(number: int) -> int | None:
    return number - number % STEP if number >= STEP else None
