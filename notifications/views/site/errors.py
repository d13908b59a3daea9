"""Pages for faults: what happened, what is kept, and a way out. They hold nothing of what was sent, but where a page of
ours was refused for its age: the text is given back, to be sent again."""

from urllib.parse import urlsplit

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    return _page(request, 400, "bad_request")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403, "forbidden")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Mostly a page kept open for long, or a browser that refuses cookies."""
    return _page(request, 403, "expired", sent=_sent(request))


def sign_in_needed(request: HttpRequest) -> HttpResponse:
    """The session ended while somebody wrote: autosave keeps the text on the page, a plain page gets it back."""
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"sign_in": reverse("account_login")}, status=401)
    return _page(request, 401, "sign_in", sent=_sent(request))


def _sent(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields of a page on which one writes, to be sent again by a button. Only what came from our own pages: nobody
    else's text is to be shown as if somebody here had typed it."""
    match = request.resolver_match
    ours = urlsplit(request.headers.get("Origin", "")).netloc == request.get_host()
    about = match and ({"public_id", "practice_id", "group_id"} & match.kwargs.keys() or "account" in request.POST)
    if not (ours and about):
        return []
    return [(name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"]


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The same page for what does not exist and for what belongs to somebody else."""
    return _page(request, 404, "not_found")


def too_large(request: HttpRequest) -> HttpResponse:
    return _page(request, 413, "too_large")


def too_many(request: HttpRequest) -> HttpResponse:
    """Somebody, or a program, tried too often."""
    return _page(request, 429, "too_many")


def unavailable(request: HttpRequest, *, retry_after: int = 5) -> HttpResponse:
    """The database is busy: the browser, or autosave, may ask again after `retry_after` seconds."""
    response = _page(request, 503, "busy")
    response.headers["Retry-After"] = str(retry_after)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Without request or context processors: whatever failed may fail again there."""
    return HttpResponse(
        render_to_string("error.html", {"fault": "server_error"}), status=500, headers={"Cache-Control": "no-store"}
    )


def _page(request: HttpRequest, status: int, fault: str, **context: object) -> HttpResponse:
    response = render(request, "error.html", {"fault": fault, **context}, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
