"""The main journey in a real browser: from the Weda incident to a PDF draft."""

import json
import re
from pathlib import Path

import pytest

from tests.documents.reading import texts

STEPS = 14


def begin(page, at="etapes/type/"):
    """A new dossier, open at one of its pages, without the way there."""
    request, address = page.context.request, "/incidents/weda-2025-11/commencer/"
    request.get(address)
    [token] = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrftoken"]
    form = {"csrfmiddlewaretoken": token, "timezone": "Europe/Paris"}
    begun = request.post(address, form=form, max_redirects=0)
    root = re.match(r"/dossiers/[^/]+/", begun.headers["location"])[0]
    page.goto(root + at)


def begin_at_home(page):
    """From the home page to the first step of a new dossier."""
    page.goto("/")
    page.get_by_role("link", name=re.compile("Weda")).first.click()
    page.get_by_role("link", name="Commencer").first.click()
    page.get_by_role("button", name="Commencer").click()
    page.wait_for_url("**/essentiel/quand/")
    open_step(page, "type")


def go_on(page):
    with page.expect_navigation():
        page.get_by_role("button", name="Enregistrer et continuer").click()


def fill(page):
    """What the doctor of this journey says on the page that is open."""
    if "etapes/organisme" in page.url:
        page.get_by_label("Numéro SIREN", exact=True).fill("123 456 782")
        page.get_by_label("Dénomination").fill("Cabinet du Dr Exemple")
    if "etapes/dates" in page.url:
        aware = page.locator("#q-aware_at")
        aware.get_by_label("Jour").fill("2025-11-12")
        aware.get_by_label(re.compile("Heure")).fill("18:07")
    if "etapes/violation" in page.url:
        page.get_by_label(re.compile("^Conserver la réponse à : Nature de la violation")).check()


def open_step(page, slug):
    page.goto(re.sub(r"(/dossiers/[^/]+/).*", rf"\1etapes/{slug}/", page.url))


def download(page, name):
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name).first.click()
    return Path(waiting.value.path()).read_bytes()


def text_of(data):
    return re.sub(r"\s+", " ", " ".join(texts(data)))


@pytest.mark.parametrize(
    ("width", "javascript"), [(1280, True), pytest.param(390, True, marks=pytest.mark.slow), (390, False)]
)
def test_a_doctor_goes_from_the_incident_to_a_pdf(browse, width, javascript):
    page = browse(width=width, javascript=javascript)
    begin_at_home(page)

    titles = []
    while "verifier" not in page.url:
        assert len(titles) <= STEPS, titles
        titles.append(page.get_by_role("heading", level=1).inner_text())
        fill(page)
        go_on(page)

    assert len(set(titles)) == STEPS  # one came twice: late, so that the reasons were asked
    page.get_by_text("samedi 15 novembre 2025 à 18 h 07 (heure de Paris)").first.wait_for()

    page.get_by_role("link", name="Télécharger le brouillon").first.click()
    page.wait_for_url("**/telecharger/")
    dossier = text_of(download(page, "Télécharger le brouillon (PDF)"))
    for words in ("BROUILLON", "Cabinet du Dr Exemple", "123456782", "mercredi 12 novembre 2025 à 18 h 07"):
        assert words in dossier
    assert re.search(r"Perte de la confidentialité\W+suspectée", dossier)

    file = json.loads(download(page, "Enregistrer le dossier (dossier.json)"))
    assert file["answers"]["aware_at"]["value"] == "2025-11-12T18:07:00+01:00"
    assert file["answers"]["nature"]["reviewed"] is True
    assert file["answers"]["origins"]["reviewed"] is False
    assert file["deadlines"][0]["due_at"] == "2025-11-15T17:07:00Z"


def test_a_refused_value_loses_neither_the_typed_text_nor_the_rest(browse):
    page = browse()
    begin(page, "etapes/organisme/")
    page.get_by_label("Numéro SIREN", exact=True).fill("123 456 789")
    page.get_by_label("Dénomination").fill("Cabinet du Port")
    go_on(page)

    summary = page.get_by_role("alert")
    summary.get_by_text("Ce SIREN n'est pas valide").wait_for()
    assert page.get_by_label("Numéro SIREN", exact=True).input_value() == "123 456 789"
    assert page.title().startswith("Erreur")
    page.reload()  # asks again for the same page: what was not refused is there
    open_step(page, "organisme")
    assert page.get_by_label("Dénomination").input_value() == "Cabinet du Port"
    assert page.get_by_label("Numéro SIREN", exact=True).input_value() == ""


def test_two_tabs_never_overwrite_each_other_in_silence(browse):
    """Pages that are only sent; those that save by themselves have tests of their own."""
    first = browse(javascript=False)
    begin(first, "etapes/organisme/")
    second = first.context.new_page()
    second.goto(first.url)
    first.get_by_label("Dénomination").fill("Cabinet de l'Est")
    second.get_by_label("Dénomination").fill("Cabinet de l'Ouest")
    second.get_by_label("Ville").fill("Dieppe")
    go_on(first)
    first.wait_for_url("**/etapes/responsable/")
    go_on(second)

    second.get_by_text("a changé ailleurs").first.wait_for()
    second.get_by_text("Cabinet de l'Est").last.wait_for()
    assert second.get_by_label("Dénomination").input_value() == "Cabinet de l'Ouest"
    open_step(first, "organisme")
    assert first.get_by_label("Dénomination").input_value() == "Cabinet de l'Est"
    assert first.get_by_label("Ville").input_value() == "Dieppe"
    go_on(second)  # now knowingly
    second.wait_for_url("**/etapes/responsable/")
    open_step(first, "organisme")
    assert first.get_by_label("Dénomination").input_value() == "Cabinet de l'Ouest"


def test_an_acknowledged_page_survives_a_killed_server(browse, server):
    page = browse()
    begin(page, "etapes/organisme/")
    page.get_by_label("Dénomination").fill("Cabinet du Phare")
    go_on(page)
    page.wait_for_url("**/etapes/responsable/")
    server.kill()
    server.start()
    open_step(page, "organisme")
    assert page.get_by_label("Dénomination").input_value() == "Cabinet du Phare"


def test_a_saved_file_comes_back_in_another_browser(browse, tmp_path):
    page = browse()
    begin(page, "etapes/organisme/")
    page.get_by_label("Dénomination").fill("Cabinet du Retour")
    go_on(page)
    page.wait_for_url("**/etapes/responsable/")
    page.goto(re.sub(r"etapes/.*", "telecharger/", page.url))
    file = tmp_path / "dossier.json"
    file.write_bytes(download(page, "Enregistrer le dossier (dossier.json)"))

    other = browse(width=390)
    assert other.goto(page.url).status == 404
    other.goto("/")
    other.get_by_role("link", name=re.compile("Reprendre un fichier")).first.click()
    other.get_by_label("Fichier dossier.json").set_input_files(file)
    other.get_by_role("button", name="Reprendre ce dossier").click()
    other.wait_for_url("**/verifier/")
    other.get_by_text("Cabinet du Retour").first.wait_for()


def test_the_keyboard_alone_is_enough(browse):
    page = browse(reduced_motion="no-preference")
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.classList.contains('skip-link')")
    begin_at_home(page)
    open_step(page, "violation")
    tick = page.get_by_label(re.compile("^Conserver la réponse à : Nature"))
    tab_to(page, tick)
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Enregistrer et continuer"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/etapes/donnees/")
    open_step(page, "violation")
    assert page.get_by_label("Perte de la confidentialité", exact=True).is_checked()


def tab_to(page, target):
    for _ in range(200):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("the keyboard never got there")
