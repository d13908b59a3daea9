"""What a view is given: the request of Django, with what our middleware adds. For the type checker."""

from django.http import HttpRequest

from ..models import User, Viewer


class ViewerRequest(HttpRequest):
    """Who asks: anybody."""

    viewer: Viewer


class AccountRequest(ViewerRequest):
    """Who asks is signed in: for views under `login_required` or `signed_in`."""

    user: User
