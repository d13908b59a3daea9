"""One whole revision of an incident as an editor gives it, from a file or from pages: checked, in French."""

import datetime as dt
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit

from ... import catalogue, seeds
from ...questionnaire import BadFile, Refused
from ...questionnaire.values import clean_text

SIZE = 256 * 1024  # bytes; five times the longest that ships
ROWS, TEXT = 300, 4_000  # rows of a table, characters of a text
PRECISIONS = ("day", "instant", "about", "period")
UNREADABLE = "Ce fichier ne se lit pas comme du TOML en UTF-8."
# What the check of a file says to developers, and what an editor reads.
WORDS = [
    (r"(.+) is missing", "« {} » manque."),
    (r"unknown attribute (.+)", "élément inconnu « {} »."),
    (r"source (.+): duplicate id", "deux sources ont l'identifiant « {} »."),
    (r"source (.+): neither a date nor the day it was seen", "source « {} » : donnez sa date, ou le jour de lecture."),
    (r"(.+): no source", "{} : citez au moins une source."),
    (r"(.+): unknown source '(.+)'", "{} : la source « {} » n'existe pas."),
    (r"(.+): proposed twice", "{} : deux réponses sont proposées à cette question."),
    (r"(.+): no such question.*", "{} : cette question n'existe pas."),
    (r"(.+): unknown status.*", "{} : ce degré de certitude n'existe pas."),
    (r"(.+): unknown polarity or scope", "{} : ce qui est concerné n'est pas connu."),
    (r"(.+): unknown kind.*", "{} : cette sorte de conseil n'existe pas."),
    (r"(.+): neither a proposal nor a statement", "{} : donnez une réponse, ou écrivez le constat."),
    (r"(.+): only the practice can answer this question", "{} : seul le cabinet peut répondre à cette question."),
    (r"(.+): suggests a missing option '(.+)'", "{} : l'option « {} » n'existe pas."),
    (r"(.+): .* '(.+)' is not a day", "{} : « {} » n'est pas un jour."),
    (r"'(.*)' is not the text of a day.*", "« {} » n'est ni un jour, ni un instant avec son décalage horaire."),
    (r"answers '(.+)', not .*", "le questionnaire « {} » n'est pas celui de cet incident."),
    (r"(.+): (?:\w+\.)?__init__\(\) .*", "{} : un élément manque, ou n'est pas connu."),
    (r"(.+): needs question, key, label.*", "{} : un élément manque, ou n'est pas connu."),
]  # fmt: skip
ROOMS = {"fact": "fait", "event": "chronologie,", "guidance": "conseil de", "advice": "aide", "tick": "case"}


class Unusable(Exception):
    """What is wrong with a revision, in sentences that an editor understands."""

    def __init__(self, problems: list[str]):
        super().__init__("; ".join(problems))
        self.problems = problems


def read(data: bytes, slug: str) -> dict[str, Any]:
    """The tables of a TOML file that holds a whole revision of this incident. Raises Unusable."""
    if len(data) > SIZE:
        raise Unusable([f"Ce fichier est trop gros : {SIZE // 1024} Ko au plus."])
    try:
        tables = plain(tomllib.loads(data.decode()))
    except (ValueError, RecursionError):
        raise Unusable([UNREADABLE]) from None
    return checked(tables, slug)


