"""Two people on one dossier: a private link, an edit on each side, a conflict that says who, and the way out."""

import re

from tests.browser.test_journey import begin, go_on, open_step


def make_link(page):
    """The address of a new private link, as read on the page."""
    page.goto(re.sub(r"(/dossiers/[^/]+/).*", r"\1lien/", page.url))
    page.get_by_role("button", name=re.compile("^Créer un")).click()
    page.get_by_role("img", name="Code QR de l’adresse écrite ci-dessus").wait_for()
    address = page.locator(".secret-address").inner_text()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/d/[\w-]{43}/", address)
    return address


def enter(page, address):
    page.goto(address)
    page.get_by_role("button", name="Ouvrir le dossier").click()
    page.wait_for_url(re.compile(r"/dossiers/[\w-]+/$"))


def write_city(page, city):
    page.get_by_label("Ville").fill(city)
    go_on(page)


def test_a_doctor_and_a_manager_share_a_dossier(browse, server):
    doctor, manager = browse(javascript=False), browse(width=390, javascript=False)
    begin(doctor)
    address = make_link(doctor)
    home = re.sub(r"lien/.*", "", doctor.url)
    assert manager.goto(home).status == 404
    enter(manager, address)
    assert manager.url == home

    open_step(doctor, "organisme")
    open_step(manager, "organisme")
    write_city(doctor, "Rouen")
    write_city(manager, "Dieppe")
    manager.get_by_text(re.compile("Autre version, de l'appareil 1, ")).wait_for()
    go_on(manager)  # now knowingly
    manager.wait_for_url("**/etapes/responsable/")

    open_step(doctor, "organisme")
    doctor.get_by_role("link", name=re.compile("^Versions précédentes.*Ville")).click()
    doctor.get_by_text(re.compile("par l'appareil 2")).wait_for()
    doctor.get_by_role("button", name=re.compile("^Rétablir cette version")).click()
    doctor.get_by_text("La version choisie est rétablie.").wait_for()
    open_step(manager, "organisme")
    assert manager.get_by_label("Ville").input_value() == "Rouen"

    make_link(doctor)  # the page of the first link, left open, is another
    doctor.get_by_role("button", name="Retirer le lien 1").click()
    doctor.get_by_text("Le lien 1 n'ouvre plus rien.").wait_for()
    assert browse().goto(address).status == 404
    assert manager.goto(home).status == 200  # whom it let in stays

    manager.goto("/dossiers/")
    manager.get_by_role("link", name="Oublier cet appareil").click()
    manager.get_by_role("button", name="Oublier cet appareil").click()
    manager.get_by_text("Cet appareil n'ouvre plus aucun dossier.").wait_for()
    assert manager.goto(home).status == 404
    assert not [cookie for cookie in manager.context.cookies() if "appareil" in cookie["name"]]
    assert doctor.goto(home).status == 200
    assert re.search(r"/d/([\w-]+)/", address)[1] not in (server.var / "server.log").read_text()


def test_the_secret_leaves_in_no_referer(browse):
    """The path of a page is in no Referer, and the form of that page is still accepted."""
    doctor, manager = browse(), browse()
    begin(doctor)
    address = make_link(doctor)
    sent = []
    manager.on("request", lambda request: sent.append(request.all_headers()))
    enter(manager, address)
    manager.goto(address)
    manager.get_by_role("link", name="Mes dossiers").first.click()
    manager.wait_for_url("**/dossiers/")
    secret = address.rstrip("/").rpartition("/")[2]
    assert any("referer" in headers for headers in sent)
    assert not [headers for headers in sent if secret in headers.get("referer", "")]


def test_a_new_link_has_the_focus_and_opens_by_keyboard(browse):
    page = browse(javascript=False)
    begin(page)
    address = make_link(page)
    assert page.evaluate("document.activeElement.textContent") == "Votre lien privé est prêt"
    other = browse()
    other.goto(address)
    other.get_by_role("button", name="Ouvrir le dossier").focus()
    other.keyboard.press("Enter")
    other.wait_for_url(re.compile(r"/dossiers/[\w-]+/$"))
