"""« Reprendre plus tard »: private links to a dossier, and forgetting this browser. A secret is shown once."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ...documents import qr
from ...models import Dossier, Viewer
from ...services.accounts import access, secrets
from ..requests import ViewerRequest
from ..site import errors
from ..viewer import close_device, open_device, visible_dossier

View = TypeVar("View", bound=Callable[..., HttpResponse])


def without_path(view: View) -> View:
    """The Referer of what is opened from here holds no path. Not « no-referrer »: browsers then send forms with
    « Origin: null », which the protection against forged forms refuses."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = view(*args, **kwargs)
        response.headers["Referrer-Policy"] = "strict-origin"
        return response

    return cast(View, answer)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@without_path
def link(request: ViewerRequest, public_id: str) -> HttpResponse:
    """GET: the links that open this dossier. POST: makes one, or closes the one numbered `revoke`."""
    dossier = visible_dossier(request, public_id)
    if request.method != "POST":
        return _page(request, dossier)
    if dossier.practice:
        raise PermissionDenied  # its team opens it, nobody else
    act: dict[str, Any] = {"dossier": dossier, "by": access.author(dossier, request.viewer), "now": timezone.now()}
    if "revoke" in request.POST:
        number = request.POST["revoke"]
        known = number.isdecimal() and len(number) < 10
        if known and access.revoke_link(number=int(number), **act):
            messages.success(request, f"Le lien {int(number)} n'ouvre plus rien.")
        else:
            messages.info(request, "Ce lien était déjà retiré.")
        return redirect("link", dossier.public_id)
    try:
        secret = access.make_link(**act)
    except secrets.TooMany:
        return _page(request, dossier, too_many=True, status=422)
    address = settings.SITE_URL + reverse("open_link", args=[secret])
    return _page(request, dossier, address=address, code=qr.draw_svg(address))


def _page(request: ViewerRequest, dossier: Dossier, *, status: int = 200, **shown: object) -> HttpResponse:
    context = {
        "dossier": dossier,
        "links": access.links(dossier),
        "zone": dossier.zone,
        "me": access.author(dossier, request.viewer),
        "most": secrets.LINK.most,
    }
    return render(request, "dossiers/link.html", context | shown, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@without_path
def open_link(request: ViewerRequest, secret: str) -> HttpResponse:
    """GET: a button, and nothing of the dossier. POST: this browser may open it from now on.

    Whatever is wrong with the secret, the answer is the same."""
    if request.method == "POST":
        return _open(request, secret, timezone.now())
    known = access.find_link(secret, timezone.now())
    return render(request, "dossiers/open_link.html") if known else errors.not_found(request)


@transaction.atomic
def _open(request: ViewerRequest, secret: str, now: datetime) -> HttpResponse:
    link = access.find_link(secret, now)
    if link is None:
        return errors.not_found(request)
    access.note_link(link=link, now=now)
    response = redirect("dossier", link.dossier.public_id)
    held = Dossier.objects.visible_to(request.viewer).filter(pk=link.dossier_id).exists()
    return response if held else open_device(request, response, link.dossier, now, via=link)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forget(request: ViewerRequest) -> HttpResponse:
    """GET: what will happen. POST: this browser opens no dossier any more."""
    if request.method != "POST":
        found = Dossier.objects.visible_to(Viewer(device=request.viewer.device)).order_by("-created_at")
        held = [(dossier, access.links(dossier).count()) for dossier in found]
        return render(request, "dossiers/forget.html", {"held": held})
    messages.success(request, "Cet appareil n'ouvre plus aucun dossier.")
    return close_device(request, redirect("dossiers"))
