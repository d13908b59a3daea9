"""Who asks, from the device cookie; and the answer when the database is busy."""

from contextlib import suppress
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import DataError, OperationalError, connection
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from ..models import Draft, Practice, Viewer
from ..services import access, accounts, roles

COOKIE = f"{settings.COOKIE_PREFIX}appareil"
COOKIE_AGE = 400 * 24 * 3600  # the longest that browsers keep one; dossiers are erased earlier when unused


class SignInNeeded(Exception):
    """A page of somebody who was signed in was sent, and nobody is signed in any more."""


class ViewerMiddleware:
    """Sets `request.viewer`. Who is signed in is looked up only where a page asks."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        secret = request.COOKIES.get(COOKIE, "")
        device = access.fingerprint(secret) if secret else None
        request.viewer = SimpleLazyObject(lambda: Viewer(user=_user(request), device=device))
        response = self.get_response(request)
        if request.method == "POST" and device and response.status_code < 400:
            _note_use(device)
        return response

    def process_exception(self, request, exception):
        from . import errors

        if isinstance(exception, SignInNeeded):
            return errors.sign_in_needed(request)
        if isinstance(exception, OperationalError) and _may_pass(exception):
            return errors.unavailable(request)
        if isinstance(exception, DataError) and "NUL" in str(exception):
            return errors.not_found(request)  # an address with a NUL: PostgreSQL refuses to look, SQLite finds nothing
        return None


def _may_pass(error):
    """A lock not given in time, a deadlock, a server that restarts: worth asking again. On SQLite only a lock is, and
    a missing table or a broken file is this error too."""
    return connection.vendor == "postgresql" or "locked" in str(error)


def _user(request):
    return request.user if request.user.is_authenticated else None


def _note_use(device):
    """After the answer was made and its changes committed: a busy database must not turn it into a failure."""
    with suppress(OperationalError):
        access.note_use(device=device, now=timezone.now())


def open_new(request, response, draft, now):
    """A dossier that was just begun belongs to the account that is signed in, or else to this browser."""
    if request.viewer.user:
        accounts.own(draft=draft, user=request.viewer.user)
        return response
    return open_device(request, response, draft, now)


def open_device(request, response, draft, now):
    """Give this browser the right to open `draft`: with its own secret when that one opens something already, with a
    new one otherwise, so that a secret planted by somebody else never opens anything."""
    secret = request.COOKIES.get(COOKIE, "")
    if not access.device_is_known(request.viewer.device):
        secret = access.new_secret()
    access.grant_device(draft=draft, secret=secret, now=now)
    response.set_cookie(
        COOKIE, secret, max_age=COOKIE_AGE, httponly=True, samesite="Lax", secure=not settings.LOCAL, path="/"
    )
    return response


def close_device(request, response):
    """This browser opens nothing any more. No Clear-Site-Data: "cookies" would reach other sites of the same domain."""
    if request.viewer.device:
        access.forget_device(device=request.viewer.device, now=timezone.now())
    response.delete_cookie(COOKIE, path="/", samesite="Lax")
    return response


def signed_in(view):
    """Only for accounts. What somebody typed on our page before the session ended is worth a sign-in beside it."""

    @wraps(view)
    def answer(request, *args, **kwargs):
        if "account" in request.POST and not request.viewer.user:
            raise SignInNeeded
        return login_required(view)(request, *args, **kwargs)

    return answer


def visible_draft(request, public_id):
    """The dossier, if this viewer may open it; another's answers like one that does not exist. What somebody typed
    before the session ended (`account` is in the page) is worth a sign-in."""
    found = Draft.objects.visible_to(request.viewer).select_related("incident_revision__incident")
    if "account" in request.POST and not request.viewer.user and not found.filter(public_id=public_id).exists():
        raise SignInNeeded
    found = found.select_related("practice", "group").defer("incident_revision__content")
    draft = get_object_or_404(found, public_id=public_id)
    draft.read_only = not roles.may_write(request.viewer, draft)
    if draft.read_only and request.method not in ("GET", "HEAD"):
        raise PermissionDenied
    return draft


def visible_practice(request, practice_id):
    """The practice, if this viewer has a role in it; another's answers like one that does not exist."""
    if "account" in request.POST and not request.viewer.user:
        raise SignInNeeded
    return get_object_or_404(Practice.objects.visible_to(request.viewer), public_id=practice_id)
