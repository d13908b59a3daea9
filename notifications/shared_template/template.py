"""A revision of a template, and the one form of its file, so that the SHA-256 of what it says is that of the file."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
        """Is it made for a dossier of this questionnaire and of this incident (its slug)?"""
        return (questionnaire, incident) == (self.questionnaire, self.incident[0] if self.incident else None)


def canonical(content: Any) -> bytes:
    """The one form of a file: sorted keys, two spaces, UTF-8."""
    return (json.dumps(content, sort_keys=True, ensure_ascii=False, indent=2) + "\n").encode()


def digest_of(content: Any) -> str:
    """SHA-256 (hex) of the file that holds this content."""
    return hashlib.sha256(canonical(content)).hexdigest()


def contents(template: SharedTemplateFile) -> dict[str, Any]:
    """The tables of its file."""
    position, incident = template.position, template.incident
    return {
        "format": FORMAT,
        "format_version": VERSION,
        "organisation": {"name": template.organisation, "contact": template.contact},
        "slug": template.slug,
        "number": _plain(template.number),
        "title": template.title,
        "questionnaire": template.questionnaire,
        "incident": {"slug": incident[0], "revision": _plain(incident[1])} if incident else None,
        "cover": template.cover,
        "position": {"text": position.text, "date": position.date.isoformat()} if position else None,
        "answers": {key: dict(raw) for key, raw in template.answers.items()},
        "advice": dict(template.advice),
        "published_at": template.published_at.isoformat(),
        "summary": template.summary,
    }


def dump(template: SharedTemplateFile) -> bytes:
    """The file of a template."""
    return canonical(contents(template))


def _plain(number: str) -> int | str:
    """Shipped revisions are plain numbers; those made on an installation are `<n>.local<k>`."""
    return int(number) if number.isdigit() else number
