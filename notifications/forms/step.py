"""The form of one page: some questions of a dossier, laid out by crispy, one layout object for each."""

from collections.abc import Iterable, Mapping

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, LayoutObject
from django import forms
from django.template.loader import render_to_string

from ..questionnaire import Context, Entry, Question
from ..rubrics import Row
from .fields import QuestionField


class QuestionBlock(LayoutObject):
    """One question: label, help, where its answer comes from, doubts, and its controls."""

    def __init__(self, key: str):
        self.key = key

    def render(self, form, context, template_pack=None, **kwargs):
        bound, row = form[self.key], form.rows.get(self.key)
        return render_to_string(
            "forms/_question.html",
            {
                "question": form.fields[self.key].question,
                "field": bound,
                "row": row,
                "conflict": form.conflicts.get(self.key),
                "advice": form.advice.get(self.key),
                "suggestions": form.suggestions.get(self.key, ()),
                "folded": row is not None and row.state == "to_review" and not form.is_bound,
            },
        )


class StepForm(forms.Form):
    """`base` holds the entries that the page was rendered from. What is shown beside each question (`rows` of the
    report, `advice`, `suggestions`, `conflicts`) is set by the view, by key."""

    def __init__(self, questions: Iterable[Question], base: Mapping[str, Entry | None], context: Context, data=None):
        super().__init__(data)
        self.rows: Mapping[str, Row] = {}
        self.advice: Mapping[str, object] = {}
        self.suggestions: Mapping[str, object] = {}
        self.conflicts: dict[str, object] = {}
        for question in questions:
            self.fields[question.key] = QuestionField(question, base.get(question.key), context)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(*(QuestionBlock(key) for key in self.fields))

    def entries(self) -> dict[str, Entry | None]:
        """Entries of the questions that were not refused."""
        return {key: entry for key, entry in self.cleaned_data.items() if key not in self.errors}
