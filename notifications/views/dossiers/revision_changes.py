"""« Réponses à revoir »: what newer revisions propose otherwise, and what the practice makes of it."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ...report import list_revision_changes
from ...services.accounts import access
from ...services.alerts import addresses
from ...services.dossiers import saving, snapshots
from ..viewer import visible_dossier
from . import pages

MOVED = "Cette réponse ou sa proposition vient de changer : relisez-la avant de choisir."
TAKEN = "La nouvelle proposition est votre réponse."
KEPT = "Votre réponse est gardée."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def news(request, public_id):
    """GET: each answer to look at again. POST: « Prendre » (`take`) or « Garder la mienne » (`keep`) one of them, as
    the page showed it (its token)."""
    dossier = visible_dossier(request, public_id)
    found = list_revision_changes(pages.report_of(dossier))
    if request.method != "POST":
        context = {"dossier": dossier, "news": found, "filed": bool(snapshots.active(dossier))}
        context["written_to"] = addresses.find_standing(dossier).state == "live"
        return render(request, "dossiers/news.html", context)
    _answer(request, dossier, found)
    dossier.refresh_from_db()
    left = list_revision_changes(pages.report_of(dossier))
    return redirect("news" if left else "dossier", dossier.public_id)


def _answer(request, dossier, found):
    by_token = {each.token: each for each in found}
    taken, kept = (by_token.get(request.POST.get(name)) for name in ("take", "keep"))
    said = {"by": access.author(dossier, request.viewer), "now": timezone.now()}
    if taken and not taken.withdrawn:
        saved, words = saving.take(dossier=dossier, key=taken.row.key, **said), TAKEN
    elif kept:
        saved, words = saving.keep_mine(dossier=dossier, key=kept.row.key, **said), KEPT
    else:
        messages.warning(request, MOVED)
        return
    if saved.conflicts:
        messages.warning(request, MOVED)
    else:
        messages.success(request, words)
