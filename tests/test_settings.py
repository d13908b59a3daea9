"""Modes, refusals, cookies and headers: what an installation promises before any page exists."""

import io
import json
import logging
import os
import runpy
import subprocess
import sys
from unittest import mock

import pytest
from django.conf import settings
from django.core import checks
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path

from breach_assistant import databases
from breach_assistant.checks import choose_journal_mode, judge_journal_mode, wal_is_safe
from breach_assistant.site import read_local_key

KEY = "k9" * 40
OPERATOR = {"OPERATOR_FILE": str(settings.BASE_DIR / "docs/deploy/operator.toml")}


def secret_page(request, secret):
    raise ValueError(f"the text of a fault: {secret}")


urlpatterns = [
    path("plain/", lambda request: HttpResponse("ok"), name="plain"),
    path("secret/<str:secret>/", secret_page, name="private-link"),
    path("", include("notifications.urls")),  # the page for faults links to them
]


def manage(*arguments, var, **environment):
    """manage.py as somebody would start it: only what is named here in its environment."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(var), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def settings_of(names, **environment):
    """What the file makes, run anew with only this in the environment."""
    with mock.patch.dict(os.environ, environment, clear=True):
        made = runpy.run_path(settings.BASE_DIR / "breach_assistant/settings.py")
    return json.loads(json.dumps([made.get(name) for name in names]))


# -- refusals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "environment",
    [
        {"SITE_URL": "http://example.org"},
        {"SITE_URL": "ftp://127.0.0.1"},
        {"SITE_URL": "example.org"},
        {"SITE_URL": "https://"},
        {"SITE_URL": "https://example.org/chemin", "SECRET_KEY": KEY},
        {"SITE_URL": "https://example.org?a=b", "SECRET_KEY": KEY},
        {"SITE_URL": "https://user:pass@example.org", "SECRET_KEY": KEY},
        {"SITE_URL": "https://example.org:port", "SECRET_KEY": KEY},
        {"SITE_URL": "https://[::1", "SECRET_KEY": KEY},
        {"SITE_URL": "https://example.org"},
        {"SITE_URL": "https://example.org", "SECRET_KEY": "short"},
        {
            "SITE_URL": "https://example.org",
            "SECRET_KEY": KEY,
            "TRUSTED_PROXIES": "10.0.0.0/8, proxy.example.org",
            **OPERATOR,
        },
        {"EMAIL_URL": "smtp://user:pass@localhost:25"},
        {"EMAIL_URL": "smtps://"},
        {"EMAIL_URL": "smtps://user%40example.org:pass@example.org/path"},
        {"EMAIL_URL": "smtps://user:pass@example.org"},
        {"EMAIL_URL": "smtps://example.org", "EMAIL_FROM": "a@b.example\nBcc: x@y.example"},
        {"EMAIL_URL": "smtps://a%40b.example:p@example.org", "EMAIL_CA_FILE": "/nowhere"},
    ],
)
def test_a_bad_mode_is_refused_with_one_sentence(tmp_path, capfd, environment):
    with pytest.raises(SystemExit) as stopped:
        settings_of([], VAR_DIR=str(tmp_path), **environment)
    assert stopped.value.code.startswith("Breach Assistant ne démarre pas : ")
    assert "\n" not in stopped.value.code
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "environment",
    [
        {"SITE_URL": "http://example.org"},
        {"SITE_URL": "https://example.org"},
        {"EMAIL_URL": "smtp://user:pass@localhost:25"},
    ],
)
def test_a_refusal_is_all_that_a_command_says(tmp_path, environment):
    result = manage("check", var=tmp_path, **environment)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Breach Assistant ne démarre pas : ")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["http://localhost:8000", "http://127.0.0.1", "http://[::1]:9000/", ""])
def test_loopback_is_local_mode(tmp_path, address):
    names = ["LOCAL", "DEBUG", "ALLOWED_HOSTS", "CSRF_COOKIE_SECURE", "CSRF_COOKIE_NAME"]
    shown = settings_of(names, SITE_URL=address, VAR_DIR=str(tmp_path))
    assert shown == [True, False, ["127.0.0.1", "localhost", "[::1]"], False, "csrftoken"]


def test_links_in_local_mode_follow_the_port(tmp_path):
    assert settings_of(["SITE_URL"], PORT="8123", VAR_DIR=str(tmp_path)) == ["http://127.0.0.1:8123"]


def test_production(tmp_path):
    production = {"SITE_URL": "https://example.org/", "SECRET_KEY": KEY, "VAR_DIR": str(tmp_path), **OPERATOR}
    names = ["SITE_URL", "LOCAL", "DEBUG", "ALLOWED_HOSTS", "CSRF_COOKIE_NAME", "SESSION_COOKIE_NAME"]
    names += [
        "SESSION_COOKIE_SECURE",
        "SESSION_COOKIE_AGE",
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN",
        "SECURE_PROXY_SSL_HEADER",
    ]
    shown = settings_of(names, **production)
    cookies = ["__Host-csrftoken", "__Host-session", True, 12 * 3600, False, None]
    assert shown == ["https://example.org", False, False, ["example.org"], *cookies]
    assert list(tmp_path.iterdir()) == []
    trusting = settings_of(names, **production, TRUST_PROXY_TLS="1")
    assert trusting[-1] == ["HTTP_X_FORWARDED_PROTO", "https"]


def test_mails_leave_inside_tls_or_become_files(tmp_path):
    names = ["EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_SSL", "EMAIL_USE_TLS", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD"]
    both = {"VAR_DIR": str(tmp_path), "EMAIL_FROM": "Rappels <r@b.example>"}
    shown = settings_of(names, EMAIL_URL="smtps://a%40b.example:p%3Aw@mail.example", **both)
    assert shown == ["mail.example", 465, True, False, "a@b.example", "p:w"]
    shown = settings_of([*names[:4], "DEFAULT_FROM_EMAIL"], EMAIL_URL="smtp+starttls://mail.example:2525", **both)
    assert shown == ["mail.example", 2525, False, True, "Rappels <r@b.example>"]
    shown = settings_of(["EMAIL_BACKEND", "MAIL_LEAVES"], VAR_DIR=str(tmp_path))
    assert shown == ["notifications.services.mail.post.FileBackend", True]
    production = {"SITE_URL": "https://example.org/", "SECRET_KEY": KEY, "VAR_DIR": str(tmp_path), **OPERATOR}
    assert settings_of(["MAIL_LEAVES"], **production) == [False]


# -- key ------------------------------------------------------------------------------------------------


def test_the_local_key_is_made_once_and_private(tmp_path):
    path = tmp_path / "var" / "secret_key"
    key = read_local_key(path)
    assert len(key) >= 50
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_local_key(path) == key
    assert [file.name for file in path.parent.iterdir()] == ["secret_key"]


def test_processes_that_start_together_share_one_key(tmp_path):
    code = """
