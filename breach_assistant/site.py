"""Where this installation answers, and so whether it is somebody's own computer or a public service.

Plain functions, called while the settings load: a fault ends the program with one sentence for the person
who installs, never with a traceback.
"""

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, unquote, urlsplit

LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
KEY_LENGTH = 50  # what Django's deployment check asks for
# TLS only: there is no scheme for a server in clear.
MAIL_SCHEMES = {"smtps": ("implicit", 465), "smtp+starttls": ("starttls", 587)}


def refuse(sentence: str) -> NoReturn:
    raise SystemExit(f"Breach Assistant ne démarre pas : {sentence}")


def read_site(address: str) -> SplitResult:
    """Return the checked SITE_URL. Only an origin: links are built by adding a path to it."""
    parts = split_address(address)
    is_origin = parts.hostname and not (parts.path or parts.query or parts.fragment or parts.username or parts.password)
    if not (is_origin and (parts.scheme == "https" or is_local(parts))):
        refuse(
            "SITE_URL doit être une adresse https:// sans chemin (https://violations.exemple.fr), "
            "ou http:// sur cette machine (http://127.0.0.1:8000)."
        )
    return parts


def split_address(address: str) -> SplitResult:
    """Return the parts of an address, all of them empty where it is none."""
    try:
        parts = urlsplit(address.rstrip("/"))
        _ = parts.port  # read lazily, and only then checked
    except ValueError:
        return urlsplit("")
    return parts


def is_local(parts: SplitResult) -> bool:
    try:
        is_loopback = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        is_loopback = parts.hostname == "localhost"
    return parts.scheme == "http" and is_loopback


def read_production_key() -> str:
    key = os.environ.get("SECRET_KEY", "")
    if len(key) < KEY_LENGTH:
        refuse(f"en https, SECRET_KEY doit contenir au moins {KEY_LENGTH} caractères tirés au hasard.")
    return key


def read_local_key(path: Path) -> str:
    """Return the key of this installation, made once: signed cookies survive a restart, and nobody has to invent a key
    to try this."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mine = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        # several processes may start at once: the first link wins and the others read that key
        try:
            os.link(mine, path)
        except FileExistsError:
            pass
        finally:
            mine.unlink()
    return path.read_text().strip()


@dataclass(frozen=True)
class Mail:
    """The server by which mails leave; false where there is none."""

    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    tls: str = ""  # "implicit", "starttls"
    sender: str = "Breach Assistant <rappels@localhost>"
    ca_file: str = ""

    def __bool__(self) -> bool:
        return bool(self.host)


def read_mail(environment: Mapping[str, str]) -> Mail:
    """Return the checked EMAIL_URL, EMAIL_FROM and EMAIL_CA_FILE."""
    address, ca_file = environment.get("EMAIL_URL", ""), environment.get("EMAIL_CA_FILE", "")
    if not address:
        return Mail()
    parts = split_address(address)
    if parts.scheme not in MAIL_SCHEMES or not parts.hostname or parts.path or parts.query or parts.fragment:
        refuse(
            "EMAIL_URL doit être smtps://utilisateur:motdepasse@serveur:465 ou "
            "smtp+starttls://utilisateur:motdepasse@serveur:587 ; les courriels ne partent jamais en clair."
        )
    if ca_file and not Path(ca_file).is_file():
        refuse("EMAIL_CA_FILE ne désigne aucun fichier.")
    user = unquote(parts.username or "")
    tls, port = MAIL_SCHEMES[parts.scheme]
    sender = environment.get("EMAIL_FROM") or user  # with or without a name before the address
    if not all(parseaddr(sender)[1].rpartition("@")) or not sender.isprintable():
        refuse("EMAIL_FROM doit être l'adresse d'expédition des courriels (rappels@exemple.fr).")
    return Mail(parts.hostname, parts.port or port, user, unquote(parts.password or ""), tls, sender, ca_file)
