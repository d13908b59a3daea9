"""From a file to a template: every element is checked, and comes out as it went in."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from msgspec import Meta

from ..questionnaire import (
    Question,
    Questionnaire,
    Refused,
    Shape,
    Slug,
    Unusable,
    convert_tables,
    join_words,
    strict_json,
)
from . import elements
from .template import FORMAT, VERSION, Position, SharedTemplateFile, canonical

LIMITS = strict_json.Limits(size=256 * 1024, depth=8, nodes=5_000)
Kept = TypeVar("Kept")
# Shipped revisions are plain numbers in a file; those made on an installation are `<n>.local<k>`.
Number = (
    Annotated[int, Meta(ge=1, lt=10**6)] | Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,5}\.local[1-9][0-9]{0,5}\Z")]
)
Forms = Callable[[str], Questionnaire | None]


class Organisation(Shape, frozen=True):
    name: str
    contact: str


class WrittenOn(Shape, frozen=True):
    """The revision of an incident that a template was written on."""

    slug: Slug
    revision: Number


class FileTables(Shape, frozen=True):
    """The tables of a file, none left out. What an editor writes is checked element by element."""

    format: Literal["breach-assistant/template"]
    format_version: int
    organisation: Organisation
    slug: Slug
    number: Number
    title: str
    questionnaire: str
    incident: WrittenOn | None
    cover: str
    position: Any
    answers: dict[str, Any]
    advice: dict[str, Any]
    published_at: str
    summary: str


def read(data: bytes, forms: Forms) -> SharedTemplateFile:
    """Return the template that a file holds; `forms(name)` gives a questionnaire known here. Raises Unusable."""
    try:
        content = strict_json.loads(data, LIMITS)
    except Refused as refused:
        raise Unusable([str(refused)]) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise Unusable(["Ce fichier n'est pas un modèle de Breach Assistant."])
    return build(content, forms)


def build(content: Mapping[str, Any], forms: Forms) -> SharedTemplateFile:
    """Return the template that the tables of a file hold. Raises Unusable with every element that is wrong."""
    version = content.get("format_version")
    if type(version) is not int or version != VERSION:
        raise Unusable([f"Cette version de fichier ({str(version)[:20]}) n'est pas connue ici."])
    file = convert_tables(content, FileTables)
    if (form := forms(file.questionnaire)) is None:
        raise Unusable([f"Le questionnaire « {file.questionnaire[:40]} » n'est pas connu ici."])
    owner = file.organisation
    problems: list[str] = []

    def keep(name: str, check: Callable[..., Kept], *given: Any, **options: Any) -> Kept | None:
        try:
            return check(*given, **options)
        except Refused as refused:
            problems.append(join_words(name, str(refused)))
            return None

    values: dict[str, Any] = {
        "title": keep("title", check_text, file.title, elements.TITLE, on_one_line=True),
        "organisation": keep("organisation.name", check_text, owner.name, elements.NAME, on_one_line=True),
        "contact": keep(
            "organisation.contact", check_text, owner.contact, elements.CONTACT, on_one_line=True, empty=True
        ),
        "cover": keep("cover", check_text, file.cover, elements.COVER, empty=True),
        "position": keep("position", check_position, file.position),
        "published_at": keep("published_at", elements.clean_day, file.published_at),
        "summary": keep("summary", check_text, file.summary, elements.SUMMARY, on_one_line=True),
        "answers": {
            key: keep(f"answers.{key[:80]}", check_element, elements.clean_answer, form.get(key), raw)
            for key, raw in file.answers.items()
        },
        "advice": {
            key: keep(f"advice.{key[:80]}", check_element, elements.clean_advice, form.get(key), raw)
            for key, raw in file.advice.items()
        },
    }
    if problems:
        raise Unusable(problems)
    incident = (file.incident.slug, str(file.incident.revision)) if file.incident else None
    values["published_at"] = dt.date.fromisoformat(file.published_at)
    return SharedTemplateFile(
        slug=file.slug, number=str(file.number), questionnaire=form.name, incident=incident, **values
    )


def check_text(raw: str, limit: int, *, empty: bool = False, on_one_line: bool = False) -> str:
    """Return the text, which is plain and `empty` only where it may be. Raises Refused."""
    text = elements.clean_plain(raw, limit)
    if not (text or empty):
        raise Refused("Ce texte manque.")
    if on_one_line and "\n" in text:
        raise Refused("ce texte tient sur une seule ligne.")
    return require_as_written(raw, text)


def check_position(raw: Any) -> Position | None:
    """Return what the organisation advises, None where it advises nothing. Raises Refused."""
    if raw is None:
        return None
    kept = require_as_written(raw, elements.clean_position(raw))
    return Position(kept["text"], dt.date.fromisoformat(kept["date"]))


def check_element(clean: Callable[[Question, Any], Kept], question: Question | None, raw: Any) -> Kept:
    """Return the answer or the advice given for a question. Raises Refused."""
    if question is None:
        raise Refused("cette question n'existe pas dans le questionnaire.")
    return require_as_written(raw, clean(question, raw))


def require_as_written(raw: Any, kept: Kept) -> Kept:
    """Return `kept`. Raises Refused where it is not `raw`: the file would come out with another SHA-256."""
    if canonical(raw) != canonical(kept):
        raise Refused("Cet élément n'est pas écrit comme l'outil l'écrit : exportez de nouveau le modèle.")
    return kept
