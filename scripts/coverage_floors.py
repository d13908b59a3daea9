"""Hold the branch coverage that `make test` measured to the floors in pyproject.toml, and print what falls short."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOORS: dict[str, float] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["coverage_floors"]
REST = "the rest"


def main() -> None:
    coverage = [sys.executable, "-m", "coverage"]
    subprocess.run([*coverage, "json", "-q", "-o", "var/coverage.json"], cwd=ROOT, check=True)
    files = json.loads((ROOT / "var" / "coverage.json").read_text("utf-8"))["files"]
    rooms: dict[str, list[str]] = defaultdict(list)
    for name in files:
        rooms[next((room for room in FLOORS if name.startswith(room)), REST)].append(name)
    failed = False
    for room, floor in FLOORS.items():
        reached = measure([files[name]["summary"] for name in rooms[room]])
        failed |= reached < floor
        print(f"{'FAILED' if reached < floor else 'ok':6}  {reached:6.2f} %, floor {floor:g} %: {room}")
        if reached < floor and room != REST:
            for name in rooms[room]:
                print(describe_gaps(name, files[name]), end="")
        if room == REST and reached >= floor + 1:
            print(f"        {REST} does better by now: raise its floor in pyproject.toml to {int(reached)}")
    sys.exit(failed)


def measure(summaries: list[dict[str, int]]) -> float:
    """Lines and branches taken, of all there are; nothing measured is nothing reached."""
    there = sum(summary["num_statements"] + summary["num_branches"] for summary in summaries)
    taken = sum(summary["covered_lines"] + summary["covered_branches"] for summary in summaries)
    return 100 * taken / there if there else 0.0


def describe_gaps(name: str, file: dict[str, list]) -> str:
    lines = [str(line) for line in file["missing_lines"]]
    branches = [f"{start}→{'end' if end < 0 else end}" for start, end in file["missing_branches"]]
    return f"        {name}: {', '.join([*lines, *branches])}\n" if lines or branches else ""


if __name__ == "__main__":
    main()
