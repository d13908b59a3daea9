"""Who is asked to join a practice, and who to read a dossier again."""

from django import forms

from ...models import ROLE_SENTENCES
from ..dossiers.filing import LineField


class InviteForm(forms.Form):
    email = forms.EmailField(
        label="Adresse électronique de la personne",
        widget=forms.TextInput(attrs={"type": "email", "class": "form-control", "autocomplete": "off"}),
        error_messages={"required": "Écrivez l'adresse de la personne à inviter."},
    )
    role = forms.ChoiceField(
        label="Son rôle",
        choices=list(ROLE_SENTENCES.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez son rôle.", "invalid_choice": "Ce rôle n'existe pas."},
    )


class AskForm(forms.Form):
    name = LineField(
        label="Qui va relire ?", limit=120, error_messages={"required": "Écrivez le nom de la personne qui va relire."}
    )
