"""The copy sheet: each answer exactly as it is typed on the teleservice, screen by screen.

What is to be copied is plain text: no mark of certainty, no origin. What the form has no place for is a hint beside it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from .. import deadlines
from ..questionnaire import Question, list_ticked
from ..typography import Words
from .complement import Difference, list_differences
from .data import Line
from .filings import KIND, REFERENCE
from .model import Report, Row

COPY, TICK = "copy", "tick"
DATES = ("date", "moment", "datetime")
NOT_KNOWN = "Non connu à ce jour."
# What to do with « je ne sais pas encore » where the form wants an answer all the same, by type of question.
IF_FORCED = {
    "choice": "un choix, prenez le plus proche de ce que vous savez, et dites dans le descriptif qu'il est provisoire",
    "number": "un nombre, donnez une estimation, et dites dans le descriptif qu'elle est provisoire",
    "date": "une date, dites dans les commentaires sur les dates que celle-ci n'est pas établie",
    "text": "un texte, collez celui-ci",
    "group": "une réponse, donnez ce que vous savez, sans rien supposer",
}
SAME_AS = {"choices": "choice", "yes_no": "choice", "moment": "date", "datetime": "date"}
WRITTEN = Words("cochez ; l'incertitude est écrite dans le descriptif")
NO_PLACE = "Le formulaire n'a pas de case pour dire « {words} » : cochez, et vérifiez que le descriptif le dit."


@dataclass(frozen=True)
class Choice:
    """An option to tick, by its exact name; `word` is its certainty in French when it is not established."""

    label: str
    word: str = ""
    status: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Piece:
    """One thing to copy or to tick. `mark` names it among what was copied; `state` is "", "copied" or "changed"."""

    mark: str
    name: str  # « Jour », inside its field; "" for the whole
    text: str
    how: str = COPY
    choices: tuple[Choice, ...] = ()
    state: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Field:
    """One question of the teleservice. `kind`: text, number, date, options, group; unknown, empty (nothing to type)."""

    row: Row
    kind: str
    pieces: tuple[Piece, ...] = ()
    hints: tuple[str, ...] = ()
    before: tuple[Line, ...] = ()  # what was filed, on the sheet of a complement

    @property
    def key(self) -> str:
        return self.row.key

    @property
    def label(self) -> str:
        return self.row.question.label

    @property
    def counted(self) -> bool:
        return self.kind not in ("unknown", "empty")

    @property
    def done(self) -> bool:
        return all(piece.state == "copied" for piece in self.pieces)


@dataclass(frozen=True)
class CopyScreen:
    """One screen of the teleservice; `unanswered` are the questions that it asks and the dossier does not answer."""

    slug: str
    title: str
    fields: tuple[Field, ...]
    unanswered: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """`complementary`: there is a filing, and what is to be typed is what changed since, unless `whole`."""

    screens: tuple[CopyScreen, ...]
    complementary: bool = False
    whole: bool = True
    by_mark: Mapping[str, Piece] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(each for screen in self.screens for each in screen.fields)

    @property
    def to_review(self) -> int:
        return sum(each.row.state == "to_review" for each in self.fields)

    @property
    def total(self) -> int:
        return sum(each.counted for each in self.fields)

    @property
    def done(self) -> int:
        return sum(each.counted and each.done for each in self.fields)

    @property
    def next(self) -> Field | None:
        """The first that remains to be copied."""
        return next((each for each in self.fields if each.counted and not each.done), None)


class _Desk(NamedTuple):
    """What is the same for all fields of one sheet."""

    zone: ZoneInfo
    told: frozenset[tuple[str, str]]  # (question, option) of which a sentence made by rule says how sure it is
    copied: Mapping[str, str]


def build_copy_sheet(report: Report, copied: Mapping[str, str] | None = None, *, whole: bool = False) -> Sheet:
    """The sheet of a report. `copied` holds, by mark, the SHA-256 of the text that was copied."""
    filings = report.data.filings
    changed = {each.row.key: each for each in list_differences(report, filings[-1])} if filings else {}
    only = {KIND, REFERENCE, *changed} if filings and not whole else None
    tests = [test for rule in report.reading.sentences for test in rule.when]
    desk = _Desk(report.data.zone, frozenset((test.key, test.option) for test in tests if test.option), copied or {})
    screens = []
    for section in report.sections:
        rows = [row for row in list_rows(report, section.slug, changed) if only is None or row.key in only]
        found = [(row, build_field(desk, row, row.entry, changed.get(row.key))) for row in rows]
        fields = tuple(each for _, each in found if each)
        if found:
            silent = tuple(row for row, each in found if each is None)
            screens.append(CopyScreen(section.slug, section.title, fields, silent))
    marks = {piece.mark: piece for screen in screens for each in screen.fields for piece in each.pieces}
    return Sheet(tuple(screens), bool(filings), only is None, marks)


def list_rows(report: Report, slug: str, changed: Mapping[str, Difference]) -> list[Row]:
    """The CNIL's questions of a screen, with those that were filed and are no longer asked."""
    rows = {key: each.row for key, each in changed.items()} | {row.key: row for row in report.rows}
    return [rows[question.key] for question in report.data.questionnaire.of_step(slug) if question.key in rows]


