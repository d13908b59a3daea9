#!/usr/bin/env python3
"""Join the parts of static/css/ into the one style sheet that pages load, var/vendor/site.css.

Runs on a bare Python (standard library only) with Node on the PATH, after `npm ci`. Does nothing when no input changed.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "static" / "css"
TARGET = ROOT / "var" / "vendor" / "site.css"
STAMP = ROOT / "var" / ".stamps" / "style-sheet"
SASS = [
    *("node", "node_modules/sass/sass.js", "--load-path=node_modules", "--style=compressed", "--no-source-map"),
    *("--quiet-deps", "--silence-deprecation=import"),  # Bootstrap 5 is written with it, and so is what joins it
]


def main() -> int:
    """Write the style sheet unless it is there as its inputs want it; return the exit code of Sass."""
    inputs = [Path(__file__), ROOT / "package-lock.json", *sorted(SOURCE.glob("*.scss"))]
    wanted = hashlib.sha256(b"\0".join(path.read_bytes() for path in inputs)).hexdigest()
    if TARGET.is_file() and STAMP.is_file() and STAMP.read_text() == wanted:
        return 0
    STAMP.parent.mkdir(parents=True, exist_ok=True)
    failed = subprocess.run([*SASS, SOURCE / "site.scss", TARGET], cwd=ROOT).returncode
    if not failed:
        STAMP.write_text(wanted)
    return failed


if __name__ == "__main__":
    sys.exit(main())
