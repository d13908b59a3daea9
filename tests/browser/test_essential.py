"""« L'essentiel » in a real browser: without scripts on a telephone, by keyboard, enlarged, without movement."""

import json
import re
from itertools import pairwise

import pytest

from tests.browser.test_journey import begin, download, go_on

SCREENS = 11  # the breach of November 2025 is notified late by now, so that the reasons are asked
# What the doctor ticks or types on each screen, in a few taps.
TYPED = {
    "aware_at-day": "2025-11-12",
    "aware_at-time": "18:07",
    "siren": "123 456 782",
    "organisation_name": "Cabinet du Dr Exemple",
    "address": "1 place de l'Exemple",
    "postcode": "01234",
    "city": "Exempleville",
    "legal_first_name": "Camille",
    "legal_last_name": "Exemple",
    "legal_email": "cabinet.exemple@example.org",
    "contact_role": "Médecin",
    "contact_phone": "01 99 00 12 34",
    "person_count": "1240",
    "record_count": "1240",
}
TICKED = {
    "discovery-tick-vendor_message": "2025-11-12",
    "controller_role-option-controller": "",
    "legal_title-option-madame": "",
    "has_dpo-no": "",
    "person_categories-keep": "",
    "data_categories-option-civil_status": "",
    "data_categories-option-nir": "",
    "has_sensitive_data-yes": "",
    "sensitive_categories-option-health": "",
    "own_accounts_named-option-no": "",
    "access_today-option-partial": "",
    "ongoing-yes": "",
    "measures_taken-tick-paper": "",
    "measures_taken-tick-passwords": "2025-11-14",
    "measures_taken-tick-plan_backup": "",
    "patients_told_of_outage-yes": "",
    "insurer_informed-yes": "",
    "prior_measures-tick-personal_accounts": "",
    "prior_measures-tick-cps": "",
    "severity-option-limited": "",
    "subjects_informed-keep": "",
    "late_reasons-tick-software_closed": "2025-11-14",
}


def begin_at_incident(page):
    """From the incident's page to the first screen."""
    page.goto("/incidents/weda-2025-11/")
    page.get_by_role("link", name="Commencer").first.click()
    page.get_by_role("button", name="Commencer").click()
    page.wait_for_url("**/essentiel/quand/")


def screen(page):
    return page.url.rstrip("/").rpartition("/")[2]


# Which of these controls are on the page to be seen, and whether each is ticked: asked for at once, not one by one.
SEEN = """ids => ids.map(id => document.getElementById(`id_${id}`))
  .filter(each => each && each.checkVisibility()).map(each => [each.id.slice(3), Boolean(each.checked)])"""


def answer_by_hand(page):
    """Tick and type what the page that is open asks for."""
    for name, on in page.evaluate(SEEN, [*TICKED]):
        if not on:
            page.check(f"#id_{name}")
            if TICKED[name]:
                page.fill(f"#id_{name}-date", TICKED[name])
    for name, _ in page.evaluate(SEEN, [*TYPED]):
        page.fill(f"#id_{name}", TYPED[name])
    if screen(page) == "relire":
        for box in page.locator("input[name$='-keep']").all():
            box.check()


def go_through(page, answer, onward):
    """From the first screen to the review. Which screens were on the way, each once."""
    visited = []
    while "verifier" not in page.url:
        visited += [] if screen(page) in visited else [screen(page)]
        assert len(visited) <= SCREENS + 1
        answer(page)
        onward(page)
        page.wait_for_load_state()
    return visited


def check_the_draft(page):
    """From the review to the files, and what the dossier's file says."""
    page.get_by_role("link", name="Télécharger le brouillon").first.click()
    page.wait_for_url("**/telecharger/")
    file = json.loads(download(page, "Enregistrer le dossier (dossier.json)"))
    assert file["missing"] == []
    answers = file["answers"]
    assert answers["aware_at"]["value"] == "2025-11-12T18:07:00+01:00"
    assert answers["prior_measures"]["value"] == (
        "Chaque utilisateur du logiciel avait un compte personnel.\nLa connexion se faisait par carte CPS."
    )
    assert answers["discovery"]["value"].endswith("reçu le 12/11/2025.")
    assert {part["text"] for part in answers["measures_taken"]["value"] if part["origin"] == "practice"} == {
        "Les consultations ont été assurées sur papier pendant l'indisponibilité.\n"
        "Les mots de passe du logiciel ont été changés le 14/11/2025.",
        "Nous prévoyons une extraction ou une sauvegarde locale de nos dossiers.",
    }
    return file


