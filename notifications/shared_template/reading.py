"""From a file to a template: every element is checked, and comes out as it went in."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..questionnaire import Question, Questionnaire, Refused, strict_json
from . import elements
from .template import FORMAT, VERSION, Position, SharedTemplateFile, Unusable, canonical

LIMITS = strict_json.Limits(size=256 * 1024, depth=8, nodes=5_000)
KEYS = (
    "format", "format_version", "organisation", "slug", "number", "title", "questionnaire", "incident", "cover",
    "position", "answers", "advice", "published_at", "summary",
)  # fmt: skip
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?")
NUMBER = re.compile(r"[1-9][0-9]{0,5}(?:\.local[1-9][0-9]{0,5})?")

Kept = TypeVar("Kept")
Forms = Callable[[str], Questionnaire | None]


def read(data: bytes, forms: Forms) -> SharedTemplateFile:
    """The template that a file holds; `forms(name)` gives a questionnaire that is known here. Raises Unusable."""
    try:
        content = strict_json.loads(data, LIMITS)
    except Refused as refused:
        raise Unusable([str(refused)]) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise Unusable(["Ce fichier n'est pas un modèle de Breach Assistant."])
    return build(content, forms)


def build(content: Mapping[str, Any], forms: Forms) -> SharedTemplateFile:
    """Check the tables of a file. Raises Unusable with every problem found."""
    version = content.get("format_version")
    if type(version) is not int or version != VERSION:
        raise Unusable([f"Cette version de fichier ({str(version)[:20]}) n'est pas connue ici."])
    reader = _Reader()
    reader.closed("", content, KEYS)
    questionnaire = forms(name) if isinstance(name := content.get("questionnaire"), str) else None
    if questionnaire is None:
        reader.problems.append(f"Le questionnaire « {str(name)[:40]} » n'est pas connu ici.")
    organisation = reader.closed("organisation", content.get("organisation"), ("name", "contact"))
    if reader.problems or questionnaire is None:
        raise Unusable(reader.problems)
    values: dict[str, Any] = {
        "slug": reader.slug("slug", content["slug"]),
        "number": reader.number("number", content["number"]),
        "title": reader.line("title", content["title"], elements.TITLE),
        "organisation": reader.line("organisation.name", organisation["name"], elements.NAME),
        "contact": reader.line("organisation.contact", organisation["contact"], elements.CONTACT, empty=True),
        "questionnaire": questionnaire.name,
        "incident": reader.incident(content["incident"]),
        "cover": reader.text("cover", content["cover"], elements.COVER, empty=True),
        "position": reader.position(content["position"]),
        "published_at": reader.day("published_at", content["published_at"]),
        "summary": reader.line("summary", content["summary"], elements.SUMMARY),
        "answers": reader.each("answers", content["answers"], questionnaire, _same_answer),
        "advice": reader.each("advice", content["advice"], questionnaire, _same_advice),
    }
    if reader.problems:
        raise Unusable(reader.problems)
    return SharedTemplateFile(**values)


class _Reader:
    """Reads one element after the other and keeps what is wrong with each, told by its name in the file."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def refuse(self, name: str, sentence: str) -> None:
        self.problems.append(f"{name} : {sentence}" if name else sentence)

    def closed(self, name: str, raw: Any, keys: tuple[str, ...]) -> Mapping[str, Any]:
        """A table with these elements and no others."""
        if not isinstance(raw, Mapping):
            self.refuse(name, "cet élément n'a pas la forme attendue.")
            return {}
        for key in raw:
            if key not in keys:
                self.refuse(name, f"élément inconnu « {str(key)[:40]} ».")
        for key in keys:
            if key not in raw:
                self.refuse(name, f"l'élément « {key} » manque.")
        return raw

    def text(self, name: str, raw: Any, limit: int, *, empty: bool = False) -> str:
        try:
            return _same_text(raw, limit, empty=empty)
        except Refused as refused:
            self.refuse(name, str(refused))
            return ""

    def line(self, name: str, raw: Any, limit: int, *, empty: bool = False) -> str:
        text = self.text(name, raw, limit, empty=empty)
        if "\n" in text:
            self.refuse(name, "ce texte tient sur une seule ligne.")
        return text

    def slug(self, name: str, raw: Any) -> str:
        return self.matching(name, raw, raw, SLUG)

    def number(self, name: str, raw: Any) -> str:
        """Shipped revisions are plain numbers in a file."""
        text = str(raw) if type(raw) is int else raw
        return self.matching(name, raw, None if isinstance(raw, str) and raw.isdigit() else text, NUMBER)

    def matching(self, name: str, raw: Any, text: Any, pattern: re.Pattern[str]) -> str:
        if isinstance(text, str) and pattern.fullmatch(text):
            return text
        self.refuse(name, f"« {str(raw)[:40]} » n'a pas la forme attendue.")
        return ""

    def day(self, name: str, raw: Any) -> dt.date:
        try:
            return dt.date.fromisoformat(elements.clean_day(raw))
        except Refused as refused:
            self.refuse(name, str(refused))
            return dt.date.min

    def incident(self, raw: Any) -> tuple[str, str] | None:
        if raw is None:
            return None
        table = self.closed("incident", raw, ("slug", "revision"))
        if table.keys() != {"slug", "revision"}:
            return None
        return self.slug("incident.slug", table["slug"]), self.number("incident.revision", table["revision"])

    def position(self, raw: Any) -> Position | None:
        if raw is None:
            return None
        try:
            kept = _as_written(raw, elements.clean_position(raw))
        except Refused as refused:
            self.refuse("position", str(refused))
            return None
        return Position(kept["text"], dt.date.fromisoformat(kept["date"]))

    def each(
        self, name: str, raw: Any, questionnaire: Questionnaire, check: Callable[[Question, Any], Any]
    ) -> dict[str, Any]:
        """A table by question."""
        found: dict[str, Any] = {}
        if not isinstance(raw, Mapping):
            self.refuse(name, "cet élément n'a pas la forme attendue.")
            return found
        for key, value in raw.items():
            question = questionnaire.get(key)
            try:
                if question is None:
                    raise Refused("cette question n'existe pas dans le questionnaire.")
                found[key] = check(question, value)
            except Refused as refused:
                self.refuse(f"{name}.{str(key)[:80]}", str(refused))
        return found


def _same_text(raw: Any, limit: int, *, empty: bool) -> str:
    text = elements.clean_plain(raw, limit)
    if not (text or empty):
        raise Refused("Ce texte manque.")
    return _as_written(raw, text)


def _same_answer(question: Question, raw: Any) -> dict[str, Any]:
    return _as_written(raw, elements.clean_answer(question, raw))


def _same_advice(question: Question, raw: Any) -> str:
    return _as_written(raw, elements.clean_advice(question, raw))


def _as_written(raw: Any, kept: Kept) -> Kept:
    """A file that would come out differently has another SHA-256 than it says: it is not taken."""
    if canonical(raw) != canonical(kept):
        raise Refused("Cet élément n'est pas écrit comme l'outil l'écrit : exportez de nouveau le modèle.")
    return kept
