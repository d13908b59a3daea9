"""Hostile values in every field of every page, and hostile requests: refused, or stored and shown as text."""

import contextlib
import io
import itertools
import json
import random
import re
import shutil
import subprocess

import pypdf
import pytest
from django.test import Client
from django.utils import timezone

from notifications.models import Dossier
from notifications.questionnaire import Context, Refused, check_entry
from notifications.report import build_report
from notifications.services.dossiers import loading, saving
from tests.dossiers import AS_IN_EXAMPLE, LATE, NOW, PARIS, answered, form
from tests.hostile import FAMILIES, VALUES, faults, sample, texts, unclean
from tests.html_pages import Page, encoded
from tests.stored import WEDA, everything, store_seeds

STEPS = [f"etapes/{step.slug}" for step in form().steps]
SCREENS = [*(f"essentiel/{subject.slug}" for subject in form().subjects), "essentiel/relire"]
PAGES = [*STEPS, *SCREENS]
FORM = "application/x-www-form-urlencoded"
BIGGEST = 2 * 1024 * 1024  # the settings' limit for one request
# Answers that make every question of the form be asked.
ASKED = {
    "aware_at": AS_IN_EXAMPLE["aware_at"],
    "kind": "complementary",
    "contact_same_as_legal": False,
    "has_dpo": True,
    "access_today": "partial",
    "decision": "undecided",
    "nature": ["confidentiality", "integrity", "availability"],
    "has_sensitive_data": True,
    "subjects_informed": "yes",
    "other_legal_notification": True,
    "complaint_filed": True,
}


@pytest.fixture
def victim(db):
    """A browser with a dossier in which nearly everything is asked."""
    store_seeds()
    client = Client()
    client.post(f"/incidents/{WEDA}/commencer/", {"timezone": "Europe/Paris"})
    client.dossier = Dossier.objects.get()
    client.root = f"/dossiers/{client.dossier.public_id}/"
    ask_everything(client.dossier)
    return client


def ask_everything(dossier: Dossier) -> None:
    entries = {
        key: answered(key, value, loading.strip_version(dossier.answers.get(key))) for key, value in ASKED.items()
    }
    saving.save_answers(dossier=dossier, base=dossier.version, entries=entries, by="x", now=NOW)


def filled(page: Page, value: str, *, all_kinds: bool) -> dict[str, list[str]]:
    """What the page would send with `value` in every field that takes text, and every option that takes a text of its
    own ticked; with `all_kinds`, also instead of every box, option and list."""
    data: dict[str, list[str]] = {}
    for each in page.controls:
        ours = each.name in ("csrfmiddlewaretoken", "base", "keys", "held", "later", "seen")
        state = each.name.endswith(("-unknown", "-not_applicable", "-keep"))
        if ours or (each.kind == "hidden" and not all_kinds):
            sent = each.value if each.on else None
        elif each.kind in ("checkbox", "radio", "select"):
            sent = value if all_kinds else each.value if each.value and (each.on or each.kind == "checkbox") else None
            sent = None if state or each.value == "-" else sent
        else:
            sent = value if each.kind not in ("submit", "button") else None
        if sent is not None:
            data.setdefault(each.name, []).append(sent)
    return data


def strike(client: Client, address: str, value: str, *, all_kinds: bool) -> None:
    """One value in all fields of one page: never a fault of the server. `shown_as_text` then reads what was stored."""
    page = Page(client.get(client.root + address + "/").content)
    if not page.keys and address != "essentiel/relire":  # a blank value before took away what this page was asked for
        ask_everything(Dossier.objects.get())
        page = Page(client.get(client.root + address + "/").content)
    assert page.keys or address == "essentiel/relire", address
    body = encoded(filled(page, value, all_kinds=all_kinds))
    before = Dossier.objects.get()
    response = client.post(client.root + address + "/", body, content_type=FORM)
    after = Dossier.objects.get()
    if len(body) > BIGGEST:
        assert response.status_code in (400, 413)
        assert after == before
        assert after.answers == before.answers
    else:
        assert response.status_code in (302, 422), (address, value[:80], response.status_code)
    assert not list(faults(response.content, value))
    assert not unclean(after.answers)


def shown_as_text(client: Client, *values: str) -> None:
    """Every page and file of the dossier says what is stored, and takes none of it for markup."""
    answers = Dossier.objects.get().answers
    for address in ("/dossiers/", f"{client.root}verifier/"):
        response = client.get(address)
        assert response.status_code == 200
        assert not list(faults(response.content, *values)), address
        assert "script-src 'self';" in response.headers["Content-Security-Policy"] + ";"
    page = flat(Page(response.content).text)
    dossier_data = loading.load_dossier_data(Dossier.objects.get())
    for row in build_report(dossier_data, timezone.now()).by_key.values():
        for text in (row.note, *(line.text for line in row.lines), *(line.detail for line in row.lines)):
            assert row.answered_elsewhere or flat(text) in page, (row.key, text[:100])
    file = client.get(f"{client.root}dossier.json")
    assert re.fullmatch(r'attachment; filename="dossier[a-z0-9_-]*\.json"', file.headers["Content-Disposition"])
    exported = json.loads(file.content)["answers"]
    assert exported == {key: loading.strip_version(entry) for key, entry in answers.items()}


