"""What the application answers, as text that two versions of it can be compared by.

Of a page its words, links, forms and controls count, one a line; not its white space, the order of attributes, the
classes, or the elements that only wrap others. What is made by chance has a name, or a number in its place."""

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pymupdf
from django.conf import settings
from django.core.mail import EmailMessage

# Elements that say nothing by themselves: the first run on in a line, the others begin a new one.
RUNNING = set(re.findall(r"\w+", "abbr b bdi br cite code em i kbd mark q s small span strong sub sup time u wbr"))
WRAPPING = set(re.findall(r"\w+", "article aside body div dl figure head html li ol p section tbody thead tr ul"))
DROPPED_ATTRIBUTES = {"class", "style", "nonce", "integrity", "width", "height"}
KEPT_IN_DRAWINGS = {"svg", "title", "desc", "text", "a"}
CHANCE = re.compile(
    r"[\w.-]+:[\w-]{6}:[\w-]{43}(?![\w-])"  # signed, with the hour
    r"|(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?:[\w-]{43}|[\w-]{22})(?![\w-])"  # 256 or 128 random bits
    r"|(?<![\w-])[B-Z]{4}-[B-Z]{4}(?![\w-])"  # a code to sign in with
    r"|(?<![\w-])[A-Z2-7]{32}(?![\w-])"  # the secret of an application
    r"|data:[\w/+]+;base64,[\w/+=]+"
)
BLANKS = {"\u00a0": "⍽", "\u202f": "␣"}  # both are meant, and neither can be seen


