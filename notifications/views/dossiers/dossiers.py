"""Starting, listing and opening dossiers."""

from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ...deadlines import ZONES
from ...documents import table
from ...files import dossier_files
from ...models import Dossier, IncidentRevision
from ...questionnaire import Unusable
from ...report import (
    build_copy_sheet,
    build_report,
    list_essential_screens,
    list_revision_changes,
    listing,
)
from ...report.next_action import find_next_action
from ...services.accounts import access
from ...services.dossiers import loading, saving, snapshots, transcription
from ...services.keeping import retention
from ...services.practices import board
from ...services.revisions import INCIDENT_REVISIONS, TEMPLATE_REVISIONS
from ..requests import ViewerRequest
from ..viewer import open_new, visible_dossier
from . import files, pages

ON_A_PAGE = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: ViewerRequest, slug: str | None = None) -> HttpResponse:
    """GET: before you start. POST: start a dossier, with an incident or without."""
    stored = INCIDENT_REVISIONS.list_stored(slug) if slug else []
    if slug and not stored:
        raise Http404
    if request.method == "POST":
        return begin(request, stored[0] if stored else None)
    return render(
        request,
        "dossiers/start.html",
        {
            "revision": INCIDENT_REVISIONS.as_data(stored[0]) if stored else None,
            "form_action": request.path,
            "zones": list(ZONES.items()),
            "keep": settings.RETENTION.words(),
        },
    )


def begin(request: ViewerRequest, stored: IncidentRevision | None, **chosen: Any) -> HttpResponse:
    """A dossier in the zone that the page says, with this incident revision or none; `chosen`: what else it is begun
    with. Its first page."""
    zone = request.POST.get("timezone", "")
    now = timezone.now()
    with transaction.atomic():
        dossier = saving.start_dossier(
            revision=stored,
            timezone=zone if zone in ZONES else "Europe/Paris",
            by=access.first_author(request.viewer),
            now=now,
            **chosen,
        )
        return open_new(request, first_page(dossier, now), dossier, now)


def first_page(dossier: Dossier, now: datetime) -> HttpResponse:
    """« L'essentiel » where a known incident fills the rest, every step otherwise."""
    report = build_report(loading.load_dossier_data(dossier), now)
    if dossier.incident_revision:
        return redirect("essential", dossier.public_id, list_essential_screens(report)[0].slug)
    return redirect("step", dossier.public_id, report.sections[0].slug)


@never_cache
@require_safe
def dossiers(request: ViewerRequest) -> HttpResponse:
    """The dossiers of this browser by time left, those that the filter keeps, fifty on a page."""
    mine, name, now = Dossier.objects.visible_to(request.viewer), _filter(request), timezone.now()
    counts = board.count_by_filter(mine, now)
    context = {
        "page": page_by_time_left(request, mine.filter(board.make_conditions(now)[name])),
        "filters": [(value, words, counts[value]) for value, (words, _) in listing.FILTERS.items()],
        "filter": name,
        "all": counts[""],
        "leaving": retention.list_leaving(mine, now),
    }
    return render(request, "dossiers/dossiers.html", context)


def page_by_time_left(request: ViewerRequest, dossiers: QuerySet[Dossier]) -> Page[Any]:
    """Fifty of these dossiers, each with its report: somebody may have thousands."""
    page = Paginator(board.order_by_time_left(dossiers).values_list("pk", flat=True), ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    now, pks = timezone.now(), list(page.object_list)
    found = loading.load_every_dossier_data(Dossier.objects.filter(pk__in=pks))
    reports = {dossier.pk: (dossier, build_report(data, now)) for dossier, data in found}
    page.object_list = cast(Any, [reports[pk] for pk in pks if pk in reports])
    return page


@never_cache
@require_safe
def dossiers_csv(request: ViewerRequest) -> HttpResponse:
    """The same as a table, all of it, the most urgent first."""
    now, mine = timezone.now(), Dossier.objects.visible_to(request.viewer).order_by("-created_at")
    reports = [(dossier, build_report(data, now)) for dossier, data in loading.load_every_dossier_data(mine)]
    keeps = listing.FILTERS[_filter(request)][1]
    kept = sorted((pair for pair in reports if keeps(pair[1])), key=lambda pair: listing.sort_by_time_left(pair[1]))
    content = table.dossiers((dossier.title, report) for dossier, report in kept)
    headers = {"Content-Disposition": 'attachment; filename="dossiers.csv"'}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def _filter(request: ViewerRequest) -> str:
    name = request.GET.get("filtre", "")
    return name if name in listing.FILTERS else ""


@never_cache
@require_safe
def dossier(request: ViewerRequest, public_id: str) -> HttpResponse:
    """Where a dossier stands: its clock, the one thing to do next, each duty, what is missing."""
    dossier = visible_dossier(request, public_id)
    report = pages.build_page_report(dossier)
    sheet = build_copy_sheet(report, transcription.read_marks(dossier)) if dossier.transcribed else None
    transcribed = sheet is not None and sheet.done == sheet.total  # as far as the copy sheet knows
    context = {
        "dossier": dossier,
        "report": report,
        "next": find_next_action(report, transcribed=transcribed),
        "filings": snapshots.list_active(dossier),
        "outdated": len(list_revision_changes(report)),
        "due": [clock for clock in report.clocks if clock.state != "idle"],
        "idle": [clock for clock in report.clocks if clock.state == "idle"],
        "downloads": [each for each in files.DOWNLOADS if each.link and each.is_offered(report)],
        "leaving": retention.list_leaving(Dossier.objects.filter(pk=dossier.pk), report.now),
    }
    return render(request, "dossiers/dossier.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_dossier(request: ViewerRequest) -> HttpResponse:
    """A dossier.json comes back as a new dossier; a file that is refused leaves nothing behind."""
    if request.method != "POST":
        return render(request, "dossiers/import.html")
    sent = request.FILES.get("file")
    now = timezone.now()
    try:
        if sent is None:
            raise Unusable(["Choisissez un fichier dossier.json (moins de 1 Mo)."])
        imported = dossier_files.read_dossier(
            sent.read(),
            revisions_of=INCIDENT_REVISIONS.load_by_origin,
            templates_of=TEMPLATE_REVISIONS.load_by_origin,
            now=now,
        )
    except Unusable as error:
        return render(request, "dossiers/import.html", {"problems": error.problems}, status=422)
    return _import(request, imported, now)


def _import(request: ViewerRequest, imported: dossier_files.Imported, now: datetime) -> HttpResponse:
    with transaction.atomic():
        dossier = saving.start_dossier(
            revision=INCIDENT_REVISIONS.find_stored(imported.revision) if imported.revision else None,
            template=TEMPLATE_REVISIONS.find_stored(imported.template) if imported.template else None,
            questionnaire=imported.questionnaire.name,
            timezone=imported.timezone,
            by=access.first_author(request.viewer),
            now=now,
            answers=imported.answers,
        )
        response = open_new(request, redirect("check", dossier.public_id), dossier, now)
    messages.success(request, "Le dossier a été repris. Relisez les réponses marquées « à relire ».")
    return response
