"""« Rattacher ce dossier »."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ...services.dossiers import claims
from ..requests import ViewerRequest


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: ViewerRequest, public_id: str) -> HttpResponse:
    """« Rattacher ce dossier ». GET: what will happen, and where to sign in first. POST: it is the account's."""
    dossier = get_object_or_404(claims.list_claimable(request.viewer), public_id=public_id)
    user = request.viewer.user
    if request.method != "POST":
        return render(request, "account/claim.html", {"dossier": dossier, "user": user})
    if user is None:
        return redirect("claim", dossier.public_id)
    if claims.claim_dossier(dossier=dossier, user=user, now=timezone.now()):
        messages.success(request, "Le dossier est rattaché à votre compte.")
    return redirect("dossiers")