def flat(text: str) -> str:
    return re.sub(r"\s", "", text.replace("’", "'"))


# -- values ---------------------------------------------------------------------------------------------


def test_there_are_two_hundred_different_values():
    assert len(set(VALUES)) == len(VALUES) >= 200
    assert all(len(family) >= 7 for family in FAMILIES.values())


@pytest.mark.parametrize("family", FAMILIES)
def test_the_validator_refuses_or_cleans_every_value_for_every_question(family):
    context = Context(PARIS, LATE)
    for question in form():
        for value in FAMILIES[family]:
            raws = {
                "choices": [[value]],
                "moment": [{"day": value, "time": value}, {"day": "2025-11-12", "time": value}],
                "group": [[{each.key: value}] for each in question.fields],
                "text": [{part.key: value for part in question.parts}] if question.parts else [],
            }
            for raw in [value, *raws.get(question.type, [])]:
                with contextlib.suppress(Refused):
                    entry = check_entry(question, {"state": "known", "value": raw, "note": value[:400]}, context)
                    assert not unclean(entry), (question.key, value[:80])


WAYS = pytest.mark.parametrize("pages", [STEPS, SCREENS], ids=["steps", "screens"])


@WAYS
def test_a_value_in_every_field_of_every_page(victim, seeded, pages):
    """One round of the long test below, with values by chance."""
    values = sample(seeded, len(pages))
    for page, value in zip(pages, values, strict=True):
        strike(victim, page, value, all_kinds=seeded.random() < 0.3)
    shown_as_text(victim, *values)


@pytest.mark.slow
@pytest.mark.parametrize("all_kinds", [False, True])
@WAYS
@pytest.mark.parametrize("family", FAMILIES)
def test_every_value_in_every_field_of_every_page(victim, family, pages, all_kinds):
    """Round after round each page gets another value, until each page had them all; a round is read back at once."""
    values = FAMILIES[family]
    for turn in range(len(values)):
        struck = [(page, values[(place + turn) % len(values)]) for place, page in enumerate(pages)]
        for page, value in struck:
            strike(victim, page, value, all_kinds=all_kinds)
        shown_as_text(victim, *{value for _, value in struck})


def test_a_value_too_long_for_one_field_is_refused_alone_and_comes_back(victim):
    value = "a" * 100_000
    page = Page(victim.get(f"{victim.root}etapes/organisme/").content)
    data = page.sends(organisation_name=value, city="Dieppe")
    response = victim.post(f"{victim.root}etapes/organisme/", encoded(data), content_type=FORM)
    assert response.status_code == 422
    assert Page(response.content).named("organisation_name").value == value
    answers = Dossier.objects.get().answers
    assert answers["city"]["value"] == "Dieppe"
    assert "organisation_name" not in answers


def test_the_name_of_the_practice_is_text_in_titles_lists_and_file_names(victim, seeded):
    for value in ['<b evil>"x"', '"><script evil>alert(1)</script>', '../../etc/passwd\r\nX: evil"', "\u202eevil"]:
        page = Page(victim.get(f"{victim.root}etapes/organisme/").content)
        victim.post(f"{victim.root}etapes/organisme/", encoded(page.sends(organisation_name=value)), content_type=FORM)
        shown_as_text(victim, value)


# -- the printed draft ----------------------------------------------------------------------------------

REPRESENTATIVE = {
    "markup": "</p></body><script evil>alert(1)</script><img evil src=file:///etc/passwd>{{ settings.SECRET_KEY }}",
    "writing": "\u202eevil مرحبا e" + "\u0301" * 50 + " 👩‍⚕️ \U000e0041 ﷺ",
}


needs_pdftotext = pytest.mark.skipif(not shutil.which("pdftotext"), reason="PDFTOTEXT IS MISSING: no PDF was read")


