"""Is the installation in order? For a supervisor: 200 or 503, and no detail about dossiers."""

from django.db import DatabaseError
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..models import IncidentRevision
from ..questionnaire import BadFile
from ..services import seeds


@never_cache
@require_safe
def healthz(request):
    checks = {"database": False, "seeds": False}
    try:
        checks["seeds"] = bool(IncidentRevision.objects.exists() and seeds.questionnaire() and seeds.duties())
        checks["database"] = True
    except (DatabaseError, BadFile):
        pass
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)
