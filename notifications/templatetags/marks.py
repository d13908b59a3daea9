"""Marks: a drawing, and the word beside it where it says something, so that nothing is told by a colour alone."""

from collections.abc import Iterable, Sequence

from django import template
from django.forms import BaseForm
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ..report.incident_page import Cited
from ..typography import Words

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return the drawing of this name."""
    drawing = '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>\n'
    return format_html(drawing, static("img/icons.svg"), name)


def draw_mark(kind: str, name: str, drawing: str, words: str) -> SafeString:
    """Return the drawing with its words, with the class that begins with `kind` and ends with `name`."""
    return format_html('<span class="{}{}">{}{}</span>', kind, name, icon(drawing), words)


@register.simple_tag
def state_mark(state: str, words: str) -> SafeString:
    """Return the mark of an answer's state."""
    return draw_mark("state state-", state, f"state-{state}", words)


@register.simple_tag
def certainty_mark(status: str, word: str) -> SafeString:
    """Return the mark of how sure something is."""
    return draw_mark("certainty certainty-", status, f"certainty-{status}", word)


@register.simple_tag
def cited(sources: Sequence[Cited]) -> SafeString:
    """Return who said it and when, each with a link to the list of sources; nothing where nobody is cited."""
    if not sources:
        return SafeString()
    shown = ((each.source.id, each.source.publisher, each.when) for each in sources)
    links = format_html_join("\u202f; ", '<a href="#source-{}">{}</a>, {}', shown)
    return format_html('<p class="origin">{}<span>{}</span></p>', icon("source"), links)


@register.simple_tag
def errors(key: str, sentences: str | Iterable[object]) -> SafeString:
    """Return what is wrong with the answer to `key`, one sentence or several."""
    listed = [sentences] if isinstance(sentences, str) else sentences
    words = '<span><span class="visually-hidden">Erreur\u00a0:</span> {}</span>'
    line = f'<p class="question-error" id="err-{{}}">{{}}{words}</p>'
    return format_html_join("\n", line, ((key, icon("danger"), Words(each)) for each in listed))


@register.simple_tag
def error_items(form: BaseForm, to_controls: bool = False) -> SafeString:
    """Return one item for each fault of a form: a link to its question, or to the control itself."""
    return format_html_join(
        "\n",
        '<li><a href="#{}">{}\u00a0: {}</a></li>',
        (
            ((to_controls and field.id_for_label) or f"q-{field.name}", Words(field.label), Words(error))
            for field in form
            for error in field.errors
        ),
    )
