"""What was filed with the CNIL, read back: an immutable snapshot and what is known of it."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ... import seeds
from ...digests import compute_digest, write_canonical_json
from ...models import Dossier, Filing
from ...obligations import Filed
from ...report import DossierData, Recorded, Report, build_report
from ..revisions import INCIDENT_REVISIONS, TEMPLATE_REVISIONS


def list_active(dossier: Dossier) -> list[Filing]:
    """The filings that stand, the oldest first."""
    standing = [each for each in dossier.filings.all() if each.cancelled_at is None]  # a list may have prefetched them
    return sorted(standing, key=lambda each: (each.filed_at, each.number))


def as_data(filing: Filing) -> Filed:
    return Filed(
        kind=filing.kind,
        at=filing.filed_at,
        number=filing.cnil_number,
        answers=filing.content["answers"],
        digest=filing.digest,
        frozen={each["kind"]: read_ends(each) for each in filing.content["deadlines"]},
    )


def read_ends(raw: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    starts_at, due_at = (datetime.fromisoformat(raw[name]) if raw[name] else None for name in ("starts_at", "due_at"))
    return starts_at, due_at


def describe_filing(filing: Filing, report: Report | None = None) -> Recorded:
    """A filing, be it cancelled, as pages and documents tell of it; with the clock of today's `report`, if it is the
    one that ended it."""
    ended = report and report.notified and report.notified.digest == filing.digest
    return Recorded(
        filed=as_data(filing),
        place=filing.number,
        kind_words=filing.get_kind_display(),
        by=filing.by,
        recorded_at=filing.recorded_at,
        cancelled_at=filing.cancelled_at,
        cancelled_by=filing.cancelled_by,
        cancel_reason=filing.cancel_reason,
        clock=report.clock if report and ended and filing.cancelled_at is None else None,
    )


def list_earlier(filing: Filing) -> tuple[Filed, ...]:
    """The active filings that came before this one."""
    place = filing.filed_at, filing.number
    return tuple(as_data(each) for each in list_active(filing.dossier) if (each.filed_at, each.number) < place)


def is_whole(filing: Filing) -> bool:
    """Is the content still the one whose digest was taken, and do the columns still say the same?"""
    content, said = filing.content, [filing.kind, in_utc(filing.filed_at), filing.cnil_number, filing.by]
    return filing.digest == digest_of(content) and said == [
        content.get(name) for name in ("kind", "filed_at", "cnil_number", "by")
    ]


def build_filed_report(filing: Filing) -> Report:
    """The notification as it was filed, from its snapshot and the filings that it follows: neither today's answers nor
    today's facts."""
    content = filing.content
    begun, newest, found = find_revisions(content["incident"], INCIDENT_REVISIONS.load_by_origin)
    template, newest_template, its = find_revisions(content.get("template"), TEMPLATE_REVISIONS.load_by_origin)
    dossier_data = DossierData(
        questionnaire=seeds.find_questionnaire(content["questionnaire"]),
        answers=content["answers"],
        zone=ZoneInfo(content["timezone"]),
        obligations=seeds.load_duties(),
        revision=begun,
        newest=newest,
        revisions=found,
        template=template,
        newest_template=newest_template,
        templates=its,
        filings=list_earlier(filing),
        snapshot=True,
    )
    return build_report(dossier_data, filing.filed_at)


def find_revisions(
    named: Mapping[str, str] | None, revisions_of: Callable[[str], dict[str, Any]]
) -> tuple[Any, Any, dict[str, Any]]:
    """The revision of an incident or of a template that a dossier was begun with, the newest one then, and by origin
    all that are here."""
    found = revisions_of(named["slug"]) if named else {}
    by_number = {each.number: each for each in found.values()}
    begun, newest = (by_number.get(named[name]) if named else None for name in ("revision", "newest"))
    return begun, newest, found


def digest_of(content: Mapping[str, Any]) -> str:
    """The SHA-256 (hex) of a snapshot's canonical JSON, written without spaces."""
    return compute_digest(write_canonical_json(content, separators=(",", ":")))


def in_utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
