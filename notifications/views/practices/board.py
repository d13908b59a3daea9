"""The board: every dossier of an account and of its practices."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ...documents import table
from ...forms.practices.board import BoardForm
from ...models import Batch
from ...report import listing
from ...services.practices import board
from ...services.practices.batches import MOST_DOSSIERS
from ..requests import AccountRequest
from . import batches

ON_A_PAGE = 50
# By field of a choice, its name in an address.
NAMES = {"state": "filtre", "practice": "cabinet", "incident": "incident", "words": "q"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def show_board(request: AccountRequest) -> HttpResponse:
    """GET: the dossiers by time left, those that the choice keeps, fifty on a page. POST: the drafts of all of them as
    one zip."""
    form, choice, now = *_read_choice(request), timezone.now()
    dossiers = board.choose_dossiers(request.viewer, choice)
    kept = board.order_by_time_left(dossiers.filter(board.make_conditions(now)[choice.state]))
    if request.method == "POST":
        chosen = list(kept[: MOST_DOSSIERS + 1])
        if 0 < len(chosen) <= MOST_DOSSIERS:
            return batches.begin(request, Batch.Kind.DRAFTS, chosen)
        messages.error(request, batches.TOO_MANY if chosen else "Cette liste ne contient aucun dossier.")
        return redirect(f"{reverse('board')}?{_write_query(choice, choice.state)}")
    counts = board.count_by_filter(dossiers, now)
    paginator = Paginator(kept.values_list("pk", flat=True), ON_A_PAGE)
    paginator.count = counts[choice.state]  # known already
    page = paginator.get_page(request.GET.get("page"))
    filters = [
        (value, words, counts[value], _write_query(choice, value)) for value, (words, _) in listing.FILTERS.items()
    ]
    context = {
        "form": form,
        "choice": choice,
        "page": page,
        "lines": board.build_lines(request.viewer, list(page.object_list), now),
        "filters": filters,
        "query": _write_query(choice, choice.state),
        "most": MOST_DOSSIERS,
    }
    return render(request, "practices/board/board.html", context)


def _read_choice(request: AccountRequest) -> tuple[BoardForm, board.Choice]:
    """Return the form of what one may choose by, and the choice that the address makes."""
    form = BoardForm(
        request.GET,
        practices=[(practice.public_id, practice.name) for practice in board.list_practices(request.viewer)],
        incidents=board.list_breaches(request.viewer),
        states=[(value, words) for value, (words, _) in listing.FILTERS.items()],
    )
    form.is_valid()
    return form, board.Choice(**{field: form.cleaned_data.get(name, "") for field, name in NAMES.items()})


def _write_query(choice: board.Choice, state: str) -> str:
    """Return what an address says of a choice, with this state; "" when nothing is chosen."""
    values = {name: state if field == "state" else getattr(choice, field) for field, name in NAMES.items()}
    return urlencode({name: value for name, value in values.items() if value})


@never_cache
@require_safe
@login_required
def download_board(request: AccountRequest) -> StreamingHttpResponse:
    """The same as a table, all of it."""
    _, choice, now = *_read_choice(request), timezone.now()
    kept = board.choose_dossiers(request.viewer, choice).filter(board.make_conditions(now)[choice.state])
    content = table.board(board.build_pieces(request.viewer, board.order_by_time_left(kept), now))
    headers = {"Content-Disposition": 'attachment; filename="tableau.csv"'}
    return StreamingHttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)
