"""The register of breaches (RGPD, art. 33(5)): what stays of a closed dossier when its text is no longer kept."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from ...models import Dossier, RegisterLine
from ...report import CLOCK_WORDS, Report, Row, build_report
from ..dossiers import loading, snapshots

CODED = {"choice", "choices", "number", "yes_no", "date", "moment", "datetime"}  # types of answers nobody wrote freely


def note(*, dossier: Dossier, closed_at: datetime, now: datetime) -> RegisterLine:
    """Write the line of a dossier of an account or a practice, which the caller is about to erase."""
    report = build_report(loading.load_dossier_data(dossier), now)
    return RegisterLine.objects.create(
        owner=dossier.owner,
        practice=dossier.practice,
        title=dossier.title,
        timezone=dossier.timezone,
        aware_at=dossier.aware_at,
        closed_at=closed_at,
        content={
            "facts": [_words(row) for row in _told(report)],
            "duties": [
                [each.obligation.title, CLOCK_WORDS[each.state]] for each in report.clocks if each.state != "idle"
            ],
            "filings": [
                {
                    "kind": each.get_kind_display(),
                    "filed_at": snapshots.in_utc(each.filed_at),
                    "cnil_number": each.cnil_number,
                    "sha256": each.digest,
                }
                for each in snapshots.active(dossier)
            ],
        },
    )


def _told(report: Report) -> list[Row]:
    """What the CNIL's form asks about the breach, not about the practice; and whether it was decided to notify."""
    decision = report.by_key.get(loading.DECISION)
    rows = [*(row for row in report.rows if not row.question.profile), *([decision] if decision else [])]
    return [row for row in rows if row.answered and row.question.type in CODED]


def _words(row: Row) -> list[str]:
    """The question, then the answer with how sure it is; never what was added in one's own words."""
    said = (f"{line.text} ({line.certainty})" if line.certainty else line.text for line in row.lines)
    return [row.question.label, *said]


def told(found: QuerySet[RegisterLine]) -> list[Any]:
    """These lines, the newest first, with `zone` and `filings` as a page tells them."""
    lines: list[Any] = list(found.select_related("practice").order_by("-closed_at", "pk"))
    for line in lines:
        line.zone = ZoneInfo(line.timezone)
        line.filings = [{**each, "at": datetime.fromisoformat(each["filed_at"])} for each in line.content["filings"]]
    return lines
