"""The form of one page: some questions of a dossier, laid out by crispy, one layout object for each."""

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Any, cast

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, LayoutObject
from django import forms
from django.template import Context as TemplateContext
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ...questionnaire import Checkbox, Context, Entry, Question
from ...report import Row
from ..fields import QuestionField


class QuestionBlock(LayoutObject):  # type: ignore[misc]
    """One question: label, help, where its answer comes from, doubts, and its controls."""

    def __init__(self, key: str):
        self.key = key

    def render(
        self, form: "StepForm", context: TemplateContext, template_pack: Any = None, **options: Any
    ) -> SafeString:
        # What was neither refused nor in conflict is shown as it is stored now, not as the page had it: an answer that
        # somebody else changed would otherwise be sent back as this person's own.
        typed = self.key in form.errors or self.key in form.conflicts
        shown = form if typed or form.stored is None or self.key not in form.stored.fields else form.stored
        bound, row = shown[self.key], form.rows.get(self.key)
        question: Question = cast(QuestionField, shown.fields[self.key]).question
        return render_to_string(
            "forms/_question.html",
            {
                "question": question,
                "dossier": context.get("dossier"),
                "field": bound,
                "row": row,
                "conflict": form.conflicts.get(self.key),
                "advice": form.advice.get(self.key),
                "union_advice": form.union_advice.get(self.key),
                "suggestions": form.suggestions.get(self.key, ()),
                "prefilled": row is not None and row.state == "to_review" and not shown.is_bound,
                "own_words": any(checkbox.part for checkbox in question.ticks),
            },
        )


class Optional(LayoutObject):  # type: ignore[misc]
    """Questions that may wait, folded; open when one of them was refused or changed elsewhere."""

    def __init__(self, keys: Iterable[str]):
        self.keys = list(keys)

    def render(
        self, form: "StepForm", context: TemplateContext, template_pack: Any = None, **options: Any
    ) -> SafeString:
        blocks = [QuestionBlock(key).render(form, context) for key in self.keys]
        wanting = any(key in form.errors or key in form.conflicts for key in self.keys)
        return render_to_string("forms/_optional.html", {"blocks": blocks, "open": wanting})


class StepForm(forms.Form):
    """Some questions. `base` holds the entries that the page was rendered from; `checkboxes`, by question, the boxes
    that fit what is recorded; `optional` the keys of questions that may wait."""

    rows: Mapping[str, Row] = {}
    advice: Mapping[str, object] = {}
    union_advice: Mapping[str, tuple[str, str]] = {}
    suggestions: Mapping[str, object] = {}
    conflicts: Mapping[str, object] = {}
    stored: "StepForm | None" = None

    def __init__(
        self,
        questions: Iterable[Question],
        base: Mapping[str, Mapping[str, Any] | None],
        context: Context,
        data: Mapping[str, Any] | None = None,
        *,
        checkboxes: Mapping[str, tuple[Checkbox, ...]] = {},
        optional: Collection[str] = (),
    ):
        super().__init__(data)
        for question in questions:
            key = question.key
            self.fields[key] = QuestionField(
                question, cast(Entry | None, base.get(key)), context, checkboxes.get(key, ())
            )
        self.laid_out, self.optional = list(self.fields), optional

    @cached_property
    def helper(self) -> FormHelper:
        """How crispy draws the form: question by question, those that may wait at the end."""
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        later = [key for key in self.laid_out if key in self.optional]
        helper.layout = Layout(*(QuestionBlock(key) for key in self.laid_out if key not in later))
        if later:
            helper.layout.append(Optional(later))
        return helper

    def explain(
        self,
        *,
        rows: Mapping[str, Row] = {},
        advice: Mapping[str, object] = {},
        union_advice: Mapping[str, tuple[str, str]] = {},
        suggestions: Mapping[str, object] = {},
        conflicts: Mapping[str, object] = {},
        stored: "StepForm | None" = None,
    ) -> None:
        """Take what the page says beside each question, by key: its row of the report, advice, an organisation's advice
        (who says so, what), options that the incident suggests, what somebody else wrote meanwhile. `stored` is the
        same page as it stands in the dossier, when part of what was sent was refused."""
        self.rows, self.advice, self.union_advice, self.suggestions = rows, advice, union_advice, suggestions
        self.conflicts, self.stored = conflicts, stored

    def entries(self) -> dict[str, Entry | None]:
        """Return the entries of the questions that were not refused."""
        refused = self.errors
        return {key: entry for key, entry in self.cleaned_data.items() if key not in refused}
