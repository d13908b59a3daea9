"""Reading a roster: a CSV with one practice on each line, checked like any answer. Opens no database.

The columns and their spellings: docs/roster.md.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from .. import seeds
from ..questionnaire import Context, Entry, Question, Refused, Unusable, check_entry

MOST_BYTES, MOST_LINES = 1024 * 1024, 500
NAME, SIREN, CITY, EMAIL = "organisation_name", "siren", "city", "legal_email"
AWARE, PERSONS = "aware_at", "person_count"
# By question, the names of its column, the one that we give first.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    NAME: ("cabinet", "nom", "nom du cabinet", "dénomination", "raison sociale", "structure"),
    SIREN: ("SIREN", "SIRET", "numéro SIREN", "n° SIREN", "numéro SIRET", "n° SIRET"),
    CITY: ("ville", "commune"),
    EMAIL: ("courriel", "e-mail", "email", "mail", "adresse électronique", "courriel du médecin", "e-mail du médecin"),
    "legal_title": ("civilité", "civilité du représentant", "civilité du médecin"),
    "legal_first_name": ("prénom", "prénom du représentant", "prénom du médecin"),
    "legal_last_name": ("nom de famille", "nom du représentant", "nom du représentant légal", "nom du médecin"),
    AWARE: ("appris le", "prise de connaissance", "date de prise de connaissance", "connaissance"),
    PERSONS: ("personnes", "nombre de personnes", "patients", "nombre de patients", "nombre"),
}
SHORT = {"m": "monsieur", "mr": "monsieur", "mme": "madame"}
ZONED = re.compile(r".*\d[Tt ]\d.*(?:[Zz]|[+-]\d\d:?\d\d)")
DAY_AND_HOUR = re.compile(r"(\S+?)(?:\s+à\s+|\s+|[Tt])(\d.*)")


@dataclass(frozen=True)
class Line:
    """A practice: the number of its line in the file, its answers by question, and what we tell of them."""

    number: int
    entries: Mapping[str, Entry]
    notices: tuple[str, ...] = ()

    def value(self, key: str) -> Any:
        """Return the value of an answer, "" where the cell is empty."""
        return self.entries[key]["value"] if key in self.entries else ""

    @property
    def name(self) -> str:
        return str(self.value(NAME))

    @property
    def siren(self) -> str:
        return str(self.value(SIREN))

    @property
    def city(self) -> str:
        return str(self.value(CITY))

    @property
    def email(self) -> str:
        return str(self.value(EMAIL))

    @property
    def aware(self) -> str:
        """A day or an instant, as answers keep it."""
        return str(self.value(AWARE))

    @property
    def persons(self) -> int | str:
        count: int | str = self.value(PERSONS)
        return count

    @property
    def names(self) -> str:
        """What tells it from another practice."""
        return identify_practice(self.siren, self.name, self.city)


def identify_practice(siren: str, name: str, city: str) -> str:
    """A practice's SIREN; without one its name and its city, however they are written."""
    return siren or f"{fold_words(name)} / {fold_words(city)}"


