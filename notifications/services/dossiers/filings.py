"""Recording what was filed with the CNIL, and cancelling such a record: it is never edited."""

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from ...models import Dossier, Filing
from ...report import DossierData, build_report, list_deadline_terms, set_kind
from .. import journal
from ..locks import lock_dossier
from . import loading, saving
from .snapshots import digest_of, in_utc


class Moved(Exception):
    """The answers changed since the page from which the filing was to be recorded."""


class AlreadyRecorded(Exception):
    """This page, or another one like it, has recorded a filing already: the one given."""

    def __init__(self, filing: Filing):
        self.filing = filing


def next_number(dossier: Dossier) -> int:
    """The number of the filing that would be recorded next; that of a cancelled one is not used again."""
    return (dossier.filings.aggregate(last=Max("number"))["last"] or 0) + 1


@transaction.atomic
def record(
    *,
    dossier: Dossier,
    version: int,
    number: int,
    kind: str,
    filed_at: datetime,
    cnil_number: str = "",
    filed_by: str = "",
    again: int | None = None,
    by: str,
    now: datetime,
) -> Filing:
    """Keep the answers as they stand as what was filed, or those of the cancelled filing numbered `again`. `version`
    and `number` are those of the page: raises Moved when the answers are no longer those that it showed,
    AlreadyRecorded when it was sent before. What was copied to the teleservice is filed with it: the next one starts
    from nothing."""
    locked = lock_as_shown(dossier, version, number)
    said = {"kind": kind, "filed_at": in_utc(filed_at), "cnil_number": cnil_number, "by": filed_by or by}
    content = {**build_content(locked, kind, again, now), **said}
    filing = Filing.objects.create(
        dossier=locked,
        number=next_number(locked),
        kind=kind,
        filed_at=filed_at.astimezone(UTC),
        cnil_number=cnil_number,
        by=filed_by or by,
        recorded_at=now,
        content=content,
        digest=digest_of(content),
    )
    locked.transcribed = {}
    saving.derive_columns(locked, now)
    locked.save(update_fields=["transcribed", *saving.COLUMNS])
    keys = [*name_with_digest(filing), *([f"repris du dépôt {again}"] if again else [])]
    journal.append_line(dossier=dossier, event="filed", keys=keys, by=by, now=now)
    return filing


def lock_as_shown(dossier: Dossier, version: int, number: int) -> Dossier:
    """The dossier, locked, if it is still what the page showed."""
    locked = lock_dossier(dossier.pk)
    if taken := locked.filings.filter(number__gte=number).order_by("number").first():
        raise AlreadyRecorded(taken)
    if locked.version != version:
        raise Moved
    return locked


@transaction.atomic
def cancel(*, dossier: Dossier, number: int, reason: str, by: str, now: datetime) -> bool:
    """Mark a filing as cancelled; says whether there was one to cancel. What it holds stays as it is."""
    locked = lock_dossier(dossier.pk)
    standing = Filing.objects.filter(dossier=locked, number=number, cancelled_at=None)
    filing = standing.first()
    if filing is None:
        return False
    standing.update(cancelled_at=now, cancelled_by=by, cancel_reason=reason)
    saving.derive_columns(locked, now)
    locked.save(update_fields=saving.COLUMNS)
    journal.append_line(dossier=dossier, event="filing_cancelled", keys=[name_filing(filing)], by=by, now=now)
    return True


def find_taken_back(dossier: Dossier, kind: str) -> Filing | None:
    """The filing that may be recorded anew with this kind: the last one, or the last one of that kind, if cancelled."""
    every = list(dossier.filings.order_by("-number"))
    lasts = every[:1] + [each for each in every if each.kind == kind][:1]
    return next((each for each in lasts if each.cancelled_at), None)


def list_unlike_journal(dossier: Dossier) -> list[str]:
    """The filings (« dépôt 1 ») of which the journal and the rows do not tell the same: lost, replaced, or added."""
    lines = dossier.journal.filter(event="filed").values_list("keys", flat=True)
    told = {tuple(key for key in keys if key.startswith(("dépôt ", "sha256 "))) for keys in lines} - {()}
    held = {name_with_digest(filing) for filing in dossier.filings.all()}
    return sorted({names[0] for names in told ^ held})


def name_filing(filing: Filing) -> str:
    return f"dépôt {filing.number}"


def name_with_digest(filing: Filing) -> tuple[str, str]:
    return name_filing(filing), f"sha256 {filing.digest}"


def build_content(dossier: Dossier, kind: str, again: int | None, now: datetime) -> dict[str, Any]:
    """The snapshot of today, or that of a cancelled filing, with its answers of the kind that is recorded now."""
    dossier_data = loading.load_dossier_data(dossier)
    if again is None:
        return build_snapshot(dossier_data, kind, now)
    old = dossier.filings.exclude(cancelled_at=None).get(number=again)
    if old.kind == kind:
        return dict(old.content)
    answers = set_kind(dossier_data.questionnaire, old.content["answers"], dossier_data.filings, kind)
    return {**old.content, "answers": {key: dict(entry) for key, entry in answers.items()}}


def build_snapshot(dossier_data: DossierData, kind: str, now: datetime) -> dict[str, Any]:
    """All that the notification is made of, as plain JSON: made again from it alone, it is the same."""
    answers = set_kind(dossier_data.questionnaire, dossier_data.answers, dossier_data.filings, kind)
    return {
        "questionnaire": dossier_data.questionnaire.name,
        "incident": name_revisions(dossier_data.revision, dossier_data.newest),
        "template": name_revisions(dossier_data.template, dossier_data.newest_template),
        "timezone": dossier_data.zone.key,
        "answers": {key: dict(entry) for key, entry in answers.items()},
        "deadlines": [list_deadline_terms(clock) for clock in build_report(dossier_data, now).clocks],
    }


def name_revisions(begun: Any, newest: Any) -> dict[str, str] | None:
    """Which revisions of an incident or of a template the dossier knew."""
    return {"slug": begun.slug, "revision": begun.number, "newest": newest.number} if begun and newest else None
