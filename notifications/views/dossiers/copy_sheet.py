"""The copy sheet: what to type on the teleservice, field by field, and what was copied already."""

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ...report import build_copy_sheet
from ...services.accounts import access
from ...services.dossiers import transcription
from ..viewer import visible_dossier
from . import pages


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def copy_sheet(request, public_id):
    """GET: the sheet; after a filing what changed since, or all of it with `?tout=oui`. POST marks as copied."""
    dossier = visible_dossier(request, public_id)
    report = pages.report_of(dossier)
    sheet = _sheet(request, dossier, report)
    if request.method == "POST":
        return _marked(request, dossier, report, sheet)
    return render(request, "dossiers/copy_sheet.html", {"dossier": dossier, "report": report, "sheet": sheet})


def _sheet(request, dossier, report):
    return build_copy_sheet(report, transcription.marks(dossier), whole=request.GET.get("tout") == "oui")


def _marked(request, dossier, report, sheet):
    said = {"by": access.author(dossier, request.viewer), "now": report.now}
    mark, sha256 = request.POST.get("mark", ""), request.POST.get("sha256", "")
    if "restart" in request.POST:
        transcription.restart(dossier=dossier, **said)
        messages.success(request, "Les marques sont effacées : tout est à recopier.")
    elif mark in sheet.by_mark:
        transcription.mark_copied(dossier=dossier, mark=mark, sha256=sha256, **said)
    dossier.refresh_from_db(fields=["transcribed"])
    sheet = _sheet(request, dossier, report)
    if pages.is_autosave(request):
        return _reply(sheet, mark)
    # the place where one goes on: a page without scripts opens there
    place = f"#c-{sheet.next.key}" if sheet.next and "restart" not in request.POST else ""
    return redirect(f"{request.get_full_path()}{place}")


def _reply(sheet, mark):
    """The pieces of the page that follow from a mark."""
    piece = sheet.by_mark.get(mark)
    return JsonResponse(
        {
            "state": render_to_string("dossiers/_copy_state.html", {"piece": piece}) if piece else "",
            "progress": render_to_string("dossiers/_copy_progress.html", {"sheet": sheet}),
        }
    )
