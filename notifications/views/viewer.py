"""What a browser may open: its device cookie, and the dossiers and practices that its viewer sees."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from ..middleware import COOKIE, SignInNeeded
from ..models import Dossier, Grant, Practice
from ..services.accounts import access, roles, secrets
from ..services.dossiers import claims
from .requests import ViewerRequest

View = TypeVar("View", bound=Callable[..., HttpResponse])

COOKIE_AGE = 400 * 24 * 3600  # the longest that browsers keep one; dossiers are erased earlier when unused


def open_new(request: ViewerRequest, response: HttpResponse, dossier: Dossier, now: datetime) -> HttpResponse:
    """A dossier that was just begun belongs to the account that is signed in, or else to this browser."""
    if request.viewer.user:
        claims.give_to_account(dossier=dossier, user=request.viewer.user)
        return response
    return open_device(request, response, dossier, now)


def open_device(
    request: ViewerRequest, response: HttpResponse, dossier: Dossier, now: datetime, via: Grant | None = None
) -> HttpResponse:
    """Give this browser the right to open `dossier`: with its own secret when that one opens something already, with a
    new one otherwise, so that a secret planted by somebody else never opens anything."""
    secret = request.COOKIES.get(COOKIE, "")
    if not access.device_is_known(request.viewer.device):
        secret = secrets.make_secret()
    access.grant_device(dossier=dossier, secret=secret, now=now, via=via)
    response.set_cookie(
        COOKIE, secret, max_age=COOKIE_AGE, httponly=True, samesite="Lax", secure=not settings.LOCAL, path="/"
    )
    return response


def close_device(request: ViewerRequest, response: HttpResponse) -> HttpResponse:
    """This browser opens nothing any more. No Clear-Site-Data: "cookies" would reach other sites of the same domain."""
    if request.viewer.device:
        access.forget_device(device=request.viewer.device, now=timezone.now())
    response.delete_cookie(COOKIE, path="/", samesite="Lax")
    return response


def signed_in(view: View) -> View:
    """Only for accounts. What somebody typed on our page before the session ended is worth a sign-in beside it."""

    @wraps(view)
    def answer(request: ViewerRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "account" in request.POST and not request.viewer.user:
            raise SignInNeeded
        return login_required(view)(request, *args, **kwargs)

    return cast(View, answer)


def visible_dossier(request: ViewerRequest, public_id: str) -> Dossier:
    """The dossier, if this viewer may open it; another's answers like one that does not exist. What somebody typed
    before the session ended (`account` is in the page) is worth a sign-in."""
    found = Dossier.objects.visible_to(request.viewer).select_related("incident_revision__incident")
    if "account" in request.POST and not request.viewer.user and not found.filter(public_id=public_id).exists():
        raise SignInNeeded
    found = found.select_related("practice", "group").defer("incident_revision__content")
    dossier = get_object_or_404(found, public_id=public_id)
    request.read_only = not roles.may_write(request.viewer, dossier)
    if request.read_only and request.method not in ("GET", "HEAD"):
        raise PermissionDenied
    return dossier


def visible_practice(request: ViewerRequest, practice_id: str) -> Practice:
    """The practice, if this viewer has a role in it; another's answers like one that does not exist."""
    if "account" in request.POST and not request.viewer.user:
        raise SignInNeeded
    return get_object_or_404(Practice.objects.visible_to(request.viewer), public_id=practice_id)
