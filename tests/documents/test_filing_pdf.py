"""The papers that follow a filing, read back: the copy of what was filed, the complement, the letter."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from zoneinfo import ZoneInfo

import pypdf
import pytest
from django.template.loader import render_to_string

from notifications.documents import pdf
from notifications.obligations import Filed
from notifications.report import Recorded, build_report, write_letter_to_vendor
from tests.documents.reading import BANNER, flat, texts
from tests.dossiers import AS_IN_EXAMPLE, LATE, NOW, weda_data

DIGEST = "0123456789abcdef" * 4
NOT_YET = "rien n'est déposé"


@cache
def papers() -> dict[str, tuple[bytes, list[str]]]:
    """Each paper's bytes and the flat text of its pages."""
    before = weda_data()
    starts = build_report(before, NOW).clock
    frozen = {"cnil": (starts.starts_at, starts.due_at)}
    filed = Filed("initial", NOW, "FR-2025-77", before.answers, DIGEST, frozen)
    recorded = Recorded(filed, 1, "initiale", "Dr Exemple", LATE)
    changed = {
        **AS_IN_EXAMPLE,
        "record_count": 8412,
        "nature": ["availability"],
        "prior_measures": "<b>Autre</b> chose",
    }
    now = build_report(replace(weda_data(changed), filings=(filed,)), LATE)
    cancelled = replace(recorded, cancelled_at=LATE, cancel_reason="mauvaise heure")
    made = {
        "copy": pdf.filing_pdf(build_report(before, NOW), recorded),
        "cancelled": pdf.filing_pdf(build_report(weda_data({}), NOW), cancelled),
        "dossier": pdf.draft_pdf(now),
        "complement": pdf.complement_pdf(now),
        "letter": pdf.letter_pdf(write_letter_to_vendor(now)),
    }
    return {name: (data, pages_of(data)) for name, data in made.items()}


def pages_of(data: bytes) -> list[str]:
    return [flat(page) for page in texts(data)]


def text(name: str) -> str:
    return "".join(papers()[name][1])


def test_the_copy_is_what_was_filed_and_bears_its_digest_on_each_page() -> None:
    pages = papers()["copy"][1]
    assert all(DIGEST in page for page in pages)
    for words in (
        "Copie de ce qui a été consigné comme déposé le vendredi 14 novembre 2025 à 9 h 00 (heure de Paris)",
        "seul le récépissé de la CNIL fait foi",
        "FR-2025-77",
        "déposée dans ce délai",
        "Perte de la confidentialité" + "suspectée",
    ):
        assert flat(words) in pages[0]
    assert flat(NOT_YET) not in text("copy").lower()
    assert "8412" not in text("copy")
    assert "AnnexeD" not in text("copy")  # the practice's own notes


def test_a_cancelled_filing_says_so_on_its_copy() -> None:
    assert flat("Consignation annulée le jeudi 20 novembre 2025") in text("cancelled")
    assert flat("Motif : mauvaise heure") in text("cancelled")


def test_after_a_filing_the_draft_says_what_is_true() -> None:
    assert flat(NOT_YET) not in text("dossier")
    assert flat(BANNER) not in text("dossier")
    assert flat("Ce complément n'est pas déposé") in text("dossier")
    assert flat("sous le numéro FR-2025-77") in text("dossier")


def test_the_complement_holds_what_changed_and_what_is_unknown_and_nothing_else() -> None:
    found, report = text("complement"), build_report(weda_data(), NOW)
    for words in ("FR-2025-77", "Complémentaire", "8 412", "<b>Autre</b> chose", "lundi 17 novembre 2025 à 9 h 00"):
        assert flat(words) in found
    assert flat("Perte de la confidentialité" + "suspectée") in found  # as filed, never without its word
    assert all(flat(f"D'après le dépôt consigné, SHA-256 {DIGEST}") in page for page in papers()["complement"][1])
    for key in ("siren", "legal_email", "severity"):
        assert flat(report.by_key[key].question.label) not in found
    for row in report.unknowns:
        assert flat(row.question.label) in found


@pytest.mark.parametrize(("zone", "told"), [("Europe/Paris", False), ("Indian/Reunion", True)])
def test_overseas_the_end_is_printed_for_paris_too(zone: str, told: bool) -> None:
    found = build_report(weda_data(zone=ZoneInfo(zone)), NOW)
    html = render_to_string("pdf/_deadline.html", {"report": found, "zone": found.data.zone})
    assert ("Soit samedi 15 novembre 2025 à 18 h 07 (heure de Paris)." in html) == told


def test_the_letter_is_one_signed_page() -> None:
    [page] = papers()["letter"][1]
    assert page.startswith(flat("Cabinet du Dr Exemple"))
    assert flat("salutations distinguées. Cabinet du Dr Exemple") in page
    assert "BROUILLON" not in page
    assert flat("art. 28(3)(f)") in page


@pytest.mark.parametrize("name", ["copy", "complement", "letter"])
def test_each_paper_is_tagged_named_and_french(name: str) -> None:
    root = pypdf.PdfReader(io.BytesIO(papers()[name][0])).root_object
    assert root["/Lang"] == "fr"
    assert root["/MarkInfo"]["/Marked"]


def test_outloud_and_qpdf_find_no_fault(tmp_path) -> None:
    paths = [tmp_path / f"{name}.pdf" for name in ("copy", "complement", "letter")]
    for path in paths:
        path.write_bytes(papers()[path.stem][0])
    command = [f"{sys.prefix}/bin/outloud", "--json", "-", "--quiet", *paths]
    results = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["results"]
    assert len(results) == len(paths)
    assert [each for result in results for each in result["findings"] if each["severity"] == "error"] == []


def test_a_complement_that_is_recorded_is_no_longer_awaited() -> None:
    awaited = flat("Complément attendu si possible avant")
    assert awaited in text("complement")
    filings = (Filed("initial", NOW, "FR-2025-77"), Filed("complementary", LATE, "C-9"))
    again = build_report(replace(weda_data(), filings=filings), LATE)
    assert awaited not in "".join(pages_of(pdf.complement_pdf(again)))
