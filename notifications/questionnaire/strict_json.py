"""JSON from a stranger: bounded before it is parsed, and without what breaks databases.

`loads` takes bytes and returns plain objects, or raises `Refused` with a French sentence that says where.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from .moments import Refused

MAX_BYTES = 1024 * 1024  # a dossier with every text at its limit stays below
MAX_DEPTH = 12
MAX_NODES = 20_000


@dataclass(frozen=True)
class Limits:
    """How much a file may hold; those of a dossier unless said."""

    size: int = MAX_BYTES
    depth: int = MAX_DEPTH
    nodes: int = MAX_NODES


DOSSIER = Limits()


def loads(data: bytes, limits: Limits = DOSSIER) -> Any:
    """Return the plain objects that a file holds. Raises Refused."""
    if len(data) > limits.size:
        raise Refused(
            f"Ce fichier est trop gros ({len(data) // 1024} Ko) : il peut faire {limits.size // 1024} Ko au plus."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("Ce fichier n'est pas du texte en UTF-8.") from None
    _check_tokens(text, limits)
    try:
        return json.loads(
            text,
            object_pairs_hook=_refuse_doubles,
            parse_int=_read_number,
            parse_float=_read_number,
            parse_constant=_read_number,
        )
    except json.JSONDecodeError as error:
        raise Refused(f"Ce fichier n'est pas lisible à la ligne {error.lineno}, colonne {error.colno}.") from None


def _check_tokens(text: str, limits: Limits) -> None:
    """Depth, number and characters by a scan, because the parser itself fails on deep nesting. Raises Refused."""
    depth = nodes = 0
    # An unterminated string is taken to the end of the text, so that the scan stays linear.
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"?|[\[\]{},]', text, re.DOTALL):
        sign = token[0][0]
        depth += (sign in "[{") - (sign in "]}")
        nodes += sign in "[{,"
        if depth > limits.depth or nodes > limits.nodes:
            raise Refused(f"Ce fichier a trop de niveaux ou trop d'éléments (ligne {_count_line(token)}).")
        if "\\" in token[0]:  # a raw NUL or surrogate cannot pass the decoder and the parser
            try:
                value = json.loads(token[0])
            except json.JSONDecodeError:
                continue  # the parser will say where
            if re.search("[\x00\ud800-\udfff]", value):
                raise Refused(f"Un texte contient un caractère illisible (ligne {_count_line(token)}).")


def _count_line(token: re.Match[str]) -> int:
    return token.string.count("\n", 0, token.start()) + 1


def _refuse_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = next(name for name in times if times[name] > 1)
        raise Refused(f"« {twice[:40]} » est écrit deux fois au même endroit.")
    return table


def _read_number(text: str) -> int:
    """Return a whole number. Raises Refused for another one, and for `NaN` and its like."""
    if text.lstrip("-").isdigit():
        if len(text) > 15:
            raise Refused("Un nombre est trop grand.")
        return int(text)
    if text[-1].isdigit():
        raise Refused("Les nombres à virgule ne sont pas acceptés : seuls les nombres entiers le sont.")
    raise Refused(f"« {text} » n'est pas un nombre accepté.")
