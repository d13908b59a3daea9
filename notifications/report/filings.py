"""What the recorded filings say: of themselves, and of the notification that is prepared after them.

Its kind and the number of the first one are computed at each reading, like a copied answer, and never written among
the answers: a filing that is cancelled leaves nothing behind, and nobody's own answer is overwritten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..obligations import CNIL, Deadline, Filed
from ..questionnaire import Answers, Questionnaire

KIND, REFERENCE = "kind", "initial_reference"  # the two questions that filings answer
COMPLEMENTARY = "complementary"
FIRST = ("initial", "complete")  # the kinds whose number a complement refers to
BY_FILING = "filing"  # the origin of such an answer


def set_kind(questionnaire: Questionnaire, answers: Answers, filings: Sequence[Filed], kind: str) -> Answers:
    """Answers of a notification of this kind that follows these filings. Without a number of the first one, the
    question is the practice's to answer, and its « aucune notification antérieure » no longer holds."""
    found = dict(answers)
    if KIND in questionnaire.questions and answers.get(KIND, {}).get("value") != kind:
        found[KIND] = make_entry(kind)
    if filings and REFERENCE in questionnaire.questions:
        number = next((filed.number for filed in filings if filed.kind in FIRST), "")
        if number:
            found[REFERENCE] = make_entry(number)
        elif found.get(REFERENCE, {}).get("state") == "not_applicable":
            del found[REFERENCE]
    return found


def make_entry(value: str) -> Mapping[str, Any]:
    return {"state": "known", "value": value, "origin": BY_FILING, "reviewed": True}


@dataclass(frozen=True)
class Recorded:
    """A recorded filing, be it cancelled, as pages and documents tell of it."""

    filed: Filed
    place: int  # its number in the dossier
    kind_words: str
    by: str
    recorded_at: datetime
    cancelled_at: datetime | None = None
    cancelled_by: str = ""
    cancel_reason: str = ""
    clock: Deadline | None = None  # the notification's clock today, where this filing is the one that ended it

    @property
    def due_at(self) -> datetime | None:
        """The end of the 72 hours as frozen in it, else by today's answers; None for a complement, and while the start
        is not known."""
        if self.filed.kind == COMPLEMENTARY:
            return None
        return self.filed.frozen.get(CNIL, (None, None))[1] or (self.clock.due_at if self.clock else None)

    @property
    def corrected_at(self) -> datetime | None:
        """The same end by today's answers, where these say another start."""
        return self.clock.corrected_at if self.clock else None

    @property
    def too_early(self) -> bool:
        """Was it filed before the practice learned of the breach? Possible, hence only a doubt."""
        starts_at = self.filed.frozen.get(CNIL, (None, None))[0]
        return starts_at is not None and self.filed.at < starts_at

    @property
    def late(self) -> bool:
        return self.due_at is not None and self.filed.at > self.due_at


def list_deadline_terms(clock: Deadline) -> dict[str, str | None]:
    """A duty's clock as plain data, in the dossier's file and in what a filing freezes."""
    return {
        "kind": clock.obligation.key,
        "starts_at": write_utc(clock.starts_at),
        "due_at": write_utc(clock.due_at),
        "basis": clock.obligation.basis,
    }


def write_utc(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if instant else None
