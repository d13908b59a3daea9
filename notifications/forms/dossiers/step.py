"""The form of one page: some questions of a dossier, laid out by crispy, one layout object for each."""

from collections.abc import Collection, Iterable, Mapping

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, LayoutObject
from django import forms
from django.template.loader import render_to_string

from ...questionnaire import Checkbox, Context, Entry, Question
from ...report import Row
from ..fields import QuestionField


class QuestionBlock(LayoutObject):
    """One question: label, help, where its answer comes from, doubts, and its controls."""

    def __init__(self, key: str):
        self.key = key

    def render(self, form, context, template_pack=None, **kwargs):
        # What was neither refused nor in conflict is shown as it is stored now, not as the page had it: an answer that
        # somebody else changed would otherwise be sent back as this person's own.
        typed = self.key in form.errors or self.key in form.conflicts
        shown = form if typed or form.stored is None or self.key not in form.stored.fields else form.stored
        bound, row = shown[self.key], form.rows.get(self.key)
        question = bound.field.question
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
                "own_words": any(tick.part for tick in question.ticks),
            },
        )


class Optional(LayoutObject):
    """Questions that may wait, folded; open when one of them was refused or changed elsewhere."""

    def __init__(self, keys: Iterable[str]):
        self.keys = list(keys)

    def render(self, form, context, template_pack=None, **kwargs):
        blocks = [QuestionBlock(key).render(form, context) for key in self.keys]
        wanting = any(key in form.errors or key in form.conflicts for key in self.keys)
        return render_to_string("forms/_optional.html", {"blocks": blocks, "open": wanting})


class StepForm(forms.Form):
    """`base` holds the entries that the page was rendered from. What is shown beside each question (`rows` of the
    report, `advice`, `union_advice`, `suggestions`, `conflicts`) is set by the view, by key; `stored` is the same page
    as it stands in the dossier, when part of what was sent was refused."""

    def __init__(
        self,
        questions: Iterable[Question],
        base: Mapping[str, Entry | None],
        context: Context,
        data=None,
        *,
        ticks: Mapping[str, tuple[Checkbox, ...]],
        optional: Collection[str] = (),
    ):
        super().__init__(data)
        self.rows: Mapping[str, Row] = {}
        self.advice: Mapping[str, object] = {}
        self.union_advice: Mapping[str, tuple[str, str]] = {}  # (who says so, what)
        self.suggestions: Mapping[str, object] = {}
        self.conflicts: dict[str, object] = {}
        self.stored: StepForm | None = None
        for question in questions:
            self.fields[question.key] = QuestionField(
                question, base.get(question.key), context, ticks.get(question.key, ())
            )
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        later = [key for key in self.fields if key in optional]
        self.helper.layout = Layout(*(QuestionBlock(key) for key in self.fields if key not in later))
        if later:
            self.helper.layout.append(Optional(later))

    def entries(self) -> dict[str, Entry | None]:
        """Entries of the questions that were not refused."""
        return {key: entry for key, entry in self.cleaned_data.items() if key not in self.errors}
