"""Nothing that is typed is lost: pauses, cut networks, killed servers, two tabs, refused values. Browser time is
Playwright's; the tests wait for what the page says, never for a time."""

import re
from datetime import datetime

import pytest
from playwright.sync_api import expect

from tests.browser.test_journey import begin, go_on, open_step

SAVED = re.compile(r"^Enregistré à \d{1,2} h \d\d$")
CUT = "Non enregistré\u00a0: la connexion est coupée. Votre texte reste sur cette page."
NAME, CITY, SIREN = "#id_organisation_name", "#id_city", "#id_siren"


@pytest.fixture
def page(browse):
    page = browse()
    begin(page, "etapes/organisme/")
    return page


def other_tab(page):
    tab = page.context.new_page()
    tab.set_default_timeout(15_000)
    tab.goto(page.url)
    return tab


def says(page, words):
    expect(page.locator("#save-status")).to_have_text(words, timeout=15_000)


def stored(page, field):
    """What another page on the same dossier shows."""
    tab = other_tab(page)
    value = tab.locator(field).input_value()
    tab.close()
    return value


def forgive_the_cut(page):
    """What Chromium itself writes about a request that did not arrive."""
    page.faults[:] = [fault for fault in page.faults if "Failed to load resource" not in fault]


def leave(page):
    """Close as a person does. Returns whether the browser asked before leaving."""
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    with page.expect_event("close"):
        page.close(run_before_unload=True)
    return asked == ["beforeunload"]


# -- a pause ---------------------------------------------------------------------------------------------


def test_a_pause_saves_and_says_when(page):
    page.clock.install()
    page.locator(NAME).press_sequentially("Cabinet du Phare")
    expect(page.locator("#save-status")).to_be_empty()
    page.clock.run_for(1000)
    says(page, SAVED)
    assert stored(page, NAME) == "Cabinet du Phare"


def test_somebody_who_never_pauses_is_saved_too(page):
    page.clock.install()
    page.clock.pause_at(datetime(2030, 1, 1))
    for _ in range(8):
        page.locator(NAME).press_sequentially("a")
        page.clock.run_for(900)
    says(page, SAVED)


def test_leaving_a_field_saves_at_once(page):
    page.clock.install()
    page.clock.pause_at(datetime(2030, 1, 1))
    page.locator(NAME).fill("Cabinet du Port")
    page.locator(CITY).focus()
    page.clock.run_for(300)
    says(page, SAVED)
    assert stored(page, NAME) == "Cabinet du Port"


def test_keeping_a_proposal_counts_as_a_change_and_is_drawn_as_kept(page):
    open_step(page, "violation")
    page.get_by_label(re.compile("^Conserver la réponse à.*Nature de la violation")).check()
    says(page, SAVED)
    page.get_by_label(re.compile("^Conserver")).last.focus()
    expect(page.locator("#q-nature .prefilled")).to_have_count(0)
    expect(page.locator("#beside-nature .origin")).to_be_visible()


def test_nothing_is_left_in_the_browser(page):
    page.locator(NAME).fill("Cabinet secret")
    says(page, SAVED)
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.evaluate("indexedDB.databases().then(found => found.length)") == 0


def test_the_deadline_follows_what_is_typed(page):
    open_step(page, "dates")
    page.locator("#id_aware_at-day").fill("2025-11-12")
    page.locator("#id_aware_at-time").fill("18:07")
    expect(page.locator("#deadline")).to_contain_text("samedi 15 novembre 2025")


def test_without_scripts_the_page_is_the_same_and_says_nothing(browse):
    page = browse(javascript=False)
    begin(page, "etapes/organisme/")
    page.locator(NAME).fill("Cabinet sobre")
    expect(page.locator("#save-status")).to_be_empty()
    page.get_by_role("button", name="Enregistrer et continuer").click()
    page.wait_for_url("**/etapes/responsable/")
    open_step(page, "organisme")
    assert page.locator(NAME).input_value() == "Cabinet sobre"


# -- no network, no server ---------------------------------------------------------------------------------


