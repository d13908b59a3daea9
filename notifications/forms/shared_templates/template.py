"""What an editor writes in a template: one step of the guide, and what stands around it."""

from collections.abc import Iterable, Mapping
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, LayoutObject
from django import forms
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ...questionnaire import Context, Question, Refused, check_entry, is_same_answer
from ...shared_template.content import ADVICE, ANSWERS
from ..dossiers.step import QuestionBlock, StepForm
from ..fields import QuestionField

ADVICE_FIELD = "-advice"  # ends the name of the field that holds a question's advice


class SharedAnswerField(QuestionField):
    """Cleans to what a template says of an answer, or to None. The organisation writes one part of a text in parts."""

    def __init__(self, question: Question, answer: Mapping[str, Any] | None, context: Context):
        self.in_parts = bool(question.parts)
        plain = question.replace(parts=(), ticks=(), long=question.long or self.in_parts)
        if self.in_parts:
            plain = plain.replace(unknown=False, not_applicable=False)
        super().__init__(plain, dict(answer) if answer else None, context)

    def clean(self, posted: dict[str, Any]) -> dict[str, Any] | None:
        sent = self.read_state(posted)
        if sent["state"] == "cleared":
            return None
        if self.in_parts:
            return {"state": "known", "value": sent["value"]}
        try:
            if self.question.type in ("moment", "datetime"):
                self.keep_instant(sent)
            entry = check_entry(self.question, sent, self.context)
        except Refused as refused:
            raise forms.ValidationError(str(refused), code="refused") from None
        # what was only shown is sent back as it was: « suspected » for the whole is not another word for each option
        return self.base if self.base and is_same_answer(entry, self.base) else sent


class SharedQuestion(LayoutObject):  # type: ignore[misc]  # crispy has no types
    """One question: what the incident proposes, the organisation's answer where it may give one, and its advice."""

    def __init__(self, question: Question):
        self.question = question

    def render(
        self, form: "TemplateStepForm", context: Any, template_pack: str | None = None, **options: Any
    ) -> SafeString:
        key, name = self.question.key, self.question.key + ADVICE_FIELD
        shown = form.stored if form.stored is not None and name not in form.errors else form
        answer = QuestionBlock(key).render(form, context) if key in form.fields else ""
        return render_to_string(
            "shared_templates/_edit_question.html",
            {
                "question": self.question,
                "answer": answer,
                "proposed": form.proposed.get(key, ()),
                "advice": shown[name],
            },
        )


class TemplateStepForm(StepForm):
    """`content` is what editors are writing. `proposed` (lines of the incident, by key) and `stored` (the same page as
    it stands, when part of what was sent was refused) are set by the view; so are errors of the service."""

    def __init__(
        self,
        questions: Iterable[Question],
        content: Mapping[str, Any],
        context: Context,
        sent: QueryDict | None = None,
    ):
        super().__init__((), {}, context, sent)
        self.proposed: Mapping[str, Any] = {}
        self.helper = FormHelper()
        self.helper.form_tag, self.helper.disable_csrf = False, True
        self.helper.layout = Layout()
        for question in questions:
            key, label = question.key, f"Votre conseil : {question.label}"
            if question.shareable:
                answer = content.get("answers", {}).get(key)
                self.fields[key] = SharedAnswerField(question, answer, context)
            advice = content.get("advice", {}).get(key, "")
            self.fields[key + ADVICE_FIELD] = _make_text_field(label, rows=3, initial=advice)
            self.helper.layout.append(SharedQuestion(question))

    def list_elements(self) -> dict[str, Any]:
        """Return what was typed, by the name of each element; nothing of what was refused."""
        elements = {}
        for name, value in self.cleaned_data.items():
            key = name.removesuffix(ADVICE_FIELD)
            if name not in self.errors:
                elements[ANSWERS + key if key == name else ADVICE + key] = value
        return elements

    def refuse(self, element: str, sentence: str) -> None:
        """Show why the service refused an element."""
        kind, _, key = element.partition(".")
        self.add_error(key + ADVICE_FIELD if kind + "." == ADVICE else key, sentence)


def _make_text_field(label: str, *, rows: int, **options: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"class": "form-control", "rows": rows})
    return forms.CharField(label=label, required=False, widget=widget, **options)


def _make_line_field(label: str) -> forms.CharField:
    return forms.CharField(label=label, required=False, widget=forms.TextInput(attrs={"class": "form-control"}))


class CoverForm(forms.Form):
    """What a template says besides answers and advice."""

    title = _make_line_field("Titre")
    cover = _make_text_field("Présentation", rows=6)
    position_text = _make_text_field("Position de l'organisation", rows=4)
    position_date = forms.CharField(
        label="Position prise le",
        required=False,
        widget=forms.TextInput(attrs={"type": "date", "class": "form-control field-short"}),
    )
    contact = _make_line_field("Contact de l'organisation")
    public_line = _make_line_field("Ligne publique")

    def list_elements(self) -> dict[str, Any]:
        """Return the elements of the template's content."""
        data = self.cleaned_data
        text, day = data["position_text"], data["position_date"]
        position = {"text": text, "date": day} if text or day else None
        return {"title": data["title"], "cover": data["cover"], "position": position}

    def refuse(self, element: str, sentence: str) -> None:
        """Show why the service refused an element."""
        self.add_error("position_text" if element == "position" else element, sentence)


class PublishForm(forms.Form):
    summary = _make_line_field("Ce qui a changé, en une phrase")
