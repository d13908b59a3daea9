"""The forms of accounts: the library's, in our words."""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as factors
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms

from ...models import User

MAILED = ("Code reçu", "Huit lettres, par exemple BCDF-GHJK. Majuscules ou minuscules, avec ou sans tiret.")
APP = ("Code", "Les six chiffres que montre votre application, ou un code de secours.")


class Worded(forms.Form):
    """Label and help of fields, by name; a placeholder, which vanishes when one types, says nothing."""

    words: dict[str, tuple[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, help_text) in self.words.items():
            field = self.fields[name]
            field.label, field.help_text = label, help_text
            field.widget.attrs.pop("placeholder", None)


class SignInForm(Worded, account.LoginForm):  # type: ignore[misc]
    words = {"login": ("Votre adresse électronique", "Nous y enverrons un code. Il n’y a pas de mot de passe.")}


class CodeForm(Worded, account.ConfirmLoginCodeForm):  # type: ignore[misc]
    words = {"code": MAILED}


class NewAddressForm(Worded, account.AddEmailForm):  # type: ignore[misc]
    words = {"email": ("Nouvelle adresse électronique", "Nous y enverrons un code, pour vérifier qu’elle est à vous.")}


class NewAddressCodeForm(Worded, account.ConfirmEmailVerificationCodeForm):  # type: ignore[misc]
    words = {"code": MAILED}


class SecondFactorForm(Worded, factors.AuthenticateForm):  # type: ignore[misc]
    words = {"code": APP}


class ConfirmForm(Worded, factors.ReauthenticateForm):  # type: ignore[misc]
    words = {"code": APP}


class AppForm(Worded, totp.ActivateTOTPForm):  # type: ignore[misc]
    words = {"code": ("Code", "Les six chiffres que montre maintenant votre application.")}


class PasskeyForm(Worded, webauthn.AddWebAuthnForm):  # type: ignore[misc]
    words = {
        "name": ("Nom de cette clé", "Pour la reconnaître : « Téléphone », « Ordinateur de l’accueil »…"),
        "passwordless": ("Me connecter aussi avec cette clé, sans code", ""),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["passwordless"] = True


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["name"]
        help_texts = {
            "name": "Ce que verront les personnes qui partagent vos dossiers. Sans nom, elles voient votre adresse."
        }
