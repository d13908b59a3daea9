"""A page as a browser without scripts has it: its words, its tags, and what its form would send."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

VOID = {"input", "br", "hr", "img", "meta", "link", "path", "use", "source", "col", "wbr"}


@dataclass
class Control:
    """One control of a form. `value` is what it sends when it is on."""

    name: str
    kind: str  # text, hidden, checkbox, radio, select, textarea, submit…
    value: str = ""
    on: bool = True
    options: list[str] = field(default_factory=list)
    folded: bool = False  # inside « Facultatif »


class Page(HTMLParser):
    def __init__(self, body: bytes | str):
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.controls: list[Control] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self._area: Control | None = None
        self.feed(body.decode() if isinstance(body, bytes) else body)
        self.close()

    def handle_starttag(self, tag: str, found: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in found}
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self._open.append((tag, attributes))
        name = attributes.get("name", "")
        if tag == "option" and self._area is not None:
            self._area.options.append(attributes.get("value", ""))
            if "selected" in attributes or len(self._area.options) == 1:
                self._area.value = attributes.get("value", "")
        if not name or "disabled" in attributes or tag not in ("input", "textarea", "select", "button"):
            return
        kind = attributes.get("type", "text") if tag in ("input", "button") else tag
        on = "checked" in attributes if kind in ("checkbox", "radio") else kind not in ("submit", "button")
        folded = any("optional-questions" in each.get("class", "") for _, each in self._open)
        value = attributes.get("value", "on" if kind in ("checkbox", "radio") else "")
        self.controls.append(Control(name, kind, value, on, folded=folded))
        if tag in ("textarea", "select"):
            self._area = self.controls[-1]

    def handle_startendtag(self, tag: str, found: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in found}))

    def handle_endtag(self, tag: str) -> None:
        while self._open and any(each == tag for each, _ in self._open):
            if self._open.pop()[0] == tag:
                break
        if tag in ("textarea", "select"):
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None and self._area.kind == "textarea":
            self._area.value += data[1:] if not self._area.value and data[:1] == "\n" else data
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words)).replace("’", "'")

    @property
    def keys(self) -> list[str]:
        """The questions that the page holds."""
        return [each.value for each in self.controls if each.name == "keys"]

    def named(self, name: str) -> Control:
        return next(each for each in self.controls if each.name == name)

    def sends(self, **typed: Any) -> dict[str, list[str]]:
        """What « Enregistrer et continuer » sends, with `typed` over it: text, a list of ticked options, or None for
        a box that is off. Names with a dash are written with `__`."""
        data: dict[str, list[str]] = {}
        for each in self.controls:
            if each.on and each.name != "csrfmiddlewaretoken":
                data.setdefault(each.name, []).append(each.value)
        for name, value in typed.items():
            name = name.replace("__", "-")
            if value is None:
                data.pop(name, None)
            else:
                data[name] = value if isinstance(value, list) else [str(value)]
        return data


def encoded(data: dict[str, list[str]]) -> bytes:
    """A form's body; also of text that no browser could hold, such as half a surrogate pair."""

    def each(text: str) -> str:
        return quote(text, safe="", encoding="utf-8", errors="surrogatepass")

    return "&".join(f"{each(name)}={each(value)}" for name, values in data.items() for value in values).encode()
