"""« Faire relire par le Dr X »: asking, reading by the link, the tick."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ...documents import qr
from ...forms.practices.team import AskForm
from ...models import Dossier, Review
from ...services.accounts import access
from ...services.dossiers import reviews
from ..requests import ViewerRequest
from ..site import errors
from ..viewer import visible_dossier
from . import pages
from .links import without_path


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@without_path
def ask_review(request: ViewerRequest, public_id: str) -> HttpResponse:
    """GET: who was asked to read this dossier. POST: asks `name`, or closes the request numbered `revoke`."""
    dossier = visible_dossier(request, public_id)
    if request.method != "POST":
        return _page(request, dossier, AskForm())
    act: dict[str, Any] = {"dossier": dossier, "by": access.author(dossier, request.viewer), "now": timezone.now()}
    if "revoke" in request.POST:
        number = request.POST["revoke"]
        known = number.isdecimal() and len(number) < 10
        if known and reviews.revoke(number=int(number), **act):
            messages.success(request, "Le lien de relecture est retiré : il n'ouvre plus rien.")
        else:
            messages.info(request, "Cette relecture n'attendait plus de réponse.")
        return redirect("ask_review", dossier.public_id)
    form = AskForm(request.POST)
    if not form.is_valid():
        return _page(request, dossier, form, status=422)
    name = form.cleaned_data["name"]
    try:
        secret = reviews.ask(name=name, **act)
    except reviews.TooMany:
        return _page(request, dossier, form, status=422, too_many=True)
    address = settings.SITE_URL + reverse("give_review", args=[secret])
    return _page(request, dossier, AskForm(), address=address, code=qr.draw_svg(address), name=name)


def _page(
    request: ViewerRequest, dossier: Dossier, form: AskForm, *, status: int = 200, **shown: object
) -> HttpResponse:
    author, now = access.author(dossier, request.viewer), timezone.now()
    asked = [
        {
            "number": number,
            "found": review,
            "state": _find_state(review, now),
            "by": access.author_words(review.asked_by, author),
        }
        for number, review in reviews.list_requests(dossier)
    ]
    context = {
        "dossier": dossier,
        "form": form,
        "zone": dossier.zone,
        "asked": asked,
        "done": reviews.load_done([dossier.pk]).get(dossier.pk, ()),
        "most": reviews.MOST,
        "days": reviews.FOR.days,
    }
    return render(request, "dossiers/reviews/ask.html", context | shown, status=status)


def _find_state(review: Review, now: datetime) -> str:
    if review.read_at:
        return "read"
    if review.revoked_at:
        return "revoked"
    return "waiting" if review.expires_at > now else "over"


@csrf_exempt  # no cookie for whoever only reads; the secret in the address is what counts
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@without_path
def give_review(request: ViewerRequest, secret: str) -> HttpResponse:
    """GET: the whole dossier, to be read. POST: it was read, as it stood in `version`; then only that is told."""
    now = timezone.now()
    review = reviews.find_opened(secret, now)
    refused = request.method == "POST" and "read" not in request.POST
    if review and request.method == "POST" and not review.read_at and not refused:
        version = pages.read_version(request, review.dossier, "version")
        review = reviews.sign_off(secret=secret, version=version, now=now)
    if review is None:
        return errors.not_found(request)
    context = {"found": review, "zone": review.dossier.zone}
    if review.read_at:
        response = render(request, "dossiers/reviews/thanks.html", context)
    else:
        request.read_only = True
        context |= {"dossier": review.dossier, "report": pages.build_page_report(review.dossier), "refused": refused}
        response = render(request, "dossiers/reviews/read.html", context, status=422 if refused else 200)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