def test_a_cut_network_is_said_and_caught_up(page):
    page.context.set_offline(True)
    page.locator(NAME).fill("Cabinet des Îles")
    says(page, CUT)
    page.locator(CITY).fill("Ouessant")
    page.get_by_role("button", name="Enregistrer et continuer").click()
    expect(page.locator(CITY)).to_have_value("Ouessant")  # still there: a page of errors would have replaced it
    page.context.set_offline(False)
    says(page, SAVED)
    assert stored(page, NAME) == "Cabinet des Îles"
    assert stored(page, CITY) == "Ouessant"
    forgive_the_cut(page)


def test_a_server_killed_while_somebody_types_loses_no_character(page, server):
    text = "Le secrétariat a été prévenu par téléphone, puis le cabinet voisin. " * 2
    field = page.locator(NAME)
    field.press_sequentially(text[:40])
    says(page, SAVED)
    server.kill()
    field.press_sequentially(text[40:80])
    says(page, CUT)
    field.press_sequentially(text[80:])
    server.start()
    says(page, SAVED)
    expect(field).to_have_value(text)
    expect(page.locator("#conflict-organisation_name")).to_have_count(0)
    assert stored(page, NAME) == text.strip()
    forgive_the_cut(page)


def test_a_save_whose_answer_was_lost_does_not_clash_with_itself(page):
    def swallow(route):
        route.fetch()  # the server has it
        route.abort()  # the page never learns

    page.route("**/etapes/organisme/", swallow, times=1)
    page.locator(NAME).fill("Cabinet")
    says(page, CUT)
    page.locator(NAME).fill("Cabinet du Phare")
    says(page, SAVED)
    expect(page.locator("#conflict-organisation_name")).to_have_count(0)
    go_on(page)
    open_step(page, "organisme")
    expect(page.locator(NAME)).to_have_value("Cabinet du Phare")
    forgive_the_cut(page)


@pytest.mark.parametrize(("status", "words"), [(403, "n’est plus ouvert"), (404, "n’est plus ouvert"), (500, CUT)])
def test_a_refusal_of_the_whole_page_is_said_and_the_text_stays(page, status, words):
    page.route("**/etapes/organisme/", lambda route: route.fulfill(status=status, body="non"))
    page.locator(NAME).fill("Cabinet")
    expect(page.locator("#save-status")).to_contain_text(words)
    expect(page.locator(NAME)).to_have_value("Cabinet")
    forgive_the_cut(page)


def test_a_busy_server_says_when_to_come_back(page):
    asked = []

    def busy(route):
        asked.append(route.request.method)
        route.fulfill(status=503, headers={"Retry-After": "7"}, body="")

    page.clock.install()
    page.clock.pause_at(datetime(2030, 1, 1))
    page.route("**/etapes/organisme/", busy)
    page.locator(NAME).fill("Cabinet")
    page.clock.run_for(1000)
    says(page, CUT)
    page.clock.run_for(6900)
    assert asked == ["POST"]
    page.unroute("**/etapes/organisme/")
    page.clock.run_for(200)
    says(page, SAVED)
    forgive_the_cut(page)


def test_the_token_of_another_page_is_followed(page):
    """A cookie that changed since the page was opened, as after signing in elsewhere."""
    page.evaluate("document.cookie = 'csrftoken=' + 'a'.repeat(32) + '; path=/'")
    page.locator(NAME).fill("Cabinet")
    says(page, SAVED)
    go_on(page)


# -- leaving -----------------------------------------------------------------------------------------------


def test_leaving_asks_only_while_something_is_not_saved(page):
    tab = other_tab(page)
    tab.locator(CITY).click()
    tab.locator(CITY).press_sequentially("Dieppe")
    says(tab, SAVED)
    assert not leave(tab)
    page.clock.install()
    page.clock.pause_at(datetime(2030, 1, 1))
    page.locator(NAME).click()
    page.locator(NAME).press_sequentially("Cabinet")
    assert leave(page)


def test_a_second_save_is_a_second_request_that_follows_the_first(page):
    answers, under_way = [], []

    def slow(route):
        under_way.append(route)
        assert len(under_way) == 1, "two at once"
        answers.append(route.fetch().json())
        page.locator(CITY).fill("Dieppe") if len(answers) == 1 else None
        under_way.clear()
        route.fulfill(json=answers[-1])

    page.route("**/etapes/organisme/", slow)
    page.locator(NAME).fill("Cabinet")
    says(page, SAVED)
    page.unroute("**/etapes/organisme/")
    assert [answer["saved"] for answer in answers] == [["organisation_name"], ["city"]]
    assert answers[0]["version"] < answers[1]["version"]


