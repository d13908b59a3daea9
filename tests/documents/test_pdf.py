"""The draft as printed, read back by other programs than the one that wrote it."""

import io
import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from notifications.documents import pdf
from notifications.report import build_report
from tests.documents.reading import BANNER, FOOTER, Dossier, flat, shown
from tests.dossiers import AS_IN_EXAMPLE, LATE, NOW, ROOT, form, weda_data

# A printing takes a second: each of these dossiers shows several things at once.
NEARLY_EMPTY = {"description": "Œuvre Ÿ ő"}
DECIDED = {"decision": "not_notify", "decision_reason": "Avis du ministère, relayé. " * 200}
NOTED = {
    **AS_IN_EXAMPLE,
    "nature": ["confidentiality", "integrity", "availability"],
    "person_count": 2000,
    "record_count": 10,
    "informed_by_processor_at": "2025-11-12T09:00:00+01:00",  # a note, before the awareness
    "consequences_integrity": ["modified_valid"],
    **DECIDED,
}
WORD, LINES, BREAK = "é" * 6000, "\n".join("x" * 3000), "premier point\nsecond point"


@pytest.fixture
def noted(printed) -> Dossier:
    """With notes, a decision, doubts and a nature edited by the practice, before its deadline."""
    return printed(NOTED)


@pytest.fixture
def without_notes(printed) -> Dossier:
    return printed(NOTED, with_notes=False)


@pytest.fixture
def long(printed) -> Dossier:
    """With long texts and titles, after a deadline counted from an unknown hour, without its notes."""
    texts = {"description": tokens(6000), "prior_measures": WORD, "discovery": LINES, "harms_text": BREAK}
    answers = {**AS_IN_EXAMPLE, **texts, **DECIDED, "aware_at": "2025-11-12"}
    return printed(answers, now=LATE, with_notes=False, title="T" * 200, incident_title="I" * 200)


@pytest.fixture
def hostile(printed, asked) -> Dossier:
    return printed(hostile_answers("\n".join(HOSTILE)), title=HOSTILE[5], incident_title=HOSTILE[2])


# -- what is printed --------------------------------------------------------------------------------------


def test_every_section_is_printed_in_the_order_of_the_questionnaire(dossier: Dossier) -> None:
    assert list(dossier.chunks()) == [row.key for row in dossier.report.rows]
    assert len(dossier.report.rows) > 45


def test_every_answer_is_printed_whole_with_its_origin_and_certainty(dossier: Dossier) -> None:
    for row in dossier.report.rows:
        printed = dossier.answer(row.key)
        for line in row.lines:
            assert shown(line) in printed, (row.key, line.text)
            assert flat(line.origin[1:]) in printed, row.key  # its first letter is printed as a capital
        assert flat(row.note) in printed, row.key
        assert flat(row.certainty) in printed, row.key


def test_an_unknown_answer_is_followed_by_its_reason(dossier: Dossier) -> None:
    row = dossier.report.by_key["record_count"]
    assert row.note
    assert flat(f"Inconnu à ce stade : {row.note}") in dossier.chunks()["record_count"]


def test_an_unanswered_question_says_so(printed) -> None:
    dossier = printed(NEARLY_EMPTY)
    assert "Nonrenseigné" in dossier.chunks()["headcount"]
    assert "Manquant" not in dossier.chunks()["headcount"]  # only a complete notification needs it
    assert "NonrenseignéManquant" in dossier.chunks()["severity"]
    assert "Noncalculée" in dossier.text  # the deadline
    assert "AnnexeD" not in dossier.text  # nothing was noted


def test_each_page_says_that_it_is_a_draft_of_whom_and_its_number(dossier: Dossier) -> None:
    for number, page in enumerate(dossier.pages, start=1):
        page = flat(page)
        for each in (BANNER, FOOTER, "Cabinet du Dr Exemple", dossier.report.incident_title):
            assert flat(each) in page
        assert f"page{number}/{len(dossier.pages)}" in page


def test_the_first_page_holds_what_an_authority_reads(dossier: Dossier) -> None:
    page = flat(dossier.pages[0])
    assert dossier.report.first_page
    for row in dossier.report.first_page:
        assert flat(row.question.label + row.lines[0].text) in page
    for words in (
        "samedi 15 novembre 2025 à 18 h 07 (heure de Paris)",
        "vendredi 14 novembre 2025 à 9 h 00 (heure de Paris)",
        "https://notifications.cnil.fr/notifications/index",
        form().unverified_note,
    ):
        assert flat(words) in page


