"""From a guest's dossier to a house of six controllers: account, practice, manager, group, board, zip."""

import io
import re
import zipfile

import pypdf
from playwright.sync_api import expect

from tests.browser.test_accounts import next_mail, sign_in
from tests.browser.test_autosave import begin

DOCTORS = ["Martin", "Durand", "Petit", "Moreau", "Garnier", "Lambert"]


def invitation_to(page, server, address):
    """The link of the invitation that was mailed to this address."""
    return re.search(r"https?://\S+(/invitations/\S+/)", next_mail(page, server, address))[1]


def test_a_house_of_six_doctors_prepares_its_dossiers_together(browse, server):
    doctor = browse()
    begin(doctor)
    dossier_data = re.sub(r"etapes/.*", "", doctor.url)
    doctor.goto(f"{dossier_data}rattacher/")
    doctor.get_by_role("link", name="Me connecter, ou créer un compte").click()
    sign_in(doctor, server, "dr.owner@example.org")
    doctor.get_by_role("button", name="Rattacher ce dossier").click()
    doctor.get_by_text("Le dossier est rattaché à votre compte.").wait_for()

    doctor.goto("/cabinets/nouveau/")
    doctor.get_by_label("Nom du cabinet").fill("Cabinet du Dr Martin")
    doctor.get_by_label(re.compile("^Responsable de traitement")).check()
    doctor.get_by_role("button", name="Créer le cabinet").click()
    practice = re.search(r"/cabinets/[^/]+/", doctor.url)[0]
    doctor.goto(f"{dossier_data}cabinet/")
    doctor.get_by_label("Cabinet du Dr Martin").check()
    doctor.get_by_role("button", name="Confier ce dossier").click()
    doctor.goto(f"{dossier_data}propositions/")
    doctor.get_by_role("button", name="Prendre la proposition : Dénomination").click()
    doctor.get_by_text("Le dossier est à jour.").wait_for()
    doctor.goto(f"{practice}equipe/")
    doctor.get_by_label(re.compile("Adresse")).fill("manager@example.org")
    doctor.get_by_label(re.compile("^Gestionnaire")).check()
    doctor.get_by_role("button", name="Envoyer l’invitation").click()
    doctor.get_by_role("heading", name="manager@example.org").wait_for()

    manager = browse()
    manager.goto(invitation_to(manager, server, "manager@example.org"))
    manager.get_by_role("link", name="Me connecter, ou créer un compte").click()
    sign_in(manager, server, "manager@example.org")
    manager.get_by_role("button", name="Rejoindre ce cabinet").click()
    manager.goto(dossier_data)
    expect(manager.get_by_role("heading", level=1)).to_be_visible()

    manager.goto("/groupes/nouveau/")
    manager.get_by_label(re.compile("Weda")).check()
    manager.get_by_label("Nom du groupe").fill("MSP des Tilleuls")
    manager.get_by_label("Cabinet du Dr Martin").check()
    manager.locator("#id_newcomers").fill("\n".join(f"Cabinet du Dr {name}" for name in DOCTORS[1:]))
    manager.get_by_role("button", name="Commencer tous les dossiers").click()
    manager.get_by_role("heading", name="MSP des Tilleuls", level=1).wait_for()
    group = manager.url
    manager.get_by_role("link", name="Écrire les réponses communes").click()
    manager.locator("#id_city").fill("Besançon")
    manager.get_by_role("button", name="Enregistrer", exact=True).click()
    manager.get_by_role("button", name=re.compile("^Reporter dans les dossiers")).click()

    manager.goto("/tableau/")
    for name in DOCTORS:
        expect(manager.get_by_role("row", name=re.compile(f"Dr {name}"))).to_be_visible()
    manager.goto(group)
    manager.get_by_role("button", name="Tous les brouillons en PDF (zip)").click()
    manager.get_by_text("Les 6 dossiers sont prêts.").wait_for(timeout=60_000)
    with manager.expect_download() as download:
        manager.get_by_role("link", name="Télécharger le fichier (zip)").click()
    texts = dossiers_in(download.value.path().read_bytes())
    assert len(texts) == 6
    assert all(any(f"Dr {name}" in text for text in texts) for name in DOCTORS)
    assert sum("Besançon" in text for text in texts) >= 5  # the first dossier's doctor may have answered


def dossiers_in(content):
    """The text of each PDF of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        names = [name for name in files.namelist() if name.endswith(".pdf")]
        readers = [pypdf.PdfReader(io.BytesIO(files.read(name))) for name in names]
    return ["\n".join(page.extract_text() for page in reader.pages) for reader in readers]
