"""From a file to a template: every element is checked, and comes out as it went in."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any, Literal

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
from .template import FORMAT, VERSION, Position, SharedTemplateFile, write_canonical

LIMITS = strict_json.Limits(size=256 * 1024, depth=8, nodes=5_000)
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


def read_file(data: bytes, forms: Forms) -> SharedTemplateFile:
    """Return the template that a file holds; `forms(name)` gives a questionnaire known here. Raises Unusable."""
    try:
        content = strict_json.loads(data, LIMITS)
    except Refused as refused:
        raise Unusable([str(refused)]) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise Unusable(["Ce fichier n'est pas un modèle de Breach Assistant."])
    return build_file(content, forms)


def build_file(content: Mapping[str, Any], forms: Forms) -> SharedTemplateFile:
    """Return the template that the tables of a file hold. Raises Unusable with every element that is wrong."""
    version = content.get("format_version")
    if type(version) is not int or version != VERSION:
        raise Unusable([f"Cette version de fichier ({str(version)[:20]}) n'est pas connue ici."])
    file = convert_tables(content, FileTables)
    if (form := forms(file.questionnaire)) is None:
        raise Unusable([f"Le questionnaire « {file.questionnaire[:40]} » n'est pas connu ici."])
    problems: list[str] = []
    for name, raw, clean in list_checks(file, form):
        try:
            if write_canonical(clean(raw)) != write_canonical(raw):  # the file would come out with another SHA-256
                raise Refused("Cet élément n'est pas écrit comme l'outil l'écrit : exportez de nouveau le modèle.")
        except Refused as refused:
            problems.append(join_words(name, str(refused)))
    if problems:
        raise Unusable(problems)
    position = file.position and Position(file.position["text"], dt.date.fromisoformat(file.position["date"]))
    return SharedTemplateFile(
        slug=file.slug,
        number=str(file.number),
        title=file.title,
        organisation=file.organisation.name,
        contact=file.organisation.contact,
        questionnaire=form.name,
        incident=(file.incident.slug, str(file.incident.revision)) if file.incident else None,
        cover=file.cover,
        position=position,
        published_at=dt.date.fromisoformat(file.published_at),
        summary=file.summary,
        answers=file.answers,
        advice=file.advice,
    )


def list_checks(file: FileTables, form: Questionnaire) -> Iterator[tuple[str, Any, Callable[[Any], Any]]]:
    """Yield the name of each element, what the file says of it, and what gives it as it is kept or raises Refused."""
    owner = file.organisation
    yield "title", file.title, partial(check_text, limit=elements.TITLE, on_one_line=True)
    yield "organisation.name", owner.name, partial(check_text, limit=elements.NAME, on_one_line=True)
    contact = partial(check_text, limit=elements.CONTACT, on_one_line=True, empty=True)
    yield "organisation.contact", owner.contact, contact
    yield "cover", file.cover, partial(check_text, limit=elements.COVER, empty=True)
    if file.position is not None:
        yield "position", file.position, elements.clean_position
    yield "published_at", file.published_at, elements.clean_day
    yield "summary", file.summary, partial(check_text, limit=elements.SUMMARY, on_one_line=True)
    for kind, clean in (("answers", elements.clean_answer), ("advice", elements.clean_advice)):
        for key, raw in getattr(file, kind).items():
            yield f"{kind}.{key[:80]}", raw, partial(check_element, clean, form.get(key))


def check_text(raw: str, *, limit: int, empty: bool = False, on_one_line: bool = False) -> str:
    """Return the text, which is plain and `empty` only where it may be. Raises Refused."""
    text = elements.clean_plain(raw, limit)
    if not (text or empty):
        raise Refused("Ce texte manque.")
    if on_one_line and "\n" in text:
        raise Refused("ce texte tient sur une seule ligne.")
    return text


def check_element(clean: Callable[[Question, Any], Any], question: Question | None, raw: Any) -> Any:
    """Return the answer or the advice given for a question. Raises Refused."""
    if question is None:
        raise Refused("cette question n'existe pas dans le questionnaire.")
    return clean(question, raw)
