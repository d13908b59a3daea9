"""Who may open a dossier without an account: one random secret for each browser, of which only the hash is stored."""

import hashlib
import secrets
from datetime import datetime

from ..models import Draft, Grant


def new_secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def device_is_known(sha256: str | None) -> bool:
    """Does this browser hold a dossier? A secret that opens nothing is not reused: somebody may have planted it."""
    return bool(sha256) and Grant.objects.filter(sha256=sha256, kind=Grant.Kind.DEVICE, revoked_at=None).exists()


def grant_device(*, draft: Draft, secret: str, now: datetime) -> Grant:
    return Grant.objects.create(
        draft=draft,
        sha256=fingerprint(secret),
        kind=Grant.Kind.DEVICE,
        created_at=now,
        last_used_on=now.date(),
    )


def note_use(*, device: str, now: datetime) -> None:
    """The day of last use, from which retention counts; written at most once a day."""
    stale = Grant.objects.filter(sha256=device, kind=Grant.Kind.DEVICE).exclude(last_used_on=now.date())
    stale.update(last_used_on=now.date())