import pathlib, sys
from breach_assistant.site import read_local_key
print(read_local_key(pathlib.Path(sys.argv[1])))
"""
    command = [sys.executable, "-c", code, str(tmp_path / "key")]
    started = [subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE) for _ in range(6)]
    assert len({process.communicate()[0] for process in started}) == 1


# -- headers and logs -----------------------------------------------------------------------------------


@pytest.mark.urls(__name__)
def test_headers_of_every_answer():
    response = Client().get("/plain/")
    assert set(response.headers["Content-Security-Policy"].split("; ")) == {
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    }
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "geolocation=()" in response.headers["Permissions-Policy"]
    assert not response.cookies


@pytest.mark.urls(__name__)
def test_a_request_line_names_the_view_and_nothing_else(log_lines):
    Client().get("/plain/?nom=DUPONT")
    [line] = log_lines()
    assert line.pop("ms") >= 0
    assert line.pop("time")
    assert line == {"level": "info", "event": "request", "view": "plain", "method": "GET", "status": 200}


@pytest.mark.urls(__name__)
def test_a_fault_is_logged_without_its_words(log_lines):
    Client(raise_request_exception=False).get("/secret/s3cret/")
    fault, request = log_lines()
    assert (fault["event"], fault["exception"]) == ("django.request", "builtins.ValueError")
    assert fault["frames"][-1].endswith(":secret_page")
    assert (request["view"], request["status"]) == ("private-link", 500)
    assert "s3cret" not in json.dumps([fault, request])


@pytest.fixture
def log_lines(monkeypatch):
    """The lines that a log collector would read."""
    handler = next(handler for handler in logging.getLogger().handlers if handler.name == "stderr")
    stream = io.StringIO()
    monkeypatch.setattr(handler, "stream", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


# -- database -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 1), False),
        ((3, 46, 1), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_write_ahead_log_only_where_it_keeps_commits(version, safe):
    assert wal_is_safe(version) is safe
    assert choose_journal_mode(version) == ("wal" if safe else "delete")
    assert judge_journal_mode("wal", version).level == (checks.INFO if safe else checks.WARNING)
    assert judge_journal_mode("delete", version).level == checks.INFO


def test_prepare_database_sets_the_journal_mode_once(tmp_path):
    assert manage("prepare_database", var=tmp_path).returncode == 0
    again = manage("prepare_database", var=tmp_path)
    assert (again.returncode, again.stdout) == (0, "")
    shown = manage("check", "--database", "default", var=tmp_path)
    assert f"journal mode {choose_journal_mode().upper()}" in shown.stderr


def test_a_file_left_in_an_unsafe_mode_is_reported_and_put_right(tmp_path):
    if wal_is_safe():
        pytest.skip("this SQLite is safe in both modes")
    turn = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode=WAL')"
    subprocess.run([sys.executable, "-c", turn, tmp_path / "db.sqlite3"], check=True)
    assert "breach_assistant.W001" in manage("check", "--database", "default", var=tmp_path).stderr
    assert "DELETE" in manage("prepare_database", var=tmp_path).stdout
    assert "breach_assistant.I001" in manage("check", "--database", "default", var=tmp_path).stderr


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="these are SQLite's words")
def test_each_connection_is_durable_and_erases():
    with connection.cursor() as cursor:
        shown = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("synchronous", "secure_delete", "foreign_keys", "busy_timeout")
        }
    assert shown == {"synchronous": 3, "secure_delete": 1, "foreign_keys": 1, "busy_timeout": 20000}


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="these are PostgreSQL's words")
def test_each_connection_to_a_server_waits_in_line_no_longer_than_on_sqlite():
    with connection.cursor() as cursor:
        shown = [
            cursor.execute(f"SHOW {name}").fetchone()[0] for name in ("lock_timeout", "default_transaction_isolation")
        ]
    assert shown == ["20s", "read committed"]


@pytest.mark.parametrize("url", ["mysql://user:s3cret@host/name", "postgresql://user:s3cret@host", "s3cret"])
def test_an_address_that_is_no_databases_is_refused_without_being_repeated(tmp_path, url):
    refused = manage("check", var=tmp_path, DATABASE_URL=url)
    assert refused.returncode == 1
    assert refused.stderr.startswith("Breach Assistant ne démarre pas : DATABASE_URL doit être")
    assert "s3cret" not in refused.stderr


@pytest.mark.parametrize(
    ("url", "name", "host", "options"),
    [
        (
            "postgres://u:p%40w@db.example.org:5433/b?sslmode=verify-full",
            "b",
            "db.example.org",
            {"sslmode": "verify-full"},
        ),
        ("postgresql:///b?host=/run/Socket", "b", "/run/Socket", {}),
    ],
)
def test_an_address_of_a_database_says_all_that_there_is_to_say(tmp_path, url, name, host, options):
    read = databases.describe_database(url, tmp_path)
    assert (read["NAME"], read["HOST"]) == (name, host)
    assert read["OPTIONS"].items() >= options.items()
    assert read["PASSWORD"] == ("p@w" if "p%40w" in url else "")
