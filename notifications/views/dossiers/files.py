"""A dossier's files. Their names come from the dossier, never from the request."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ...documents import dossier_file, pdf
from ...report import build_report
from ...services.dossiers import loading
from ..viewer import visible_dossier


@never_cache
@require_safe
def draft_pdf(request, public_id):
    """The draft as PDF; `?notes=non` leaves the practice's own notes out."""
    dossier = visible_dossier(request, public_id)
    report = report_of(dossier)
    data = pdf.draft_pdf(
        report,
        title=report.organisation,
        incident_title=report.incident_title,
        with_notes=request.GET.get("notes") != "non",
    )
    return as_file(dossier, data, "application/pdf", "brouillon", "pdf")


@never_cache
@require_safe
def dossier_json(request, public_id):
    dossier = visible_dossier(request, public_id)
    return as_file(dossier, dossier_file.dump(report_of(dossier)), "application/json", "dossier", "json")


def report_of(dossier):
    """To the minute, so that two downloads of the same dossier within it are the same bytes."""
    return build_report(loading.load_dossier_data(dossier), timezone.now().replace(second=0, microsecond=0))


def as_file(dossier, data, content_type, kind, extension):
    name = slugify(dossier.organisation_name)[:60]
    filename = f"{kind}-{name}.{extension}" if name else f"{kind}.{extension}"
    return HttpResponse(
        data,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