@pytest.mark.parametrize("javascript", [False, True])
def test_a_doctor_finishes_on_a_telephone(browse, javascript):
    page = browse(width=390, height=844, javascript=javascript)
    begin_at_incident(page)
    page.get_by_text("question 1 sur 10").wait_for()
    visited = go_through(page, answer_by_hand, go_on)
    assert len(visited) == SCREENS + 1
    page.get_by_text("samedi 15 novembre 2025 à 18 h 07 (heure de Paris)").first.wait_for()
    check_the_draft(page)
    assert download(page, "Télécharger le brouillon (PDF)").startswith(b"%PDF")


# -- by keyboard ----------------------------------------------------------------------------------------

FOCUS = """() => {
  const each = document.activeElement, style = getComputedStyle(each), box = each.getBoundingClientRect();
  const ring = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  return { id: each.id, name: each.name || "", kind: each.type || each.tagName.toLowerCase(), tag: each.tagName,
           text: each.innerText || "", on: Boolean(each.checked), ring,
           seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight };
}"""


def in_order_of_the_browser(page, day):
    """The digits of a day as its control wants them, which depends on the language of the machine."""
    page.evaluate("""() => document.body.prepend(Object.assign(document.createElement("input"),
                                                       { type: "date", id: "probe" }))""")
    page.locator("#probe").focus()
    page.keyboard.type("01022003")
    typed = page.locator("#probe").input_value()
    page.evaluate("document.getElementById('probe').remove()")
    year, month, number = day.split("-")
    return (number + month if typed == "2003-02-01" else month + number) + year


def answer_by_keyboard(page, days):
    """Tab from the top of the page to its button, answering on the way. Never a mouse."""
    page.evaluate("document.activeElement.blur()")
    at, wanted_days = {}, {}
    for _ in range(400):
        page.keyboard.press("Tab")
        before, at = at, page.evaluate(FOCUS)
        if at["tag"] == "BODY":
            continue
        # the last stop inside a day or an hour is the browser's own button, which draws its own ring
        inside = at["kind"] in ("date", "time") and at["id"] == before.get("id")
        assert at["ring"] or inside, f"no visible focus on {at} at {page.url}"
        assert at["seen"], f"focus out of sight on {at} at {page.url}"
        name = at["id"].removeprefix("id_")
        if at["kind"] == "submit" and at["text"].strip() == "Enregistrer et continuer":
            return
        press_keys(page, at, name, wanted_days, days)
    raise AssertionError(f"the keyboard never got to the button at {page.url}")


def press_keys(page, at, name, wanted_days, days):
    if at["kind"] == "radio":
        choose(page, at)
    elif name in TICKED or (screen(page) == "relire" and name.endswith("-keep")):
        if not at["on"]:
            page.keyboard.press("Space")
        wanted_days[f"{name}-date"] = TICKED.get(name, "")
    elif at["kind"] in ("date", "time"):
        text = TYPED.get(name) or wanted_days.get(name)
        if text and not page.locator(f"#{at['id']}").input_value():
            page.keyboard.type(days.get(text, text.replace(":", "")))
    elif name in TYPED and not page.locator(f"#{at['id']}").input_value():
        page.keyboard.type(TYPED[name])


def choose(page, at):
    """Arrows move in a group of radio buttons and choose."""
    wanted = [f"id_{name}" for name in TICKED]
    group = [each.get_attribute("id") for each in page.locator(f"input[type=radio][name='{at['name']}']").all()]
    if not set(wanted) & set(group):
        return
    for _ in range(len(group) + 1):
        now = page.evaluate(FOCUS)
        if now["id"] in wanted:
            if not now["on"]:
                page.keyboard.press("Space")
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(group)


def enter(page):
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_doctor_finishes_by_keyboard_and_always_sees_where(browse):
    page = browse(width=1280, reduced_motion="reduce")  # nothing is still on its way when it is looked at
    begin_at_incident(page)
    days = {day: in_order_of_the_browser(page, day) for day in ("2025-11-12", "2025-11-14")}
    visited = go_through(page, lambda page: answer_by_keyboard(page, days), enter)
    assert len(visited) == SCREENS + 1
    check_the_draft(page)


