"""The copy sheet: what to type on the teleservice, field by field, and what was copied already."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ...report import build_copy_sheet
from ...services.accounts import access
from ...services.dossiers import transcription
from ..requests import ViewerRequest
from ..viewer import visible_dossier
from . import pages


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def copy_sheet(request: ViewerRequest, public_id: str) -> HttpResponse:
    """GET: the sheet; after a filing what changed since, or all of it with `?tout=oui`. POST marks as copied."""
    dossier = visible_dossier(request, public_id)
    report, whole = pages.build_page_report(dossier), request.GET.get("tout") == "oui"
    sheet = build_copy_sheet(report, transcription.read_marks(dossier), whole=whole)
    if request.method != "POST":
        return render(request, "dossiers/copy_sheet.html", {"dossier": dossier, "report": report, "sheet": sheet})
    act: dict[str, Any] = {"dossier": dossier, "by": access.author(dossier, request.viewer), "now": report.now}
    mark, sha256 = request.POST.get("mark", ""), request.POST.get("sha256", "")
    if "restart" in request.POST:
        transcription.restart_copying(**act)
        messages.success(request, "Les marques sont effacées : tout est à recopier.")
    elif mark in sheet.by_mark:
        transcription.mark_copied(mark=mark, sha256=sha256, **act)
    dossier.refresh_from_db(fields=["transcribed"])
    sheet = build_copy_sheet(report, transcription.read_marks(dossier), whole=whole)
    if pages.is_autosave(request):  # the pieces of the page that follow from a mark
        piece = sheet.by_mark.get(mark)
        state = render_to_string("dossiers/_copy_state.html", {"piece": piece}) if piece else ""
        progress = render_to_string("dossiers/_copy_progress.html", {"sheet": sheet})
        return JsonResponse({"state": state, "progress": progress})
    # the place where one goes on: a page without scripts opens there
    place = f"#c-{sheet.next.key}" if sheet.next and "restart" not in request.POST else ""
    return redirect(f"{request.get_full_path()}{place}")
