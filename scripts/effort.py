#!/usr/bin/env python3
"""How much work is it? Drives a real browser through « L'essentiel » for Weda with `examples/cabinet-weda.toml`, and
beside it through « Toutes les rubriques » from a start without an incident. The last line is JSON.

Typing is counted at 40 words a minute (200 characters), a click at one second, and reading is not counted: the figures
compare the two ways, they do not promise a time. On the short way the person leaves out what the page itself folds
away as optional, and keeps the sentences of the last page as they are; sentences offered as ticks are ticked.
"""

import json
import os
import re
import sys
import tempfile
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "breach_assistant.settings"

import django  # noqa: E402

django.setup()

from playwright.sync_api import Page, sync_playwright  # noqa: E402

from notifications import seeds  # noqa: E402
from notifications.files import drafting  # noqa: E402
from notifications.questionnaire import Question  # noqa: E402
from tests.browser.conftest import ARGUMENTS, CHROMIUM  # noqa: E402
from tests.servers import Server, manage  # noqa: E402

CHARACTERS_A_SECOND = 40 * 5 / 60
SECONDS_A_CLICK = 1.0
PARIS = ZoneInfo("Europe/Paris")
LIMIT = 40  # pages; a guide that never ends is a fault


@dataclass
class Effort:
    questions: int = 0
    fields_typed: int = 0
    key_presses: int = 0
    clicks: int = 0
    pages: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return round(self.key_presses / CHARACTERS_A_SECOND + self.clicks * SECONDS_A_CLICK, 1)

    def as_dict(self) -> dict[str, float]:
        names = ("questions", "fields_typed", "key_presses", "clicks", "seconds")
        return {name: getattr(self, name) for name in names}


class Person:
    """Somebody who knows the answers of the example, and only types what the page does not hold yet."""

    def __init__(self, page: Page, answers: dict[str, object], *, short: bool = False):
        self.page, self.answers, self.short, self.effort = page, answers, short, Effort()

    def type(self, selector: str, text: str) -> None:
        control = self.page.locator(selector)
        if not control.count() or control.input_value() == text:
            return
        self.show(selector)
        control.fill(text)
        self.effort.fields_typed += 1
        self.effort.key_presses += len(text)

    def click(self, selector: str) -> None:
        self.show(selector)
        self.page.locator(selector).click()
        self.effort.clicks += 1

    def show(self, selector: str) -> None:
        """Opens the folded parts that hide a control, each by a click."""
        control = self.page.locator(selector).first
        while not control.is_visible():
            closed = control.locator("xpath=ancestor::details[not(@open)]").first
            closed.locator("xpath=./summary").click()
            self.effort.clicks += 1

    def set(self, selector: str, on: bool = True) -> None:
        control = self.page.locator(selector)
        if control.count() and control.is_checked() != on:
            self.click(selector)

    def answer_page(self) -> None:
        form = seeds.find_questionnaire()
        held = self.page.locator("input[name=keys]").evaluate_all("all => all.map(each => each.value)")
        for key in held:
            if self.short and self.page.locator(f".optional-questions #q-{key}").count():
                continue
            keeps = "relire" in self.page.url or key not in self.answers
            if keeps and self.page.locator(f"#id_{key}-keep").count():
                self.set(f"#id_{key}-keep")
            elif key in self.answers and "relire" not in self.page.url:
                self.answer(form.questions[key], self.answers[key])

    def answer(self, question: Question, value: object) -> None:
        field, ident = self.page.locator(f"#q-{question.key}"), f"#id_{question.key}"
        if isinstance(value, dict) and value.get("unknown"):
            self.set(f"{ident}-unknown")
            self.type(f"{ident}-note", value.get("note", ""))
            return
        if isinstance(value, dict) and "value" in value:
            value = value["value"]
        if question.parts:
            self.write_parts(question, ident, value)
        elif question.type == "text" and field.locator("[data-sentence]").count():
            self.write(ident, str(value), field)
        elif question.type in ("choice", "choices"):
            for option in value if isinstance(value, list) else [value]:
                self.set(f"{ident}-option-{option}")
        elif question.type == "yes_no":
            self.set(f"{ident}-{'yes' if value else 'no'}")
        elif isinstance(value, datetime):
            local = value.astimezone(PARIS)
            self.type(f"{ident}-day", f"{local:%Y-%m-%d}")
            self.type(f"{ident}-time", f"{local:%H:%M}")
        elif isinstance(value, date):
            self.type(f"{ident}-day" if question.type == "moment" else ident, value.isoformat())
        elif question.type == "group":
            for number, row in enumerate(value):
                self.write_row(ident, number, row)
        else:
            self.type(ident, str(value))

    def write_parts(self, question: Question, ident: str, value: object) -> None:
        texts = value if isinstance(value, dict) else {question.part_for("practice"): value}
        for part, text in texts.items():
            self.write(f"{ident}-part-{part}", str(text), self.page.locator(f"#q-{question.key}"))

    def write(self, area: str, text: str, field: object) -> None:
        """Ticks the sentences offered for this text where there are any, types the text where there are none."""
        boxes = self.page.locator(f"[data-target='{area[1:]}']")
        if not boxes.count():
            self.type(area, text)
            return
        for number in range(min(boxes.count(), 3)):
            if not boxes.nth(number).is_checked():
                self.click(f"[data-target='{area[1:]}'] >> nth={number}")
            if day := boxes.nth(number).get_attribute("data-date"):
                self.type(f"#{day}", "2025-11-14")

    def write_row(self, ident: str, number: int, row: dict[str, str]) -> None:
        for name, text in row.items():
            control = self.page.locator(f"{ident}-{number}-{name}")
            if control.count() and control.evaluate("each => each.tagName") == "SELECT":
                control.select_option(text)
                self.effort.clicks += 2
            else:
                self.type(f"{ident}-{number}-{name}", text)

    def go_through(self, *, until: str) -> Effort:
        while until not in self.page.url:
            path = "/".join(self.page.url.rsplit("/", 3)[1:3])
            if path not in self.effort.pages:
                self.effort.pages.append(path)
                self.effort.questions += "relire" not in path
            assert len(self.effort.pages) < LIMIT, self.effort.pages
            self.answer_page()
            self.effort.clicks += 1
            with self.page.expect_navigation():
                self.page.get_by_role("button", name="Enregistrer et continuer").click()
        return self.effort


