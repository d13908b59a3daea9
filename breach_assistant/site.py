"""Where this installation answers, and so whether it is somebody's own computer or a public service.

Plain functions, called while the settings load: a fault ends the program with one sentence for the person
who installs, never with a traceback.
"""

import ipaddress
import os
import secrets
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
KEY_LENGTH = 50  # what Django's deployment check asks for


def refuse(sentence: str) -> NoReturn:
    raise SystemExit(f"Breach Assistant ne démarre pas : {sentence}")


def read_site(address: str) -> SplitResult:
    """The checked SITE_URL. Only an origin: links are built by adding a path to it."""
    parts = split(address)
    if not (is_origin(parts) and (parts.scheme == "https" or is_local(parts))):
        refuse(
            "SITE_URL doit être une adresse https:// sans chemin (https://violations.exemple.fr), "
            "ou http:// sur cette machine (http://127.0.0.1:8000)."
        )
    return parts


def split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address.rstrip("/"))
        _ = parts.port  # read lazily, and only then checked
    except ValueError:
        return urlsplit("")
    return parts


def is_origin(parts: SplitResult) -> bool:
    extras = parts.path or parts.query or parts.fragment or parts.username or parts.password
    return bool(parts.hostname) and not extras


def is_local(parts: SplitResult) -> bool:
    return parts.scheme == "http" and is_loopback(parts.hostname or "")


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def production_key() -> str:
    key = os.environ.get("SECRET_KEY", "")
    if len(key) < KEY_LENGTH:
        refuse(f"en https, SECRET_KEY doit contenir au moins {KEY_LENGTH} caractères tirés au hasard.")
    return key


def local_key(path: Path) -> str:
    """Made once: signed cookies survive a restart, and nobody has to invent a key to try this."""
    if not path.exists():
        write_key(path)
    return path.read_text().strip()


def write_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48))
    # Several processes may start at once: the first link wins and the others read that key.
    try:
        os.link(mine, path)
    except FileExistsError:
        pass
    finally:
        mine.unlink()
