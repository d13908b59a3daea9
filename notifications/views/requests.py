"""What a view is given: the request of Django, with what our middleware adds."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from breach_assistant.sessions import SessionStore

from ..models import User, Viewer


class ViewerRequest(HttpRequest):
    """Who asks: anybody. `read_only`: a role that only reads the dossier which the page is about."""

    session: SessionStore
    viewer: Viewer
    read_only: bool = False


class AccountRequest(ViewerRequest):
    """Who asks is signed in: for views under `login_required` or `signed_in`."""

    user: User


def get_account(request: ViewerRequest) -> User:
    """Return who asks, where only an account comes: whoever is not signed in was answered before. Raises
    PermissionDenied."""
    if request.viewer.user is None:
        raise PermissionDenied
    return request.viewer.user