def printed(client: Client, *values: str) -> str:
    """The words of the PDF of a dossier in which every text is a value, in turn, as long as each may be."""
    dossier = Dossier.objects.get()
    entries, turn = {}, itertools.cycle(values)
    for question in form():
        if question.type == "text" and not question.format:
            text = next(turn)[: question.limit]
            entries[question.key] = answered(
                question.key, text, loading.strip_version(dossier.answers.get(question.key))
            )
    saving.save_answers(dossier=dossier, base=dossier.version, entries=entries, by="x", now=LATE)
    response = client.get(f"{client.root}brouillon.pdf")
    assert response.status_code == 200
    assert re.fullmatch(r'attachment; filename="brouillon[a-z0-9_-]*\.pdf"', response.headers["Content-Disposition"])
    reader = pypdf.PdfReader(io.BytesIO(response.content))
    assert reader.trailer["/Root"].keys().isdisjoint({"/OpenAction", "/AA", "/Names", "/AcroForm"})
    assert b"/JavaScript" not in response.content
    words = subprocess.run(["pdftotext", "-", "-"], input=response.content, capture_output=True, check=True).stdout
    return flat(words.decode())


@needs_pdftotext
def test_the_draft_is_printed_with_the_values_as_text(victim, seeded):
    """Which question gets which of them is another matter each time."""
    words = printed(victim, *seeded.sample(list(REPRESENTATIVE.values()), len(REPRESENTATIVE)))
    assert "BROUILLON" in words
    assert flat(REPRESENTATIVE["markup"]) in words
    assert "root:x" not in words


@pytest.mark.slow
@needs_pdftotext
@pytest.mark.parametrize("value", REPRESENTATIVE.values(), ids=REPRESENTATIVE)
def test_the_draft_is_printed_with_one_value_everywhere(victim, value):
    words = printed(victim, value)
    assert "BROUILLON" in words
    if value.isascii():
        assert flat(value) in words
    assert "root:x" not in words


@pytest.mark.slow
@needs_pdftotext
@pytest.mark.parametrize(
    "value",
    ["[" * 8000, "W" * 8000, "evil " * 1600, "a\n" * 4000, "<b evil>" * 1000, "é\u0301" * 2000, "👍" * 8000],
    ids=lambda value: value[:3],
)
def test_the_draft_is_printed_however_long_its_texts_are(victim, value):
    assert "BROUILLON" in printed(victim, value)


# -- requests -------------------------------------------------------------------------------------------


@pytest.fixture
def changes_nothing(victim):
    """Post something to a page of the dossier; nothing at all may have changed afterwards."""

    def post(body, content_type=FORM, address="etapes/organisme"):
        before = everything()
        body = encoded(body) if isinstance(body, dict) else body
        response = victim.generic("POST", f"{victim.root}{address}/", body, content_type)
        now = everything()
        for rows in (before, now):
            for row in rows["Grant"]:
                row.pop("last_used_on")
        assert now == before
        assert response.status_code < 500
        assert not list(faults(response.content))
        return response

    return post


BASES = ["-1", "", "1.0", "abc", "9999999999", "9" * 5000, "0x1", "1 OR 1=1", "\x00", "²", "+1", " 1", "1e3"]


@pytest.mark.parametrize("address", ["etapes/organisme", "essentiel/cabinet"])
def test_a_page_without_a_version_that_can_be_is_refused(changes_nothing, address):
    data = {"keys": ["city"], "city": ["Dieppe"]}
    assert changes_nothing(data, address=address).status_code == 400
    for base in BASES:
        assert changes_nothing({"base": [base], **data}, address=address).status_code == 400, base


def test_keys_of_other_pages_or_made_up_are_not_saved(changes_nothing, victim):
    base = str(Dossier.objects.get().version)
    keys = ["severity", "aware_at", "evil", "__class__", "city-keep", "", "../city", "\x00", "ville" * 1000]
    data = {"base": [base], "keys": keys} | {key or "x": ["maximal"] for key in keys}
    for address in ("etapes/organisme", "essentiel/cabinet", "essentiel/relire"):
        assert changes_nothing(data | {"aware_at-day": ["2025-11-11"]}, address=address).status_code < 500


def test_an_answer_without_its_key_is_not_saved(changes_nothing):
    changes_nothing({"base": [str(Dossier.objects.get().version)], "city": ["Dieppe"]})


TWICE = [
    ("prejudices", "severity", "limited"),
    ("dates", "aware_at-day", "2025-11-13"),
    ("donnees", "person_count", "12"),
    ("organisme", "city", "Dieppe"),
]


def test_a_field_sent_twice_is_one_value(victim):
    for step, name, value in TWICE:
        key = name.split("-")[0]
        data = {"base": [str(Dossier.objects.get().version)] * 2, "keys": [key, key], name: ["evil", value]}
        response = victim.post(f"{victim.root}etapes/{step}/", encoded(data), content_type=FORM)
        assert response.status_code in (302, 422)
        assert list(texts(Dossier.objects.get().answers[key]["value"])) in ([value], [])


def test_more_fields_than_any_page_has_are_refused(changes_nothing):
    many = {f"x{number}": ["1"] for number in range(1001)}
    data = {"base": [str(Dossier.objects.get().version)], "keys": ["city"], "city": ["Dieppe"]} | many
    assert changes_nothing(data).status_code == 400


