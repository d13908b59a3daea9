"""Signing in as people do: the address, then the code that the mail holds."""

import base64
import hmac
import re
import time
from datetime import datetime
from typing import Any

from django.core import mail
from django.test import Client
from django.utils import timezone

from notifications.models import User
from notifications.services.alerts import reminders

SIGN_IN, CODE = "/compte/connexion/", "/compte/connexion/code/"


def ask(client: Client, email: str, **headers: str) -> Any:
    return client.post(SIGN_IN, {"login": email}, headers=headers)


def mailed_code(text: str = "") -> str:
    """The code in a mail, the last one that was sent."""
    return re.search(r"\b[B-Z]{4}-[B-Z]{4}\b", text or sent_mails()[-1].body)[0]


def sent_mails(now: datetime | None = None) -> list[Any]:
    """What left since the test began, once the worker has looked for what somebody waits for."""
    reminders.send_urgent(clock=lambda: now or timezone.now())
    return mail.outbox


def sign_in(client: Client, email: str = "dr.martin@example.org") -> User:
    """This browser is signed in from now on; the account is made if need be."""
    assert ask(client, email).status_code == 302
    assert client.post(CODE, {"code": mailed_code()}).status_code == 302
    return User.objects.get(email=email.lower())


def app_code(secret: str) -> str:
    """What an application shows now (RFC 6238)."""
    digest = hmac.digest(base64.b32decode(secret), int(time.time() // 30).to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"
