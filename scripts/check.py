"""Every check, each run to its end, so that one visit shows all that is wrong. --write mends what a tool can mend."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
DJADE = str(Path(PYTHON).parent / "djade")  # a program, not a module
DJANGO = ("--target-version", "5.2")
TEMPLATES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html"))

PRODUCTION = {
    "SITE_URL": "https://example.org",
    "SECRET_KEY": "only-for-this-check-" + "0123456789abcdef" * 4,
    "OPERATOR_FILE": "docs/deploy/operator.toml",
}

Step = tuple[dict[str, str], list[str]]

CHECKS: list[Step] = [
    ({}, [PYTHON, "-m", "ruff", "format", "--check", "."]),
    ({}, [PYTHON, "-m", "ruff", "check", "."]),
    ({}, [DJADE, *DJANGO, "--check", *TEMPLATES]),
    ({}, [PYTHON, "-m", "djlint", "--quiet", "--lint", "templates"]),
    ({}, [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"]),
    (PRODUCTION, [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]),
    ({}, [PYTHON, "-m", "mypy"]),
]

WRITE: list[Step] = [
    ({}, [PYTHON, "-m", "ruff", "check", "--fix-only", "."]),
    ({}, [PYTHON, "-m", "ruff", "format", "."]),
    ({}, [DJADE, *DJANGO, *TEMPLATES]),
]


def short(command: list[str]) -> str:
    return " ".join(part for part in command if part not in TEMPLATES and part != PYTHON)


def passes(environment: dict[str, str], command: list[str], var: str) -> bool:
    print("==>", short(command), flush=True)
    # a var/ of its own: a check must not touch, nor depend on, this installation's data
    merged = {**os.environ, "SITE_URL": "", "VAR_DIR": var, **environment}
    return subprocess.run(command, cwd=ROOT, env=merged).returncode == 0


def main() -> None:
    if "--write" in sys.argv:
        run(WRITE)  # djade ends with 1 when it changed something, so its code says nothing here
        return
    failed = run(CHECKS)
    for command in failed:
        print("FAILED:", short(command), file=sys.stderr)
    sys.exit(bool(failed))


def run(steps: list[Step]) -> list[list[str]]:
    with tempfile.TemporaryDirectory() as var:
        return [command for environment, command in steps if not passes(environment, command, var)]


if __name__ == "__main__":
    main()
