"""The journal of a dossier in words: what was done, when, from where; never what was answered."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ...seeds import find_questionnaire
from ...services import journal as lines
from ...services.accounts import access
from ...services.dossiers import saving
from ..viewer import visible_dossier

PER_PAGE = 50


@never_cache
@require_safe
def journal(request, public_id):
    dossier = visible_dossier(request, public_id)
    author = access.author(dossier, request.viewer)
    page = Paginator(dossier.journal.order_by("-number"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "dossier": dossier,
        "zone": saving.zone(dossier),
        "page": page,
        "lines": [_in_words(dossier, entry, author) for entry in page],
    }
    return render(request, "dossiers/journal.html", context)


def _in_words(dossier, entry, author):
    questions = find_questionnaire(dossier.questionnaire).questions
    return {
        "number": entry.number,
        "at": entry.at,
        "by": access.author_words(entry.by, author),
        "event": lines.EVENTS.get(entry.event, entry.event),
        "about": [questions[key].label if key in questions else key for key in entry.keys],
        "hash": entry.hash,
    }