def plain(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The same as plain JSON: days are text."""
    text = json.dumps(tables, ensure_ascii=False, default=lambda each: each.isoformat(), allow_nan=False)
    found: dict[str, Any] = json.loads(text)
    return found


def checked(tables: dict[str, Any], slug: str) -> dict[str, Any]:
    """The tables, which make a revision of this incident. Raises Unusable with every problem found."""
    problems = list(_misshapen(tables)) or list(_unsafe(tables, slug))
    if problems:
        raise Unusable(problems)
    try:
        catalogue.build(tables, slug, seeds.questionnaire(tables.get("questionnaire", "")))
    except BadFile as error:
        raise Unusable([in_french(each, slug) for each in error.problems]) from None
    return tables


def in_french(problem: str, file: str) -> str:
    """A problem of `catalogue.build` in the words of an editor; what it does not know is already French."""
    said = problem.removeprefix(f"{file}: ")
    for pattern, words in WORDS:
        if found := re.fullmatch(pattern, said, re.DOTALL):
            said = words.format(*found.groups())
            break
    room, _, rest = said.partition(" ")
    said = f"{ROOMS[room]} {rest}" if room in ROOMS else said
    return said[0].upper() + said[1:]


def _unsafe(tables: Mapping[str, Any], slug: str) -> Iterator[str]:
    if tables.get("slug") != slug:
        yield f"Ce fichier n'est pas une révision de « {slug} »."
    for source in tables.get("source", []):
        if not re.fullmatch(r"[a-z0-9-]{1,60}", source.get("id", "")):
            yield f"Source « {source.get('id', '')} » : son identifiant s'écrit en lettres, chiffres et tirets."
        if not is_https(source.get("address", "")):
            yield f"Source « {source.get('id', '')} » : son adresse doit commencer par https://."
    moments = [tables.get("attack", ""), *(row.get("at", "") for row in tables.get("aid", []))]
    moments += [row.get(name, "") for row in tables.get("event", []) for name in ("at", "until")]
    far = [each for each in moments if each[:1].isdigit() and each[:2] not in ("19", "20")]
    yield from (f"« {each} » est trop loin dans le temps." for each in far)  # for our clocks to reckon with
    for event in tables.get("event", []):
        if event.get("precision") not in PRECISIONS or (event["precision"] == "period") != bool(event.get("until")):
            yield f"Chronologie, {event.get('at', '')} : la précision de la date n'est pas connue, ou sa fin manque."
        elif event.get("until") and event["until"] < event.get("at", ""):
            yield f"Chronologie, {event.get('at', '')} : la période finit avant de commencer."


def is_https(address: str) -> bool:
    """An address to link to, or none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return not address or (parts.scheme == "https" and bool(parts.hostname) and not re.search(r"[\s<>\"]", address))


# -- shape ----------------------------------------------------------------------------------------------


def _misshapen(tables: Mapping[str, Any]) -> Iterator[str]:
    """What is not of the kind that a revision is made of: the check of its meaning takes that for granted."""
    kinds = {each.name: each.type for each in fields(catalogue.Revision)}
    for name, value in tables.items():
        if name in catalogue.LISTS:
            yield from _rows(name, value, {each.name: each.type for each in fields(catalogue.LISTS[name])})
        elif name in ("open", "tick"):
            yield from _rows(name, value, {})
        elif name not in kinds or name in catalogue.TABLES:
            yield f"Élément inconnu « {name[:40]} »."
        elif name != "number" and not _is(kinds[name], value):  # publication gives the number
            yield f"« {name} » n'a pas la forme attendue."


def _rows(table: str, rows: Any, kinds: Mapping[str, Any]) -> Iterator[str]:
    if not (isinstance(rows, list) and all(isinstance(each, dict) for each in rows)):
        yield f"« {table} » n'a pas la forme attendue."
        return
    if len(rows) > ROWS:
        yield f"« {table} » : {ROWS} lignes au plus."
    for number, row in enumerate(rows, start=1):
        name = row.get("key") or row.get("id") or number
        for each, value in row.items():
            if not _is(kinds.get(each, str), value):
                yield f"« {table} », {str(name)[:60]} : « {each[:40]} » n'a pas la forme attendue."


def _is(kind: Any, value: Any) -> bool:
    return SHAPES[kind](value)


def _text(value: Any) -> bool:
    try:
        return isinstance(value, str) and clean_text(value, TEXT) is not None
    except Refused:
        return False


def _texts(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= ROWS and all(_text(each) for each in value)


def _table(value: Any) -> bool:
    return isinstance(value, dict) and all(_text(each) for each in value.values())


def _reading(value: Any) -> bool:
    return isinstance(value, dict) and _text(value.get("text")) and _texts(value.get("sources", []))


def _anything(value: Any) -> bool:
    """What the questionnaire's own check reads on: text, number, yes or no, options, lines of a group."""
    one = _text(value) or isinstance(value, (bool, int))
    return one or _texts(value) or (isinstance(value, list) and all(_table(each) for each in value))


SHAPES: dict[Any, Callable[[Any], bool]] = {
    str: _text,
    bool: lambda value: isinstance(value, bool),
    dt.date: _text,
    dt.date | None: _text,
    tuple[str, ...]: _texts,
    Mapping[str, str]: _table,
    tuple[Mapping[str, Any], ...]: lambda value: isinstance(value, list) and all(_reading(each) for each in value),
    Any: _anything,
}
