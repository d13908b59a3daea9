"""Rights over one's data: erasure, the register that stays, and the two pages that say what is kept and by whom."""

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ...models import Filing, RegisterLine
from ...services.accounts import access, roles
from ...services.keeping import erasure, register
from ...services.practices import team
from ..requests import AccountRequest
from ..site.public import public
from ..viewer import visible_practice

HELD = "Un cabinet resterait sans personne pour en répondre. Rien n'est effacé : voyez ci-dessous."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase_practice(request: AccountRequest, practice_id: str) -> HttpResponse:
    """GET: what goes and what stays. POST with the box ticked: everything of the practice goes."""
    practice, now = visible_practice(request, practice_id), timezone.now()
    if not roles.may_govern(request.viewer, practice):
        raise PermissionDenied
    raise_if_reauthentication_required(request, app="")
    if request.method == "POST" and request.POST.get("sure") == "1":
        erasure.erase_practice(practice=practice, by=access.account_author(request.user), now=now)
        messages.success(request, "Le cabinet et tous ses dossiers sont effacés.")
        return redirect("practices")
    context = {
        "practice": practice,
        "refused": request.method == "POST",
        "dossiers": practice.dossiers.count(),
        "filings": Filing.objects.filter(dossier__practice=practice).count(),
        "people": practice.memberships.count(),
        "invitations": team.list_waiting(practice, now).count(),
        "register": practice.register.count(),
        "keep": settings.RETENTION.words(),
    }
    return render(request, "keeping/erase_practice.html", context, status=422 if request.method == "POST" else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
def erase_account(request: AccountRequest) -> HttpResponse:
    """GET: what goes, what stays, and what to settle first. POST with the box ticked: the account is no more."""
    refused = request.method == "POST" and request.POST.get("sure") != "1"
    if request.method == "POST" and not refused:
        try:
            erasure.erase_account(user=request.user, now=timezone.now())
        except (team.LastOwner, team.LastManager):
            messages.warning(request, HELD)
            return redirect("erase_account")
        logout(request)
        messages.success(request, "Votre compte est effacé.")
        return redirect("account_login")
    parting = erasure.describe_parting(request.user)
    context = {"parting": parting, "refused": refused, "keep": settings.RETENTION.words()}
    return render(request, "keeping/erase_account.html", context, status=422 if refused else 200)


@never_cache
@login_required
@require_safe
def show_register(request: AccountRequest) -> HttpResponse:
    """What is kept of closed dossiers whose text is no longer."""
    lines = register.list_lines(RegisterLine.objects.visible_to(request.viewer))
    return render(request, "keeping/register.html", {"lines": lines, "keep": settings.RETENTION.words()})


@require_safe
@public
def show_your_data(request: HttpRequest) -> HttpResponse:
    context = {"keep": settings.RETENTION.words(), "operator": settings.OPERATOR, "mails_leave": settings.MAIL_LEAVES}
    return render(request, "keeping/your_data.html", context)


@require_safe
@public
def show_legal_notice(request: HttpRequest) -> HttpResponse:
    return render(request, "keeping/legal_notice.html", {"operator": settings.OPERATOR})
