"""« Faire relire par le Dr X »: asking, reading by the link, the tick."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ...documents import qr
from ...forms.practices.team import AskForm
from ...services.accounts import access
from ...services.dossiers import reviews as service
from ..site import errors
from ..viewer import visible_dossier
from . import pages
from .links import without_path


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@without_path
def proofreading(request, public_id):
    """GET: who was asked to read this dossier. POST: asks `name`, or closes the request numbered `revoke`."""
    dossier = visible_dossier(request, public_id)
    if request.method != "POST":
        return _page(request, dossier, AskForm())
    act = {"dossier": dossier, "by": access.author(dossier, request.viewer), "now": timezone.now()}
    if "revoke" in request.POST:
        return _revoked(request, act)
    form = AskForm(request.POST)
    if not form.is_valid():
        return _page(request, dossier, form, status=422)
    try:
        secret = service.ask(name=form.cleaned_data["name"], **act)
    except service.TooMany:
        return _page(request, dossier, form, status=422, too_many=True)
    address = settings.SITE_URL + reverse("proofread", args=[secret])
    name = form.cleaned_data["name"]
    return _page(request, dossier, AskForm(), address=address, code=qr.svg(address), name=name)


def _page(request, dossier, form, *, status=200, **shown):
    author, now = access.author(dossier, request.viewer), timezone.now()
    context = {
        "dossier": dossier,
        "form": form,
        "zone": dossier.zone,
        "asked": [_in_words(number, found, author, now) for number, found in service.asked(dossier)],
        "done": service.done([dossier.pk]).get(dossier.pk, ()),
        "most": service.MOST,
        "days": service.FOR.days,
    }
    return render(request, "dossiers/reviews/ask.html", context | shown, status=status)


def _in_words(number, found, author, now):
    by = access.author_words(found.asked_by, author)
    return {"number": number, "found": found, "state": _state(found, now), "by": by}


def _state(found, now):
    if found.read_at:
        return "read"
    if found.revoked_at:
        return "revoked"
    return "waiting" if found.expires_at > now else "over"


def _revoked(request, act):
    number = request.POST["revoke"]
    known = number.isdecimal() and len(number) < 10
    if known and service.revoke(number=int(number), **act):
        messages.success(request, "Le lien de relecture est retiré : il n'ouvre plus rien.")
    else:
        messages.info(request, "Cette relecture n'attendait plus de réponse.")
    return redirect("proofreading", act["dossier"].public_id)


@csrf_exempt  # no cookie for whoever only reads; the secret in the address is what counts
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@without_path
def proofread(request, secret):
    """GET: the whole dossier, to be read. POST: it was read, as it stood in `version`; then only that is told."""
    now = timezone.now()
    found = service.opened(secret, now)
    if found is None:
        return errors.not_found(request)
    if request.method == "POST" and not found.read_at:
        if "read" not in request.POST:
            return _reading(request, found, refused=True, status=422)
        found = service.tick(secret=secret, version=_version(request, found.dossier), now=now)
    if found is None:
        return errors.not_found(request)
    return _thanks(request, found) if found.read_at else _reading(request, found)


def _version(request, dossier):
    """That of the page which was read, not the one that somebody saved meanwhile."""
    said = request.POST.get("version", "")
    if not said.isdecimal() or len(said) > 9 or int(said) > dossier.version:
        raise SuspiciousOperation("a page without its version")
    return int(said)


def _reading(request, found, *, refused=False, status=200):
    found.dossier.read_only = True
    report = pages.report_of(found.dossier)
    context = {"found": found, "dossier": found.dossier, "report": report, "zone": report.data.zone, "refused": refused}
    return _unlisted(render(request, "dossiers/reviews/read.html", context, status=status))


def _thanks(request, found):
    return _unlisted(render(request, "dossiers/reviews/thanks.html", {"found": found, "zone": found.dossier.zone}))


def _unlisted(response):
    response.headers["X-Robots-Tag"] = "noindex"
    return response
