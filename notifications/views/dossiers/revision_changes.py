"""« Réponses à revoir »: what newer revisions propose otherwise, and what the practice makes of it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ...report import list_revision_changes
from ...services.accounts import access
from ...services.alerts import addresses
from ...services.dossiers import saving, snapshots
from ..requests import ViewerRequest
from ..viewer import visible_dossier
from . import pages

MOVED = "Cette réponse ou sa proposition vient de changer : relisez-la avant de choisir."
TAKEN = "La nouvelle proposition est votre réponse."
KEPT = "Votre réponse est gardée."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def news(request: ViewerRequest, public_id: str) -> HttpResponse:
    """GET: each answer to look at again. POST: « Prendre » (`take`) or « Garder la mienne » (`keep`) one of them, as
    the page showed it (its token)."""
    dossier = visible_dossier(request, public_id)
    changes = list_revision_changes(pages.build_page_report(dossier))
    if request.method != "POST":
        context = {"dossier": dossier, "news": changes, "filed": bool(snapshots.list_active(dossier))}
        context["written_to"] = addresses.find_standing(dossier).state == "live"
        return render(request, "dossiers/news.html", context)
    by_token = {change.token: change for change in changes}
    taken, kept = (by_token.get(request.POST.get(name, "")) for name in ("take", "keep"))
    act: dict[str, Any] = {"dossier": dossier, "by": access.author(dossier, request.viewer), "now": timezone.now()}
    saved = None
    if taken and not taken.withdrawn:
        saved = saving.take_proposal(key=taken.row.key, **act)
    elif kept:
        saved = saving.keep_own_answer(key=kept.row.key, **act)
    if saved is None or saved.conflicts:
        messages.warning(request, MOVED)
    else:
        messages.success(request, TAKEN if taken and not taken.withdrawn else KEPT)
    dossier.refresh_from_db()
    left = list_revision_changes(pages.build_page_report(dossier))
    return redirect("news" if left else "dossier", dossier.public_id)