def test_lateness_and_an_unknown_hour_are_said_calmly(long: Dossier) -> None:
    page = flat(long.pages[0])
    assert flat("samedi 15 novembre 2025 à 0 h 00") in page
    assert flat("Les 72 heures sont passées") in page
    assert flat("L'heure de la prise de connaissance n'est pas connue") in page


CNIL_ASKS = "vous devez faire une notification initiale de violation de données"


def test_the_vendors_day_and_the_small_print_stand_beside_the_deadline(dossier: Dossier) -> None:
    page = flat(dossier.pages[0])
    assert flat("Weda avait demandé une déclaration avant le samedi 15 novembre 2025 (Le Figaro, 14 novembre") in page
    assert flat("jusqu'au samedi 15 novembre 2025 à 19 h 00 (heure de Paris) ; ne comptez pas dessus") in page


def test_a_decision_not_to_notify_is_printed_on_the_page_of_the_cnils_request(
    noted: Dossier, without_notes: Dossier, long: Dossier
) -> None:
    [page] = [flat(page) for page in noted.pages if flat("Votre décision : Ne pas notifier") in flat(page)]
    assert flat(CNIL_ASKS) in page
    assert flat("CNIL, non datée, vue le 21 novembre 2026") in page
    assert noted.text.count(flat("Avis du ministère, relayé.")) == 200  # once, and whole
    for without in (without_notes, long):
        assert flat("Ne pas notifier") not in without.text
    assert flat("Les 72 heures sont passées") in flat(long.pages[0])  # nothing else is said of it


def test_the_careful_reading_leaves_with_the_notes(noted: Dossier, without_notes: Dossier) -> None:
    words = flat("Lecture prudente : samedi 15 novembre 2025 à 9 h 00 (heure de Paris)")
    assert words in flat(noted.pages[0])
    assert words not in without_notes.text


def test_the_words_of_the_vendor_and_of_the_practice_are_labelled(dossier: Dossier) -> None:
    row, printed = dossier.report.by_key["measures_taken"], dossier.answer("measures_taken")
    assert len(row.lines) == 3
    for line in row.lines:
        label = line.origin[:1].upper() + line.origin[1:]
        assert flat(f"{label} :") in printed
    vendor, mine = (flat(line.text) for line in row.lines[:2])
    assert flat("Fiche « Weda », révision 3 : selon l'éditeur") + vendor in printed
    assert printed.index(vendor) < printed.index(mine)


# -- nothing suspected passes for a fact ---------------------------------------------------------------------


def test_the_loss_of_confidentiality_is_never_printed_without_its_word(dossier: Dossier, noted: Dossier) -> None:
    assert noted.report.by_key["nature"].origin == "practice"  # who edited it
    for each in (dossier, noted):
        ticked = flat("Perte de la confidentialité")
        assert each.text.count(ticked + "suspectée") == 2  # first page and row
        assert each.text.count(ticked) == 2 + each.answer("harms").count(ticked)
        assert flat("La perte de confidentialité est suspectée : à ce jour, elle n'est ni") in each.answer(
            "description"
        )


def test_no_theft_is_stated(dossier: Dossier) -> None:
    ours = " ".join(dossier.pages)
    for row in dossier.report.rows:
        for option in row.question.options:
            ours = ours.replace(option.label, "")
    assert not re.search(r"\b(données|dossiers)\s+(ont été\s+)?(volé|dérobé|exfiltré)", ours)


# -- annexes ------------------------------------------------------------------------------------------------


def test_annexes_list_sources_and_what_remains_to_find_out(dossier: Dossier) -> None:
    sources = dossier.annex("A", "B")
    for number, source in enumerate(dossier.report.sources, start=1):
        assert flat(f"{number}. {source.publisher} · {source.title}") in sources
        assert flat(source.address) in sources
    rest = dossier.annex("B", "C")
    for row in dossier.report.unknowns:
        assert flat(f"{row.question.label} : {row.note}") in rest


def test_missing_answers_are_listed_with_their_section(printed) -> None:
    dossier = printed(NEARLY_EMPTY)
    rest = dossier.annex("B", "C")
    for number, section in enumerate(dossier.report.sections, start=1):
        for row in section.rows:
            assert (flat(f"{row.question.label} ({number}. {section.title})") in rest) == (row.state == "missing")


