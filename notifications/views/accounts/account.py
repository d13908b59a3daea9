"""« Mon compte », « Rattacher ce dossier », and what the accounts' library leaves to us."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import email_changed
from allauth.account.views import ConfirmLoginCodeView, LoginView
from allauth.core import ratelimit
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ...forms.accounts.account import NameForm, SignInForm
from ...models import User
from ...services.accounts import accounts
from ..requests import AccountRequest

SET_UP = (
    "Qui administre le site ou publie un modèle se connecte avec deux preuves. "
    "Ajoutez ci-dessous une clé d'accès ou une application."
)


class SignIn(LoginView):  # type: ignore[misc]
    """An address that has no account gets one, and the same answer."""

    def form_valid(self, form: SignInForm) -> HttpResponse:
        form.user = accounts.load_for_sign_in(email=form.cleaned_data["login"], now=timezone.now())
        response: HttpResponse = super().form_valid(form)
        return response


class ConfirmCode(ConfirmLoginCodeView):  # type: ignore[misc]
    """Three tries for a code, and a few in an hour for an address, whatever the browser."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        limited = ratelimit.consume_or_429(request, action="login_failed", key=self._process.state["email"])
        response: HttpResponse = limited or super().post(request, *args, **kwargs)
        return response


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: AccountRequest) -> HttpResponse:
    """GET: name, address, what protects the account. POST: the name, or the end of all other sessions."""
    user, form = request.user, NameForm(request.POST if "name" in request.POST else None, instance=request.user)
    if "elsewhere" in request.POST:
        end_other_sessions(None, request, user)
        messages.success(request, "Les autres appareils sont déconnectés.")
        return redirect("account")
    if form.is_valid():
        accounts.rename(user=user, name=form.cleaned_data["name"])
        messages.success(request, "Votre nom est enregistré.")
        return redirect("account")
    factors = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    kinds = {factor.type for factor in factors}
    context = {
        "form": form,
        "passkeys": [factor for factor in factors if factor.type == Authenticator.Type.WEBAUTHN],
        "has_app": Authenticator.Type.TOTP in kinds,
        "has_codes": Authenticator.Type.RECOVERY_CODES in kinds,
        "edits": user.editorships.exists(),
        "set_up": SET_UP if accounts.lacks_second_factor(user) else "",
    }
    return render(request, "account/account.html", context, status=422 if form.errors else 200)


@receiver([authenticator_added, authenticator_removed, authenticator_reset, email_changed])
def end_other_sessions(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """End all sessions of this account but this one."""
    accounts.end_sessions(user=user)
    update_session_auth_hash(request, user)


@receiver(authenticator_added)
def note_proof(sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Do not ask who just added a proof for it again before the recovery codes are shown."""
    record_authentication(request, user, "mfa", type=authenticator.type, reauthenticated=True)
