"""Pages for faults: what happened, what is kept, and a way out. They hold nothing of what was sent."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Mostly a page kept open for long, or a browser that refuses cookies."""
    return _page(request, 403, "403_csrf.html")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The same page for what does not exist and for what belongs to somebody else."""
    return _page(request, 404)


def too_large(request: HttpRequest) -> HttpResponse:
    return _page(request, 413)


def unavailable(request: HttpRequest, *, retry_after: int = 5) -> HttpResponse:
    """The database is busy: the browser, or autosave, may ask again after `retry_after` seconds."""
    response = _page(request, 503)
    response.headers["Retry-After"] = str(retry_after)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Without request or context processors: whatever failed may fail again there."""
    return HttpResponse(render_to_string("500.html"), status=500, headers={"Cache-Control": "no-store"})


def _page(request: HttpRequest, status: int, template: str = "") -> HttpResponse:
    response = render(request, template or f"{status}.html", status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
