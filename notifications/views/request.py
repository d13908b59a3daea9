"""A request as the middleware hands it to a view."""

from django.http import HttpRequest

from ..models import User, Viewer


class ViewerRequest(HttpRequest):
    """`viewer` is who asks; `user` is used only on pages that nobody but an account opens."""

    viewer: Viewer
    user: User