def test_doubts_are_listed_and_pointed_at(noted: Dossier) -> None:
    assert len(noted.report.doubts) == 2
    places = noted.chunks() | {row.key: noted.annex("D") for row in noted.report.notes}
    for keys, message in noted.report.doubts:
        assert flat(message) in noted.annex("C", "D")
        assert all(flat("Point à vérifier, annexe C") in places[key] for key in keys)


def test_the_practices_own_notes_are_apart_and_can_be_left_out(noted: Dossier, without_notes: Dossier) -> None:
    for row in noted.report.notes:
        assert (flat(row.question.label) in noted.annex("D")) == (row.answered and row.origin != "default")
        assert flat(row.question.label + row.text) not in without_notes.text
    assert "AnnexeD" not in without_notes.text
    for keys, message in noted.report.doubts:
        assert (flat(message) in without_notes.text) == ("informed_by_processor_at" not in keys)


# -- texts of any shape -----------------------------------------------------------------------------------------


def tokens(limit: int) -> str:
    """As many different words as fit."""
    return " ".join(f"mot{number:04d}" for number in range(limit // 8))


def test_very_long_answers_are_printed_whole(long: Dossier) -> None:
    assert re.findall(r"mot\d{4}", long.answer("description")) == tokens(6000).split()
    assert WORD in long.answer("prior_measures")
    assert "x" * 3000 in long.answer("discovery")
    assert len(long.pages) < 20  # three thousand lines would fill sixty


def test_line_breaks_are_kept_and_long_titles_are_whole_on_the_first_page(long: Dossier) -> None:
    assert any(BREAK in page for page in long.pages)
    assert "T" * 200 + "I" * 200 in flat(long.pages[0])
    assert all(BANNER in page for page in long.pages)


@pytest.mark.slow
@pytest.mark.parametrize("text", [tokens, lambda limit: "x" * limit, lambda limit: "\n".join("x" * (limit // 2))])
def test_a_dossier_with_every_text_at_its_limit_is_printed_in_seconds(text) -> None:
    answers = dict(AS_IN_EXAMPLE) | {
        "decision": "undecided",
        "subjects_informed": "yes",
        "other_legal_notification": True,
    }
    for question in form():
        if question.type == "text" and not question.format:
            whole = text(question.limit)
            answers[question.key] = {part.key: whole for part in question.parts} if question.parts else whole
    report = build_report(weda_data(answers), LATE)
    pdf.draft_pdf(build_report(weda_data(), NOW))  # the first one pays for the imports
    before = time.process_time()
    pdf.draft_pdf(report)
    assert time.process_time() - before < 10  # 3 s on a quiet machine


# -- hostile texts ---------------------------------------------------------------------------------------------

HOSTILE = (
    '<img src="http://127.0.0.1:9/a.png">',
    '<a href="https://example.org/">lien</a>',
    '<link rel="attachment" href="file:///etc/passwd">',
    '<link rel=stylesheet href=//127.0.0.1:9/a.css>',
    '<style>@import url("file:///etc/passwd"); * { display: none }</style>',
    '</style></p></td></table><script>document.write("x")</script>',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    '<object data="data:text/html,x"></object><embed src=data:,x>',
    '<div style="background: url(http://127.0.0.1:9/b.png)">x</div>',
    '<base href="http://127.0.0.1:9/"><meta name=dcterms.created content=2020-01-01>',
    '" onload="x" style="content: url(file:///etc/passwd)',
    "{{ settings.SECRET_KEY }}{% include 'pdf/draft.html' %}",
    "&lt;b&gt; &amp;#x41; https://example.org/ file:///etc/passwd mailto:a@b.fr",
)  # fmt: skip


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """Every address that the engine asks for from now on."""
    found: list[str] = []
    fetcher = type(pdf._engine().fetcher)
    fetch = fetcher.fetch
    monkeypatch.setattr(fetcher, "fetch", lambda self, url, headers=None: (found.append(url), fetch(self, url))[1])
    return found


def hostile_answers(payload: str) -> dict:
    answers = dict(AS_IN_EXAMPLE)
    for question in form():
        short = payload[: question.limit]
        if question.type == "text" and not question.format:
            answers[question.key] = {part.key: short for part in question.parts} if question.parts else short
    answers["record_count"] = {"unknown": True, "note": payload[:500]}
    answers["other_bodies"] = [{"name": payload[:200], "role": "other", "contact": payload[:200]}]
    answers["origins"] = {"value": ["other"], "details": {"other": payload[:500]}}
    return answers


def test_markup_in_texts_is_printed_as_text_and_nothing_is_fetched(hostile: Dossier, asked) -> None:
    assert asked == []
    everything = "\n".join(HOSTILE)
    assert flat(everything) in hostile.answer("prior_measures")
    assert flat(HOSTILE[0]) in hostile.chunks()["other_bodies"]
    assert flat(everything[:500]) in hostile.answer("origins")


def test_texts_make_no_link_attachment_or_action(hostile: Dossier, asked) -> None:
    assert asked == []
    with pikepdf.open(io.BytesIO(hostile.data)) as document:
        assert len(document.attachments) == 0
        assert not {"/AF", "/OpenAction", "/AA", "/AcroForm"} & set(document.Root.keys())
        assert "/EmbeddedFiles" not in document.Root.get("/Names", {})
        assert not any("/Annots" in page for page in document.pages)
        assert not any(image for page in document.pages for image in page.get_images())
        assert "/CreationDate" not in document.docinfo


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "http://127.0.0.1:9/",
        "data:text/plain,x",
        "ftp://example.org/x",
        pdf.ROOT,
        pdf.ROOT + pdf.STYLESHEET,
        pdf.ROOT + "vendor/font/../../../settings.py",
        pdf.ROOT + pdf.FONTS[0] + "?x",
        "HTTPS://static.invalid/" + pdf.FONTS[0],
    ],
)
def test_the_fetcher_refuses_all_but_its_list(address: str) -> None:
    fetcher = pdf._engine().fetcher
    for ask in (fetcher.fetch, fetcher, fetcher.open):
        with pytest.raises(PermissionError):
            ask(address)


def test_the_fetcher_serves_the_fonts_from_disk() -> None:
    for name in pdf.FONTS:
        assert pdf._engine().fetcher(pdf.ROOT + name).read().startswith(b"wOF2")


# -- the file itself -------------------------------------------------------------------------------------------


def test_same_report_same_bytes_whatever_was_printed_before(dossier: Dossier, printed) -> None:
    printed(NEARLY_EMPTY)
    seconds_later = replace(dossier.report, now=dossier.report.now.replace(second=41))
    assert pdf.draft_pdf(seconds_later) == dossier.data


def test_it_claims_pdf_ua_and_names_its_language_and_title(dossier: Dossier) -> None:
    with pikepdf.open(io.BytesIO(dossier.data)) as document:
        root = document.Root
        assert root.MarkInfo.Marked
        assert root.Lang == "fr"
        assert root.ViewerPreferences.DisplayDocTitle
        with document.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert flat(metadata["dc:title"]) == flat("Cabinet du Dr Exemple : brouillon de notification à la CNIL")
        assert float(document.pages[0].mediabox[2]) == pytest.approx(595.28, abs=0.1)  # A4


def test_the_only_fonts_are_ours(dossier: Dossier) -> None:
    with pikepdf.open(io.BytesIO(dossier.data)) as document:
        fonts = {str(font.BaseFont) for page in document.pages for font in page.Resources.Font.values()}
    assert {name.split("+")[1].split("-")[0] for name in fonts} == {"Hyperlegible"}


def test_headings_make_bookmarks(dossier: Dossier) -> None:
    titles = json.dumps([str(each) for each in _outline(dossier.reader.outline)])
    for number in range(1, len(dossier.report.sections) + 1):
        assert f"{number}. " in titles


def _outline(items) -> list[str]:
    return [title for item in items for title in (_outline(item) if isinstance(item, list) else [item.title])]


def test_outloud_finds_no_accessibility_error(dossier: Dossier, tmp_path: Path) -> None:
    path = tmp_path / "draft.pdf"
    path.write_bytes(dossier.data)
    command = [Path(sys.executable).with_name("outloud"), "--json", "-", "--quiet", path]
    [result] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["results"]
    assert [each for each in result["findings"] if each["severity"] == "error"] == []


def test_qpdf_finds_the_file_clean(dossier: Dossier, tmp_path: Path) -> None:
    if shutil.which("qpdf") is None:
        pytest.skip("qpdf is not installed: `make tools`")
    path = tmp_path / "draft.pdf"
    path.write_bytes(dossier.data)
    result = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_draft_and_its_style_sheet_stay_small(dossier: Dossier) -> None:
    assert len(dossier.data) < 150_000
    assert (ROOT / "static" / pdf.STYLESHEET).stat().st_size < 6_000