class Lines(HTMLParser):
    """One element that says something a line, with the words that follow it."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.frame: list[str] = []  # what stands around the page's own part
        self.main: list[str] = []
        self._words = ""
        self._opened = ""
        self._drawing = 0
        self._in_main = "<main" not in html  # a fragment is all its own
        self._exact = ""  # inside a text area, a script
        self.feed(html)
        self.close()
        self._flush()

    def handle_starttag(self, tag: str, found: list[tuple[str, str | None]]) -> None:
        attributes = {name: value for name, value in found if name not in DROPPED_ATTRIBUTES}
        if tag == "main":
            self._flush()
            self._in_main = True
        if tag == "svg":
            self._drawing += 1
        if self._drawing:
            if tag not in KEPT_IN_DRAWINGS or attributes.get("aria-hidden") == "true":
                return
            attributes = {name: value for name, value in attributes.items() if re.match("aria-|role|id|href", name)}
        if tag == "link" and attributes.get("rel") in ("stylesheet", "preload", "modulepreload"):
            return
        if attributes.get("name") == "csrfmiddlewaretoken":
            attributes.pop("value", None)
        if tag in RUNNING and not attributes:
            self._words += " " if tag == "br" else ""
            return
        self._flush()
        if tag not in WRAPPING or attributes:
            said = sorted(
                f" {name}" if value is None else f' {name}="{_one_line(value)}"' for name, value in attributes.items()
            )
            self._opened = f"<{tag}{''.join(said)}>"
        self._exact = tag if tag in ("textarea", "script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "svg":
            self._drawing -= 1
        if tag not in RUNNING:
            self._flush()
        if tag == "main":
            self._in_main = False
        self._exact = ""

    def handle_data(self, data: str) -> None:
        self._words += data if self._exact != "style" else ""

    def _flush(self) -> None:
        line = f"{self._opened} {_one_line(self._words)}".strip()
        own = self._in_main or self._opened.startswith("<title")
        if line:
            (self.main if own else self.frame).append(line)
        self._words = self._opened = ""


def _one_line(text: str) -> str:
    return re.sub(r"[ \t\r\n\f]+", " ", text).strip(" ")


@dataclass
class Recorder:
    """Recordings under their names. `names` says what stands for each known secret and number of a dossier."""

    names: dict[str, str] = field(default_factory=lambda: {str(settings.VAR_DIR): "VAR_DIR"})
    files: dict[str, str] = field(default_factory=dict)
    frames: dict[str, str] = field(default_factory=dict)  # {what stands around pages: its name}

    def keep(self, name: str, text: str | Iterable[str]) -> None:
        """Record a text, or lines, under a name that is new."""
        assert name not in self.files, name
        text = text if isinstance(text, str) else "\n".join(text)
        self.files[name] = self.hide(text).rstrip("\n") + "\n"

    def answer(self, name: str, response: Any, *expected: int) -> Any:
        """Record an answer to a request, and return it."""
        assert response.status_code in (expected or (200,)), (name, response.status_code, response.content[:2000])
        self.keep(name, self.text_of(response))
        return response

    def text_of(self, response: Any) -> str:
        body = b"".join(response) if response.streaming else response.content
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        place = f"Location: {response.headers['Location']}\n" if "Location" in response.headers else ""
        head = f"{response.status_code} {kind}\n{place}"
        if kind == "text/html":
            lines = Lines(body.decode())
            frame = self.hide("\n".join(lines.frame))
            around = self.frames.setdefault(frame, f"frame {len(self.frames) + 1}") if frame else "no frame"
            return f"{head}{around}\n" + "\n".join(lines.main)
        if named := response.headers.get("Content-Disposition"):
            head += f"{named}\n"
        return head + text_of_file(body)

    def keep_frames(self) -> None:
        self.keep("frames", "\n\n".join(f"== {name}\n{frame}" for frame, name in self.frames.items()))

    def hide(self, text: str) -> str:
        """The text without what is there by chance, and with its blanks to be seen."""
        for value in sorted(self.names, key=len, reverse=True):
            text = text.replace(value, f"‹{self.names[value]}›")
        numbers: dict[str, int] = {}
        text = CHANCE.sub(lambda found: f"‹{numbers.setdefault(found[0], len(numbers) + 1)}›", text)
        return re.sub("|".join(BLANKS), lambda found: BLANKS[found[0]], text)


def text_of_file(content: bytes) -> str:
    """The words of a PDF, the files of a zip one after the other, or the text itself."""
    if content.startswith(b"%PDF-1"):
        with pymupdf.open(stream=content, filetype="pdf") as document:
            pages = [page.get_text() for page in document]
        return "\n".join(f"-- page {number}\n{page}" for number, page in enumerate(pages, start=1))
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "\n".join(f"=== {name}\n{_inside(archive.read(name))}" for name in archive.namelist())
    text = content.decode("utf-8-sig")
    if text.startswith("BEGIN:VCALENDAR"):
        text = text.replace("\r\n ", "")  # a long line goes on in the next one
    if text.startswith(("{", "[")):
        return text_of_json(json.loads(text))
    if "<svg" in text[:500]:
        return "\n".join(Lines(text).main)
    return "\n".join(text.splitlines())


def _inside(content: bytes) -> str:
    """A file of a zip; what its PDFs say is recorded beside it, and their bytes may change."""
    if content.startswith(b"%PDF-1"):
        with pymupdf.open(stream=content, filetype="pdf") as document:
            return f"PDF, {document.page_count} pages"
    return re.sub(r"^[0-9a-f]{64}(?=  .*\.pdf$)", "‹digest›", text_of_file(content), flags=re.M)


def text_of_json(value: Any) -> str:
    """Markup inside is read like a page."""
    return json.dumps(_readable(value), ensure_ascii=False, indent=1, sort_keys=True)


def _readable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _readable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_readable(each) for each in value]
    if isinstance(value, str) and value.lstrip()[:1] in ("<", ""):  # markup, or what is left of it
        return Lines(value).main
    return value


def text_of_mail(mail: EmailMessage) -> str:
    """Its headers, its text, and its page as a reader sees it."""
    message = mail.message()
    wanted = ("Subject", "From", "To", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post", "Reply-To")
    headers = [f"{name}: {_one_line(str(message[name]))}" for name in wanted if name in message]
    headers[0] = f"Subject: {mail.subject}"
    pages = [each.content for each in getattr(mail, "alternatives", [])]
    return "\n".join([*headers, "", mail.body, *(line for page in pages for line in ["-- html", *_whole(page)])])


def _whole(page: str) -> Iterator[str]:
    lines = Lines(page)
    yield from (*lines.frame, *lines.main)
