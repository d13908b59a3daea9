"""Who runs this installation, from the one file that « Mentions légales » and « Vos données » are made of.

Plain functions, called while the settings load. French law wants these words on a public site, so that one does not
start without them."""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from breach_assistant.site import refuse

LONGEST = 300  # characters of one word of the file

Part = TypeVar("Part")


@dataclass(frozen=True)
class Host:
    """Whose machines these are."""

    name: str
    address: str
    phone: str


@dataclass(frozen=True)
class Protection:
    """Whom to ask about one's data: the data protection officer, where there is one."""

    name: str
    email: str


@dataclass(frozen=True)
class Operator:
    """The operator, a processor of the practices (RGPD, art. 28)."""

    name: str
    legal_form: str
    address: str
    email: str
    phone: str
    publication_director: str
    host: Host
    data_protection: Protection | None = None
    registration: str = ""  # « RCS Lyon 123 456 789 », where there is one


def read_operator(path: Path, *, needed: bool) -> Operator | None:
    """Return the checked file; None where it may be missing, and is."""
    if not path.exists() and not needed:
        return None
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
        for name, kind in {"host": Host, "data_protection": Protection}.items():
            if name in tables:
                tables[name] = read_part(kind, tables[name], f"{name}.")
        return read_part(Operator, tables)
    except OSError:
        refuse("un site public dit qui l'exploite : écrivez-le dans operator.toml, désigné par OPERATOR_FILE.")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        refuse("OPERATOR_FILE désigne un fichier qui n'est pas du TOML en UTF-8.")
    except ValueError as fault:
        refuse(f"dans le fichier OPERATOR_FILE, {fault}.")


def read_part(kind: type[Part], table: Any, prefix: str = "") -> Part:
    """Return a table of the file: nothing missing, nothing unknown, each word a line of text. Raises ValueError, the
    end of a French sentence."""
    if not isinstance(table, Mapping):
        raise ValueError(f"« {prefix.rstrip('.')} » doit être une table")
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    lines = {name: table[name] for name, field in known.items() if field.type is str and name in table}
    faults = {
        "est inconnu": [name for name in table if name not in known],
        "manque": [name for name, field in known.items() if field.default is MISSING and name not in table],
        "doit être une ligne de texte": [
            name
            for name, text in lines.items()
            if not (isinstance(text, str) and text.strip() and len(text) <= LONGEST and text.isprintable())
        ],
    }
    for fault, names in faults.items():
        if names:
            raise ValueError(f"« {prefix}{names[0]} » {fault}")
    return kind(**table)