def test_going_on_takes_what_was_typed_last_and_asks_nothing(page):
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.locator(NAME).click()
    page.locator(NAME).press_sequentially("Cabinet du Cap")
    go_on(page)
    page.wait_for_url("**/etapes/responsable/")
    open_step(page, "organisme")
    assert page.locator(NAME).input_value() == "Cabinet du Cap"
    assert asked == []


# -- two tabs ----------------------------------------------------------------------------------------------


@pytest.fixture
def conflict(page):
    """Two tabs wrote the same answer; the second one is told."""
    second = other_tab(page)
    page.locator(NAME).fill("Cabinet de l'Est")
    says(page, SAVED)
    second.locator(NAME).fill("Cabinet de l'Ouest")
    second.locator(CITY).fill("Dieppe")
    box = second.locator("#conflict-organisation_name")
    expect(box).to_contain_text("Cabinet de l'Est")
    expect(second.locator(NAME)).to_have_value("Cabinet de l'Ouest")
    expect(second.locator("#save-status")).to_contain_text("sauf une réponse")
    return page, second, box


def test_both_texts_are_shown_and_the_other_answers_are_saved(conflict):
    first, second, _ = conflict
    expect(second.locator("#save-status")).to_contain_text("Enregistré à")
    second.locator(CITY).fill("Elbeuf")
    second.locator(NAME).focus()
    expect(second.locator("#save-status")).to_contain_text("sauf une réponse")
    second.get_by_role("button", name="Enregistrer et continuer").click()  # not before the choice
    expect(second.locator("#conflict-organisation_name")).to_be_focused()
    assert stored(first, NAME) == "Cabinet de l'Est"
    assert stored(first, CITY) == "Elbeuf"


def test_keeping_mine_saves_it(conflict):
    first, second, box = conflict
    box.get_by_role("button", name="Garder la mienne").click()
    says(second, SAVED)
    expect(box).to_have_count(0)
    expect(second.locator(NAME)).to_be_focused()
    assert stored(first, NAME) == "Cabinet de l'Ouest"


def test_taking_the_other_one_leaves_the_rest_of_the_page_as_it_is(conflict):
    first, second, box = conflict
    second.locator(SIREN).fill("123 456 789")  # refused, and it stays
    box.get_by_role("button", name="Prendre l’autre").click()
    expect(second.locator(NAME)).to_have_value("Cabinet de l'Est")
    expect(box).to_have_count(0)
    expect(second.locator(SIREN)).to_have_value("123 456 789")
    expect(second.locator(CITY)).to_have_value("Dieppe")
    second.locator(NAME).fill("Cabinet de l'Est et de l'Ouest")
    expect(second.locator("#save-status")).to_contain_text("sauf une réponse")  # the number
    second.locator(SIREN).fill("")
    says(second, SAVED)
    assert stored(first, NAME) == "Cabinet de l'Est et de l'Ouest"


def test_a_third_version_is_never_overwritten_unseen(conflict):
    first, _second, box = conflict
    with first.expect_response(lambda response: response.request.method == "POST"):
        first.locator(NAME).fill("Cabinet de l'Est, bis")
    box.get_by_role("button", name="Garder la mienne").click()
    expect(box).to_contain_text("bis")
    assert stored(first, NAME) == "Cabinet de l'Est, bis"


def test_an_answer_that_changed_elsewhere_replaces_the_one_shown_where_nobody_wrote(page):
    second = other_tab(page)
    page.locator(NAME).fill("Cabinet de l'Est")
    says(page, SAVED)
    second.locator(CITY).fill("Dieppe")
    says(second, SAVED)
    expect(second.locator(NAME)).to_have_value("Cabinet de l'Est")
    go_on(second)
    open_step(page, "organisme")
    assert page.locator(NAME).input_value() == "Cabinet de l'Est"
    assert page.locator(CITY).input_value() == "Dieppe"


