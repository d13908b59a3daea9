"""Logs that can be shown to anybody: one JSON object per line, event names, no values.

Addresses hold secrets (private links), messages of exceptions hold answers. So a line names the view and
never the path; an exception is its type and where it was raised, never its text.

    logger.info("dossier.started", extra={"fields": {"incident": slug}})
"""

import json
import logging
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType

from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

OURS = ("breach_assistant", "notifications")


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": event_of(record),
            **getattr(record, "fields", {}),
            **exception_of(record),
        }
        return json.dumps(line, ensure_ascii=False, default=lambda value: type(value).__name__)


def event_of(record: logging.LogRecord) -> str:
    """Our messages are constant names. Others put paths and values into theirs: only who spoke is kept."""
    if record.name.partition(".")[0] in OURS:
        return str(record.msg)
    return record.name


def exception_of(record: logging.LogRecord) -> dict[str, object]:
    kind, _, trace = record.exc_info or (None, None, None)
    if kind is None:
        return {}
    return {"exception": f"{kind.__module__}.{kind.__qualname__}", "frames": frames(trace)}


def frames(trace: TracebackType | None) -> list[str]:
    # extract_tb also reads source lines, which are ours and hold no value; they are left out all the same
    return [f"{frame.filename}:{frame.lineno}:{frame.name}" for frame in traceback.extract_tb(trace)]


class RequestLog:
    """One line for each request that reached a view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        fields = {
            "view": match.view_name if match else None,
            "method": request.method if request.method in KNOWN_METHODS else "other",
            "status": response.status_code,
            "ms": round((time.perf_counter() - start) * 1000, 1),
        }
        logger.info("request", extra={"fields": fields})
        return response


# Anything may be sent as a method, and would then stand in the log.
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
