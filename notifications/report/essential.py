"""« L'essentiel »: which few screens ask what prefill cannot know. It follows from the data, not from a list."""

from dataclasses import dataclass

from ..questionnaire import read_certainty
from ..typography import Words
from .model import Report, Row

READ_AGAIN = "relire"  # the screen after the questions


@dataclass(frozen=True)
class Screen:
    """One screen of « L'essentiel »: a subject, its words, and its questions with the leading one first.
    `optional` holds the keys of those that may wait and take time to write."""

    slug: str
    title: str
    help: str
    rows: tuple[Row, ...]
    optional: tuple[str, ...]


def list_essential_screens(report: Report) -> tuple[Screen, ...]:
    """The screens that ask what prefill cannot know: those with a question that only the practice can settle.

    Whether it was answered in the meantime changes nothing, so that the list stays the same on the way."""
    asked = (find_screen(report, subject.slug) for subject in report.data.questionnaire.subjects)
    return tuple(screen for screen in asked if screen and any(is_for_practice_alone(row) for row in screen.rows))


def find_screen(report: Report, slug: str) -> Screen | None:
    """The screen of a subject, with those of its questions that apply; it may be left out of « L'essentiel »."""
    subject = next((each for each in report.data.questionnaire.subjects if each.slug == slug), None)
    if subject is None:
        return None
    rows = [row for row in report.by_key.values() if row.question.subject == slug and not row.answered_elsewhere]
    rows.sort(key=lambda row: row.key != subject.first)
    title, help = (Words(text.replace("{product}", name_product(report))) for text in (subject.title, subject.help))
    optional = tuple(row.key for row in rows if row.key != subject.first and may_wait(row))
    return Screen(slug, title, help, tuple(rows), optional)


def list_screens(report: Report) -> tuple[Screen, ...]:
    """The questions, and after them what is to be opened one by one."""
    to_open = [row for row in report.rows if row.question.review == "open"]
    held_to = [row for row in to_open if row.answered and not row.answered_elsewhere]
    again = Screen(
        READ_AGAIN,
        "Relisez ce à quoi vous serez tenu",
        "Ces réponses seront recopiées sous votre nom. Conservez chacune, ou modifiez-la.",
        tuple(held_to),
        optional=(),
    )
    return (*list_essential_screens(report), again)


def find_next_screen(report: Report) -> Screen | None:
    """The first screen that still needs somebody, None when all that remains is the review."""
    for screen in list_screens(report):
        if any(row.state == ("to_review" if screen.slug == READ_AGAIN else "missing") for row in screen.rows):
            return screen
    return None


def is_for_practice_alone(row: Row) -> bool:
    """Needed (or a note of the practice's own), and no proposal settles it: none, one that says itself that it is to
    be established, or one for the source's part only of a text whose other parts are the practice's."""
    own_parts = any(part.by == "practice" for part in row.question.parts) and bool(row.question.ticks)
    unsettled = row.proposal is None or own_parts or read_certainty(row.proposal.entry) == "unknown"
    return unsettled and (row.needed or row.question.ours)


def may_wait(row: Row) -> bool:
    """Not needed, and not answered by a tap."""
    quick = row.question.type in ("choice", "choices", "yes_no") or row.question.ticks
    return not row.needed and not quick


def name_product(report: Report) -> str:
    revision = report.data.revision
    return (revision.product or revision.vendor) if revision else "votre logiciel"
