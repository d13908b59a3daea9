"""A group of controllers: what it is called, which breach it is about, and who is in it."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.core.validators import EmailValidator
from django.db.models import QuerySet

from ...models import Practice
from ...questionnaire import Context, Question, Refused, check_entry
from ..dossiers.filing import LineField
from .practice import TIMEZONES

NAME = 200  # as long as the column
NOBODY = "Cochez au moins un cabinet, ou écrivez le nom d'un nouveau."
NO_INCIDENT = "aucun"
EMAIL = EmailValidator("l'adresse n'est pas lisible. Exemple de ligne : Cabinet du Dr Martin ; martin@exemple.fr")


class MembersForm(forms.Form):
    """Cleans `members` to practices and `newcomers` to (name, address or "") pairs; at least one of them.

    `kept` are the practices that one keeps, `offered` those to choose from; `naming` is the question that each name
    answers."""

    members = forms.ModelMultipleChoiceField(
        label="Vos cabinets",
        help_text="Un cabinet qui a déjà un dossier pour cet incident le garde : ce dossier rejoint le groupe.",
        queryset=Practice.objects.none(),
        to_field_name="public_id",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Un cabinet coché n'est plus proposé : choisissez de nouveau."},
    )
    newcomers = forms.CharField(
        label="Nouveaux cabinets",
        help_text="Un par ligne. Pour inviter le médecin qui en répond, ajoutez son adresse après un point-virgule.",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 6, "spellcheck": "false"}),
    )

    def __init__(
        self,
        *args: Any,
        kept: QuerySet[Practice],
        offered: QuerySet[Practice],
        naming: Question,
        context: Context,
        **options: Any,
    ):
        super().__init__(*args, **options)
        self.naming, self.context = naming, context
        self.names = {practice.name.casefold() for practice in kept}
        if offered:
            cast("forms.ModelMultipleChoiceField[Practice]", self.fields["members"]).queryset = offered
        else:
            del self.fields["members"]

    def clean_newcomers(self) -> list[tuple[str, str]]:
        newcomers, faults = [], []
        for place, line in enumerate(self.cleaned_data["newcomers"].splitlines(), start=1):
            try:
                newcomers += [self._read_newcomer(line)] if line.strip() else []
            except (Refused, forms.ValidationError) as fault:
                faults.append(f"Ligne {place} : {fault.message if isinstance(fault, forms.ValidationError) else fault}")
        names = [name.casefold() for name, _ in newcomers]
        twice = [name for name, _ in newcomers if names.count(name.casefold()) > 1]
        if twice:
            faults.append(f"« {twice[0]} » est écrit deux fois.")
        if faults:
            raise forms.ValidationError(faults)
        return newcomers

    def _read_newcomer(self, line: str) -> tuple[str, str]:
        """Return the (name, address or "") of a line. Raises Refused or ValidationError."""
        name, _, email = (part.strip() for part in line.partition(";"))
        entry = check_entry(self.naming, {"state": "known", "value": name}, self.context)
        if not entry["value"]:
            raise forms.ValidationError("écrivez le nom du cabinet avant l'adresse.")
        if entry["value"].casefold() in self.names:
            raise forms.ValidationError("un de vos cabinets porte déjà ce nom ; cochez-le plutôt, s'il est proposé.")
        if email:
            EMAIL(email)
        return entry["value"], email

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if not (self.errors or data.get("members") or data["newcomers"]):
            self.add_error("newcomers", NOBODY)
        return data


class GroupForm(MembersForm):
    """`incidents` are (slug, title) pairs; cleans `incident` to a slug, "" for none."""

    incident = forms.ChoiceField(
        label="Quel incident ?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez l'incident.",
            "invalid_choice": "Cet incident n'est plus proposé : choisissez de nouveau.",
        },
    )
    name = LineField(
        label="Nom du groupe",
        help_text="Pour vous y retrouver : par exemple le nom de la maison de santé. Aucun dossier ne le dit.",
        limit=NAME,
        error_messages={"required": "Donnez un nom au groupe, par exemple celui de la maison de santé."},
    )
    timezone = forms.ChoiceField(
        label="Où se trouvent les nouveaux cabinets ?",
        help_text="Leurs dates et la fin de leur délai seront écrites à cette heure.",
        choices=TIMEZONES,
        initial="Europe/Paris",
        widget=forms.Select(attrs={"class": "form-select field-medium"}),
        error_messages={"invalid_choice": "Ce fuseau n'est pas proposé."},
    )
    field_order = ["incident", "name", "timezone", "members", "newcomers"]

    def __init__(self, *args: Any, incidents: Iterable[tuple[str, str]], **options: Any):
        super().__init__(*args, **options)
        cast(forms.ChoiceField, self.fields["incident"]).choices = [*incidents, (NO_INCIDENT, "Sans fiche d'incident")]

    def clean_incident(self) -> str:
        slug: str = self.cleaned_data["incident"]
        return "" if slug == NO_INCIDENT else slug
