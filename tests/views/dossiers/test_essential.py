"""« L'essentiel » as a browser without scripts gets it, screen by screen."""

import json
import re
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.test import Client

from notifications.models import Dossier
from notifications.report import build_report
from notifications.services.dossiers import loading
from tests.dossiers import AS_IN_EXAMPLE, LATE, PARIS, form
from tests.html_pages import Page
from tests.stored import WEDA, everything, store_seeds, stored

NOW = datetime(2025, 11, 15, 10, 0, tzinfo=UTC)  # in time, and after all that the example tells
SUBJECTS = [subject.slug for subject in form().subjects]
IN_TIME = [slug for slug in SUBJECTS if slug != "retard"]
AWARE = {"aware_at__day": "2025-11-12", "aware_at__time": "18:07"}
DUE = "samedi 15 novembre 2025 à 18 h 07 (heure de Paris)"


@pytest.fixture
def at(db):
    """A doctor's browser with a new dossier for Weda, at a given moment."""
    store_seeds()
    clocks = []

    def begin(now: datetime) -> Doctor:
        clocks.append(time_machine.travel(now, tick=False))
        clocks[-1].start()
        return Doctor()

    yield begin
    for clock in clocks:
        clock.stop()


class Doctor:
    def __init__(self):
        self.client = Client()
        self.begun = self.client.post(f"/incidents/{WEDA}/commencer/", {"timezone": "Europe/Paris"})
        self.dossier = Dossier.objects.latest("pk")

    def address(self, subject: str) -> str:
        return f"/dossiers/{self.dossier.public_id}/essentiel/{subject}/"

    def open(self, subject: str) -> Page:
        return Page(self.client.get(self.address(subject)).content)

    def send(self, subject: str, **typed):
        """What the page would send, with `typed` over it. The answer, not followed."""
        return self.client.post(self.address(subject), self.open(subject).sends(**typed))

    def goes_to(self, response) -> str:
        assert response.status_code == 302, Page(response.content).text[:2000]
        return response.url.rstrip("/").rpartition("/")[2]


# -- screens --------------------------------------------------------------------------------------------


def test_a_known_incident_begins_with_the_first_question(at):
    doctor = at(NOW)
    assert doctor.begun.url == doctor.address("quand")


def test_every_screen_answers_and_says_where_one_is(at):
    doctor = at(NOW)
    titles = []
    for number, slug in enumerate(IN_TIME, start=1):
        response = doctor.client.get(doctor.address(slug))
        assert response.status_code == 200
        assert f"question {number} sur 10" in Page(response.content).text
        titles.append(Page(response.content).text.split(" – ")[0])
    assert len(set(titles)) == 10
    assert doctor.client.get(doctor.address("relire")).status_code == 200


