"""Every page, as it is served: accessible (axe), valid HTML (Nu), no sideways scrolling, no needless cookie."""

import json
import re
import shutil
import subprocess

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings

from notifications.services import seeds

from .test_journey import begin, go_on, open_step

PUBLIC = [
    "/",
    "/incidents/weda-2025-11/",
    "/incidents/cegedim-mlm-2025/",
    "/incidents/chi-haute-comte-2025-10/",
    "/incidents/weda-2025-11/commencer/",
    "/incidents/chi-haute-comte-2025-10/commencer/",
    "/commencer/",
    "/dossiers/",
    "/dossiers/importer/",
    "/dossiers/oublier/",
    "/accessibilite/",
    "/compte/connexion/",
]
STEPS = [step.slug for step in seeds.questionnaire().steps]
VNU = settings.BASE_DIR / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


def look(page):
    """Faults of the page that is open, found by axe at its present width, folded parts opened too."""
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    faults = [f"{page.url}: {fault['id']}: {fault['nodes'][0]['html'][:200]}" for fault in found]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        faults.append(f"{page.url}: wider than the screen")
    return faults


def dossier_pages(page):
    """Opens each page of a new dossier in turn."""
    begin(page)
    root = re.sub(r"etapes/.*", "", page.url)
    yield from (page.goto(f"{root}etapes/{slug}/") for slug in STEPS)
    yield page.goto(root)
    yield page.goto(f"{root}verifier/")
    open_step(page, "organisme")
    page.get_by_label("Numéro SIREN", exact=True).fill("123 456 789")
    with page.expect_navigation() as refused:
        go_on(page)
    yield refused.value
    for city in ("Rouen", "Dieppe"):
        open_step(page, "organisme")
        page.get_by_label("Ville").fill(city)
        go_on(page)
    yield page.goto(f"{root}versions/city/")
    yield page.goto("/dossiers/oublier/")  # now with a dossier
    page.goto(f"{root}lien/")
    with page.expect_navigation() as made:
        page.get_by_role("button", name="Créer un lien privé").click()
    yield made.value
    yield page.goto(page.locator(".secret-address").inner_text())


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_axe_finds_nothing(browse, width, scheme):
    page = browse(width=width, color_scheme=scheme)
    faults = []
    for address in PUBLIC:
        page.goto(address)
        faults += look(page)
    for _ in dossier_pages(page):
        faults += look(page)
    page.goto("/dossiers/")  # now with a dossier
    faults += look(page)
    assert not faults


def test_nu_finds_no_error(browse, tmp_path):
    if not VNU.exists() or not shutil.which("java"):
        pytest.skip("JAVA OR vnu-jar IS MISSING: the HTML was not checked")
    page = browse()
    for number, address in enumerate(PUBLIC):
        (tmp_path / f"public-{number}.html").write_bytes(page.goto(address).body())
    for number, response in enumerate(dossier_pages(page)):
        (tmp_path / f"dossier-{number}.html").write_bytes(response.body())
    done = subprocess.run(
        ["java", "-jar", VNU, "--format", "json", "--errors-only", *sorted(tmp_path.glob("*.html"))],
        capture_output=True,
        text=True,
    )
    messages = json.loads(done.stderr)["messages"]
    assert not [f"{each['url'][-20:]}: {each['message']}: {each.get('extract', '')[:150]}" for each in messages]


def test_a_first_visit_is_light_and_public_pages_set_no_cookie(browse):
    page = browse()
    sizes = []
    page.on("response", lambda response: sizes.append(response.request.sizes()["responseBodySize"]))
    page.goto("/", wait_until="networkidle")
    page.goto("/incidents/weda-2025-11/", wait_until="networkidle")
    assert sum(sizes) <= 100_000
    assert page.context.cookies() == []


def test_a_page_after_the_first_is_lighter_still(browse):
    page = browse()
    begin(page)
    page.wait_for_load_state("networkidle")
    sizes = {}
    page.on("response", lambda response: sizes.update({response.url: response.request.sizes()["responseBodySize"]}))
    for slug in ("dates", "violation", "autres-notifications"):
        sizes.clear()
        open_step(page, slug)
        page.wait_for_load_state("networkidle")
        assert sum(sizes.values()) <= 20_000, sizes
