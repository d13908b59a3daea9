"""A copy of everything: of a practice, and of a person."""

from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ...documents import zipped
from ...models import Batch, Dossier
from ...services.accounts import roles
from ...services.keeping import exports
from ...tasks import dossier_files
from ..practices.batches import about_zip, as_zip, begin, place_of
from ..requests import AccountRequest, ViewerRequest
from ..viewer import visible_practice

FEW = 3  # dossiers whose files are made while one waits


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def export_practice(request: ViewerRequest, practice_id: str) -> HttpResponseBase:
    """GET: what the copy holds. POST: the worker makes it."""
    practice = visible_practice(request, practice_id)
    if not roles.may_keep(request.viewer, practice):
        raise PermissionDenied
    dossiers = practice.dossiers.order_by("created_at", "pk")
    if request.method == "POST":
        return begin(request, Batch.Kind.EXPORT, dossiers.only("pk"), practice)
    return render(request, "practices/batches/export.html", {"practice": practice, "dossiers": dossiers.count()})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def export_account(request: AccountRequest) -> HttpResponseBase:
    """GET: everything of the person who is signed in; where there are many dossiers, a page that asks for it.
    POST: the worker makes it."""
    user, now = request.user, timezone.now()
    owned = Dossier.objects.filter(owner=user).order_by("created_at", "pk")
    if request.method == "POST":
        return begin(request, Batch.Kind.EXPORT, owned.only("pk"))
    dossiers = list(owned)
    if len(dossiers) > FEW:
        return render(request, "practices/batches/account_data.html", {"dossiers": len(dossiers)})
    places = {place_of(number, dossier): dossier for number, dossier in enumerate(dossiers, start=1)}

    def make_files() -> Iterator[tuple[str, bytes]]:
        yield "compte.json", zipped.as_json(exports.export_account(user))
        for place, dossier in places.items():
            for name, content in dossier_files(dossier, now.replace(second=0, microsecond=0)):
                yield f"{place}/{name}", content

    about = about_zip([(place, dossier.title, True) for place, dossier in places.items()], now, whole=True)
    return as_zip(zipped.bundle(about, make_files()), "mes-donnees")