def fold_words(text: str) -> str:
    """For comparisons: no accents, no capitals, one space between words."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.sub(r"[\W_]+", " ", "".join(c for c in letters if not unicodedata.combining(c))).split())


@dataclass(frozen=True)
class Roster:
    lines: tuple[Line, ...]
    ignored: tuple[str, ...]  # names of columns of which we make nothing


def read_roster(text: str, zone: ZoneInfo, now: datetime) -> Roster:
    """Read every line of a roster, hours being those of `zone`. Raises Unusable with one sentence for each fault."""
    rows = _read_rows(text)
    titles = rows[0]
    keys = _read_titles(titles)
    problems: list[str] = []
    lines: list[Line] = []
    numbers: dict[str, int] = {}  # by what tells a practice from another: a controller has one dossier for one breach
    for number, row in enumerate(rows[1:], start=2):
        if any(row):
            lines.append(_read_line(number, row, titles, keys, Context(zone, now), problems))
    for line in lines:
        if line.name and numbers.setdefault(line.names, line.number) != line.number:
            same = "ce SIREN est déjà" if line.siren else "un cabinet de ce nom, sans SIREN, est déjà"
            problems.append(f"ligne {line.number} : {same} à la ligne {numbers[line.names]}.")
    if not lines:
        problems.append("Ce fichier ne contient aucun cabinet sous la ligne des titres.")
    if len(lines) > MOST_LINES:
        problems = [f"Ce fichier contient {len(lines)} cabinets, pour {MOST_LINES} au plus : partagez-le en plusieurs."]
    if problems:
        raise Unusable(problems)
    return Roster(tuple(lines), tuple(title for title, key in zip(titles, keys, strict=True) if title and not key))


# -- bytes, rows, columns -------------------------------------------------------------------------------


def decode_roster(data: bytes) -> str:
    """The text of a file: UTF-8, or what a spreadsheet of Windows writes. Raises Unusable."""
    if len(data) > MOST_BYTES:
        raise Unusable(["Ce fichier dépasse 1 Mo : partagez-le en plusieurs."])
    if data.startswith((b"PK", b"\xd0\xcf")):
        raise Unusable(["Ce fichier est un classeur : dans votre tableur, enregistrez-le au format CSV."])
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unusable(["Ce fichier n'est pas lisible : dans votre tableur, enregistrez-le au format CSV (UTF-8)."])


def _read_rows(text: str) -> list[list[str]]:
    first_line = text.partition("\n")[0]
    delimiter = max(";,\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [[cell.strip() for cell in row] for row in reader]
    except csv.Error:
        fault = f"ligne {reader.line_num} : un guillemet n'est pas fermé, ou une case est trop longue."
        raise Unusable([fault]) from None
    if not rows:
        raise Unusable(["Ce fichier est vide."])
    return rows


def _read_titles(titles: list[str]) -> list[str]:
    """Return the question of each column, "" where we know none. Raises Unusable."""
    known = {fold_words(name): key for key, names in COLUMNS.items() for name in names}
    keys = [known.get(fold_words(title), "") for title in titles]
    problems = []
    for key in COLUMNS:
        same = [title for title, its_key in zip(titles, keys, strict=True) if its_key == key]
        if len(same) > 1:
            problems.append(f"ligne 1 : les colonnes {_quote(same)} disent la même chose, gardez-en une.")
    if NAME not in keys:
        names = _quote(names[0] for names in COLUMNS.values())
        problems.append(f"ligne 1 : il manque une colonne « {COLUMNS[NAME][0]} ». Titres connus : {names}.")
    if problems:
        raise Unusable(problems)
    return keys


def _quote(words: Iterable[str]) -> str:
    return ", ".join(f"« {word[:60]} »" for word in words)


# -- lines ----------------------------------------------------------------------------------------------


def _read_line(
    number: int, row: list[str], titles: list[str], keys: list[str], context: Context, problems: list[str]
) -> Line:
    """Return the answers of a line; what is refused is told in `problems`."""
    entries: dict[str, Entry] = {}
    for title, key, cell in zip(titles, keys, row, strict=False):
        if key and cell:
            question = seeds.find_questionnaire().questions[key]
            try:
                entries[key] = check_entry(question, {"state": "known", "value": _read_cell(question, cell)}, context)
            except Refused as refused:
                problems.append(f"ligne {number}, {title} : {refused}")
    if not dict(zip(keys, row, strict=False)).get(NAME):
        problems.append(f"ligne {number} : le nom du cabinet manque.")
    if any(row[len(titles) :]):
        problems.append(f"ligne {number} : elle a plus de cases que la ligne des titres.")
    return Line(number, entries, tuple(context.notices))


def _read_cell(question: Question, cell: str) -> Any:
    """Return the raw value that a cell stands for: an option by its key, its label or « M. », « Mme »; a day, a day and
    an hour of the dossier's zone, or an instant with its offset; any other text as it is. Raises Refused."""
    if question.type == "choice":
        known = SHORT | {fold_words(option.label): option.key for option in question.options}
        key = known.get(fold_words(cell), cell)
        if question.option(key) is None:
            labels = _quote(option.label for option in question.options)
            raise Refused(f"{_quote([cell])} n'est pas possible ici : {labels}.")
        return key
    if question.type == "moment" and not ZONED.fullmatch(cell) and (typed := DAY_AND_HOUR.fullmatch(cell)):
        return {"day": typed[1], "time": typed[2]}
    return cell
