"""Is the installation in order? For a supervisor: 200 or 503, and no detail about dossiers.

`reminders` is false once the loop that sends them has been silent for 15 minutes, or never ran although somebody waits
for one; also while the mail server has not been reached for an hour, or is not named although somebody waits."""

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ... import seeds
from ...models import IncidentRevision
from ...questionnaire import Unusable
from ...services.alerts import reminders


@never_cache
@require_safe
def check_health(request: HttpRequest) -> JsonResponse:
    checks = {"database": False, "seeds": False, "reminders": False}
    try:
        checks["seeds"] = bool(IncidentRevision.objects.exists() and seeds.find_questionnaire() and seeds.load_duties())
        checks["reminders"] = reminders.is_alive(timezone.now())
        checks["database"] = True
    except (DatabaseError, Unusable):
        pass
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)
