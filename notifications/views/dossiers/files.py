"""A dossier's files. Their names come from the dossier, never from the request."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ...documents import dossier_file, letter, pdf
from ...models import Dossier
from ...report import Report, build_report, offers_letter, write_letter_to_vendor
from ...services.dossiers import loading
from ..requests import ViewerRequest
from ..viewer import visible_dossier

CONTENT_TYPES = {"pdf": "application/pdf", "json": "application/json", "txt": "text/plain; charset=utf-8"}


@dataclass(frozen=True)
class Download:
    """A file that is made from a dossier's report. Its address and its link follow from this."""

    name: str  # of its address
    file: str  # what the address ends with, and what the file is called
    make: Callable[[Report], bytes]
    is_offered: Callable[[Report], bool] = lambda report: True
    link: str = ""  # its words on the dossier's page; "" where pages link to it in words of their own


DOWNLOADS = (
    Download("dossier_json", "dossier.json", dossier_file.dump),
    Download("complement_pdf", "complement.pdf", pdf.complement_pdf, lambda report: bool(report.data.filings)),
    Download(
        "vendor_letter_pdf",
        "lettre-editeur.pdf",
        lambda report: pdf.letter_pdf(write_letter_to_vendor(report)),
        offers_letter,
        "Lettre à l’éditeur (PDF)",
    ),
    Download(
        "vendor_letter_text",
        "lettre-editeur.txt",
        lambda report: letter.text(write_letter_to_vendor(report)),
        offers_letter,
        "Lettre à l’éditeur (texte)",
    ),
)


@never_cache
@require_safe
def send_download(request: ViewerRequest, public_id: str, download: Download) -> HttpResponse:
    """Send one of DOWNLOADS."""
    dossier = visible_dossier(request, public_id)
    report = report_of(dossier)
    if not download.is_offered(report):
        raise Http404
    return as_file(dossier, download.make(report), download.file)


@never_cache
@require_safe
def draft_pdf(request: ViewerRequest, public_id: str) -> HttpResponse:
    """Send the draft as PDF; `?notes=non` leaves the practice's own notes out."""
    dossier = visible_dossier(request, public_id)
    report = report_of(dossier)
    data = pdf.draft_pdf(
        report,
        title=report.organisation,
        incident_title=report.incident_title,
        with_notes=request.GET.get("notes") != "non",
    )
    return as_file(dossier, data, "brouillon.pdf")


def report_of(dossier: Dossier) -> Report:
    """Build the report to the minute, so that two downloads of the same dossier within it are the same bytes."""
    return build_report(loading.load_dossier_data(dossier), timezone.now().replace(second=0, microsecond=0))


def as_file(dossier: Dossier, data: bytes, file: str) -> HttpResponse:
    """Return the bytes as a file that is named after its kind and the practice: « brouillon-cabinet-martin.pdf »."""
    kind, _, extension = file.rpartition(".")
    name = slugify(dossier.organisation_name)[:60]
    filename = f"{kind}-{name}.{extension}" if name else file
    return HttpResponse(
        data,
        content_type=CONTENT_TYPES[extension],
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
