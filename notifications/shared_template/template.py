"""A revision of a template, and the one form of its file, so that the SHA-256 of what it says is that of the file."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..digests import compute_digest, write_canonical_json
from .elements import Raw

FORMAT, VERSION = "breach-assistant/template", 1


@dataclass(frozen=True)
class Position:
    """What the organisation itself advises about notifying, and since when."""

    text: str
    date: dt.date


@dataclass(frozen=True)
class SharedTemplateFile:
    """One revision. `answers` holds what a file says of an answer: its state, value, note, details, certainty."""

    slug: str
    number: str
    title: str
    organisation: str
    contact: str
    questionnaire: str
    incident: tuple[str, str] | None  # slug, and the number of the revision that it was written on
    cover: str
    position: Position | None
    published_at: dt.date
    summary: str
    answers: Mapping[str, Raw] = field(default_factory=dict)
    advice: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:  # tables have none of their own
        return hash(self.origin)

    @property
    def origin(self) -> str:
        return f"template:{self.slug}@{self.number}"

    def fits(self, questionnaire: str, incident: str | None) -> bool:
        """Say whether it is made for a dossier of this questionnaire and of this incident (its slug)."""
        return (questionnaire, incident) == (self.questionnaire, self.incident[0] if self.incident else None)


def write_canonical(content: Any) -> bytes:
    """The one form of a file: sorted keys, two spaces, UTF-8."""
    return write_canonical_json(content, indent=2) + b"\n"


def digest_content(content: Any) -> str:
    """SHA-256 (hex) of the file that holds this content."""
    return compute_digest(write_canonical(content))


def build_content(template: SharedTemplateFile) -> dict[str, Any]:
    """Return the tables of its file."""
    position, incident = template.position, template.incident
    return {
        "format": FORMAT,
        "format_version": VERSION,
        "organisation": {"name": template.organisation, "contact": template.contact},
        "slug": template.slug,
        "number": _write_number(template.number),
        "title": template.title,
        "questionnaire": template.questionnaire,
        "incident": {"slug": incident[0], "revision": _write_number(incident[1])} if incident else None,
        "cover": template.cover,
        "position": {"text": position.text, "date": position.date.isoformat()} if position else None,
        "answers": {key: dict(raw) for key, raw in template.answers.items()},
        "advice": dict(template.advice),
        "published_at": template.published_at.isoformat(),
        "summary": template.summary,
    }


def write_file(template: SharedTemplateFile) -> bytes:
    """Return the file of a template."""
    return write_canonical(build_content(template))


def _write_number(number: str) -> int | str:
    """Return the number as a file holds it: a plain one, or `<n>.local<k>` for what was made on an installation."""
    return int(number) if number.isdigit() else number
