"""Who asks, from the device cookie; and the answer when the database is busy."""

from contextlib import suppress

from django.conf import settings
from django.db import OperationalError
from django.shortcuts import get_object_or_404
from django.utils import timezone

from ..models import Draft, Viewer
from ..services import access

COOKIE = f"{settings.COOKIE_PREFIX}appareil"
COOKIE_AGE = 400 * 24 * 3600  # the longest that browsers keep one; dossiers are erased earlier when unused


class ViewerMiddleware:
    """Sets `request.viewer`. Reads only the cookie: opening a page asks the database nothing on its account."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        secret = request.COOKIES.get(COOKIE, "")
        request.viewer = Viewer(device=access.fingerprint(secret) if secret else None)
        response = self.get_response(request)
        if request.method == "POST" and request.viewer.device and response.status_code < 400:
            _note_use(request.viewer.device)
        return response

    def process_exception(self, request, exception):
        if isinstance(exception, OperationalError) and "locked" in str(exception):
            from .errors import unavailable

            return unavailable(request)
        return None


def _note_use(device):
    """After the answer was made and its changes committed: a busy database must not turn it into a failure."""
    with suppress(OperationalError):
        access.note_use(device=device, now=timezone.now())


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


def visible_draft(request, public_id):
    """The dossier, if this viewer may open it; another's answers like one that does not exist."""
    found = Draft.objects.visible_to(request.viewer).select_related("incident_revision__incident")
    found = found.defer("incident_revision__content")
    return get_object_or_404(found, public_id=public_id)
