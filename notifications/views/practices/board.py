"""The board: every dossier of an account and of its practices."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ...documents import table
from ...forms.practices.board import BoardForm
from ...models import Batch
from ...report import listing
from ...services.practices import batches as lots
from ...services.practices import board as services
from . import batches

ON_A_PAGE = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request):
    """GET: the dossiers by time left, those that the choice keeps, fifty on a page. POST: the drafts of all of them as
    one zip."""
    form, choice, now = *_choice(request), timezone.now()
    found = services.chosen(request.viewer, choice)
    kept = services.ordered(found.filter(services.conditions(now)[choice.state]))
    if request.method == "POST":
        return _as_batch(request, kept, choice)
    counts = services.counted(found, now)
    paginator = Paginator(kept.values_list("pk", flat=True), ON_A_PAGE)
    paginator.count = counts[choice.state]  # known already
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "form": form,
        "choice": choice,
        "page": page,
        "lines": services.lines(request.viewer, list(page.object_list), now),
        "filters": [
            (value, words, counts[value], _query(choice, value)) for value, (words, _) in listing.FILTERS.items()
        ],
        "query": _query(choice, choice.state),
        "most": lots.MOST_DOSSIERS,
    }
    return render(request, "practices/board/board.html", context)


def _choice(request):
    """(the form of what one may choose by, the choice that the address makes)"""
    form = BoardForm(
        request.GET,
        practices=[(each.public_id, each.name) for each in services.practices(request.viewer)],
        incidents=services.breaches(request.viewer),
        states=[(value, words) for value, (words, _) in listing.FILTERS.items()],
    )
    form.is_valid()
    said = form.cleaned_data
    names = {"state": "filtre", "practice": "cabinet", "incident": "incident", "words": "q"}
    return form, services.Choice(**{field: said.get(name, "") for field, name in names.items()})


def _query(choice, state):
    """What an address says of a choice, with this state; "" when nothing is chosen."""
    said = {"filtre": state, "cabinet": choice.practice, "incident": choice.incident, "q": choice.words}
    return urlencode({name: value for name, value in said.items() if value})


def _as_batch(request, kept, choice):
    found = list(kept[: lots.MOST_DOSSIERS + 1])
    if 0 < len(found) <= lots.MOST_DOSSIERS:
        return batches.begin(request, Batch.Kind.DRAFTS, found)
    messages.error(request, batches.TOO_MANY if found else "Cette liste ne contient aucun dossier.")
    return redirect(f"{reverse('board')}?{_query(choice, choice.state)}")


@never_cache
@require_safe
@login_required
def board_csv(request):
    """The same as a table, all of it."""
    _, choice, now = *_choice(request), timezone.now()
    kept = services.chosen(request.viewer, choice).filter(services.conditions(now)[choice.state])
    content = table.board(services.pieces(request.viewer, services.ordered(kept), now))
    headers = {"Content-Disposition": 'attachment; filename="tableau.csv"'}
    return StreamingHttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)
