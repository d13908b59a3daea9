"""What is asked of a practice besides the questions of the form."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from crispy_forms.layout import Layout, LayoutObject
from django import forms
from django.db.models import QuerySet
from django.utils.html import format_html

from ...models import Practice, Role
from ...questionnaire import Context, Question, Step
from ..dossiers.filing import LineField
from ..dossiers.step import QuestionBlock, StepForm

NO_INCIDENT = "-"  # no slug


def _make_select(label: str, choices: Iterable[tuple[str, str]], help_text: str = "") -> forms.ChoiceField:
    unknown = {"invalid_choice": "Ce choix n'est pas proposé : choisissez de nouveau."}
    widget = forms.Select(attrs={"class": "form-select field-medium"})
    return forms.ChoiceField(label=label, choices=choices, help_text=help_text, widget=widget, error_messages=unknown)


WHERE = "Où se trouve-t-elle ?"
KINDS = [(key, label[0].upper() + label[1:]) for key, label in Practice.Kind.choices]
TIMEZONES = [(key, f"Heure {words}") for key, words in Practice._meta.get_field("timezone").flatchoices]


class NewPracticeForm(forms.ModelForm):  # type: ignore[type-arg]
    """`role` is that of whoever begins it."""

    name = LineField(
        label="Nom du cabinet",
        limit=200,
        help_text="Celui du responsable du fichier des patients, tel qu'il est déclaré : la société ou, en exercice "
        "individuel, le praticien.",
        error_messages={"required": "Écrivez le nom du cabinet."},
    )
    kind = _make_select("De quelle structure s'agit-il ?", KINDS)
    timezone = _make_select(
        WHERE, TIMEZONES, "Les dates et la fin des délais de ses dossiers seront écrites à cette heure."
    )
    role = forms.ChoiceField(
        label="Vous êtes…",
        choices=[
            (Role.OWNER, "Responsable de traitement : ce sont mes patients, ou je représente la structure"),
            (Role.MANAGER, "Gestionnaire : je prépare les notifications pour le responsable"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Dites quel est votre rôle.", "invalid_choice": "Choisissez l'un des deux rôles."},
    )

    class Meta:
        model = Practice
        fields = ["name", "kind", "timezone"]


class FactsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a profile holds besides answers."""

    kind = _make_select("De quelle structure s'agit-il ?", KINDS)
    timezone = _make_select(
        WHERE, TIMEZONES, "Les dates des dossiers que vous commencerez seront écrites à cette heure."
    )
    software = LineField(
        label="Logiciel utilisé",
        limit=120,
        required=False,
        help_text="Celui où sont les dossiers de vos patients.",
    )

    class Meta:
        model = Practice
        fields = ["kind", "timezone", "patients", "software"]
        labels = {"patients": "Nombre de dossiers de patients"}
        help_texts = {
            "patients": "Actifs et archivés, un ordre de grandeur suffit. C'est un aide-mémoire : aucun dossier n'est "
            "rempli avec ce nombre.",
        }
        widgets = {"patients": forms.NumberInput(attrs={"class": "form-control field-short", "min": 0})}

    @classmethod
    def in_words(cls, practice: Practice, name: str) -> str:
        """What the practice has in this field now."""
        value = getattr(practice, name)
        words = dict(getattr(cls.base_fields[name], "choices", ())).get(value, value)
        return str("rien" if words in (None, "") else words)


class Heading(LayoutObject):  # type: ignore[misc]
    """The title of a section, over its questions."""

    def __init__(self, title: str):
        self.title = title

    def render(self, form: forms.Form, context: Any, template_pack: Any = None, **kwargs: Any) -> str:
        return format_html("<h2>{}</h2>", self.title)


class ProfileForm(StepForm):
    """The questions of a profile, under the titles of their sections (`steps`)."""

    def __init__(
        self,
        questions: Iterable[Question],
        base: Mapping[str, Any],
        context: Context,
        data: Mapping[str, Any] | None = None,
        *,
        steps: Iterable[Step],
    ):
        questions = list(questions)
        super().__init__(questions, base, context, data)
        self.helper.layout = Layout()
        for step in steps:
            asked = [QuestionBlock(question.key) for question in questions if question.step == step.slug]
            self.helper.layout.extend([Heading(step.title), *asked] if asked else [])


class StartForm(forms.Form):
    """Which incident a dossier is begun with; cleans to its slug, or to NO_INCIDENT."""

    incident = forms.ChoiceField(
        label="Quel incident ?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez un incident, ou « aucun ».",
            "invalid_choice": "Cet incident n'est plus proposé : choisissez de nouveau.",
        },
    )

    def __init__(self, *args: Any, incidents: Iterable[tuple[str, str]], **options: Any):
        super().__init__(*args, **options)
        cast(forms.ChoiceField, self.fields["incident"]).choices = [
            *incidents,
            (NO_INCIDENT, "Aucun de ceux-ci : je décris moi-même la violation"),
        ]


class EntrustForm(forms.Form):
    practice: "forms.ModelChoiceField[Practice]" = forms.ModelChoiceField(
        queryset=Practice.objects.none(),
        to_field_name="public_id",
        label="À quel cabinet ?",
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez un cabinet.", "invalid_choice": "Choisissez l'un de vos cabinets."},
    )

    def __init__(self, *args: Any, practices: QuerySet[Practice], **options: Any):
        super().__init__(*args, **options)
        cast("forms.ModelChoiceField[Practice]", self.fields["practice"]).queryset = practices
