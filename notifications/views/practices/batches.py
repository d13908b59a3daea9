"""Many files as one zip, made by the worker."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ...deadlines import PARIS
from ...documents import zipped
from ...models import Batch, Dossier, Practice
from ...services.keeping import exports
from ...services.practices import batches
from ..requests import AccountRequest, ViewerRequest, get_account

TOO_MANY = f"Un lot contient {batches.MOST_DOSSIERS} dossiers au plus : choisissez-en moins."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_batch(request: AccountRequest) -> HttpResponse:
    """POST: the drafts of the dossiers `draft` as one zip. GET: where dossiers are chosen."""
    chosen = list(dict.fromkeys(request.POST.getlist("dossier")))
    if request.method != "POST" or len(chosen) > batches.MOST_DOSSIERS:
        if chosen:
            messages.error(request, TOO_MANY)
        return redirect("board")
    visible = Dossier.objects.visible_to(request.viewer).filter(public_id__in=chosen)
    found = {each.public_id: each for each in visible.only("public_id")}
    if not found:
        raise Http404
    return begin(request, Batch.Kind.DRAFTS, [found[each] for each in chosen if each in found])


def begin(
    request: ViewerRequest, kind: str, dossiers: Iterable[Dossier], practice: Practice | None = None
) -> HttpResponse:
    """A batch for whoever is signed in; to its page."""
    now, user = timezone.now(), get_account(request)
    batch = batches.begin(user=user, kind=kind, dossiers=dossiers, practice=practice, now=now)
    return redirect("batch", batch.public_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: ViewerRequest, batch_id: str) -> HttpResponse:
    """GET: how far it is. POST: what failed is tried again."""
    found = _visible(request, batch_id)
    if request.method == "POST":
        batches.retry(batch=found)
        return redirect("batch", found.public_id)
    items = list(batches.items(found, request.viewer))
    context = {
        "batch": found,
        "items": items,
        "ready": sum(item.made for item in items),
        "failed": [item for item in items if item.fault],
        "running": batches.is_running(found),
        "until": found.created_at + batches.KEPT,
        "zone": PARIS,
    }
    return render(request, "practices/batches/batch.html", context)


@never_cache
@require_safe
def batch_zip(request: ViewerRequest, batch_id: str) -> HttpResponse:
    """The files that are made, of the dossiers that this viewer may open now."""
    found = _visible(request, batch_id)
    if batches.is_running(found):
        return redirect("batch", found.public_id)
    items = batches.items(found, request.viewer)
    entries = [(place_of(item.number, item.dossier), item.dossier.title, item.made) for item in items]
    whole, practice = found.kind == Batch.Kind.EXPORT, found.practice
    about = about_zip(entries, found.created_at, whole=whole, practice=practice.name if practice else "")
    return as_zip(zipped.bundle(about, _files(found, items)), _zip_name(found))


def about_zip(
    entries: Iterable[tuple[str, str, bool]], now: datetime, *, whole: bool, practice: str = ""
) -> dict[str, Any]:
    """What a zip's first page is told: (name in it, title, was it made?) of each dossier; is it everything, of which
    practice?"""
    return {"entries": entries, "at": now, "zone": PARIS, "whole": whole, "practice": practice}


def as_zip(data: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.zip"'}
    return HttpResponse(data, content_type="application/zip", headers=headers)


def _visible(request: ViewerRequest, batch_id: str) -> Batch:
    found = batches.visible(request.viewer, batch_id)
    if found is None:
        raise Http404
    return found


# -- what the zip holds ---------------------------------------------------------------------------------


def _files(batch: Batch, items: QuerySet[Any]) -> Iterator[tuple[str, bytes]]:
    yield from _own_files(batch)
    # a folder for each dossier of an export; drafts lie side by side
    apart = "/" if batch.kind == Batch.Kind.EXPORT else "-"
    for item in items.filter(made=True):
        place = place_of(item.number, item.dossier)
        yield from ((f"{place}{apart}{name}", content) for name, content in zipped.unpack(item.content))


def _own_files(batch: Batch) -> Iterator[tuple[str, bytes]]:
    """What an export says of the practice, or of the person."""
    if batch.practice:
        yield "cabinet.json", zipped.as_json(exports.export_practice(batch.practice))
    elif batch.kind == Batch.Kind.EXPORT:
        yield "compte.json", zipped.as_json(exports.export_account(batch.user))


def place_of(number: int, dossier: Dossier) -> str:
    """A dossier's name in a zip: plain letters, and a number of its own."""
    incident = dossier.incident_revision.incident.slug if dossier.incident_revision else ""
    return slugify(f"{number:03} {dossier.organisation_name[:60]} {incident}")


def _zip_name(batch: Batch) -> str:
    if batch.kind == Batch.Kind.DRAFTS:
        return f"brouillons-{batch.created_at:%Y-%m-%d}"
    return slugify(f"export {batch.practice.name[:60]}") if batch.practice else "mes-donnees"
