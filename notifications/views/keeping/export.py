"""A copy of everything: of a practice, and of a person."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
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
from ..viewer import visible_practice

FEW = 3  # dossiers whose files are made while one waits


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def export_practice(request, practice_id):
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
def account_data(request):
    """GET: everything of the person who is signed in; where there are many dossiers, a page that asks for it.
    POST: the worker makes it."""
    user = request.viewer.user
    found = Dossier.objects.filter(owner=user).order_by("created_at", "pk")
    if request.method == "POST":
        return begin(request, Batch.Kind.EXPORT, found.only("pk"))
    dossiers = list(found)
    if len(dossiers) > FEW:
        return render(request, "practices/batches/account_data.html", {"dossiers": len(dossiers)})
    return as_zip(_account_zip(user, dossiers, timezone.now()), "mes-donnees")


def _account_zip(user, dossiers, now):
    places = {place_of(number, dossier): dossier for number, dossier in enumerate(dossiers, start=1)}
    entries = [(place, dossier.title, True) for place, dossier in places.items()]
    return zipped.bundle(about_zip(entries, now, whole=True), _account_files(user, places, now))


def _account_files(user, places, now):
    yield "compte.json", zipped.as_json(exports.account(user))
    for place, dossier in places.items():
        files = dossier_files(dossier, now.replace(second=0, microsecond=0))
        yield from ((f"{place}/{name}", content) for name, content in files)
