"""Reminders by mail and deadlines in a calendar: what is set up for a dossier, and the links that mails carry."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from ... import obligations
from ...documents import calendar
from ...models import Dossier
from ...services.accounts import access, secrets
from ...services.alerts import addresses, feeds, letters, plan
from ...services.dossiers import loading
from ...services.mail import limits
from ..dossiers.links import without_path
from ..requests import ViewerRequest
from ..site import errors
from ..viewer import visible_dossier

CALENDAR = "text/calendar; charset=utf-8"
PROBLEMS = {
    limits.BadAddress: "Cette adresse n'est pas utilisable. Écrivez-la comme dans cet exemple : accueil@cabinet.fr",
    limits.TooOften: "Un courriel de confirmation est déjà parti vers cette adresse, ou trop de demandes ont été "
    "faites. Regardez aussi dans les indésirables ; sinon, recommencez dans une heure, ou demain.",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@without_path
def alerts(request: ViewerRequest, public_id: str) -> HttpResponse:
    """GET: what is set up. POST `email`: give an address; `end`: no more reminders; `feed`: an address for a
    calendar; `revoke`: close one."""
    dossier = visible_dossier(request, public_id)
    if request.method != "POST":
        return _page(request, dossier)
    act: dict[str, Any] = {"by": access.author(dossier, request.viewer), "now": timezone.now()}
    if "end" in request.POST:
        if addresses.end_reminders(dossier=dossier, **act):
            messages.success(request, "Les rappels sont arrêtés. Vous pouvez les reprendre ici à tout moment.")
    elif "feed" in request.POST:
        try:
            secret = feeds.make_feed(dossier=dossier, **act)
        except secrets.TooMany:
            return _page(request, dossier, status=422, too_many=True)
        return _page(request, dossier, address=settings.SITE_URL + reverse("calendar_feed", args=[secret]))
    elif "revoke" in request.POST:
        number = request.POST["revoke"]
        known = number.isdecimal() and len(number) < 10
        if known and feeds.revoke_feed(dossier=dossier, number=int(number), **act):
            messages.success(request, f"L'adresse d'agenda {int(number)} ne montre plus rien.")
        else:
            messages.info(request, "Cette adresse était déjà retirée.")
    elif not settings.MAIL_LEAVES:
        return _page(request, dossier, status=422)
    else:
        typed = request.POST.get("email", "")
        try:
            addresses.ask_address(dossier=dossier, email=typed, **act)
        except (limits.BadAddress, limits.TooOften) as problem:
            shown = {"problem": PROBLEMS[type(problem)], "typed": typed[: limits.LONGEST]}
            return _page(request, dossier, status=422, **shown)
    return redirect("alerts", dossier.public_id)


def _page(request: ViewerRequest, dossier: Dossier, *, status: int = 200, **shown: Any) -> HttpResponse:
    now = timezone.now()
    clocks = loading.clocks_of(dossier, now)
    clock = next(each for each in clocks if each.obligation.key == obligations.CNIL)
    context = {
        "dossier": dossier,
        "zone": dossier.zone,
        "clock": clock,
        "end": plan.find_target(clock, now),
        "upcoming": list(plan.list_upcoming(clock, now)),
        "standing": addresses.find_standing(dossier),
        "mail_leaves": settings.MAIL_LEAVES,
        "mail_folder": "" if settings.EMAIL_HOST else settings.EMAIL_FILE_PATH,
        "days": addresses.CONFIRM_FOR.days,
        "feeds": feeds.list_feeds(dossier),
        "most": secrets.FEED.most,
        "problem": "",
        "typed": "",
        "address": "",
        "too_many": False,
    }
    return render(request, "alerts/alerts.html", context | shown, status=status)


# -- calendars ------------------------------------------------------------------------------------------


@never_cache
@require_safe
def deadlines_ics(request: ViewerRequest, public_id: str) -> HttpResponse:
    dossier = visible_dossier(request, public_id)
    return _calendar(dossier, {"Content-Disposition": 'attachment; filename="echeances.ics"'})


@never_cache
@require_safe
@without_path
def calendar_feed(request: ViewerRequest, secret: str) -> HttpResponse:
    """Answer what an agenda asks for again and again; a wrong secret answers like a page that does not exist."""
    dossier = feeds.find_fed_dossier(secret, timezone.now())
    return _calendar(dossier, {}) if dossier else errors.not_found(request)


def _calendar(dossier: Dossier, headers: dict[str, str]) -> HttpResponse:
    now = timezone.now()
    clocks = loading.clocks_of(dossier, now)
    dossier_data = calendar.Dated(
        clocks=clocks,
        zone=dossier.zone,
        name=dossier.organisation_name,
        link=settings.SITE_URL + reverse("dossier", args=[dossier.public_id]),
        secret_id=dossier.public_id,
        sequence=dossier.journal_count,
        site=letters.site_name(),
        gone=feeds.gone(dossier, clocks, now),
    )
    return HttpResponse(calendar.deadlines_ics(dossier_data, now), content_type=CALENDAR, headers=headers)


# -- links of mails -------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@without_path
def confirm_address(request: ViewerRequest, token: str) -> HttpResponse:
    """GET: a button, because mail programs open links by themselves. POST: the address is confirmed."""
    asked = addresses.find_asked(token)
    state = "asked" if asked else "over"
    dossiers = len(addresses.list_asked_together(asked)) if asked else 0
    if request.method == "POST":
        state = "done" if addresses.confirm_address(token=token, now=timezone.now()) else "over"
    context = {"days": addresses.CONFIRM_FOR.days, "dossiers": dossiers, "state": state}
    return render(request, "alerts/confirm_address.html", context, status=404 if state == "over" else 200)


@csrf_exempt  # a mail program posts here by itself (RFC 8058); the signed token is what counts
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@without_path
def end_reminders(request: ViewerRequest, token: str) -> HttpResponse:
    """GET: a button. POST, from the button or by a mail program's « Se désabonner »: no more reminders."""
    subscriptions = addresses.list_ended_by(token)
    if not subscriptions:
        return render(request, "alerts/end_reminders.html", {"state": "over"}, status=404)
    for subscription in subscriptions if request.method == "POST" else ():
        addresses.end_reminders(dossier=subscription.dossier, by=addresses.RECIPIENT, now=timezone.now())
    state = "done" if request.method == "POST" or all(each.ended_at for each in subscriptions) else "asked"
    return render(request, "alerts/end_reminders.html", {"state": state, "dossiers": len(subscriptions)})
