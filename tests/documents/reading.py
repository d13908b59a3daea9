"""A printed draft read back as text, page by page."""

import io
import re
from functools import cached_property

import pymupdf
import pypdf
from django.utils.text import Truncator

from notifications.report import Line, Report, Row
from notifications.templatetags.french import cited_in

BANNER = "BROUILLON · rien n'est déposé"
FOOTER = "Seule la saisie sur le téléservice de la CNIL vaut notification."


def flat(text: str) -> str:
    """Text without any space, so that it does not matter where its lines end."""
    return re.sub(r"\s", "", text)


def texts(data: bytes) -> list[str]:
    """Each page's text, in the order in which it is drawn. MuPDF reads it twenty times as fast as pypdf."""
    with pymupdf.open(stream=data, filetype="pdf") as document:
        return [page.get_text() for page in document]


class Dossier:
    """A draft and the report it was made from; titles when they are not the report's own."""

    def __init__(self, report: Report, data: bytes, title: str = "", incident_title: str = ""):
        self.report, self.data = report, data
        titles = (title or report.organisation, 90), (incident_title or report.incident_title, 110)
        self.running_titles = "".join(Truncator(each).chars(length) for each, length in titles)

    @cached_property
    def reader(self) -> pypdf.PdfReader:
        return pypdf.PdfReader(io.BytesIO(self.data))

    @cached_property
    def pages(self) -> list[str]:
        return texts(self.data)

    @cached_property
    def text(self) -> str:
        """The whole document, flat, without what runs on every page."""
        found = []
        for number, page in enumerate(self.pages, start=1):
            page = flat(page)
            for running in (BANNER, FOOTER, f"page {number} / {len(self.pages)}", self.running_titles):
                assert flat(running) in page, (number, running)
                page = page.replace(flat(running), "", 1)
            found.append(page)
        return "".join(found)

    @cached_property
    def sections(self) -> str:
        """From the first section to the annexes."""
        return self._between(flat("1. " + self.report.sections[0].title), "AnnexeA.")

    def annex(self, letter: str, following: str = "\0") -> str:
        return self._between(f"Annexe{letter}.", f"Annexe{following}.")

    def _between(self, start: str, end: str) -> str:
        """The end is searched backwards: the words of a legend or an answer may hold it too."""
        begun = self.text.index(start)
        ended = self.text.rfind(end)
        return self.text[begun : ended if ended > begun else None]

    def chunks(self) -> dict[str, str]:
        """What is printed for each question, in the order of the questionnaire: from its label to the next one's."""
        found, rest = {}, self.sections
        places: list[int] = []
        position = 0
        for number, section in enumerate(self.report.sections, start=1):
            position = rest.index(flat(f"{number}. {section.title}"), position)
            for row in section.rows:
                position = rest.index(flat(row.question.label), position)
                places.append(position)
                position += len(flat(row.question.label))
        for row, start, end in zip(self.report.rows, places, [*places[1:], None], strict=True):
            found[row.key] = rest[start:end]
        return found

    def answer(self, key: str) -> str:
        """What is printed for one question, without its third column."""
        printed, marks = self.chunks()[key], self.marks(self.report.by_key[key])
        assert marks in printed, (key, marks, printed)
        return printed.replace(marks, "", 1)

    def marks(self, row: Row) -> str:
        """The third column: did the practice read the answer, whose is it, where does it come from."""
        if not row.answered:
            return "Manquant" if row.state == "missing" else ""
        words = ("À relire" if row.state == "to_review" else "Relu") + " · " + row.origin_words
        if row.sources:
            places = cited_in(row.sources, self.report.sources)
            words += ("Sources " if len(row.sources) > 1 else "Source ") + places
        return flat(words)


def shown(line: Line) -> str:
    """A line of an answer as it must be printed: no option without the word of its certainty."""
    return flat(line.text + (f" : {line.detail}" if line.detail else "") + line.certainty)
