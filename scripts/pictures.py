#!/usr/bin/env python3
"""Make the pictures of the README again, from the running product: `.venv/bin/python scripts/pictures.py`.

With `--all`, every page too, at 390, 768 and 1280 px, light and dark, into var/pictures/, to be looked at before a
release. Needs what `make test` installs (Chromium, poppler-utils). Writes docs/images/.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
PUBLIC = [
    "/",
    "/incidents/weda-2025-11/",
    "/incidents/cegedim-mlm-2025/",
    "/incidents/chi-haute-comte-2025-10/",
    "/incidents/weda-2025-11/commencer/",
    "/commencer/",
    "/dossiers/",
    "/dossiers/importer/",
    "/accessibilite/",
    "/nulle-part/",
]
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "breach_assistant.settings"

import django  # noqa: E402

django.setup()

from playwright.sync_api import Page, sync_playwright  # noqa: E402

from notifications import seeds  # noqa: E402
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
            if "--all" in sys.argv:
                everything(server.url)
        finally:
            server.stop()
        dossier(var)


def guide(url: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 860}, base_url=url)
        page.goto("/incidents/weda-2025-11/commencer/")
        page.get_by_role("button", name="Commencer").click()
        page.goto(re.sub(r"(/dossiers/[^/]+/).*", r"\1etapes/violation/", page.url))
        page.screenshot(path=IMAGES / "guide.png")
        browser.close()


def everything(url: str) -> None:
    folder = ROOT / "var" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for width, scheme in product((390, 768, 1280), ("light", "dark")):
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, base_url=url)
            for name, address in pages(context.new_page()):
                page = context.new_page()
                page.goto(address)
                page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
                page.close()
            context.close()
        browser.close()


def pages(page: Page) -> Iterator[tuple[str, str]]:
    """Every page that can be opened by its address, with a dossier begun for it."""
    for name in PUBLIC:
        yield name.strip("/").replace("/", "-") or "accueil", name
    page.goto("/incidents/weda-2025-11/commencer/")
    page.get_by_role("button", name="Commencer").click()
    root = re.sub(r"(/dossiers/[^/]+/).*", r"\1", page.url)
    form = seeds.find_questionnaire()
    inside = [f"etapes/{step.slug}/" for step in form.steps]
    inside += [f"essentiel/{subject.slug}/" for subject in form.subjects if subject.slug != "retard"]
    for name in ["", *inside, "essentiel/relire/", "verifier/", "telecharger/", "lien/", "versions/kind/"]:
        yield name.strip("/").replace("/", "-") or "dossier", root + name


def dossier(folder: Path) -> None:
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
        "2025-11-20T09:00:00+01:00",
    )
    subprocess.run(
        ["pdftoppm", "-r", "80", "-png", "-f", "1", "-l", "1", "-singlefile", pdf, IMAGES / "brouillon"], check=True
    )


if __name__ == "__main__":
    main()
