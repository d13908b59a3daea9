"""From a guest's dossier to an account, by keyboard; a session that ends while somebody writes; a passkey."""

import email
import email.policy
import re

from playwright.sync_api import expect

from tests.browser.looking import LOOKS, look
from tests.browser.test_autosave import CITY, SAVED, begin, open_step, says
from tests.signing_in import app_code, mailed_code

EXPIRED = re.compile("^Non enregistré\u00a0: votre session a expiré")


def mails_to(server, address):
    """Those that left for this address, the oldest first."""
    files = sorted((server.var / "mails").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    mails = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
    return [mail for mail in mails if mail["To"] == address.lower()]


def next_mail(page, server, address, known=0):
    """The mail to this address after `known` others, once the worker has sent it."""
    for _ in range(200):
        if len(mails := mails_to(server, address)) > known and mails[-1].get_content().strip():
            return mails[-1].get_content()
        page.wait_for_timeout(100)
    raise AssertionError(f"no mail to {address}")


def sign_in(page, server, address):
    """On the page that asks for the address, with the keyboard alone."""
    known = len(mails_to(server, address))
    page.get_by_label("Votre adresse électronique").focus()
    page.keyboard.type(address)
    page.keyboard.press("Enter")
    page.get_by_label("Code reçu").focus()
    page.keyboard.type(mailed_code(next_mail(page, server, address, known)))
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_guest_s_dossier_follows_its_doctor_to_another_browser(browse, server, seeded):
    address = "dr.follows@example.org"
    page, faults = browse(), []
    begin(page)
    home = re.sub(r"etapes/.*", "", page.url)
    page.goto("/dossiers/")
    page.get_by_role("link", name=re.compile("^Rattacher à mon compte")).press("Enter")
    faults += look(page, seeded.sample(LOOKS, 1))
    page.get_by_role("link", name="Me connecter, ou créer un compte").press("Enter")
    sign_in(page, server, address)
    page.wait_for_url("**/rattacher/")
    page.get_by_role("button", name="Rattacher ce dossier").press("Enter")
    page.get_by_text("Le dossier est rattaché à votre compte.").wait_for()

    other = browse()
    assert other.goto(home).status == 404
    other.get_by_role("link", name="me connecter").click()
    sign_in(other, server, address.upper())
    other.wait_for_url("**/dossiers/")
    assert other.goto(home).status == 200

    for name in ("", "adresse/", "deconnexion/", "application/", "cles/ajouter/"):
        other.goto(f"/compte/{name}")
        faults += look(other, seeded.sample(LOOKS, 1))
    other.goto("/compte/application/")
    other.get_by_role("textbox", name="Code").fill(app_code(other.locator("code").inner_text()))
    other.get_by_role("button", name="Activer").click()
    other.wait_for_url("**/compte/codes/")
    assert other.locator("code").count() == 10
    faults += look(other, seeded.sample(LOOKS, 1))
    page.goto("/compte/")
    assert page.url.endswith("/compte/connexion/?next=/compte/")  # a new proof ends the other sessions
    sign_in(page, server, address)
    page.wait_for_url("**/compte/connexion/preuve/")
    faults += look(page, seeded.sample(LOOKS, 1))
    assert not faults


def test_what_is_typed_when_the_session_ends_is_saved_after_the_sign_in_beside(browse, server, seeded):
    page = browse()
    page.goto("/compte/connexion/")
    sign_in(page, server, "dr.late@example.org")
    begin(page, "etapes/organisme/")
    page.context.clear_cookies(name="session")
    page.locator(CITY).fill("Dieppe")
    page.locator(CITY).blur()
    says(page, EXPIRED)
    assert not look(page, seeded.sample(LOOKS, 1))
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Me connecter dans un autre onglet").click()
    beside = opened.value
    sign_in(beside, server, "dr.late@example.org")
    beside.close()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as when one comes back to the tab
    says(page, SAVED)
    expect(page.get_by_role("link", name="Me connecter dans un autre onglet")).to_be_hidden()
    open_step(page, "organisme")
    assert page.locator(CITY).input_value() == "Dieppe"


def test_without_scripts_the_text_comes_back_to_be_sent_again(browse, server):
    page = browse(javascript=False)
    page.goto("/compte/connexion/")
    sign_in(page, server, "dr.plain@example.org")
    begin(page, "etapes/organisme/")
    page.context.clear_cookies(name="session")
    page.locator(CITY).fill("Dieppe")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.get_by_role("heading", name="Votre session a expiré").wait_for()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Connectez-vous dans un autre onglet").click()
    sign_in(opened.value, server, "dr.plain@example.org")
    page.get_by_role("button", name="Envoyer de nouveau mon texte").click()
    page.get_by_role("heading", name="Cette page a trop attendu").wait_for()  # the sign-in changed the token
    page.get_by_role("button", name="Envoyer de nouveau mon texte").click()
    page.wait_for_url("**/etapes/responsable/")
    open_step(page, "organisme")
    assert page.locator(CITY).input_value() == "Dieppe"


def test_a_passkey_signs_in_without_a_code(browse, server, seeded):
    page = browse()
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    key |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": key})
    site = server.url.replace("127.0.0.1", "localhost")  # a passkey belongs to a name, never to a number
    page.goto(f"{site}/compte/connexion/")
    sign_in(page, server, "dr.key@example.org")
    page.goto(f"{site}/compte/cles/ajouter/")
    page.get_by_label("Nom de cette clé").fill("Téléphone")
    page.get_by_role("button", name="Ajouter cette clé").press("Enter")
    page.wait_for_url("**/compte/codes/")
    page.goto(f"{site}/compte/")
    page.get_by_text("Téléphone, ajoutée le").wait_for()
    assert not look(page, seeded.sample(LOOKS, 1))
    page.get_by_role("link", name="Me déconnecter").click()
    page.get_by_role("button", name="Me déconnecter").click()
    page.get_by_text("Vous êtes déconnecté.").wait_for()
    page.goto(f"{site}/compte/connexion/?next=/compte/")
    page.get_by_role("button", name="Me connecter avec une clé d’accès").press("Enter")
    page.wait_for_url(f"{site}/compte/")
    page.get_by_role("link", name="retirer Téléphone").click()
    page.get_by_role("button", name="Utiliser ma clé d’accès").press("Enter")  # asked again before it goes
    page.get_by_role("button", name="Retirer la clé").click()
    page.get_by_text("La clé d'accès est retirée.").wait_for()
