"""What was filed with the CNIL: recorded as an immutable snapshot, cancelled but never edited."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..models import Draft, Filing
from ..obligations import Filed


def active(draft: Draft) -> list[Filing]:
    """The filings that stand, the oldest first."""
    standing = [each for each in draft.filings.all() if each.cancelled_at is None]  # a list may have prefetched them
    return sorted(standing, key=lambda each: (each.filed_at, each.number))


def as_data(filing: Filing) -> Filed:
    return Filed(
        kind=filing.kind,
        at=filing.filed_at,
        number=filing.cnil_number,
        answers=filing.content["answers"],
        digest=filing.digest,
        frozen={each["kind"]: _ends(each) for each in filing.content["deadlines"]},
    )


def _ends(raw: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    starts_at, due_at = (datetime.fromisoformat(raw[name]) if raw[name] else None for name in ("starts_at", "due_at"))
    return starts_at, due_at
