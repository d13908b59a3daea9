"""One whole revision of an incident as an editor gives it, from a file or from pages: checked, in French."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ... import catalogue, seeds
from ...questionnaire import Refused, Unusable
from ...questionnaire.values import clean_text

SIZE = 256 * 1024  # bytes; five times the longest that ships
ROWS, TEXT = 300, 4_000  # rows of a table, characters of a text
UNREADABLE = "Ce fichier ne se lit pas comme du TOML en UTF-8."


def read_file(data: bytes, slug: str) -> dict[str, Any]:
    """Return the tables of a TOML file that holds a whole revision of this incident. Raises Unusable."""
    if len(data) > SIZE:
        raise Unusable([f"Ce fichier est trop gros : {SIZE // 1024} Ko au plus."])
    try:
        tables = make_plain(tomllib.loads(data.decode()))
    except (ValueError, RecursionError):
        raise Unusable([UNREADABLE]) from None
    return check_tables(tables, slug)


def make_plain(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same as plain JSON: days are text."""
    text = json.dumps(tables, ensure_ascii=False, default=lambda each: each.isoformat(), allow_nan=False)
    plain: dict[str, Any] = json.loads(text)
    return plain


def check_tables(tables: dict[str, Any], slug: str) -> dict[str, Any]:
    """Return the tables, which make a revision of this incident. Raises Unusable with every problem found."""
    name = tables.get("questionnaire")
    try:
        form = seeds.find_questionnaire(name if isinstance(name, str) else seeds.QUESTIONNAIRE)
        problems = list(_find_oversized("", tables)) or list(
            _find_unsafe(catalogue.build_revision(tables, "", form), slug)
        )
    except Unusable as error:
        problems = error.problems
    if problems:
        raise Unusable([problem[0].upper() + problem[1:] for problem in problems])
    return tables


def _find_oversized(name: str, value: Any) -> Iterator[str]:
    """Name the texts and lists longer than a revision needs, and texts that a database refuses."""
    if isinstance(value, str):
        try:
            clean_text(value, TEXT)
        except Refused as refused:
            yield f"« {name[:40]} » : {refused}"
    elif isinstance(value, list):
        if len(value) > ROWS:
            yield f"« {name[:40]} » : {ROWS} lignes au plus."
        for each in value:
            yield from _find_oversized(name, each)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _find_oversized(key, key)
            yield from _find_oversized(key, each)


def _find_unsafe(revision: catalogue.Revision, slug: str) -> Iterator[str]:
    if revision.slug != slug:
        yield f"Ce fichier n'est pas une révision de « {slug} »."
    for source in revision.sources.values():
        if not re.fullmatch(r"[a-z0-9-]{1,60}", source.id):
            yield f"Source « {source.id} » : son identifiant s'écrit en lettres, chiffres et tirets."
        if not is_https(source.address):
            yield f"Source « {source.id} » : son adresse doit commencer par https://."
    moments = [revision.attack, *(aid.at for aid in revision.aids)]
    moments += [moment for event in revision.events for moment in (event.at, event.until)]
    far = [each for each in moments if each[:1].isdigit() and each[:2] not in ("19", "20")]
    yield from (f"« {each} » est trop loin dans le temps." for each in far)  # for our clocks to reckon with
    for event in revision.events:
        if event.until and event.until < event.at:
            yield f"Chronologie, {event.at} : la période finit avant de commencer."


def is_https(address: str) -> bool:
    """Tell whether this is an address to link to, or none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return not address or (parts.scheme == "https" and bool(parts.hostname) and not re.search(r"[\s<>\"]", address))