def example() -> dict[str, object]:
    return tomllib.loads((ROOT / "examples" / "cabinet-weda.toml").read_text(encoding="utf-8"))


def without_incident() -> dict[str, object]:
    """The same person, who must also write what the incident file knows: every proposal for Weda becomes typing."""
    answers = example()
    revision = drafting.find_incident("weda-2025-11")
    for fact in revision.facts if revision else ():
        if fact.proposes and fact.key not in answers:
            answers[fact.key] = {"unknown": True, "note": fact.unknown} if fact.unknown else fact.value
        elif fact.proposes and seeds.find_questionnaire().questions[fact.key].parts:
            own = answers[fact.key] if isinstance(answers[fact.key], dict) else {"practice": answers[fact.key]}
            answers[fact.key] = {"source": fact.value, **own}
    return answers


def measure(url: str) -> tuple[Effort, Effort]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 390, "height": 844}, base_url=url)
        page.goto("/incidents/weda-2025-11/commencer/")
        page.get_by_role("button", name="Commencer").click()
        essential = Person(page, example(), short=True).go_through(until="/verifier/")
        page.goto("/commencer/")
        page.get_by_role("button", name="Commencer").click()
        page.wait_for_url(re.compile("/etapes/"))
        full = Person(page, without_incident()).go_through(until="/verifier/")
        browser.close()
    return essential, full


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        for step in ("prepare_database", "migrate", "load_seeds"):
            manage(var, step)
        server = Server(var).start()
        try:
            essential, full = measure(server.url)
        finally:
            server.stop()
    for name, effort in (("L'essentiel, Weda", essential), ("Toutes les rubriques, sans incident", full)):
        print(name)
        print("  pages :", ", ".join(effort.pages))
        print("  " + ", ".join(f"{key} {value}" for key, value in effort.as_dict().items()))
    ratio = round(essential.seconds / full.seconds, 3)
    print(json.dumps({"essential": essential.as_dict(), "full": full.as_dict(), "ratio": ratio}))


if __name__ == "__main__":
    main()
