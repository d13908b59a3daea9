"""Every page, as it is served: accessible (axe), valid HTML (Nu), no sideways scrolling, no needless cookie."""

import itertools
import json
import re
import shutil
import subprocess

import pytest
from django.conf import settings

from notifications import seeds
from tests.browser.looking import LOOKS, look
from tests.browser.test_accounts import sign_in
from tests.browser.test_journey import begin, go_on, open_step
from tests.browser.test_practices import invitation_to

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
    "/vos-donnees/",
    "/mentions-legales/",
    "/modeles/",
    "/m/exemple-weda/",
    "/m/exemple-weda/commencer/",
    "/compte/connexion/",
]
STEPS = [step.slug for step in seeds.find_questionnaire().steps]
JAVA = ["java", "-Xss4m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]  # for a run of seconds
VNU = settings.BASE_DIR / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"


def public_pages(page):
    yield from (page.goto(address) for address in PUBLIC)


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
    yield submitted(page, "Créer un lien privé")
    yield page.goto(page.locator(".secret-address").inner_text())
    yield from filing_pages(page, root)


def filing_pages(page, root):
    """A filing refused, then recorded, and what follows from it."""
    page.goto(f"{root}depot/")
    yield submitted(page, "Consigner ce dépôt")
    page.get_by_label("Jour").fill("2025-11-14")
    page.get_by_label("Heure").fill("09:30")
    submitted(page, "Consigner ce dépôt")
    open_step(page, "organisme")
    page.get_by_label("Ville").fill("Rouen")
    go_on(page)
    yield from (page.goto(root + name) for name in ("complement/", "depot/", "etapes/type/", "journal/", "effacer/"))
    yield page.goto("/dossiers/")  # now with a dossier


def account_pages(page, server):
    """What a doctor has once signed in: a dossier, and a practice to which it is entrusted."""
    page.goto("/compte/connexion/?next=/cabinets/")
    sign_in(page, server, "dr.pages@example.org")
    yield page.goto("/cabinets/")  # none yet
    begin(page)
    dossier_data = re.match(r".*/dossiers/[^/]+/", page.url)[0]
    yield from (page.goto(address) for address in ("/compte/effacer/", "/registre/", "/tableau/", "/cabinets/nouveau/"))
    yield submitted(page, "Créer le cabinet")  # refused
    page.get_by_label("Nom du cabinet").fill("Cabinet du Dr Pages")
    page.get_by_label(re.compile("^Responsable de traitement")).check()
    yield submitted(page, "Créer le cabinet")  # its profile
    practice = page.url.removesuffix("fiche/")
    yield page.goto(f"{dossier_data}cabinet/")
    page.get_by_label("Cabinet du Dr Pages").check()
    yield submitted(page, "Confier ce dossier")
    yield page.goto(f"{dossier_data}propositions/")
    yield page.goto(f"{dossier_data}relecture/")
    page.get_by_label("Qui va relire").fill("Dr Lecture")
    yield submitted(page, "Créer un lien de relecture")
    yield page.goto(page.locator(".secret-address").inner_text())
    yield from practice_pages(page, server, practice)
    yield from group_pages(page)


def practice_pages(page, server, practice):
    yield from (page.goto(practice + name) for name in ("", "commencer/", "exporter/", "effacer/", "equipe/"))
    page.get_by_label(re.compile("^Adresse")).fill("dr.new@example.org")
    page.get_by_label(re.compile("^Membre")).check()
    yield submitted(page, "Envoyer l’invitation")
    yield page.goto(invitation_to(page, server, "dr.new@example.org"))
    yield page.goto("/cabinets/")


def group_pages(page):
    """Many practices at once: a group, its files in one, the board, a roster."""
    yield page.goto("/groupes/nouveau/")
    page.get_by_label(re.compile("Weda")).check()
    page.get_by_label("Nom du groupe").fill("MSP des Pages")
    page.get_by_role("textbox", name="Nouveaux cabinets").fill("Cabinet du Dr Nouveau")
    yield submitted(page, "Commencer tous les dossiers")
    group = page.url
    yield page.goto(f"{group}communes/")
    yield page.goto("/tableau/")
    yield page.goto("/tableau/importer/")
    page.get_by_label("Fichier CSV").set_input_files(settings.BASE_DIR / "examples" / "cabinets.csv")
    yield submitted(page, "Vérifier ce fichier")
    page.goto(group)
    submitted(page, "Tous les brouillons en PDF (zip)")
    page.get_by_role("link", name="Télécharger le fichier (zip)").wait_for()
    yield page.goto(page.url)


def submitted(page, button):
    """The answer to a form."""
    with page.expect_navigation() as answer:
        page.get_by_role("button", name=button).click()
    return answer.value


@pytest.fixture(params=[1, pytest.param(2, marks=pytest.mark.slow)], ids=["a look each", "all looks"])
def looks(request, seeded):
    """The looks in which each page in turn is gone through: one, by turns from a seed, or all of them."""
    first = seeded.randrange(len(LOOKS))
    return itertools.cycle([(LOOKS + LOOKS)[at : at + request.param] for at in (first, first + 1)])


def test_axe_and_nu_find_nothing(browse, server, looks, tmp_path):
    page = browse()
    faults = []
    visits = itertools.chain(public_pages(page), dossier_pages(page), account_pages(page, server))
    for number, response in enumerate(visits):
        (tmp_path / f"{number}.html").write_bytes(response.body())
        faults += look(page, next(looks))
    assert not faults
    if not VNU.exists() or not shutil.which("java"):
        pytest.skip("JAVA OR vnu-jar IS MISSING: the HTML was not checked")
    assert not found_by_nu(tmp_path)


def found_by_nu(folder):
    """Errors in the HTML of all pages of a folder, as they were sent."""
    done = subprocess.run(
        [*JAVA, "-jar", VNU, "--format", "json", "--errors-only", *sorted(folder.glob("*.html"))],
        capture_output=True,
        text=True,
    )
    messages = json.loads(done.stderr)["messages"]
    return [f"{each['url'][-20:]}: {each['message']}: {each.get('extract', '')[:150]}" for each in messages]


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
