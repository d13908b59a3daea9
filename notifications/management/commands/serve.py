"""Run everything that an installation needs, as one program that starts and stops as one."""

import http.client
import os
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from notifications.management.supervisor import STOP_LIMIT, Ending, supervise

MAX_WORKERS = 4  # SQLite has one writer at a time: more processes only lengthen the queue

COMPLAINTS = {
    Ending.NOT_STARTED: "Le serveur ne démarre pas ; les lignes ci-dessus disent pourquoi.",
    Ending.DIED: "Un des programmes s'est arrêté de lui-même ; tout est arrêté.",
}


class Command(BaseCommand):
    help = "Serves the site. Ctrl-C stops everything."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        refuse_taken_port(host, port)
        # links are built from the address that we announce
        environment = {**os.environ, "HOST": host, "PORT": str(port)}
        ending = supervise(
            [web_server(host, port), worker()],
            environment,
            is_ready=lambda: answers(host, port),
            announce=lambda: self.announce(host, port),
        )
        if ending in COMPLAINTS:
            raise SystemExit(COMPLAINTS[ending])

    def announce(self, host: str, port: int) -> None:
        address = f"http://{in_address(host)}:{port}" if settings.LOCAL else settings.SITE_URL
        self.stdout.write(f"Breach Assistant est prêt : ouvrez {address}/ (Ctrl-C pour arrêter)")
        if not settings.EMAIL_HOST:
            self.stdout.write(
                f"Aucun courriel ne part (EMAIL_URL absent) : ils sont écrits dans {settings.EMAIL_FILE_PATH}"
            )
        self.stdout.flush()


def web_server(host: str, port: int) -> list[str]:
    workers = min(os.cpu_count() or 1, MAX_WORKERS)
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1"),
        *("--host", host, "--port", str(port)),
        # one thread each: threads of one process wait for one another and for SQLite's lock
        *("--workers", str(workers), "--blocking-threads", "1"),
        *("--respawn-failed-workers", "--workers-kill-timeout", str(int(STOP_LIMIT / 2))),
        # its access log would hold paths, and private links are paths
        *("--no-access-log", "--log-level", "warning"),
        *("--working-dir", str(settings.BASE_DIR), "breach_assistant.wsgi:application"),
    ]


def worker() -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--skip-checks"]


def refuse_taken_port(host: str, port: int) -> None:
    """Granian's processes share their port, so it would share a stranger's without a word."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        raise SystemExit(
            f"Impossible d'écouter sur {host}, port {port} : port déjà pris ou adresse interdite. "
            "Choisissez un autre port, par exemple : make run PORT=8080"
        ) from error


def answers(host: str, port: int) -> bool:
    """Any answer will do: it shows that a worker has loaded the application, not only that a port is open."""
    connection = http.client.HTTPConnection(reachable(host), port, timeout=5)
    try:
        connection.request("HEAD", "/healthz", headers={"Host": settings.SITE.netloc})  # the one that it answers to
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def reachable(host: str) -> str:
    """Listening everywhere is not an address to call."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def in_address(host: str) -> str:
    name = reachable(host)
    return f"[{name}]" if ":" in name else name
