"""Where the accounts' library asks us: who asks, what is said, what is sent."""

from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from breach_assistant.proxies import client_address

from ...documents import qr
from ...models import User
from ...services.mail import outbox
from ..requests import ViewerRequest

CODES = {"account/email/login_code", "account/email/email_confirmation"}
CODE_FOR = timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)
NOTICE_FOR = timedelta(days=3)
# What the library tells after an act, by the name of its template; what is not here is not told.
SAID = {
    "account/messages/logged_in.txt": "Vous êtes connecté.",
    "account/messages/logged_out.txt": "Vous êtes déconnecté.",
    "account/messages/email_confirmed.txt": "Votre adresse est vérifiée.",
    "account/messages/email_confirmation_failed.txt": "Cette adresse sert déjà à un autre compte.",
    "mfa/messages/totp_activated.txt": "L'application d'authentification est activée.",
    "mfa/messages/totp_deactivated.txt": "L'application d'authentification est retirée.",
    "mfa/messages/webauthn_added.txt": "La clé d'accès est ajoutée.",
    "mfa/messages/webauthn_removed.txt": "La clé d'accès est retirée.",
    "mfa/messages/recovery_codes_generated.txt": "De nouveaux codes de secours remplacent les anciens.",
}
# What a mail tells the owner of an account that something changed.
NOTICES = {
    "account/email/email_changed": "L’adresse de votre compte a été changée.",
    "mfa/email/totp_activated": "Une application d’authentification protège maintenant votre compte.",
    "mfa/email/totp_deactivated": "L’application d’authentification de votre compte a été retirée.",
    "mfa/email/webauthn_added": "Une clé d’accès a été ajoutée à votre compte.",
    "mfa/email/webauthn_removed": "Une clé d’accès de votre compte a été retirée.",
    "mfa/email/recovery_codes_generated": "Les codes de secours de votre compte ont été remplacés.",
}
REFUSED = {
    "duplicate_email": "C’est déjà l’adresse de ce compte.",
    "email_taken": "Cette adresse sert déjà à un autre compte.",
    "incorrect_code": "Ce code n’est pas le bon.",
    "rate_limited": "Trop d’essais. Attendez un peu, puis recommencez.",
    "too_many_login_attempts": "Trop d’essais. Attendez un peu, puis demandez un autre code.",
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | REFUSED

    def get_client_ip(self, request: HttpRequest) -> str:
        forwarded = request.headers.get("X-Forwarded-For", "")
        return client_address(request.META.get("REMOTE_ADDR", ""), forwarded, settings.TRUSTED_PROXIES) or "local"

    def login(self, request: ViewerRequest, user: User) -> None:
        super().login(request, user)
        request.session.begin()

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        if text := message or SAID.get(message_template or ""):
            messages.add_message(request, level, text, extra_tags=extra_tags)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put the mail into the outbox: no page waits for a mail server. A code is not sent once it is too late to
        enter it."""
        message = self.render_mail(template_prefix, email, context | {"site_url": settings.SITE_URL})
        now = timezone.now()
        is_code = template_prefix in CODES
        outbox.put_mail(
            purpose=outbox.Purpose.CODE if is_code else outbox.Purpose.NOTICE,
            email=email,
            subject=message.subject,
            body=message.body,
            expires_at=now + (CODE_FOR if is_code else NOTICE_FOR),
            now=now,
        )

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        what = NOTICES[template_prefix]
        super().send_notification_mail("account/email/notice", user, {"what": what}, email)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """A passkey first, for those who have one: recovery codes are for the day when it is lost."""
        methods = super().get_reauthentication_methods(user)
        return sorted(methods, key=lambda method: "webauthn" not in method["id"])

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        return reverse("account")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": REFUSED["incorrect_code"]}

    def build_totp_svg(self, url: str) -> str:
        return qr.draw_svg(url)

    def generate_authenticator_name(self, user: User, type: str) -> str:
        return "Clé d’accès"
