"""The content of a template as elements, each under a name: what is merged, kept in history and compared."""

from collections.abc import Mapping
from typing import Any

PLAIN = ("title", "cover", "position")
ANSWERS, ADVICE = "answers.", "advice."  # what the names of elements by question begin with


def list_elements(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a content holds, by the name of each element: `title`, `answers.<key>`, `advice.<key>`…"""
    elements = {name: content[name] for name in PLAIN if content.get(name)}
    elements |= {f"{ANSWERS}{key}": answer for key, answer in content.get("answers", {}).items()}
    return elements | {f"{ADVICE}{key}": text for key, text in content.get("advice", {}).items()}


def nest_elements(elements: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content that holds these elements; None stands for one that was taken away."""
    content: dict[str, Any] = {name: elements.get(name) for name in PLAIN}
    for kind in (ANSWERS, ADVICE):
        named = {name.removeprefix(kind): element for name, element in elements.items() if name.startswith(kind)}
        content[kind.rstrip(".")] = {key: element for key, element in named.items() if element is not None}
    return {**content, "cover": content["cover"] or ""}