def test_after_a_refusal_the_focus_is_on_what_is_wrong(browse):
    page = browse(width=390)
    begin(page, "essentiel/cabinet/")
    page.locator("#id_siren").fill("123 456 789")
    page.locator("#id_siren").press("Enter")
    summary = page.get_by_role("alert")
    summary.get_by_text("Ce SIREN n'est pas valide").wait_for()
    assert page.evaluate("document.activeElement.id") == "error-summary"
    assert page.evaluate(FOCUS)["ring"]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#q-siren")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "id_siren"
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"


# -- enlarged, still, in order ---------------------------------------------------------------------------


def every_screen(page):
    """Opens each screen of a late dossier in turn, the last page and its refusal too."""
    begin(page, "essentiel/quand/")
    page.locator("#id_aware_at-day").fill("2025-11-12")
    go_on(page)
    for slug in (*(each for each in SLUGS if each != "relire"), "relire"):
        page.goto(re.sub(r"essentiel/.*", f"essentiel/{slug}/", page.url))
        yield slug


SLUGS = ["quand", "cabinet", "contact", "dossiers", "contenu", "acces", "mesures", "protections", "suites"]
SLUGS += ["patients", "retard", "relire"]


def test_every_screen_can_be_read_enlarged_aloud_and_without_movement(browse):
    page = browse(reduced_motion="reduce")
    for slug in every_screen(page):
        page.set_viewport_size({"width": 1280, "height": 900})
        moving = page.evaluate(MOVING)
        assert not moving, slug
        check_the_order_is_the_one_that_is_seen(page, slug)
        check_headings_and_controls_have_names_in_order(page, slug)
        check_nothing_scrolls_sideways(page, slug)  # last, because it opens what is folded


def each_width(page, *widths, height=900):
    """The page that is open, at one width after the other."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": height})
        yield width


def check_nothing_scrolls_sideways(page, slug):
    """Enlarged four times."""
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    for width in each_width(page, 320, 390, height=256):
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), (slug, width)
        assert not page.evaluate(CUT), (slug, width)


CUT = """() => [...document.querySelectorAll('main input:not([type=hidden]), main label, main button, main h1')]
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1).map(each => each.outerHTML)"""


MOVING = """() => [...document.querySelectorAll('*')].filter(each => {
  const style = getComputedStyle(each), lasts = (times) => times.split(',').some(time => parseFloat(time) > 0.01);
  return lasts(style.transitionDuration) || style.scrollBehavior === 'smooth' ||
         (style.animationName !== 'none' && lasts(style.animationDuration));
}).map(each => each.outerHTML.slice(0, 150))"""


ORDER = """() => [...document.querySelectorAll('h1, h2, main input:not([type=hidden]), main textarea, main select, ' +
                                              'main button, main summary, main legend')]
  .filter(each => each.checkVisibility() && !each.closest('.visually-hidden'))
  .map(each => {
    const box = each.getBoundingClientRect();
    return [each.id || each.innerText.slice(0, 40), box.top + scrollY, box.left, box.bottom + scrollY];
  })"""
NODE = re.compile(r"^\s*- '?(\w+)(?: \"(.*?)\")?")
CONTROLS = ("heading", "textbox", "checkbox", "radio", "spinbutton", "combobox", "button")


def check_the_order_is_the_one_that_is_seen(page, slug):
    for width in each_width(page, 1280, 390):
        order = page.evaluate(ORDER)
        assert order
        for above, below in pairwise(order):
            # never above what was read before it, unless beside it on the same line
            beside = below[2] > above[2] and below[3] > above[1]
            assert below[1] >= above[1] - 1 or beside, (slug, width, above, below)


def check_headings_and_controls_have_names_in_order(page, slug):
    nodes = [NODE.match(line) for line in page.locator("main").aria_snapshot().splitlines()]
    read = [(node[1], node[2] or "") for node in nodes if node and node[1] in CONTROLS]
    roles = [role for role, _ in read]
    assert roles[0] == "heading", slug
    assert page.get_by_role("heading", level=1).count() == 1
    assert all(name for _, name in read), (slug, read)
    buttons = [name for role, name in read if role == "button"]
    assert buttons[-2:] == ["Enregistrer et continuer", "Enregistrer et finir plus tard"], slug
    assert roles.index("heading") < roles.index("button")
    ids = page.locator("main [id]").evaluate_all("all => all.map(each => each.id)")
    assert len(ids) == len(set(ids)), slug
