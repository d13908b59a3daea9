"""Nothing misspelt is lost and nothing ends in a traceback: a data file is good, or refused by file, key and fault."""

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import catalogue, obligations, shared_template
from notifications.questionnaire import Questionnaire, Shape, Unusable, build_questionnaire, convert_tables, strict_json
from notifications.shared_template.reading import FileTables
from tests.dossiers import SEEDS, form

FORM, DUTIES = SEEDS / "questionnaires/cnil-2023-07.toml", SEEDS / "obligations.toml"
INCIDENT, TEMPLATE = SEEDS / "incidents/weda-2025-11.3.toml", SEEDS / "templates/exemple-weda.1.json"


def load_duties(tables: Any, file: str) -> Any:
    return obligations.build_duties(tables, file, form())


def load_incident(tables: Any, file: str) -> Any:
    return catalogue.build_revision(tables, file, form())


def load_template(tables: Any, file: str) -> Any:
    return shared_template.build_file(tables, lambda name: form() if name == form().name else None)


LOADERS: dict[Path, Callable[[Any, str], Any]] = {
    FORM: build_questionnaire,
    DUTIES: load_duties,
    INCIDENT: load_incident,
    TEMPLATE: load_template,
}


def tables_of(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8")) if path.suffix == ".toml" else strict_json.loads(path.read_bytes())


SHIPPED = {path: tables_of(path) for path in LOADERS}


def problems_of(path: Path, tables: Any) -> list[str]:
    with pytest.raises(Unusable) as caught:
        LOADERS[path](tables, path.name)
    return caught.value.problems


# ---------------------------------------------------------------- one change in a file that ships


Change = tuple[Path, str, str, Any, str]
CHANGES: dict[str, Change] = {  # what: (file, table, attribute, value, sentence)
    "a misspelt table of duties": (DUTIES, "", "obligaton", [], "élément inconnu « obligaton »."),
    "a misspelt table of questions": (FORM, "", "qestion", [], "élément inconnu « qestion »."),
    "a label that is a number": (
        FORM,
        "question",
        "label",
        5,
        "question[kind].label : « 5 » n'a pas la forme attendue : il faut un texte.",
    ),
    "unknown that is a text": (
        FORM,
        "question",
        "unknown",
        "oui",
        "question[kind].unknown : « oui » n'a pas la forme attendue : il faut true ou false.",
    ),
    "a length that is a text": (
        FORM,
        "question",
        "max_length",
        "200",
        "question[kind].max_length : « 200 » n'a pas la forme attendue : il faut un nombre entier.",
    ),
    "an unknown attribute of a doubt": (
        FORM,
        "doubt",
        "foo",
        1,
        "doubt[siren_and_no_siren] : élément inconnu « foo ».",
    ),
    "a screen that begins at no question": (
        FORM,
        "subject",
        "first",
        "nosuch",
        "quand : la question « nosuch » n'existe pas.",
    ),
    "guidance about nothing known": (
        INCIDENT,
        "guidance",
        "about",
        "clok",
        "guidance[CNIL].about : « clok » n'est pas une valeur permise.",
    ),
    "an unknown precision": (
        INCIDENT,
        "event",
        "precision",
        "yeer",
        "event[2025-11-10].precision : « yeer » n'est pas une valeur permise.",
    ),
    "needed for a number": (
        FORM,
        "question",
        "needed_for",
        3,
        "question[kind].needed_for : « 3 » n'a pas la forme attendue : il faut une liste.",
    ),
    "options that are texts": (
        FORM,
        "question",
        "options",
        ["a"],
        "question[kind].options[1] : « a » n'a pas la forme attendue : il faut une table.",
    ),
    "certainties of options that are a number": (
        INCIDENT,
        "fact",
        "option_status",
        3,
        "fact[kind].option_status : « 3 » n'a pas la forme attendue : il faut une table.",
    ),
    "conditions that are a table": (
        FORM,
        "question",
        "applies",
        {"key": "kind"},
        "question[kind].applies : cet élément n'a pas la forme attendue : il faut un texte ou une liste.",
    ),
    "a title that is a number": (
        INCIDENT,
        "",
        "title",
        5,
        "title : « 5 » n'a pas la forme attendue : il faut un texte.",
    ),
}


@pytest.mark.parametrize(("path", "table", "attribute", "value", "sentence"), CHANGES.values(), ids=CHANGES)
def test_a_fault_is_refused_by_file_key_and_what_is_wrong(
    path: Path, table: str, attribute: str, value: Any, sentence: str
) -> None:
    tables = deepcopy(SHIPPED[path])
    row = tables[table][0] if table else tables
    row[attribute] = value
    assert problems_of(path, tables) == [f"{path.name} : {sentence}"]


@pytest.mark.parametrize("tables", [[], "questionnaire", None, 5])
def test_what_is_no_table_at_all_is_no_file(tables: Any) -> None:
    assert "n'a pas la forme attendue : il faut une table." in problems_of(FORM, tables)[0]


@pytest.mark.parametrize("name", ["x - at `$.question[3].label", "x - at `$.nowhere[3]", "x`", "{0}", "\n", "a" * 5000])
def test_a_hostile_name_is_quoted_and_cut(name: str) -> None:
    (problem,) = problems_of(FORM, SHIPPED[FORM] | {name: 1})
    assert problem.startswith("cnil-2023-07.toml : ")
    assert len(problem) < 200


# ---------------------------------------------------------------- every table and every attribute


def shapes(kind: type[Shape], found: dict[type[Shape], None]) -> dict[type[Shape], None]:
    """Every kind of table that a file may hold."""
    if kind not in found:
        found[kind] = None
        for each in msgspec.inspect.type_info(kind).fields:  # type: ignore[attr-defined]
            for inner in kinds_inside(each.type):
                shapes(inner, found)
    return found


def kinds_inside(node: Any) -> Iterator[type[Shape]]:
    if isinstance(node, msgspec.inspect.StructType):
        yield node.cls
    for name in ("types", "item_type", "value_type", "item_types"):
        inner = getattr(node, name, ())
        for each in inner if isinstance(inner, tuple) else (inner,):
            yield from kinds_inside(each)


TABLES = list(
    {
        table: None
        for kind in (Questionnaire, obligations.Duties, catalogue.Revision, FileTables)
        for table in shapes(kind, {})
    }
)
FREE = {(catalogue.Fact, "value"), (FileTables, "position")}  # checked by rules of their own
ATTRIBUTES = [(table, name) for table in TABLES for name in table.__struct_encode_fields__]
TYPED = [each for each in ATTRIBUTES if each not in FREE]


def needed(table: type[Shape]) -> dict[str, None]:
    """The attributes that may not be left out, of whatever value."""
    return {each.encode_name: None for each in msgspec.structs.fields(table) if each.required}


@pytest.mark.parametrize(("table", "name"), ATTRIBUTES, ids=lambda each: getattr(each, "__name__", each))
def test_a_misspelt_attribute_is_refused(table: type[Shape], name: str) -> None:
    with pytest.raises(Unusable, match=rf"^essai : élément inconnu « {name}x »\.$"):
        convert_tables({f"{name}x": None, **needed(table)}, table, "essai")


@pytest.mark.parametrize("value", [1.5, dt.time(10, 42)], ids=lambda each: type(each).__name__)
@pytest.mark.parametrize(("table", "name"), TYPED, ids=lambda each: getattr(each, "__name__", each))
def test_a_value_of_another_type_is_refused(table: type[Shape], name: str, value: Any) -> None:
    with pytest.raises(Unusable, match=rf"^essai : {name}"):
        convert_tables({name: value} | needed(table) | {name: value}, table, "essai")


# ---------------------------------------------------------------- any value anywhere

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 10**12)
    | st.floats()
    | st.text(max_size=5)
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.sampled_from(["late", "choice", "confirmed", "kind", "2025-11-10"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["key", "text", "is", "x"]), inner),
    max_leaves=4,
)


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each value of a file stands, but the file itself."""
    if way:
        yield way
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*way, key))


PLACES = {path: list(places(tables)) for path, tables in SHIPPED.items()}


@pytest.mark.parametrize("path", LOADERS, ids=lambda path: path.name)
@given(data=st.data())
def test_any_value_anywhere_gives_a_good_file_or_one_that_is_refused_in_words(path: Path, data: st.DataObject) -> None:
    way, value = data.draw(st.sampled_from(PLACES[path])), data.draw(VALUES)
    tables = change(SHIPPED[path], way, value)
    problems: list[str] = []
    try:
        LOADERS[path](tables, path.name)
    except Unusable as error:
        problems = error.problems
    assert not [each for each in problems if re.search("^$|Expected|Object|Invalid", each)]


def change(tables: Any, way: tuple[Any, ...], value: Any) -> Any:
    """The same tables with another value at one place."""
    if not way:
        return value
    here = tables.copy()
    here[way[0]] = change(tables[way[0]], way[1:], value)
    return here
