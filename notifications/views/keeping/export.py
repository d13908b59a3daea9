"""A copy of everything: of a practice, and of a person."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ...documents import zipped
from ...models import Batch, Draft
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
    drafts = practice.dossiers.order_by("created_at", "pk")
    if request.method == "POST":
        return begin(request, Batch.Kind.EXPORT, drafts.only("pk"), practice)
    return render(request, "practices/batches/export.html", {"practice": practice, "dossiers": drafts.count()})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def account_data(request):
    """GET: everything of the person who is signed in; where there are many dossiers, a page that asks for it.
    POST: the worker makes it."""
    user = request.viewer.user
    found = Draft.objects.filter(owner=user).order_by("created_at", "pk")
    if request.method == "POST":
        return begin(request, Batch.Kind.EXPORT, found.only("pk"))
    drafts = list(found)
    if len(drafts) > FEW:
        return render(request, "practices/batches/account_data.html", {"dossiers": len(drafts)})
    return as_zip(_account_zip(user, drafts, timezone.now()), "mes-donnees")


def _account_zip(user, drafts, now):
    places = {place_of(number, draft): draft for number, draft in enumerate(drafts, start=1)}
    entries = [(place, draft.title, True) for place, draft in places.items()]
    return zipped.bundle(about_zip(entries, now, whole=True), _account_files(user, places, now))


def _account_files(user, places, now):
    yield "compte.json", zipped.as_json(exports.account(user))
    for place, draft in places.items():
        files = dossier_files(draft, now.replace(second=0, microsecond=0))
        yield from ((f"{place}/{name}", content) for name, content in files)