def test_a_page_shown_again_with_two_versions_waits_for_the_choice_too(browse):
    plain = browse(javascript=False)
    begin(plain, "etapes/organisme/")
    second = browse()
    second.context.add_cookies(plain.context.cookies())
    second.goto(plain.url)
    second.route("**/*.mjs", lambda route: route.abort())
    second.reload()  # a page whose script did not come
    second.locator(NAME).fill("Cabinet de l'Ouest")
    plain.locator(NAME).fill("Cabinet de l'Est")
    go_on(plain)
    second.unroute("**/*.mjs")
    go_on(second)  # refused: the script is here now
    box = second.locator("#conflict-organisation_name")
    box.get_by_role("button", name="Garder la mienne").wait_for()
    second.locator(CITY).fill("Dieppe")
    expect(second.locator("#save-status")).to_contain_text("sauf une réponse")
    assert stored(second, NAME) == "Cabinet de l'Est"
    box.get_by_role("button", name="Garder la mienne").click()
    says(second, SAVED)
    assert stored(second, NAME) == "Cabinet de l'Ouest"
    forgive_the_cut(second)


# -- refused values ------------------------------------------------------------------------------------------


def test_a_refused_value_is_shown_beside_its_field_until_it_is_right(page):
    siren = page.locator(SIREN)
    siren.fill("123 456 789")
    page.locator(NAME).fill("Cabinet")
    error = page.locator("#err-siren")
    expect(error).to_contain_text("Ce SIREN n'est pas valide")
    expect(siren).to_have_attribute("aria-invalid", "true")
    expect(siren).to_have_attribute("aria-describedby", "help-siren err-siren")
    expect(page.locator("#save-status")).to_contain_text("sauf une réponse")
    assert stored(page, NAME) == "Cabinet"

    siren.fill("123 456 782")
    expect(error).to_have_count(0)
    says(page, SAVED)
    assert siren.get_attribute("aria-invalid") is None
    assert siren.get_attribute("aria-describedby") == "help-siren"
    assert stored(page, SIREN) == "123456782"


def test_a_number_that_is_being_typed_is_not_called_wrong(page):
    page.locator(SIREN).press_sequentially("123 456")
    expect(page.locator("#save-status")).to_contain_text("sauf une réponse")
    expect(page.locator("#err-siren")).to_have_count(0)
    page.locator(SIREN).press_sequentially(" 782")
    says(page, SAVED)


def test_a_page_refused_as_a_whole_saves_as_one_types_too(page):
    page.locator(SIREN).fill("123 456 789")
    go_on(page)
    expect(page.locator("#err-siren")).to_be_visible()
    page.locator(SIREN).fill("123 456 782")
    says(page, SAVED)
    expect(page.locator("#err-siren")).to_have_count(0)
    assert stored(page, SIREN) == "123456782"


# -- boxes that write sentences ------------------------------------------------------------------------------


def test_a_tick_writes_its_sentence_and_takes_back_exactly_it(page):
    box = open_ticks(page, "mesures-prealables").locator("[data-sentence]:not([data-date])").first
    area = page.locator(f"#{box.get_attribute('data-target')}")
    before = area.input_value()
    area.fill("Nos mots. (À nous.)")
    sentence = box.get_attribute("data-sentence")
    box.check()
    expect(area).to_have_value(f"Nos mots. (À nous.)\n{sentence}")
    says(page, SAVED)
    box.uncheck()
    expect(area).to_have_value("Nos mots. (À nous.)")
    area.fill(f"{sentence} Et ceci.")
    expect(box).to_be_checked()  # it stands in the text, whoever wrote it
    area.fill(before)
    expect(box).not_to_be_checked()


def test_a_dated_tick_follows_its_day(page):
    box = open_ticks(page, "dates").locator("[data-sentence][data-date]").first
    area = page.locator(f"#{box.get_attribute('data-target')}")
    area.fill("")
    box.check()
    expect(area).to_have_value(re.compile(r"\(date à préciser\)"))
    page.locator(f"#{box.get_attribute('data-date')}").fill("2025-11-12")
    expect(area).to_have_value(re.compile("12/11/2025"))
    says(page, SAVED)
    value = area.input_value()
    assert stored(page, f"#{area.get_attribute('id')}") == value
    box.uncheck()
    expect(area).to_have_value("")


def open_ticks(page, slug):
    open_step(page, slug)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    return page
