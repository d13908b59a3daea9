"""Which room may import which: lower rooms know nothing of those above them."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dossiers import ROOT

APP = ROOT / "notifications"
PURE = {
    "merge",
    "typography",
    "deadlines",
    "digests",
    "questionnaire",
    "obligations",
    "catalogue",
    "shared_template",
    "prefill",
    "report",
}
FILES = PURE | {"seeds", "files"}
EVERYTHING = FILES | {
    "models",
    "services",
    "forms",
    "documents",
    "templatetags",
    "tasks",
    "middleware",
    "views",
    "management",
}
# {room: (rooms it may import, packages besides the standard library)}, lowest first
ROOMS: dict[str, tuple[set[str], set[str]]] = {
    "merge": (set(), set()),
    "typography": (set(), set()),
    "deadlines": (set(), set()),
    "digests": (set(), set()),
    "questionnaire": ({"typography"}, {"stdnum", "msgspec"}),
    "obligations": ({"deadlines", "questionnaire"}, {"msgspec"}),
    "catalogue": ({"typography", "questionnaire"}, {"msgspec"}),
    "shared_template": ({"digests", "questionnaire"}, {"msgspec"}),
    "prefill": ({"questionnaire", "catalogue", "shared_template"}, set()),
    "report": (PURE - {"merge"}, set()),
    "seeds": (PURE, {"django"}),
    "files": (PURE | {"seeds"}, set()),
    "models": ({"typography", "deadlines", "questionnaire"}, {"django"}),
    "services": (FILES | {"models"}, {"django", "allauth"}),
    "forms": ({"questionnaire", "models"}, {"django", "crispy_forms", "allauth"}),
    "documents": ({"typography", "deadlines", "report"}, {"django", "weasyprint", "segno", "icalendar"}),
    "middleware": ({"models", "services", "views"}, {"django"}),
    "templatetags": (EVERYTHING, {"django"}),
    "tasks": (EVERYTHING, {"django"}),
    "views": (EVERYTHING, {"django", "allauth", "breach_assistant"}),
    "management": (EVERYTHING, {"django", "breach_assistant"}),
    "urls": ({"views"}, {"django"}),
    "apps": (set(), {"django", "breach_assistant"}),
    "migrations": ({"models"}, {"django"}),
}
# Words and plain types that say what a row is: importing them brings no rule along.
BORROWED = {
    "forms": {
        "notifications.report.CERTAINTY_WORDS",
        "notifications.report.Row",
        "notifications.shared_template.content.ADVICE",
        "notifications.shared_template.content.ANSWERS",
    },
    "documents": {"notifications.obligations.Deadline", "notifications.obligations.Obligation"},
}
MODULES = [path for path in sorted(APP.rglob("*.py")) if path != APP / "__init__.py"]


def room_of(path: Path) -> str:
    return path.relative_to(APP).parts[0].removesuffix(".py")


def imported(source: str, package: str) -> Iterator[str]:
    """Full dotted names that a module of `package` imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def strangers(room: str, source: str, package: str) -> list[str]:
    """Imports that a module of this room may not have."""
    rooms, packages = ROOMS[room]
    found = []
    for name in imported(source, package):
        top, _, rest = name.partition(".")
        if top == "notifications":
            allowed = rest.partition(".")[0] in rooms | {room} or name in BORROWED.get(room, ())
        else:
            allowed = top in packages or top in sys.stdlib_module_names
        found += [] if allowed else [name]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(APP)))
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    assert room_of(path) in ROOMS, "a new room: say what it may import"
    package = ".".join(path.parent.relative_to(ROOT).parts)
    assert strangers(room_of(path), path.read_text("utf-8"), package) == []


def test_only_documents_import_the_pdf_engine_and_only_inside_a_function() -> None:
    importers = {
        room_of(path)
        for path in MODULES
        if any(name.startswith("weasyprint") for name in imported(path.read_text("utf-8"), "notifications"))
    }
    assert importers == {"documents"}
    for path in (APP / "documents").glob("*.py"):
        top = [
            node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        assert not any("weasyprint" in ast.unparse(node) for node in top), path


def test_documents_ask_the_database_for_nothing() -> None:
    for path in (APP / "documents").glob("*.py"):
        names = list(imported(path.read_text("utf-8"), "notifications.documents"))
        assert not [name for name in names if name.startswith("django.db")], path


@pytest.mark.parametrize(
    ("room", "source", "found"),
    [
        ("deadlines", "import django", ["django"]),
        ("questionnaire", "from ..catalogue import load", ["notifications.catalogue.load"]),
        ("report", "def f():\n    from ..models import Dossier", ["notifications.models.Dossier"]),
        ("forms", "from ..report import build_report", ["notifications.report.build_report"]),
        ("documents", "from notifications import models", ["notifications.models"]),
        (
            "models",
            "from notifications.services.dossiers.saving import save",
            ["notifications.services.dossiers.saving.save"],
        ),
        ("services", "import json, stdnum.fr.siren", ["stdnum.fr.siren"]),
        ("services", "from .. import report\nfrom . import journal", []),
        ("views", "from ..services.dossiers import saving\nfrom django import http", []),
    ],
)
def test_an_import_from_above_is_seen_wherever_it_stands(room: str, source: str, found: list[str]) -> None:
    assert strangers(room, source, f"notifications.{room}") == found


def test_an_import_from_above_is_seen_in_a_room_of_one_file() -> None:
    assert strangers("prefill", "from . import deadlines", "notifications") == ["notifications.deadlines"]


# A subject knows those below it; those above it know of it.
SUBJECTS = ["mail", "accounts", "incidents", "shared_templates", "dossiers", "alerts", "practices", "keeping"]
SERVICES = [path for path in MODULES if room_of(path) == "services" and path.parent != APP / "services"]


def subjects_above(path: Path) -> list[str]:
    """The imports of a service that run up the stack of subjects; `operations` stands beside it, alone."""
    own = path.relative_to(APP / "services").parts[0]
    allowed = {own} if own == "operations" else set(SUBJECTS[: SUBJECTS.index(own) + 1])
    package = ".".join(path.parent.relative_to(ROOT).parts)
    names = [name for name in imported(path.read_text("utf-8"), package) if name.startswith("notifications.services.")]
    return [name for name in names if name.split(".")[2] not in allowed | {"journal", "locks", "revisions"}]


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: str(path.relative_to(APP / "services")))
def test_an_arrow_between_subjects_runs_downwards(path: Path) -> None:
    assert subjects_above(path) == []
