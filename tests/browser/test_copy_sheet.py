"""The copy sheet beside the teleservice: the clipboard holds exactly what is shown, and marks are kept."""

import re

from tests.browser.test_journey import go_on, open_step, tab_to

NARROW, PHONE = 600, 320  # half a window, a small telephone
FOCUSED = "each => each === document.activeElement"


def start(page):
    page.goto("/incidents/weda-2025-11/commencer/")
    page.get_by_role("button", name="Commencer").click()
    page.wait_for_url("**/essentiel/quand/")


def open_sheet(page):
    """The copy sheet of a new dossier, with a text of several lines."""
    start(page)
    open_step(page, "mesures-prealables")
    page.get_by_label("Mesures de sécurité préalables").fill(
        "Un compte chacun.\n\n« 100 % » des postes à jour :\xa0oui."
    )
    go_on(page)
    page.wait_for_url("**/etapes/consequences/")
    page.goto(re.sub(r"etapes/.*", "recopie/", page.url))


def clipboard(page):
    return page.evaluate("navigator.clipboard.readText()")


def count(page):
    return int(page.locator(".copy-count strong").inner_text().split(" / ")[0])


def is_wide(page):
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_tab_then_enter_copies_exactly_what_is_shown_and_goes_on(browse):
    page = browse(width=NARROW)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_sheet(page)
    assert not is_wide(page)
    assert copy_all(page, 12)["country"] == "France"
    page.locator("#c-prior_measures").get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.closest('#c-consequences_confidentiality')")
    assert clipboard(page) == "Un compte chacun.\n\n« 100 % » des postes à jour :\xa0oui."
    page.locator("#c-prior_measures").get_by_text("copié", exact=True).wait_for()
    done = count(page)
    page.reload()
    assert count(page) == done
    assert page.locator(".copy-state").all_inner_texts().count("copié") == 13

    country = page.locator("#c-country")
    country.get_by_role("button", name="Copier : Pays").click()
    page.locator("#copy-said", has_text="Copié").wait_for(state="attached")
    assert country.get_by_role("button").evaluate(FOCUSED)  # by mouse, nothing moves
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    country.get_by_role("button").click()
    country.get_by_text(re.compile("le texte est sélectionné")).wait_for()
    assert page.evaluate("getSelection().toString()") == "France"
    page.emulate_media(media="print")
    assert country.locator(".copy-text").is_visible()
    assert not country.get_by_role("button", include_hidden=True).is_visible()


def copy_all(page, most=None):
    """Every value, or the first ones, by keyboard alone. Returns {mark: what the clipboard held}."""
    held, forms = {}, page.locator(".copy-piece").all()[:most]
    tab_to(page, forms[0].get_by_role("button"))
    for form, after in zip(forms, [*forms[1:], None], strict=True):
        page.keyboard.press("Enter")
        if after:
            page.wait_for_function(FOCUSED, arg=after.get_by_role("button").element_handle())
        else:
            form.get_by_text("copié", exact=True).wait_for()
        if form.get_attribute("data-how") == "copy":
            mark = form.locator("[name=mark]").get_attribute("value")
            held[mark] = clipboard(page)
            assert held[mark] == form.locator(".copy-text").evaluate("each => each.textContent"), mark
    return held


def test_without_scripts_a_button_marks_and_the_page_opens_at_the_next(browse):
    page = browse(width=PHONE, javascript=False)
    open_sheet(page)
    assert not is_wide(page)
    page.locator("#c-kind").get_by_role("button", name="C’est coché").click()
    page.wait_for_url("**/recopie/#c-no_siren")
    country = page.locator("#c-country")
    assert country.locator(".copy-text").inner_text() == "France"
    country.get_by_role("button", name="Marquer comme recopié").click()
    country.get_by_text("copié", exact=True).wait_for()
    assert count(page) == 2
