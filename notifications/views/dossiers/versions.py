"""« Versions précédentes » of one answer: what it was, who wrote it and when, and how to have it back."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ... import deadlines
from ...models import Dossier
from ...report import describe_entry, describe_origin
from ...services.accounts import access
from ...services.dossiers import loading, saving
from ..requests import ViewerRequest
from ..viewer import visible_dossier

TAKEN = "Cette réponse vient de changer ailleurs : relisez-la ci-dessous avant de rétablir une version précédente."
SAME = "C'est déjà votre réponse : rien n'a changé."
DONE = "La version choisie est rétablie. Celle qu'elle remplace reste dans la liste."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def versions(request: ViewerRequest, public_id: str, key: str) -> HttpResponse:
    """GET: what the answer was. POST: it is again what a save had made it."""
    dossier = visible_dossier(request, public_id)
    dossier_data = loading.load_dossier_data(dossier)
    question = dossier_data.questionnaire.get(key)
    if question is None:
        raise Http404
    author = access.author(dossier, request.viewer)
    if request.method == "POST":
        return _restore(request, dossier, key, author)
    versions = [
        {
            "number": version.number,
            "lines": describe_entry(dossier_data, question, version.entry),
            "note": (version.entry or {}).get("note", ""),
            "origin": describe_origin(dossier_data, version.entry),
            "erased": version.erased,
            "by": access.author_words(version.by, author),
            "at": deadlines.describe_instant(version.at, dossier_data.zone),
        }
        for version in saving.list_versions(dossier, key)
    ]
    context = {"dossier": dossier, "question": question, "current": versions[:1], "earlier": versions[1:]}
    return render(request, "dossiers/versions.html", context)


def _restore(request: ViewerRequest, dossier: Dossier, key: str, author: str) -> HttpResponse:
    change, base = (request.POST.get(name, "") for name in ("change", "base"))
    if not all(each.isdecimal() and len(each) < 10 for each in (change, base)):
        raise Http404
    saved = saving.restore_version(
        dossier=dossier, key=key, change=int(change), base=int(base), by=author, now=timezone.now()
    )
    if saved is None:
        raise Http404
    if saved.conflicts:
        messages.warning(request, TAKEN)
    elif saved.saved:
        messages.success(request, DONE)
    else:
        messages.info(request, SAME)
    return redirect("versions", dossier.public_id, key)
