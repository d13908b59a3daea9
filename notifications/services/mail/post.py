"""How a mail leaves: over SMTP inside TLS, or as a file where no server was named. Never in clear, never silently."""

import smtplib
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

FINAL = 500  # from here on, a reply is « no », not « later »
CLOSING = 421  # the server is going away, whatever was asked


class Trouble(Exception):
    """Nothing was accepted, later it may be: the whole relay (`everybody`), or this recipient's domain."""

    def __init__(self, everybody: bool):
        super().__init__()
        self.everybody = everybody


class Refused(Exception):
    """The server will not have this message, or this address."""


class Unanswered(Exception):
    """The whole mail was sent and no answer came: it may have been accepted."""


class Patient(smtplib.SMTP):
    """Waits longer for the answer to a mail than for any other word, and tells when it did not come."""

    mail_gone = False

    def send(self, s: Any) -> None:
        super().send(s)
        if isinstance(s, bytes):  # the mail itself: commands are text
            self.mail_gone = True
            self._wait_for(settings.EMAIL_ANSWER_TIMEOUT)

    def getreply(self) -> tuple[int, bytes]:
        gone, self.mail_gone = self.mail_gone, False
        try:
            return super().getreply()
        except OSError as error:  # SMTPException is
            if gone:
                raise Unanswered from error
            raise
        finally:
            if gone:
                self._wait_for(settings.EMAIL_TIMEOUT)

    def _wait_for(self, seconds: float) -> None:
        if self.sock:
            self.sock.settimeout(seconds)


class PatientInTls(Patient, smtplib.SMTP_SSL):
    pass


class TlsBackend(EmailBackend):
    """Django's own, which verifies certificates and raises where STARTTLS fails; also trusts EMAIL_CA_FILE."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return PatientInTls if self.use_ssl else Patient

    @property
    def ssl_context(self) -> ssl.SSLContext:
        return make_tls_context(settings.EMAIL_CA_FILE)


@cache
def make_tls_context(ca_file: str) -> ssl.SSLContext:
    """Made once: reading the authorities of the system takes longer than a mail."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


class FileBackend(BaseEmailBackend):
    """One .eml file for each mail, which mail programs open."""

    def send_messages(self, email_messages: Iterable[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sent = list(email_messages)
        for mail in sent:
            data = mail.message()
            name = data["Message-ID"].strip("<>").partition("@")[0][:12]
            (folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{name}.eml").write_bytes(data.as_bytes())
        return len(sent)


class Post:
    """One connection for many mails; after any fault the next mail gets a new one."""

    def __init__(self) -> None:
        self.connection: Any = None

    def send(self, mail: EmailMessage) -> None:
        """Returns once the server has taken it. Raises Trouble, Refused or Unanswered."""
        try:
            self._open()
            self.connection.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            self.close()
            raise _make_fault(next(iter(error.recipients.values()))[0]) from error
        except smtplib.SMTPDataError as error:
            self.close()
            raise _make_fault(error.smtp_code) from error
        except Unanswered:
            self.close()
            raise
        except OSError as error:  # SMTPException and ssl.SSLError are
            self.close()
            raise Trouble(everybody=True) from error

    def _open(self) -> None:
        if self.connection and not self._is_open():
            self.close()
        if self.connection is None:
            self.connection = get_connection()
            self.connection.open()

    def _is_open(self) -> bool:
        """Servers close a connection after so many mails, or so many minutes: ask before using it again."""
        opened = getattr(self.connection, "connection", None)
        try:
            return opened is None or opened.noop()[0] == 250
        except OSError:
            return False

    def close(self) -> None:
        connection, self.connection = self.connection, None
        try:
            if connection:
                connection.close()
        except OSError:
            pass  # it was broken already


def _make_fault(code: int) -> Exception:
    return Refused() if code >= FINAL else Trouble(everybody=code == CLOSING)
