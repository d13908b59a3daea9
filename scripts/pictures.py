#!/usr/bin/env python3
"""Make the pictures of the README again, from the running product: `.venv/bin/python scripts/pictures.py`.

Needs what `make test` installs (Chromium, poppler-utils). Writes docs/images/.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "breach_assistant.settings"

from playwright.sync_api import sync_playwright  # noqa: E402

from tests.browser.conftest import ARGUMENTS, CHROMIUM  # noqa: E402
from tests.servers import Server, manage  # noqa: E402


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        for step in ("prepare_database", "migrate", "load_seeds"):
            manage(var, step)
        server = Server(var).start()
        try:
            guide(server.url)
        finally:
            server.stop()
        draft(var)


def guide(url: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 860}, base_url=url)
        page.goto("/incidents/weda-2025-11/commencer/")
        page.get_by_role("button", name="Commencer").click()
        page.goto(re.sub(r"etapes/.*", "etapes/violation/", page.url))
        page.screenshot(path=IMAGES / "guide.png")
        browser.close()


def draft(folder: Path) -> None:
    pdf = folder / "brouillon.pdf"
    answers = ROOT / "examples" / "cabinet-weda.toml"
    manage(
        folder,
        "draft",
        "weda-2025-11",
        "--answers",
        str(answers),
        "--pdf",
        str(pdf),
        "--now",
        "2025-11-13T09:00:00+01:00",
    )
    subprocess.run(
        ["pdftoppm", "-r", "80", "-png", "-f", "1", "-l", "1", "-singlefile", pdf, IMAGES / "brouillon"], check=True
    )


if __name__ == "__main__":
    main()
