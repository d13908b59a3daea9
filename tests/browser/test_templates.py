"""A union's editor makes a template and publishes it twice; a guest on a telephone begins with it and sees the news."""

import json
import re

from tests.browser.test_accounts import sign_in
from tests.browser.test_essential import answer_by_hand, go_through
from tests.browser.test_journey import download, go_on, text_of
from tests.browser.test_pages import LOOKS, look
from tests.servers import manage
from tests.signing_in import app_code

EDITOR = "journey@union.example"
SCREENS = 8  # nine when late, as it is by now, and one to read again
FIRST, SECOND = "Première information générale de l'union.", "Une information générale qui a changé."


def editor_of(browse, server, name):
    """A browser of the editor of a new union, with a second factor."""
    manage(server.var, "make_union", name, "--editor", EDITOR)
    page = browse()
    page.goto("/compte/connexion/")
    sign_in(page, server, EDITOR)
    page.goto("/modeles/gerer/")
    page.wait_for_url("**/compte/")  # not before a second proof
    page.goto("/compte/application/")
    page.get_by_role("textbox", name="Code").fill(app_code(page.locator("code").inner_text()))
    page.get_by_role("button", name="Activer").click()
    page.wait_for_url("**/compte/codes/")
    return page


def write(page, step, **typed):
    page.goto(re.sub(r"(/modele/[^/]+/).*", rf"\1etapes/{step}/", page.url))
    for name, text in typed.items():
        page.locator(f"#id_{name}").fill(text)
    page.get_by_role("button", name="Enregistrer et revenir au modèle").click()
    page.wait_for_url(re.compile("/modele/[^/]+/$"))


def publish(page, summary):
    page.get_by_role("link", name=re.compile("^Publier")).click()
    page.get_by_label("Ce qui a changé").fill(summary)
    faults = look(page, LOOKS[:1])
    page.get_by_role("button", name=re.compile("^Publier la révision")).click()
    page.get_by_text("est publiée.").first.wait_for()
    return faults


def test_a_template_goes_from_its_editor_to_a_guest_and_its_news_too(browse, server):
    page = editor_of(browse, server, "Syndicat du parcours")
    page.goto("/modeles/gerer/")
    faults = look(page, LOOKS[:1])
    page.get_by_label("Pour quel incident").select_option("weda-2025-11")
    page.get_by_role("button", name="Commencer ce modèle").click()
    page.wait_for_url("**/modele/**")
    root = page.url
    page.goto(f"{root}etapes/donnees/")
    for option in ("civil_status", "nir", "contact"):
        page.locator(f"#id_data_categories-option-{option}").check()
    page.locator("#id_has_sensitive_data-yes").check()
    page.locator("#id_sensitive_categories-option-health").check()
    page.locator("#id_data_categories-advice").fill("Cochez large : https://www.cnil.fr/fr/aide l'explique.")
    faults += look(page, LOOKS[:1])
    page.get_by_role("button", name="Enregistrer et revenir au modèle").click()
    write(page, "violation", description=FIRST)
    write(page, "dates", dates_comment=FIRST)
    page.goto(f"{root}etapes/personnes/")
    page.locator("#id_subjects_informed-option-undetermined").check()
    page.get_by_role("button", name="Enregistrer et revenir au modèle").click()
    page.get_by_role("link", name="Publier", exact=True).click()
    page.get_by_label("Je suis habilité").check()
    faults += look(page, LOOKS[:1])
    page.get_by_role("button", name="Accepter").click()
    page.goto(root)
    faults += publish(page, "Première version.")
    faults += look(page, LOOKS[:1])
    address = page.locator("main a[href^='/m/']").first.get_attribute("href")

    guest = browse(width=390, height=844)
    guest.goto(address)
    faults += look(guest, LOOKS[1:])
    guest.set_viewport_size({"width": 390, "height": 844})
    guest.get_by_role("link", name="Commencer avec ce modèle").click()
    faults += look(guest, LOOKS[1:])
    guest.set_viewport_size({"width": 390, "height": 844})
    guest.get_by_role("button", name="Commencer").click()
    guest.get_by_text(f"question 1 sur {SCREENS}").wait_for()
    visited = go_through(guest, answer_by_hand, go_on)
    assert len(visited) == SCREENS + 2
    dossier_data = re.sub(r"verifier/", "", guest.url)

    write(page, "violation", description=SECOND)
    write(page, "dates", dates_comment=SECOND)
    publish(page, "Une information a changé.")
    guest.goto(dossier_data)
    guest.get_by_role("link", name="2 réponses à revoir").click()
    guest.get_by_text(SECOND).first.wait_for()
    guest.locator("#r-description").get_by_role("button", name="Prendre").click()
    guest.locator("#r-dates_comment").get_by_role("button", name="Garder la mienne").click()
    guest.wait_for_url(dossier_data)
    assert not guest.get_by_role("link", name="à revoir").count()
    file = json.loads(download(guest, "Enregistrer le dossier (dossier.json)"))
    assert SECOND in str(file["answers"]["description"])
    assert SECOND not in str(file["answers"]["dates_comment"])
    dossier = text_of(download(guest, "Télécharger le brouillon (PDF)"))
    assert SECOND in dossier
    assert "Syndicat du parcours" in dossier
    assert not faults
