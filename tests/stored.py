"""Dossiers in the database, and the pages on which people edit them."""

import copy
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.apps import apps
from django.db import connection

from notifications.digests import compute_digest, write_canonical_json
from notifications.models import Dossier, Filing, Incident, IncidentRevision
from notifications.questionnaire import Entry
from notifications.services.dossiers import filings, loading, saving
from notifications.services.incidents import incidents
from notifications.services.revisions import INCIDENT_REVISIONS
from tests.dossiers import NOW, answered

WEDA = "weda-2025-11"
NIR = "1 85 05 78 006 084 91"  # made up; its key is right
_seeds: list[list[Any]] = []


def store_seeds() -> None:
    """What `load_seeds` stores. It takes its time, so the rows are kept for the next test."""
    for rows in _seeds:
        type(rows[0]).objects.bulk_create(rows)
    if not _seeds:
        incidents.load_seeds()
        _seeds.extend([list(Incident.objects.all()), list(IncidentRevision.objects.all())])


def start_weda(*, timezone: str = "Europe/Paris", by: str = "au début", now: datetime = NOW) -> Dossier:
    """A dossier begun on the newest revision of the incident Weda."""
    newest = INCIDENT_REVISIONS.list_stored(WEDA)[0]
    return saving.start_dossier(revision=newest, timezone=timezone, by=by, now=now)


def publish(number: str, change: Callable[[dict[str, Any]], None] = lambda content: None) -> IncidentRevision:
    """A further revision of the incident Weda: the newest that ships, with something changed in its tables."""
    shipped = IncidentRevision.objects.get(incident__slug=WEDA, number="3")
    content = copy.deepcopy(shipped.content)
    content["number"] = number
    change(content)
    return IncidentRevision.objects.create(
        incident=shipped.incident,
        number=number,
        published_at=shipped.published_at,
        summary=content["summary"],
        content=content,
        digest=compute_digest(write_canonical_json(content)),
    )


def fact(content: dict[str, Any], key: str) -> dict[str, Any]:
    """The fact that proposes an answer for a question."""
    return next(each for each in content["fact"] if each["key"] == key and "value" in each)


def withdraw(content: dict[str, Any], key: str) -> None:
    content["fact"].remove(fact(content, key))


class Tab:
    """A page that is open on a dossier: it keeps showing what it was rendered with until it is reloaded."""

    def __init__(self, dossier: Dossier, by: str = "une page"):
        self.dossier, self.by, self.minutes = dossier, by, count(1)
        self.reload()

    def reload(self) -> None:
        self.dossier = Dossier.objects.get(pk=self.dossier.pk)
        self.base = self.dossier.version
        self.shown = {key: loading.strip_version(entry) for key, entry in self.dossier.answers.items()}

    def type(self, **values: Any) -> saving.Saved:
        """Save what somebody typed: plain values, as in a file of answers."""
        return self.send({key: answered(key, value, self.shown.get(key)) for key, value in values.items()})

    def send(self, entries: Mapping[str, Entry | None]) -> saving.Saved:
        now = NOW + timedelta(minutes=next(self.minutes))
        return saving.save_answers(dossier=self.dossier, base=self.base, entries=entries, by=self.by, now=now)


def file(dossier: Dossier, **said: Any) -> Filing:
    """Record the answers as they stand as filed, as the page does when nothing moved."""
    dossier.refresh_from_db()
    usual = {"kind": "initial", "filed_at": NOW, "by": "appareil 1", "now": NOW}
    place = {"version": dossier.version, "number": filings.next_number(dossier)}
    return filings.record(dossier=dossier, **place, **usual | said)


def stored(dossier: Dossier, key: str) -> Any:
    """The value of an answer as the database has it now; None without one."""
    return (Dossier.objects.get(pk=dossier.pk).answers.get(key) or {}).get("value")


def row_counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in apps.get_app_config("notifications").get_models()}


def everything() -> dict[str, Any]:
    """All rows of all tables, to compare before and after."""
    return {model.__name__: list(_rows(model)) for model in apps.get_app_config("notifications").get_models()}


def _rows(model: Any) -> Iterator[dict[str, Any]]:
    """As they are stored: nothing is decoded only to be compared."""
    table, key = (connection.ops.quote_name(name) for name in (model._meta.db_table, model._meta.pk.column))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY {key}")
        names = [column[0] for column in cursor.description]
        yield from (dict(zip(names, row, strict=True)) for row in cursor.fetchall())
