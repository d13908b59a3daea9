"""The register of breaches (RGPD, art. 33(5)): what stays of a closed dossier when its text is no longer kept."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from ...models import Dossier, RegisterLine
from ...report import CLOCK_WORDS, build_report
from ..dossiers import loading, snapshots

CODED = {"choice", "choices", "number", "yes_no", "date", "moment", "datetime"}  # types of answers nobody wrote freely


def write_line(*, dossier: Dossier, closed_at: datetime, now: datetime) -> RegisterLine:
    """Write and return the line of a dossier of an account or a practice, which the caller is about to erase: what the
    CNIL's form asks about the breach, not about the practice, and whether it was decided to notify; of each duty the
    state; of each filing the digest. Never what was added in one's own words."""
    report = build_report(loading.load_dossier_data(dossier), now)
    decision = report.by_key.get(loading.DECISION)
    rows = [*(row for row in report.rows if not row.question.profile), *([decision] if decision else [])]
    facts = [
        [
            row.question.label,
            *(f"{line.text} ({line.certainty})" if line.certainty else line.text for line in row.lines),
        ]
        for row in rows
        if row.answered and row.question.type in CODED
    ]
    duties = [[clock.obligation.title, CLOCK_WORDS[clock.state]] for clock in report.clocks if clock.state != "idle"]
    filings = [
        {
            "kind": filing.get_kind_display(),
            "filed_at": snapshots.in_utc(filing.filed_at),
            "cnil_number": filing.cnil_number,
            "sha256": filing.digest,
        }
        for filing in snapshots.list_active(dossier)
    ]
    return RegisterLine.objects.create(
        owner=dossier.owner,
        practice=dossier.practice,
        title=dossier.title,
        timezone=dossier.timezone,
        aware_at=dossier.aware_at,
        closed_at=closed_at,
        content={"facts": facts, "duties": duties, "filings": filings},
    )


def list_lines(found: QuerySet[RegisterLine]) -> list[Any]:
    """Return these lines, the newest first, with `zone` and `filings` as a page tells them."""
    lines: list[Any] = list(found.select_related("practice").order_by("-closed_at", "pk"))
    for line in lines:
        line.zone = ZoneInfo(line.timezone)
        filings = line.content["filings"]
        line.filings = [{**filing, "at": datetime.fromisoformat(filing["filed_at"])} for filing in filings]
    return lines
