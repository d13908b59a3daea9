"""What docs/architecture.md names is there: who reads it first should not have to search."""

import ast
import re

import pytest

from tests.dossiers import ROOT
from tests.test_layers import ROOMS

TEXT = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PLACES = re.findall(r"`([\w.-]+/[\w./-]*|\w+\.py)`", TEXT)
# « `services/mail/outbox.py` · `claim` », and « then · `publish` » of the same file
STEPS = re.findall(r"`([\w/]+\.py)`((?:[^`]*? · `\w+`)+)", TEXT)
FUNCTIONS = [(file, name) for file, names in STEPS for name in re.findall(r" · `(\w+)`", names)]


@pytest.mark.parametrize("place", sorted(set(PLACES)))
def test_each_place_is_there(place: str) -> None:
    assert (ROOT / place).exists() or (ROOT / "notifications" / place).exists()


@pytest.mark.parametrize(("file", "name"), FUNCTIONS)
def test_each_function_of_a_walk_is_in_its_file(file: str, name: str) -> None:
    tree = ast.parse((ROOT / "notifications" / file).read_text("utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def test_each_room_is_in_the_table() -> None:
    named = re.findall(r"^\| `(\w+)` \|.*\|.*\|$", TEXT.split("## The rooms")[1].split("### Subjects")[0], re.MULTILINE)
    assert named == [room for room in ROOMS if room not in ("urls", "apps", "migrations")]
