"""The one loader of data files: tables become the types that say what a file holds, or one French sentence.

A type is a `Shape`: a misspelt table or attribute, a missing one, a value of another kind are refused, never lost.
What must hold between keys is checked by the module of each kind of file.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import msgspec

from ..typography import SHOWN, Words

Loaded = TypeVar("Loaded")
Fault = tuple[str, str]  # where it is, and a French sentence
Filled = Annotated[str, msgspec.Meta(min_length=1)]
Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?\Z")]
KINDS = {"str": "un texte", "int": "un nombre entier", "bool": "true ou false", "date": "un jour",
         "array": "une liste", "object": "une table"}  # fmt: skip
NAMES = ("key", "id", "slug", "question", "body", "at", "title")  # the first of these tells a row from the others
# What the library says of a fault, and what we say. {0} is the first group of the pattern.
SENTENCES = (
    (r"Object contains unknown field `(.*)`", "élément inconnu « {0:.40} »."),
    (r"Object missing required field `(.*)`", "l'élément « {0} » manque."),
    (r"Expected `str` of length >= 1", "ce texte manque."),
    (r"Expected `array` of length >= 1", "il faut au moins une valeur."),
    (r"Invalid enum value '?(.*?)'?", "« {0:.40} » n'est pas {permitted}."),
    (r"Invalid RFC3339 encoded date", "{value} n'est pas un jour."),
    (r"Expected `([^`]*)`, got .*", "{value} n'a pas la forme attendue : il faut {kinds}."),
    (r"Expected .*", "{value} n'a pas la forme attendue."),
    (r"(.*)", "{0}"),  # a rule of ours
)


class Unusable(ValueError):
    """What is given cannot be used: read, stored or published. `problems` holds one French sentence for each fault."""

    def __init__(self, problems: list[str]):
        super().__init__("\n".join(problems))
        self.problems = problems


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a file: its attributes and their types. Those that hold words to show become Words."""

    def __post_init__(self) -> None:
        for name in SHOWN.intersection(self.__struct_fields__):
            if type(words := getattr(self, name)) is str:
                msgspec.structs.force_setattr(self, name, Words(words))

    def replace(self, **changes: Any) -> Self:
        """Return the same table with these attributes changed."""
        return msgspec.structs.replace(self, **changes)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file. Raises Unusable when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = str(error) or type(error).__name__
        raise Unusable([f"{path.name} : ce fichier n'est pas lisible ({reason})."]) from error


def convert_tables(
    tables: Any, kind: type[Loaded], file: str = "", find_problems: Callable[[Loaded], Iterable[Fault]] = lambda _: ()
) -> Loaded:
    """Return the tables of a file as a `kind`; `file` names the file in problems. Raises Unusable with the first fault
    of shape, else with every (row, what is wrong) that `find_problems` finds between the keys."""
    try:
        loaded = msgspec.convert(tables, kind)
    except msgspec.ValidationError as error:
        raise Unusable([join_words(file, *describe_fault(str(error), tables))]) from None
    if problems := [join_words(file, *problem) for problem in find_problems(loaded)]:
        raise Unusable(problems)
    return loaded


def join_words(*words: str) -> str:
    """Return « file : key : what is wrong », without those that are empty."""
    return " : ".join(filter(None, words))


def describe_fault(message: str, tables: Any) -> Fault:
    """Return where the fault is and what it is, from the library's « Expected … - at `$.question[3].label` »."""
    fault, _, path = message.rpartition(" - at `$") if message.endswith("`") else ("", "", "")
    value, where = tables, ""
    for name, place in re.findall(r"\.(\w+)|\[(\d+|\.\.\.)\]", path):
        try:
            value = value[name or int(place)]
        except (LookupError, TypeError, ValueError):  # « [...] »: the library does not tell the name in a free table
            value = None
        where += f".{name}" if name else f"[{name_row(value, place)}]" if value is not None else ""
    return where.lstrip("."), word_fault(fault or message, value, where)


def name_row(row: Any, place: str) -> str:
    """Return the row's own key, or its number in the list."""
    names = (row.get(name) for name in NAMES) if isinstance(row, Mapping) else ()
    return next((name[:60] for name in names if isinstance(name, str) and name), str(int(place) + 1))


def word_fault(message: str, value: Any, where: str) -> str:
    """Return the library's message in French."""
    words, groups = next(
        (words, found.groups()) for pattern, words in SENTENCES if (found := re.fullmatch(pattern, message, re.DOTALL))
    )
    kinds = [KINDS.get(kind, kind) for kind in "".join(groups[:1]).split(" | ") if kind != "null"]
    certain = where.rpartition(".")[2] in ("status", "option_status") or ".certainty" in where
    return words.format(
        *groups,
        value="cet élément" if value is None or isinstance(value, Mapping | list) else f"« {value!s:.40} »",
        kinds=" ou ".join(kinds),
        permitted="un degré de certitude" if certain else "une valeur permise",
    )
