"""Signing in as people do: the address, then the code that the mail holds."""

import re
from typing import Any

from django.core import mail
from django.test import Client

from notifications.models import User

SIGN_IN, CODE = "/compte/connexion/", "/compte/connexion/code/"


def ask(client: Client, email: str, **headers: str) -> Any:
    return client.post(SIGN_IN, {"login": email}, headers=headers)


def mailed_code(text: str = "") -> str:
    """The code in a mail, the last one that was sent."""
    return re.search(r"\b[B-Z]{4}-[B-Z]{4}\b", text or mail.outbox[-1].body)[0]


def sign_in(client: Client, email: str = "dr.martin@example.org") -> User:
    """This browser is signed in from now on; the account is made if need be."""
    assert ask(client, email).status_code == 302
    assert client.post(CODE, {"code": mailed_code()}).status_code == 302
    return User.objects.get(email=email.lower())
