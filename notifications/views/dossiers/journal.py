"""The journal of a dossier in words: what was done, when, from where; never what was answered."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ...seeds import questionnaire
from ...services import journal as lines
from ...services.accounts import access
from ...services.dossiers import saving
from ..viewer import visible_draft

PER_PAGE = 50


@never_cache
@require_safe
def journal(request, public_id):
    draft = visible_draft(request, public_id)
    author = access.author(draft, request.viewer)
    page = Paginator(draft.journal.order_by("-number"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "draft": draft,
        "zone": saving.zone(draft),
        "page": page,
        "lines": [_in_words(draft, entry, author) for entry in page],
    }
    return render(request, "dossiers/journal.html", context)


def _in_words(draft, entry, author):
    questions = questionnaire(draft.questionnaire).questions
    return {
        "number": entry.number,
        "at": entry.at,
        "by": access.author_words(entry.by, author),
        "event": lines.EVENTS.get(entry.event, entry.event),
        "about": [questions[key].label if key in questions else key for key in entry.keys],
        "hash": entry.hash,
    }
