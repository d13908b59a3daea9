"""The way to « c'est déposé », in a real browser: start, deadline, copy sheet, filing, new facts, complement PDF."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from notifications.report import build_copy_sheet, build_report
from tests.browser.test_copy_sheet import copy_all, is_wide, start
from tests.browser.test_journey import download, fill, go_on, open_step, text_of
from tests.dossiers import weda_data

DUE = "samedi 15 novembre 2025 à 18 h 07 (heure de Paris)"
NUMBER = "2025-11-000123"


def test_from_the_start_to_the_complement(browse):
    page = browse(width=600)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    start(page)
    for slug in ("organisme", "dates"):
        open_step(page, slug)
        fill(page)
        go_on(page)
    home = re.sub(r"etapes/.*", "", page.url)

    page.goto(home)
    page.get_by_text(DUE).first.wait_for()
    page.goto(f"{home}telecharger/")
    page.get_by_role("link", name="feuille de recopie").click()
    page.get_by_text(DUE).first.wait_for()
    assert_whole_and_in_order(page, home)

    page.get_by_role("link", name="Consigner le dépôt").click()
    page.get_by_label("Jour").fill("2025-11-14")
    page.get_by_label("Heure").fill("09:30")
    page.get_by_label("Numéro donné par la CNIL").fill(NUMBER)
    page.get_by_role("button", name="Consigner ce dépôt").click()
    page.get_by_text("Le dépôt est consigné.").wait_for()

    open_step(page, "donnees")
    page.get_by_label("Nombre approximatif d'enregistrements concernés").fill("8 412")
    go_on(page)
    page.wait_for_url("**/etapes/mesures-prealables/")
    page.goto(f"{home}recopie/")
    assert [each.get_attribute("id") for each in page.locator(".copy-field").all()] == [
        "c-kind",
        "c-initial_reference",
        "c-record_count",
    ]
    assert page.locator(".copy-text").all_inner_texts() == [NUMBER, "8412"]
    page.get_by_text("0 / 3").wait_for()  # what was copied was filed with the first one
    assert not is_wide(page)

    page.goto(f"{home}complement/")
    complement = text_of(download(page, "Télécharger le complément (PDF)"))
    for words in ("Notification complémentaire", NUMBER, "Nombre approximatif d'enregistrements", "8 412"):
        assert words in complement
    for words in ("Numéro SIREN", "Descriptif détaillé", "Piratage", DUE):  # did not change
        assert words not in complement


def assert_whole_and_in_order(page, home):
    """Every answered question of the CNIL, in its order, and on the clipboard exactly what is to be typed."""
    answers = page.request.get(f"{home}dossier.json").json()["answers"]
    report = build_report(replace(weda_data({}), answers=answers), datetime.now(UTC))
    fields = [each.get_attribute("id")[2:] for each in page.locator(".copy-field").all()]
    assert fields == [row.key for row in report.rows if row.answered]
    wanted = build_copy_sheet(report).by_mark
    assert copy_all(page) == {mark: piece.text for mark, piece in wanted.items() if piece.how == "copy"}
