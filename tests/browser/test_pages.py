"""Every page, as it is served: accessible (axe), valid HTML (Nu), no sideways scrolling, no needless cookie."""

import itertools
import json
import re
import shutil
import subprocess

import pytest
from axe_playwright_python.base import AXE_SCRIPT
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
    "/modeles/",
    "/m/exemple-weda/",
    "/m/exemple-weda/commencer/",
    "/compte/connexion/",
]
STEPS = [step.slug for step in seeds.questionnaire().steps]
JAVA = ["java", "-Xss4m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]  # for a run of seconds
VNU = settings.BASE_DIR / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


LOOKS = [(320, "light"), (1280, "dark")]
# Axe reads the same few colours thousands of times, slowly; here each is read once.
EACH_COLOUR_ONCE = """(() => {
  const { Color } = axe.commons.color, parse = Color.prototype.parseString, known = new Map();
  Color.prototype.parseString = function (text) {
    if (known.has(text)) [this.r, this.g, this.b, this.alpha] = known.get(text);
    else known.set(text, (parse.call(this, text), [this.r, this.g, this.b, this.alpha]));
    return this;
  };
})()"""


def look(page, looks):
    """Faults of the page that is open, found by axe in these looks, folded parts opened too; at no width is it wider
    than the screen."""
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.evaluate(f"{AXE_SCRIPT}; {EACH_COLOUR_ONCE}")
    return [fault for width, scheme in LOOKS for fault in faults_at(page, width, scheme, (width, scheme) in looks)]


def faults_at(page, width, scheme, thoroughly):
    page.set_viewport_size({"width": width, "height": 900})
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        yield f"{page.url}: wider than {width}"
    if not thoroughly:
        return
    page.emulate_media(color_scheme=scheme)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] }).then(found => found.violations)")
    for fault in found:
        yield f"{page.url} ({width}, {scheme}): {fault['id']}: {fault['nodes'][0]['html'][:200]}"


def dossier_pages(page):
    """Opens each page of a new dossier in turn."""
    begin(page)
    root = re.sub(r"etapes/.*", "", page.url)
    yield from (page.goto(f"{root}etapes/{slug}/") for slug in STEPS)
    yield page.goto(root)
    yield page.goto(f"{root}verifier/")
    yield page.goto(f"{root}recopie/")
    yield page.goto(f"{root}rappels/")
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
    yield from filing_pages(page, root)


def filing_pages(page, root):
    """A filing refused, then recorded, and what follows from it."""
    page.goto(f"{root}depot/")
    with page.expect_navigation() as refused:
        page.get_by_role("button", name="Consigner ce dépôt").click()
    yield refused.value
    page.get_by_label("Jour").fill("2025-11-14")
    page.get_by_label("Heure").fill("09:30")
    with page.expect_navigation():
        page.get_by_role("button", name="Consigner ce dépôt").click()
    open_step(page, "organisme")
    page.get_by_label("Ville").fill("Rouen")
    go_on(page)
    yield from (page.goto(root + name) for name in ("complement/", "depot/", "etapes/type/", "journal/", "effacer/"))


@pytest.fixture(params=[1, pytest.param(2, marks=pytest.mark.slow)], ids=["a look each", "all looks"])
def looks(request, seeded):
    """The looks in which each page in turn is gone through: one, by turns from a seed, or all of them."""
    first = seeded.randrange(len(LOOKS))
    return itertools.cycle([(LOOKS + LOOKS)[at : at + request.param] for at in (first, first + 1)])


def test_axe_finds_nothing_in_a_dossier(browse, looks):
    page = browse()
    faults = [fault for _ in dossier_pages(page) for fault in look(page, next(looks))]
    page.goto("/dossiers/")  # now with a dossier
    assert not faults + look(page, next(looks))


def test_axe_finds_nothing_on_public_pages(browse, looks):
    page = browse()
    faults = []
    for address in PUBLIC:
        page.goto(address)
        faults += look(page, next(looks))
    assert not faults


def test_nu_finds_no_error(browse, tmp_path):
    if not VNU.exists() or not shutil.which("java"):
        pytest.skip("JAVA OR vnu-jar IS MISSING: the HTML was not checked")
    page = browse(javascript=False)
    for number, address in enumerate(PUBLIC):
        (tmp_path / f"public-{number}.html").write_bytes(page.goto(address).body())
    for number, response in enumerate(dossier_pages(page)):
        (tmp_path / f"dossier-{number}.html").write_bytes(response.body())
    done = subprocess.run(
        [*JAVA, "-jar", VNU, "--format", "json", "--errors-only", *sorted(tmp_path.glob("*.html"))],
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
