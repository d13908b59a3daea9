"""Hostile texts in the real browser: shown as text, never run. Dialogs, faults of the policy, errors of scripts and
requests to other hosts are failures of `browse`, or noted here."""

import re
import unicodedata

import pytest

from tests.browser.test_journey import begin, go_on, open_step

VALUES = [
    """"><svg onload=alert(1)><b evil>x</b><script>alert('evil')</script><img src=x onerror=alert('evil')>""",
    "</textarea></form><script>document.title='evil'</script><iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "' onfocus='alert(1)' autofocus x='<img src=https://evil.example/x.gif><link rel=stylesheet href=//evil.example/x>",
    "<style>*{display:none}</style><base href=https://evil.example/><meta http-equiv=refresh content=0> {{ 7|add:7 }}",
    "\u202eevil\u2066 مرحبا e\u0301\u0301\u0301 👩‍⚕️ ",
]
FORBIDDEN = "[evil], main iframe, main style, main base, main meta, main link, main script:not([src])"
LONG_WORD = "hippopotomonstrosesquippedaliophobie" * 4
KEPT = re.compile("[\u202a-\u202e\u2066-\u2069]")


def watched(page):
    """Dialogs and other pages that open, which must stay none."""
    found = []
    page.on("dialog", lambda dialog: (found.append(dialog.message), dialog.dismiss()))
    page.context.on("page", lambda other: found.append(other.url))
    return found


def fill_everything(page, value):
    """Every field of the page that takes free text, the folded ones too."""
    page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
    areas = page.locator("main form textarea, main form input[type=text]:not([id$=siren])")
    for number in range(areas.count()):
        if areas.nth(number).is_visible():
            areas.nth(number).fill(value)


@pytest.mark.parametrize("many", [2, pytest.param(len(VALUES), marks=pytest.mark.slow)])
def test_a_hostile_text_is_shown_and_never_run(browse, seeded, many):
    page = browse(width=390)
    found = watched(page)
    begin(page)
    for value in seeded.sample(VALUES, many):
        paste_and_look(page, value)
        assert not found


def paste_and_look(page, value):
    root = re.sub(r"(/dossiers/[^/]+/).*", r"\1", page.url)
    open_step(page, "organisme")
    page.get_by_label("Dénomination").fill(value)
    go_on(page)
    open_step(page, "mesures")
    fill_everything(page, value)
    go_on(page)
    for address in ("", "verifier/", "etapes/organisme/", "etapes/mesures/", "essentiel/mesures/", "essentiel/relire/"):
        page.goto(root + address)
        assert not page.locator(FORBIDDEN).count()
        assert page.title() != "evil"
    text = unicodedata.normalize("NFC", KEPT.sub("", value))
    page.goto(f"{root}verifier/")
    shown = page.locator("main").inner_text()
    assert "".join(text.split()) in "".join(shown.split())
    open_step(page, "organisme")
    assert page.get_by_label("Dénomination").input_value() == " ".join(text.split())


def test_a_very_long_word_makes_no_page_wider(browse):
    page = browse(width=390)
    begin(page, "etapes/organisme/")
    page.get_by_label("Dénomination").fill(LONG_WORD)
    go_on(page)
    open_step(page, "mesures")
    fill_everything(page, LONG_WORD)
    go_on(page)
    root = re.sub(r"etapes/.*", "", page.url)
    wide = []
    for address in ("", "verifier/", "telecharger/", "etapes/mesures/", "essentiel/mesures/", "essentiel/relire/"):
        page.goto(root + address)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(address)
    assert not wide