@pytest.mark.parametrize("subject", ["inconnu", "dates", "QUAND", "quand-"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_subject_does_not_exist(at, subject, method):
    doctor = at(NOW)  # in time: nobody asks for the reasons of a delay
    before = everything()
    data = {"base": "1", "keys": ["aware_at", "late_reasons"], "late_reasons": "x", "aware_at-day": "2025-11-12"}
    assert getattr(doctor.client, method)(doctor.address(subject), data).status_code == 404
    assert everything() == before


def test_the_eleventh_question_is_there_once_it_is_late(at):
    doctor = at(LATE)
    assert doctor.client.get(doctor.address("retard")).url == f"/dossiers/{doctor.dossier.public_id}/"
    doctor.send("quand", **AWARE)
    assert "question 11 sur 11" in doctor.open("retard").text
    assert doctor.goes_to(doctor.send("patients")) == "retard"
    assert doctor.goes_to(doctor.send("retard")) == "relire"


# -- going on -------------------------------------------------------------------------------------------


def test_a_screen_saves_and_goes_on_to_the_next(at):
    doctor = at(NOW)
    assert doctor.goes_to(doctor.send("quand", **AWARE)) == "cabinet"
    assert stored(doctor.dossier, "aware_at") == "2025-11-12T18:07:00+01:00"
    assert doctor.goes_to(doctor.send("suites", severity="limited")) == "patients"
    assert stored(doctor.dossier, "severity") == "limited"


def test_a_screen_that_is_left_empty_holds_nobody_up_and_writes_nothing(at):
    doctor = at(NOW)
    before = doctor.dossier.answers
    for place, slug in enumerate(IN_TIME):
        assert doctor.goes_to(doctor.send(slug)) == [*IN_TIME, "relire"][place + 1]
    assert Dossier.objects.get().answers == before
    assert doctor.goes_to(doctor.send("relire")) == "verifier"


def test_save_and_finish_later_saves_and_shows_the_dossier(at):
    doctor = at(NOW)
    assert doctor.send("suites", severity="maximal", later="1").url == f"/dossiers/{doctor.dossier.public_id}/"
    assert stored(doctor.dossier, "severity") == "maximal"
    page = Page(doctor.client.get(f"/dossiers/{doctor.dossier.public_id}/").content)
    links = [attributes.get("href") for tag, attributes in page.tags if tag == "a"]
    assert doctor.address("quand") in links  # the first that still needs somebody


def test_the_deadline_is_shown_right_after_the_first_answer(at):
    doctor = at(NOW)
    assert DUE not in doctor.open("quand").text
    response = doctor.send("quand", **AWARE)
    assert DUE in Page(doctor.client.get(response.url).content).text
    for slug in (*IN_TIME, "relire"):
        assert DUE in doctor.open(slug).text


def test_the_day_of_the_attack_is_asked_about_once(at):
    doctor = at(NOW)
    response = doctor.send("quand", aware_at__day="2025-11-10", aware_at__time="")
    assert doctor.goes_to(response) == "quand"
    assert stored(doctor.dossier, "aware_at") == "2025-11-10"  # saved all the same
    page = doctor.open("quand")
    assert "Vous dites avoir appris la violation au moment de l'attaque, ou avant." in page.text
    assert "Un point est à vérifier sur cette page." in page.text
    assert doctor.goes_to(doctor.client.post(doctor.address("quand"), page.sends())) == "cabinet"


def test_a_corrected_day_goes_on_at_once(at):
    doctor = at(NOW)
    doctor.send("quand", aware_at__day="2025-11-10")
    assert doctor.goes_to(doctor.send("quand", **AWARE)) == "cabinet"


def test_a_refused_value_stays_on_the_page_and_the_rest_is_saved(at):
    doctor = at(NOW)
    response = doctor.send("cabinet", siren="123 456 789", city="Dieppe")
    assert response.status_code == 422
    page = Page(response.content)
    assert page.named("siren").value == "123 456 789"
    assert "Ce SIREN n'est pas valide" in page.text
    assert (stored(doctor.dossier, "siren"), stored(doctor.dossier, "city")) == (None, "Dieppe")


def test_a_refused_optional_question_is_not_folded_away(at):
    doctor = at(NOW)
    response = doctor.send("cabinet", headcount="beaucoup")
    assert response.status_code == 422
    assert re.search(r"<details[^>]* open>\s*<summary>Facultatif", response.content.decode())


def test_an_answer_that_brings_a_question_shows_the_page_again(at):
    doctor = at(NOW)
    assert doctor.goes_to(doctor.send("patients", subjects_informed="planned")) == "patients"
    page = doctor.open("patients")
    assert "subjects_planned_on" in page.keys
    assert doctor.goes_to(doctor.send("patients")) == "relire"


# -- boxes that write sentences, without scripts ----------------------------------------------------------


def test_a_box_writes_its_sentence_without_scripts(at):
    doctor = at(NOW)
    doctor.send("protections", prior_measures__tick__cps="on")
    assert stored(doctor.dossier, "prior_measures") == "La connexion se faisait par carte CPS."
    page = doctor.open("protections")
    assert page.named("prior_measures-tick-cps").on
    assert page.named("prior_measures").value == "La connexion se faisait par carte CPS."
    assert not page.named("prior_measures-tick-two_factors").on
    doctor.send("protections", prior_measures__tick__cps=None)
    assert stored(doctor.dossier, "prior_measures") is None


def test_a_box_with_a_day_writes_it_and_keeps_the_words_around_it(at):
    doctor = at(NOW)
    box = {"discovery__tick__vendor_message": "on", "discovery__tick__vendor_message__date": "2025-11-12"}
    doctor.send("quand", **AWARE, discovery="Le logiciel était lent.", **box)
    told = "Nous avons été prévenus par un message de l'éditeur, reçu le 12/11/2025."
    assert stored(doctor.dossier, "discovery") == f"Le logiciel était lent.\n{told}"
    assert doctor.open("quand").named("discovery-tick-vendor_message-date").value == "2025-11-12"
    doctor.send("quand", discovery__tick__vendor_message__date="")
    assert stored(doctor.dossier, "discovery").endswith("reçu le (date à préciser).")


def test_boxes_of_a_part_write_into_that_part_and_leave_the_vendors_words(at):
    doctor = at(NOW)
    vendor = doctor.dossier.answers["measures_taken"]["value"]
    doctor.send("mesures", measures_taken__tick__paper="on", measures_taken__tick__plan_backup="on")
    parts = stored(doctor.dossier, "measures_taken")
    assert [part for part in parts if part["origin"].startswith("incident:")] == vendor
    assert [part.get("part", "practice") for part in parts if part["origin"] == "practice"] == ["practice", "planned"]


def test_a_refused_day_of_a_box_keeps_the_box_the_day_and_the_rest(at):
    doctor = at(NOW)
    box = {"discovery__tick__colleague": "on", "discovery__tick__colleague__date": "30/02/2025"}
    response = doctor.send("quand", **AWARE, **box)
    assert response.status_code == 422
    page = Page(response.content)
    assert page.named("discovery-tick-colleague").on
    assert page.named("discovery-tick-colleague-date").value == "30/02/2025"
    assert stored(doctor.dossier, "aware_at") == "2025-11-12T18:07:00+01:00"
    assert stored(doctor.dossier, "discovery") is None


def test_a_day_that_no_calendar_has_in_an_edited_sentence_breaks_no_page(at):
    doctor = at(NOW)
    doctor.send("quand", discovery="Nous l'avons appris le 31/02/2025 par un confrère, un syndicat ou la presse.")
    for address in (doctor.address("quand"), f"/dossiers/{doctor.dossier.public_id}/etapes/dates/"):
        assert doctor.client.get(address).status_code == 200
    assert doctor.open("quand").named("discovery-tick-colleague").on
    assert doctor.goes_to(doctor.send("quand", **AWARE)) == "cabinet"


# -- the whole way --------------------------------------------------------------------------------------


@pytest.mark.parametrize("now", [NOW, LATE])
def test_after_the_whole_example_nothing_is_missing(at, now):
    doctor = at(now)
    visited = walk(doctor, lambda page: said(page, AS_IN_EXAMPLE))
    assert visited == [*(SUBJECTS if now is LATE else IN_TIME), "relire"]

    report = build_report(loading.load_dossier_data(Dossier.objects.get()), now)
    assert report.missing == ()
    exported = json.loads(doctor.client.get(f"/dossiers/{doctor.dossier.public_id}/dossier.json").content)
    assert exported["missing"] == []
    assert exported["kind"] == "initial"
    assert [row.key for row in report.rows if row.question.review == "open" and row.state == "to_review"] == []
    for key in ("aware_at", "siren", "severity", "own_accounts_named", "late_reasons" if now is LATE else "city"):
        assert exported["answers"][key]["origin"] == "practice"
    assert exported["answers"]["record_count"]["state"] == "unknown"
    assert exported["answers"]["aware_at"]["value"] == "2025-11-12T18:07:00+01:00"


@pytest.mark.parametrize("now", [NOW, LATE])
def test_what_is_folded_away_may_be_left_out(at, now):
    doctor = at(now)
    walk(doctor, lambda page: said(page, AS_IN_EXAMPLE, folded=False))
    assert build_report(loading.load_dossier_data(Dossier.objects.get()), now).missing == ()


def walk(doctor, answers):
    """From the first screen to the review; which screens were on the way, each once."""
    address, visited = doctor.address("quand"), []
    while address.endswith("/") and "verifier" not in address:
        slug = address.rstrip("/").rpartition("/")[2]
        visited += [slug] if slug not in visited else []
        page = Page(doctor.client.get(address).content)
        typed = {f"{key}-keep": "on" for key in page.keys} if slug == "relire" else answers(page)
        response = doctor.client.post(address, page.sends(**typed))
        doctor.goes_to(response)
        assert len(visited) <= 13
        address = response.url
    return visited


def said(page, example, *, folded=True):
    """What the person of the example types on this page."""
    typed = {}
    for key in page.keys:
        hidden = any(each.folded for each in page.controls if each.name.split("-")[0] == key)
        if key in example and (folded or not hidden):
            typed |= typed_for(form().questions[key], example[key])
    return typed


def typed_for(question, value):
    key = question.key
    if isinstance(value, dict) and "unknown" in value:
        return {f"{key}-unknown": "on", f"{key}-note": value["note"]}
    if isinstance(value, dict) and "value" in value:
        return typed_for(question, value["value"]) | ({f"{key}-note": value["note"]} if question.unknown else {})
    if question.parts:
        texts = value if isinstance(value, dict) else {question.part_for("practice"): value}
        return {f"{key}-part-{part}": text for part, text in texts.items()}
    if isinstance(value, bool):
        return {key: "yes" if value else "no"}
    if isinstance(value, datetime):
        local = value.astimezone(PARIS)
        return {f"{key}-day": f"{local:%Y-%m-%d}", f"{key}-time": f"{local:%H:%M}"}
    if isinstance(value, date):
        return {f"{key}-day" if question.type == "moment" else key: value.isoformat()}
    return {key: value if isinstance(value, list) else str(value)}


def test_a_screen_that_other_answers_made_needless_is_left_without_a_fault(at):
    doctor = at(LATE)
    doctor.send("quand", **AWARE)
    late = doctor.open("retard")
    doctor.send("quand", aware_at__day=LATE.date().isoformat(), aware_at__time="00:05")
    told = doctor.client.get(doctor.address("retard"), follow=True).content.decode()
    assert "Cette question ne se pose plus" in told
    sent = late.sends(late_reasons="Message lu tard.")
    autosaved = doctor.client.post(doctor.address("retard"), sent, headers={"Accept": "application/json"})
    assert autosaved.status_code == 200
    assert "late_reasons" in autosaved.json()["beside"]
    assert doctor.client.post(doctor.address("retard"), sent).status_code == 302
