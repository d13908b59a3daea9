#!/usr/bin/env python3
"""Print figures of the code, and with --beside REVISION those of another revision next to them.

They are alarms, not targets: where one stands out, read the code. Names are judged by their first word (words.toml),
properties and names with two underscores at each end left out. With --walk, one autosave is run under a profiler: the
functions of ours that it enters (comprehensions apart), and its queries beside BEGIN and COMMIT.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from types import CodeType, FrameType

ROOT = Path(__file__).resolve().parent.parent
APP = ("notifications/", "breach_assistant/")
AROUND = ("manage.py", "scripts/", "benchmarks/")
AUTOSAVE = ("/incidents/weda-2025-11/commencer/", "etapes/organisme/")  # where a dossier starts, and one of its pages

WORDS = {
    kind: set(words.split()) for kind, words in tomllib.loads((ROOT / "scripts" / "words.toml").read_text()).items()
}
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
INCLUDE = re.compile(r'{%\s*include\s+"([^"]+)"')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", metavar="REVISION", help="another revision, read from git without a checkout")
    parser.add_argument("--walk", action="store_true", help="run one autosave, too")
    parser.add_argument("--walk-in", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.walk_in:
        print(json.dumps(walk(Path(options.walk_in))))
        return
    with tempfile.TemporaryDirectory() as folder:
        trees = {"this tree": ROOT}
        if options.beside:
            archive = subprocess.run(["git", "archive", options.beside], cwd=ROOT, check=True, capture_output=True)
            subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
            trees = {options.beside: Path(folder), **trees}
        columns = [measure(root, options.walk) for root in trees.values()]
    print(" " * 56, *(f"{name:>44}" for name in trees))
    for label in columns[-1]:
        print(f"{label:56}", *(f"{column.get(label, '?'):>44}" for column in columns))


def measure(root: Path, walking: bool) -> dict[str, str]:
    figures = {**measure_python(root), **measure_templates(root)}
    sheets = [path for path in (root / "static" / "css").rglob("*.*css") if path.name != "pdf.css"]
    figures["lines of style sheets (that of the PDF apart)"] = f"{sum(map(count_lines, sheets)):,}"
    if walking:
        command = [sys.executable, __file__, "--walk-in", str(root)]
        walked = subprocess.run(command, cwd=root, capture_output=True, text=True)
        if walked.returncode:  # an older revision may want packages that are not installed any more
            print(walked.stderr, "One autosave could not be run in this tree.", file=sys.stderr)
        else:
            figures |= json.loads(walked.stdout.splitlines()[-1])
    return figures


# -- Python ---------------------------------------------------------------------------------------------


def measure_python(root: Path) -> dict[str, str]:
    modules = list(find_modules(root, APP))
    lines = {path: count_lines(path) for path in modules}
    functions = [
        (node, path)
        for path in modules
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, FUNCTION)
    ]
    names = [
        [word for word in node.name.split("_") if word]
        for node, path in functions
        if root / "notifications" in path.parents
        and not node.name.startswith("__")
        and not any("property" in ast.unparse(decorator) for decorator in node.decorator_list)
    ]
    length, longest = max((node.end_lineno - node.lineno + 1, node.name) for node, _ in functions)
    largest = max(modules, key=lambda path: lines[path])
    around = sum(map(count_lines, find_modules(root, AROUND)))
    return {
        "lines of the application": f"{sum(lines.values()):,}",
        "with manage.py, scripts and benchmarks": f"{sum(lines.values()) + around:,}",
        "functions for 100 lines": f"{100 * len(functions) / sum(lines.values()):.1f}",
        "names of functions: one word": share(len(words) == 1 for words in names),
        "names of functions: a bare participle": share(len(words) == 1 and is_participle(words[0]) for words in names),
        "names of functions: a verb first": share(is_verb(words) for words in names),
        "longest function": f"{length} ({longest})",
        "largest module": f"{lines[largest]} ({largest.relative_to(root)})",
        "modules over 400 lines": str(sum(count > 400 for count in lines.values())),
    }


def find_modules(root: Path, places: tuple[str, ...]) -> Iterator[Path]:
    for place in places:
        for path in [root / place] if place.endswith(".py") else sorted((root / place).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def count_lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def is_verb(words: list[str]) -> bool:
    if words[0] in WORDS["nouns_alone"]:
        return len(words) > 1
    return words[0] in WORDS["verbs"] or words[0].removesuffix("s") in WORDS["verbs"] - WORDS["nouns_alone"]


def is_participle(word: str) -> bool:
    return word in WORDS["participles"] or (word.endswith("ed") and word not in WORDS["no_participles"])


def share(flags: Iterator[bool]) -> str:
    counted = Counter(flags)
    return f"{100 * counted[True] / counted.total():.0f} %"


# -- templates ------------------------------------------------------------------------------------------


def measure_templates(root: Path) -> dict[str, str]:
    folder = root / "templates"
    texts = {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*.*")}
    includes = {name: [part for part in INCLUDE.findall(text) if part in texts] for name, text in texts.items()}
    times = Counter(part for parts in includes.values() for part in parts)
    once = [name for name, count in times.items() if count == 1]

    @cache
    def depth(name: str) -> int:
        return 1 + max((depth(part) for part in includes[name] if part != name), default=0)

    return {
        "templates": str(len(texts)),
        "partials included once": str(len(once)),
        "of these under 25 lines": str(sum(len(texts[name].splitlines()) < 25 for name in once)),
        "longest chain of includes, its page counted": str(max(map(depth, texts))),
        "uses of |typo": str(sum(len(re.findall(r"\|typo\b", text)) for text in texts.values())),
    }


# -- one autosave ---------------------------------------------------------------------------------------


@contextmanager
def count_calls(root: Path) -> Iterator[Counter[CodeType]]:
    """Count the calls of each of our functions that is entered meanwhile, comprehensions apart."""
    calls: Counter[CodeType] = Counter()
    ours = tuple(str(root / place) for place in APP)

    def note_call(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(ours) and frame.f_code.co_name[0] != "<":
            calls[frame.f_code] += 1

    sys.setprofile(note_call)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def walk(root: Path) -> dict[str, str]:
    """Save one field of a new dossier twice, as its page does; measure the second time, when all caches are warm."""
    sys.path.insert(0, str(root))
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"VAR_DIR": folder, "DJANGO_SETTINGS_MODULE": "breach_assistant.settings", "SITE_URL": ""}
        os.environ.pop("DATABASE_URL", None)
        import django
        from django.conf import settings
        from django.core.management import call_command
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
        django.setup()
        with redirect_stdout(io.StringIO()):
            for command in ("prepare_database", "migrate", "load_seeds"):
                call_command(command)
        client = Client(SERVER_NAME="127.0.0.1")
        begun = client.post(AUTOSAVE[0], {"timezone": "Europe/Paris"})
        address = re.match(r"/dossiers/[^/]+/", begun["Location"])[0] + AUTOSAVE[1]
        base = re.search(r'name="base" value="(\d+)"', client.get(address).content.decode())[1]
        save = {"base": base, "keys": ["city"], "city": "Rouen"}
        base = client.post(address, save, headers={"accept": "application/json"}).json()["version"]
        save = {"base": base, "keys": ["postcode"], "postcode": "76000"}
        with CaptureQueriesContext(connection) as queries, count_calls(root) as calls:
            saved = client.post(address, save, headers={"accept": "application/json"}).json()["saved"]
    if saved != ["postcode"]:
        sys.exit("The page did not save what it was sent: what a dossier's first page asks must have changed.")
    statements = [query["sql"] for query in queries if not re.match("BEGIN|COMMIT", query["sql"])]
    return {
        "one autosave: functions entered": str(len(calls)),
        "one autosave: in so many files": str(len({code.co_filename for code in calls})),
        "one autosave: calls": f"{calls.total():,}",
        "one autosave: queries": str(len(statements)),
    }


if __name__ == "__main__":
    main()
