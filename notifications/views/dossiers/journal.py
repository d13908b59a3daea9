"""The journal of a dossier in words: what was done, when, from where; never what was answered."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ...seeds import find_questionnaire
from ...services.accounts import access
from ...services.journal import EVENTS
from ..requests import ViewerRequest
from ..viewer import visible_dossier

PER_PAGE = 50


@never_cache
@require_safe
def journal(request: ViewerRequest, public_id: str) -> HttpResponse:
    """The last lines first."""
    dossier = visible_dossier(request, public_id)
    author = access.author(dossier, request.viewer)
    page = Paginator(dossier.journal.order_by("-number"), PER_PAGE).get_page(request.GET.get("page"))
    questions = find_questionnaire(dossier.questionnaire).questions
    lines = [
        {
            "number": line.number,
            "at": line.at,
            "by": access.author_words(line.by, author),
            "event": EVENTS.get(line.event, line.event),
            "about": [questions[key].label if key in questions else key for key in line.keys],
            "hash": line.hash,
        }
        for line in page
    ]
    context = {"dossier": dossier, "zone": dossier.zone, "page": page, "lines": lines}
    return render(request, "dossiers/journal.html", context)
