"""Who is told by mail that a new revision changed something for a dossier: once for each revision.

One row of the outbox for each dossier and revision, also (dropped at once) where nothing changes: whoever has a row was
looked at. So a batch that was killed goes on where it was, and nothing here writes an answer."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, Model, OuterRef, QuerySet

from ... import seeds
from ...catalogue import Revision
from ...models import Dossier, IncidentRevision, Outgoing, SharedTemplateRevision, Subscription
from ...report import DossierData, build_report, list_changed_since
from ...shared_template import SharedTemplateFile
from ..dossiers import loading
from ..mail import outbox
from ..revisions import INCIDENT_REVISIONS, TEMPLATE_REVISIONS

logger = logging.getLogger(__name__)

AT_A_TIME = 200  # dossiers read together
NOTHING, SEEN = "rien ne change pour ce dossier", "déjà relu"


@dataclass(frozen=True)
class Family:
    """The revisions of one incident or template; `prefix` and the number of one make the kind of its mail."""

    column: str  # of a dossier: which revision it was begun with
    prefix: str
    newest: int
    known: Mapping[int, Revision | SharedTemplateFile]

    @property
    def kind(self) -> str:
        return f"{self.prefix}{self.newest}"


def put_due(now: datetime) -> None:
    """Put into the outbox what the newest revisions change for dossiers with a confirmed address."""
    incident = _load_families(IncidentRevision, "incident", INCIDENT_REVISIONS.as_data)
    for family in (*incident, *_load_families(SharedTemplateRevision, "template", TEMPLATE_REVISIONS.as_data)):
        concerned = _select_concerned(family)
        while batch := list(concerned.values_list("pk", flat=True)[:AT_A_TIME]):
            outbox.store_rows(_make_rows(Dossier.objects.filter(pk__in=batch), family, now))


def _load_families(
    model: type[Model], of: str, as_data: Callable[[Any], Revision | SharedTemplateFile]
) -> Iterator[Family]:
    """Those of which there has been more than one revision."""
    found: dict[int, list[Any]] = {}
    for each in model._default_manager.defer("content").order_by("pk"):
        found.setdefault(getattr(each, f"{of}_id"), []).append(each)
    for stored in found.values():
        if len(stored) > 1:
            newest = max(stored, key=lambda each: seeds.split_number(each.number))
            known = {each.pk: as_data(each) for each in stored}
            yield Family(f"{of}_revision", f"{outbox.NEWS}{of}-", newest.pk, known)


def _select_concerned(family: Family) -> QuerySet[Dossier]:
    """Dossiers begun with an older revision, that somebody reads mails about, and that were not looked at yet."""
    live = Subscription.objects.filter(dossier=OuterRef("pk"), confirmed_at__isnull=False, ended_at=None)
    looked_at = Outgoing.objects.filter(dossier=OuterRef("pk"), kind=family.kind)
    older = {f"{family.column}__in": family.known.keys() - {family.newest}}
    return Dossier.objects.filter(Exists(live), ~Exists(looked_at), **older).order_by("pk")


def _make_rows(batch: QuerySet[Dossier], family: Family, now: datetime) -> list[Outgoing]:
    """Return a message for each dossier, whatever happens to it, so that it is not met again."""
    emails = dict(Subscription.objects.filter(dossier__in=batch).values_list("dossier", "email"))
    earlier = Outgoing.objects.filter(dossier__in=batch, kind__startswith=family.prefix).order_by("pk")
    kinds = dict(earlier.values_list("dossier", "kind"))  # the last one of each: which revision it was looked at for
    rows = []
    for dossier, data in loading.load_every_dossier_data(batch):
        seen = int(kinds[dossier.pk].removeprefix(family.prefix)) if dossier.pk in kinds else None
        row = outbox.make_row(dossier, family.kind, None, emails.get(dossier.pk, ""), now, purpose=outbox.Purpose.NEWS)
        if not _is_changed(data, seen, family, now):
            row.state, row.reason, row.ended_at = Outgoing.State.DROPPED, NOTHING, now
        rows.append(row)
    return rows


def _is_changed(data: DossierData, seen: int | None, family: Family, now: datetime) -> bool:
    """Say whether something is new since the last mail, or since the dossier was begun."""
    since: Any = family.known.get(seen or 0)
    revision, template = data.newest, data.newest_template
    if family.column == "incident_revision":
        revision = since or data.revision
    else:
        template = since or data.template
    try:
        return bool(list_changed_since(data, now, revision, template))
    except Exception:
        logger.exception("reminders.unreadable_dossier", extra={"fields": {"revision": family.kind}})
        return False


def is_true(dossier: Dossier, now: datetime) -> bool:
    """Say whether there is still something to look at again."""
    report = build_report(loading.load_dossier_data(dossier), now)
    return any(each.outdated for section in report.sections for each in section.all_rows)