def test_more_bytes_than_any_page_has_are_refused(changes_nothing):
    data = {"base": [str(Dossier.objects.get().version)], "keys": ["city"], "city": ["a" * (BIGGEST + 1)]}
    assert changes_nothing(data).status_code in (400, 413)


NO_FORMS = [
    (b"", "multipart/form-data"),
    (b"evil", "multipart/form-data; boundary="),
    (b"evil", "multipart/form-data; boundary=\xc3\xa9"),
    (b"--x\r\nContent-Disposition: form-data; name=base\r\n\r\n1", "multipart/form-data; boundary=" + "x" * 300),
    (b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--", "multipart/form-data; boundary=x"),
    (b"--x\r\n\r\n\r\n--x--", "multipart/form-data; boundary=x"),
    (b'{"base": 1, "keys": ["city"], "city": "Dieppe"}', "application/json"),
    (b"base=1&keys=city&city=Dieppe", "text/plain"),
    (b"base=1&keys=city&city=Dieppe", "application/octet-stream"),
    (b"base=1&keys=city&city=Dieppe", "evil\x00"),
    (b"base=1&keys=city&city=Dieppe", ""),
    (b"base=1&keys=city&city=Dieppe", "application/x-www-form-urlencoded; charset=utf-7"),
    (b"<dossier/>", "application/xml"),
    (b"%", FORM),
    (b"&&&&====%%%%" * 50, FORM),
    (b"\xff\xfe\x00\x00", FORM),
    (b"base=%FF&keys=%C0%AF", FORM),
]


def test_a_body_that_is_no_form_is_refused(changes_nothing):
    for body, content_type in NO_FORMS:
        assert 400 <= changes_nothing(body, content_type).status_code < 500, (body, content_type)


def test_a_form_of_several_parts_is_a_form_too(victim):
    base = Dossier.objects.get().version
    response = victim.post(f"{victim.root}etapes/organisme/", {"base": base, "keys": ["city"], "city": "Dieppe"})
    assert response.status_code == 302
    assert Dossier.objects.get().answers["city"]["value"] == "Dieppe"


IDS = ["x", "A" * 22, "A" * 100_000, "1", "-1", "..%2f..%2fetc", "%00", "%ff%fe", "'%20OR%20'1'='1", "%3Cb%20evil%3E"]
IDS += ["%F0%9F%91%8D", "%E2%80%AE", "{{7*7}}", "%0d%0aX:%20evil", "null", "None"]


def test_an_address_that_is_no_dossiers_does_not_exist(victim):
    before = everything()
    data = {"base": "1", "keys": "city", "city": "Dieppe"}
    files = ("", "etapes/organisme/", "essentiel/quand/", "verifier/", "brouillon.pdf", "dossier.json")
    for public_id, rest in itertools.product(IDS, files):
        found = [victim.get(f"/dossiers/{public_id}/{rest}"), victim.post(f"/dossiers/{public_id}/{rest}", data)]
        assert {response.status_code for response in found} <= {400, 404, 405}
        assert not [fault for response in found for fault in faults(response.content)]
    assert everything() == before


def test_a_step_or_a_screen_that_does_not_exist(changes_nothing):
    slugs = ["evil", "%3Cb%20evil%3E", "..%2f", "%00", "a" * 10_000, "organisme%20", "{{7}}"]
    for folder, slug in itertools.product(("etapes", "essentiel"), slugs):
        data = {"base": ["1"], "keys": ["city"], "city": ["Dieppe"]}
        assert changes_nothing(data, address=f"{folder}/{slug}").status_code == 404


def test_any_mixture_of_fields_of_all_pages(victim, seeded: random.Random):
    """Names of one page sent to another, in any number and order."""
    controls = []
    for address in ("etapes/dates", "essentiel/cabinet", "etapes/violation", "essentiel/mesures"):
        controls += Page(victim.get(f"{victim.root}{address}/").content).controls
    for _ in range(8):
        data = {"base": [str(Dossier.objects.get().version)], "keys": [], "aware_at-day": ["2025-11-12"]}
        for each in seeded.sample(controls, 40):
            if each.name not in ("base", "csrfmiddlewaretoken"):
                values = [seeded.choice([each.value, *sample(seeded, 1)])[:2000] for _ in range(seeded.randint(1, 3))]
                data.setdefault(each.name, []).extend(values)
        address = seeded.choice(PAGES)
        response = victim.post(f"{victim.root}{address}/", encoded(data), content_type=FORM)
        assert response.status_code in (302, 404, 422)
        assert not list(faults(response.content))
        assert not unclean(Dossier.objects.get().answers)
