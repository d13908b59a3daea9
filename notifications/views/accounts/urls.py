"""Addresses of accounts: those of the library that are used, under French names. None takes a password."""

from allauth.account import views as allauth
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path
from django.views.decorators.cache import never_cache

from . import account

VIEWS = [
    ("", account.account, "account"),
    ("connexion/", account.SignIn.as_view(), "account_login"),
    ("connexion/code/", account.ConfirmCode.as_view(), "account_confirm_login_code"),
    ("connexion/cle/", webauthn.login_webauthn, "mfa_login_webauthn"),
    ("connexion/preuve/", factors.authenticate, "mfa_authenticate"),
    ("connexion/desactive/", allauth.account_inactive, "account_inactive"),
    ("deconnexion/", allauth.logout, "account_logout"),
    ("adresse/", allauth.email, "account_email"),
    ("adresse/code/", allauth.email_verification_sent, "account_email_verification_sent"),
    ("confirmer/", factors.reauthenticate, "mfa_reauthenticate"),
    ("confirmer/cle/", webauthn.reauthenticate_webauthn, "mfa_reauthenticate_webauthn"),
    ("application/", totp.activate_totp, "mfa_activate_totp"),
    ("application/retirer/", totp.deactivate_totp, "mfa_deactivate_totp"),
    ("codes/", recovery.view_recovery_codes, "mfa_view_recovery_codes"),
    ("codes/nouveaux/", recovery.generate_recovery_codes, "mfa_generate_recovery_codes"),
    ("cles/ajouter/", webauthn.add_webauthn, "mfa_add_webauthn"),
    ("cles/<int:pk>/retirer/", webauthn.remove_webauthn, "mfa_remove_webauthn"),
    # one page shows all of these
    ("", account.account, "mfa_index"),
    ("", account.account, "mfa_list_webauthn"),
]

urlpatterns = [path(f"compte/{route}", never_cache(view), name=name) for route, view, name in VIEWS]
