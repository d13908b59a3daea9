"""Dossiers whose reminders are due, and a real mail server with TLS that can be told to misbehave."""

import asyncio
import datetime as dt
import email
import ssl
import subprocess
import threading
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from notifications.models import ControllerGroup, Dossier, Subscription
from tests.stored import start_weda

AWARE = dt.datetime(2025, 11, 12, 9, 42, tzinfo=dt.UTC)
END = AWARE + dt.timedelta(hours=72)
BEFORE = END - dt.timedelta(hours=20)  # the reminder of 24 h is due
HOUR = dt.timedelta(hours=1)


def at(instant):
    """A clock that stands still."""
    return lambda: instant


def known(instant=AWARE):
    return {"state": "known", "value": instant.isoformat(), "origin": "practice", "reviewed": True, "version": 1}


def fill(count, *, domain="cabinet.example", now=BEFORE, **answers):
    """So many dossiers with a deadline at END and a confirmed address each: one is begun, the others are copies."""
    first = start_weda(now=AWARE)
    first.answers |= {"aware_at": known(), **answers}
    first.aware_at = AWARE
    first.save()
    same = {
        field.attname: getattr(first, field.attname)
        for field in Dossier._meta.concrete_fields
        if field.attname not in ("id", "public_id")
    }
    dossiers = [first, *Dossier.objects.bulk_create(Dossier(**same) for _ in range(count - 1))]
    confirmed = {"asked_at": AWARE, "confirmed_at": AWARE}
    Subscription.objects.bulk_create(
        Subscription(dossier=dossier, email=f"cabinet{n}@{domain}", **confirmed) for n, dossier in enumerate(dossiers)
    )
    return dossiers


def share(dossiers, email):
    """These dossiers are a group's, and their reminders go to one address."""
    keys = [dossier.pk for dossier in dossiers]
    group = ControllerGroup.objects.create(name="MSP CANARI", created_at=AWARE)
    Dossier.objects.filter(pk__in=keys).update(group=group)
    Subscription.objects.filter(dossier__in=keys).update(email=email)


def certificate(folder: Path) -> Path:
    """A key and its own certificate for localhost, in one file each: `key.pem`, `cert.pem`."""
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(["openssl", "req", "-x509", *made, *subject, *files], check=True, capture_output=True)
    return folder / "cert.pem"


class Away:
    """A mail server that does not answer, as a backend of Django's."""

    def __init__(self, *args, **kwargs):
        pass

    def open(self):
        raise OSError

    def close(self):
        pass


class Sink:
    """What the server does with each mail; `mails` holds those that it took, as (recipient, message)."""

    def __init__(self):
        self.mails, self.behave = [], lambda recipient, step: None
        self.arrived = threading.Condition()

    def wait_for(self, enough):
        """Until `enough` says so of the mails that were taken."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: enough(self.mails), timeout=120), len(self.mails)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if reply := self.behave(address, "rcpt"):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):
        reply = self.behave(envelope.rcpt_tos[0], "data")
        if reply and not reply.startswith("250"):
            return reply
        with self.arrived:
            self.mails.append((envelope.rcpt_tos[0], email.message_from_bytes(envelope.content, policy=default)))
            self.arrived.notify_all()
        if reply == "250 drop":
            server.transport.abort()  # taken, and never said
        if reply and reply.startswith("250 after "):
            await asyncio.sleep(float(reply.split()[-1]))  # taken, and said late
        return "250 taken"


class Server(Controller):
    """On a port of its own; inside TLS from the first byte, or from STARTTLS on."""

    def __init__(self, folder, *, starttls=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self.own_context, self.starttls = context, starttls
        super().__init__(Sink(), hostname="127.0.0.1", port=0, ssl_context=None if starttls else context)

    def factory(self):
        inside = {"tls_context": self.own_context, "require_starttls": True} if self.starttls else {}
        return SMTP(self.handler, hostname="localhost", **inside)

    def _trigger_server(self):
        """The port is known once it listens."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