def build_field(desk: _Desk, row: Row, entry: Mapping[str, Any], changed: Difference | None) -> Field | None:
    """None for a question without an answer."""
    before = changed.before if changed else ()
    if changed and not changed.now:
        return Field(row, "empty", hints=("Cette réponse n'est plus à donner : videz ce champ.",), before=before)
    by_rule = any(line.kind == "sentence" for line in row.lines)  # something to type, with or without an answer
    if not (row.answered or by_rule):
        return None
    found = (
        build_unknown_field(row)
        if entry.get("state") == "unknown" and not by_rule
        else build_known_field(desk, row, entry)
    )
    return replace(found, pieces=tuple(set_piece_state(desk, piece) for piece in found.pieces), before=before)


def set_piece_state(desk: _Desk, piece: Piece) -> Piece:
    sha256 = desk.copied.get(piece.mark)
    return replace(piece, state="copied" if sha256 == piece.sha256 else "changed") if sha256 else piece


# -- nothing to type ---------------------------------------------------------------------------------------


def build_unknown_field(row: Row) -> Field:
    question = row.question
    if option := question.option(question.forced):
        return Field(row, "unknown", hints=(f"Laissez vide ou, si le formulaire exige un choix : « {option.label} ».",))
    kind = SAME_AS.get(question.type, question.type)
    pieces = (Piece(row.key, "", NOT_KNOWN),) if kind == "text" and question.long else ()
    if kind == "text" and not pieces:
        return Field(row, "unknown", hints=("Laissez vide.",))
    hint = f"Laissez vide ou, si le formulaire exige {IF_FORCED[kind]}{' :' if pieces else '.'}"
    return Field(row, "unknown", pieces, (hint,))


def build_empty_field(row: Row, hint: str) -> Field:
    return Field(row, "empty", hints=(hint,))


# -- something to type -------------------------------------------------------------------------------------


def build_known_field(desk: _Desk, row: Row, entry: Mapping[str, Any]) -> Field:
    question, value = row.question, entry.get("value")
    if entry.get("state") == "not_applicable":
        return build_empty_field(row, "Sans objet : laissez vide.")
    if value == []:
        return build_empty_field(row, "Aucune : ne cochez rien." if question.options else "Aucun : laissez vide.")
    if question.options:
        return build_options_field(desk, row, entry)
    if question.type == "text":
        return Field(row, "text", (Piece(row.key, "", write_text(row, entry)),))
    hints = (
        (f"Réponse « {row.certainty} » : le formulaire n'a pas de case pour le dire.",) if is_unsure(row.status) else ()
    )
    if question.type == "group":
        return Field(row, "group", tuple(list_items(question, value or [])), hints)
    if question.type in DATES:
        return build_date_field(desk, row, str(value), hints)
    if question.type == "yes_no":
        return Field(row, "options", (build_checkbox(row.key, "", Choice(row.lines[0].text)),), hints)
    return Field(row, "number", (Piece(row.key, "", str(value)),), hints)


