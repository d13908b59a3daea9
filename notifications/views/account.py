"""« Mon compte », « Rattacher ce dossier », and what the accounts' library leaves to us."""

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import email_changed
from allauth.account.views import ConfirmLoginCodeView, LoginView
from allauth.core import ratelimit
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.dispatch import receiver
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ..forms.account import NameForm
from ..services import accounts

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
SET_UP = (
    "Qui administre le site ou publie un modèle se connecte avec deux preuves. "
    "Ajoutez ci-dessous une clé d'accès ou une application."
)


class SignIn(LoginView):
    """An address that has no account gets one, and the same answer."""

    def form_valid(self, form):
        form.user = accounts.for_sign_in(email=form.cleaned_data["login"], now=timezone.now())
        return super().form_valid(form)


class ConfirmCode(ConfirmLoginCodeView):
    """Three tries for a code, and a few in an hour for an address, whatever the browser."""

    def post(self, request, *args, **kwargs):
        limited = ratelimit.consume_or_429(request, action="login_failed", key=self._process.state["email"])
        return limited or super().post(request, *args, **kwargs)


class SecondFactor:
    """Sends those who must have a second factor, and have none yet, to their account."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        match = request.resolver_match
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or match.url_name in OPEN or _is_account(match):
            return None
        if request.user.is_authenticated and accounts.lacks_second_factor(request.user):
            return redirect("account")
        return None


def _is_account(match):
    """A page by which one signs in or adds a proof; not one that gives or erases everything."""
    return match.route.startswith("compte/") and match.url_name not in {"account_data", "erase_account"}


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request):
    """GET: name, address, what protects the account. POST: the name, or the end of all other sessions."""
    form = NameForm(request.POST if "name" in request.POST else None, instance=request.user)
    if "elsewhere" in request.POST:
        _seal(request, request.user)
        messages.success(request, "Les autres appareils sont déconnectés.")
        return redirect("account")
    if form.is_valid():
        accounts.rename(user=request.user, name=form.cleaned_data["name"])
        messages.success(request, "Votre nom est enregistré.")
        return redirect("account")
    return render(request, "account/account.html", _context(request.user, form), status=422 if form.errors else 200)


def _context(user, form):
    factors = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    kinds = {factor.type for factor in factors}
    return {
        "form": form,
        "passkeys": [factor for factor in factors if factor.type == Authenticator.Type.WEBAUTHN],
        "has_app": Authenticator.Type.TOTP in kinds,
        "has_codes": Authenticator.Type.RECOVERY_CODES in kinds,
        "edits": user.editorships.exists(),
        "set_up": SET_UP if accounts.lacks_second_factor(user) else "",
    }


@receiver([authenticator_added, authenticator_removed, authenticator_reset, email_changed])
def _end_other_sessions(sender, request, user, **kwargs):
    _seal(request, user)


@receiver(authenticator_added)
def _just_proved(sender, request, user, authenticator, **kwargs):
    """Who just added a proof is not asked for it again before the recovery codes are shown."""
    record_authentication(request, user, "mfa", type=authenticator.type, reauthenticated=True)


def _seal(request, user):
    """All sessions of this account end but this one."""
    accounts.end_sessions(user=user)
    update_session_auth_hash(request, user)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request, public_id):
    """« Rattacher ce dossier ». GET: what will happen, and where to sign in first. POST: it is the account's."""
    draft = get_object_or_404(accounts.claimable(request.viewer), public_id=public_id)
    user = request.viewer.user
    if request.method != "POST":
        return render(request, "account/claim.html", {"draft": draft, "user": user})
    if user is None:
        return redirect("claim", draft.public_id)
    if accounts.claim(draft=draft, user=user, now=timezone.now()):
        messages.success(request, "Le dossier est rattaché à votre compte.")
    return redirect("dossiers")
