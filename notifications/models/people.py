"""Accounts, and who asks."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=(email or "").lower())


class User(AbstractBaseUser):
    """A person's account. There are no passwords: one signs in by a code sent to the address, or by a passkey."""

    password = None  # type: ignore[assignment]  # takes Django's column away
    email = models.EmailField("adresse électronique", unique=True)  # in lower case
    name = models.CharField("nom affiché", max_length=120, blank=True)
    is_active = models.BooleanField("actif", default=True)
    is_administrator = models.BooleanField("administre ce site", default=False)
    date_joined = models.DateTimeField("créé le", default=timezone.now)
    # in every session's seal: one more, and all the sessions of this account end
    seal = models.PositiveIntegerField("fins de toutes les sessions", default=0)

    objects = UserManager()

    EMAIL_FIELD = USERNAME_FIELD = "email"

    class Meta:
        verbose_name = "compte"
        constraints = [models.UniqueConstraint(Lower("email"), name="one_account_for_an_address")]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        self.email = self.email.lower()

    def has_usable_password(self) -> bool:
        return False

    def check_password(self, raw_password: str | None) -> bool:
        return False

    def get_session_auth_hash(self) -> str:
        return self._sealed()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return (self._sealed(key) for key in settings.SECRET_KEY_FALLBACKS)

    def _sealed(self, secret: str | bytes | None = None) -> str:
        return salted_hmac(
            "notifications.User", f"{self.pk} {self.seal}", secret=secret, algorithm="sha256"
        ).hexdigest()


@dataclass(frozen=True)
class Viewer:
    """Who asks: the account that is signed in, and the SHA-256 of the browser's device secret; None where there is
    none."""

    user: User | None = None
    device: str | None = None