def is_unsure(status: str) -> bool:
    return status not in ("", "confirmed")


def build_checkbox(mark: str, name: str, *choices: Choice) -> Piece:
    return Piece(mark, name, "\n".join(choice.label for choice in choices), TICK, choices)


def write_text(row: Row, entry: Mapping[str, Any]) -> str:
    """The parts in their order, each under its heading where it has one, then the sentences made by rule."""
    value = entry.get("value", "")
    said = [write_part(row.question, part) for part in value] if isinstance(value, list) else [value]
    by_rule = "\n".join(line.text for line in row.lines if line.kind == "sentence")
    return "\n\n".join(filter(None, [*said, by_rule]))


def write_part(question: Question, part: Mapping[str, str]) -> str:
    key = part.get("part") or question.part_for(part["origin"])
    heading = next((each.heading for each in question.parts if each.key == key), "")
    return f"{heading}\n{part['text']}" if heading else part["text"]


def build_date_field(desk: _Desk, row: Row, value: str, hints: tuple[str, ...]) -> Field:
    """Day and hour apart, in the dossier's zone; only the day where the hour is not known."""
    if len(value) == 10:
        bare = ("L'heure n'est pas connue : donnez le jour seul.",) if row.question.type == "moment" else ()
        return Field(row, "date", (build_day(row, datetime.fromisoformat(value)),), bare + hints)
    local = datetime.fromisoformat(value).astimezone(desk.zone)
    said = [f"À l'heure {deadlines.ZONES.get(desk.zone.key, desk.zone.key)}."]
    if desk.zone.key != deadlines.PARIS.key:
        said.append(f"Soit {local.astimezone(deadlines.PARIS):le %d/%m/%Y à %H:%M}, heure de Paris.")
    return Field(
        row, "date", (build_day(row, local), Piece(f"{row.key}/hour", "Heure", f"{local:%H:%M}")), (*said, *hints)
    )


def build_day(row: Row, day: datetime) -> Piece:
    return Piece(f"{row.key}/day", "Jour", f"{day:%d/%m/%Y}")


def list_items(question: Question, value: list[Mapping[str, str]]) -> Iterator[Piece]:
    """The bodies of a group, field by field."""
    for number, item in enumerate(value, 1):
        for each in question.fields:
            if not item.get(each.key):
                continue
            mark, name = f"{question.key}/{number}/{each.key}", each.label
            if len(value) > 1:
                name = f"{number}. {name}"
            option = each.option(item[each.key])
            yield build_checkbox(mark, name, Choice(option.label)) if option else Piece(mark, name, item[each.key])


def build_options_field(desk: _Desk, row: Row, entry: Mapping[str, Any]) -> Field:
    """The options to tick, one piece; the words of « Autre » are to be copied."""
    ticked = [key for key in list_ticked(entry) if row.question.option(key)]
    lines = dict(zip(ticked, (line for line in row.lines if line.kind == "option"), strict=True))
    choices = [build_choice(desk, row.question, key, line) for key, line in lines.items()]
    said = [Piece(f"{row.key}/{key}", line.text, str(line.detail)) for key, line in lines.items() if line.detail]
    words = dict.fromkeys(choice.word for choice in choices if choice.word and not choice.hint)
    hints = (NO_PLACE.format(words=" », « ".join(words)),) if words else ()
    return Field(row, "options", (build_checkbox(row.key, "", *choices), *said), hints)


def build_choice(desk: _Desk, question: Question, option: str, line: Line) -> Choice:
    """An option that itself says « not known yet » needs no word for it."""
    if not is_unsure(line.status) or option == question.forced:
        return Choice(line.text)
    return Choice(line.text, line.certainty, line.status, WRITTEN if (question.key, option) in desk.told else "")
