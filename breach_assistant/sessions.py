"""Sessions in the database: twelve hours at most from the sign-in, and one hour without a sign of life.

The row's own date is when it ends. It is moved on at most every few minutes, so that reading pages writes nothing.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

NOTED_EVERY = timedelta(minutes=5)


def hashed_key(key: str, prefix: str, version: int) -> str:
    """A cache key that says nothing of whom it is about."""
    return salted_hmac("cache", f"{prefix}:{version}:{key}", algorithm="sha256").hexdigest()


class SessionStore(db.SessionStore):
    ends: datetime | None = None  # as stored

    def _get_session_from_db(self) -> Any:
        row = super()._get_session_from_db()  # type: ignore[misc]  # django-stubs leaves it out
        self.ends = row.expire_date if row else None
        return row

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row = super().create_model_instance(data)
        row.expire_date = min(row.expire_date, idle_end())
        return row

    def begin(self) -> None:
        """At the sign-in: from now on, nothing moves the last end."""
        self.set_expiry(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))

    def note_activity(self) -> None:
        """Call when the session was used."""
        ends = min(self.get_expiry_date(), idle_end())
        if self.ends and ends - self.ends >= NOTED_EVERY:
            self.model.objects.filter(session_key=self.session_key).update(expire_date=ends)


def idle_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.SESSION_IDLE_AGE)


class Sessions(SessionMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = cast(SessionStore, request.session)  # as the settings say
        if session.accessed and not session.modified and response.status_code < 500:
            # a busy database must not turn an answer that is ready into a failure
            with suppress(OperationalError):
                session.note_activity()
        return super().process_response(request, response)
