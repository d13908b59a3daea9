"""Who asks, from the device cookie; who must have a second factor; and the answer when the database is busy."""

from collections.abc import Callable
from contextlib import suppress
from typing import cast

from django.conf import settings
from django.db import DataError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from .models import Viewer
from .services.accounts import access, accounts, secrets
from .views.requests import ViewerRequest

COOKIE = f"{settings.COOKIE_PREFIX}appareil"
# Pages that an administrator or an editor may open before a second factor is set up.
OPEN = {
    "home",
    "incident",
    "accessibility",
    "your_data",
    "legal_notice",
    "healthz",
    "templates",
    "template",
    "template_json",
}


class SignInNeeded(Exception):
    """A page of somebody who was signed in was sent, and nobody is signed in any more."""


class ViewerMiddleware:
    """Sets `request.viewer`. Who is signed in is looked up only where a page asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: ViewerRequest) -> HttpResponse:
        secret = request.COOKIES.get(COOKIE, "")
        device = secrets.hash_secret(secret) if secret else None

        def find_viewer() -> Viewer:
            return Viewer(user=request.user if request.user.is_authenticated else None, device=device)

        request.viewer = cast(Viewer, SimpleLazyObject(find_viewer))
        response = self.get_response(request)
        if request.method == "POST" and device and response.status_code < 400:
            # the answer was made and its changes committed: a busy database must not turn it into a failure
            with suppress(OperationalError):
                access.note_use(device=device, now=timezone.now())
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        from .views.site import errors

        if isinstance(exception, SignInNeeded):
            return errors.sign_in_needed(request)
        # A lock not given in time, a deadlock, a server that restarts: worth asking again. On SQLite only a lock is,
        # and a missing table or a broken file is this error too.
        may_pass = connection.vendor == "postgresql" or "locked" in str(exception)
        if isinstance(exception, OperationalError) and may_pass:
            return errors.unavailable(request)
        if isinstance(exception, DataError) and "NUL" in str(exception):
            return errors.not_found(request)  # an address with a NUL: PostgreSQL refuses to look, SQLite finds nothing
        return None


class SecondFactor:
    """Sends those who must have a second factor, and have none yet, to their account."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or settings.SESSION_COOKIE_NAME not in request.COOKIES or match.url_name in OPEN:
            return None
        # pages by which one signs in or adds a proof, not those that give or erase everything
        if match.route.startswith("compte/") and match.url_name not in {"account_data", "erase_account"}:
            return None
        if request.user.is_authenticated and accounts.lacks_second_factor(request.user):
            return redirect("account")
        return None
