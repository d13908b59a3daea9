"""What the style sheet holds to: its length, what old browsers know, no rule for what no page has."""

import re
from functools import cache

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
PARTS = sorted((ROOT / "static" / "css").glob("*.scss"))
MOST_LINES = 1_500  # a ceiling that only falls
OF_THE_FORM_PACK = {"alert", "asteriskField", "invalid-feedback", "is-invalid", "mb-3"}
# Safari 14 knows none of these; Sass unfolds what is nested in the parts.
TOO_NEW = ["@layer", "@container", "@property", "aspect-ratio", "color-mix(", "dvh", "dvw", ":where("]


@cache
def style() -> str:
    """Return all parts in one text, without comments."""
    return re.sub(r"/\*[\s\S]*?\*/|//.*", "", "\n".join(part.read_text() for part in PARTS))


@cache
def pages() -> str:
    """Return the text of all that may write a class."""
    folders = [("templates", "*.html"), ("notifications", "*.py"), ("static/js", "*.mjs")]
    return "\n".join(path.read_text() for folder, name in folders for path in sorted((ROOT / folder).rglob(name)))


def list_classes() -> set[str]:
    """Return the classes in selectors; one that ends with a dash begins a name that is completed from a list."""
    selectors = re.sub(r"(?m)^.*;$", "", style())
    classes = set(re.findall(r"\.([a-zA-Z][\w-]*)", selectors))
    for table in re.findall(r"@each \$(?:class|part), [^{]*? in \(([^{]*)\) \{", selectors):
        classes |= set(re.findall(r"\(([a-z][\w-]*),", table)) or set(re.findall(r"([a-z][\w-]*):", table))
    return classes - OF_THE_FORM_PACK


def test_the_parts_stay_short():
    assert sum(len(part.read_text().splitlines()) for part in PARTS) <= MOST_LINES


@pytest.mark.parametrize("word", TOO_NEW)
def test_a_browser_of_2021_reads_every_part(word):
    assert word not in style()


@pytest.mark.parametrize("name", sorted(list_classes()))
def test_a_page_has_each_class(name):
    completed_by_a_template = re.escape(name) + r"(?=\{[{%])" if name.endswith("-") else ""
    begun_by_a_template = re.escape(name.split("-")[0]) + r"-(?=\{[{%])"
    whole = rf"(?<![\w-]){re.escape(name)}(?![\w-])"
    assert re.search("|".join(filter(None, [whole, completed_by_a_template, begun_by_a_template])), pages())
