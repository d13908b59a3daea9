"""Who is asked to join a practice, and who to read a dossier again."""

from django import forms

from ...models import Role
from ..dossiers.filing import LineField

# What each role may do, the strongest first.
ROLES = [
    (Role.OWNER, "Responsable de traitement : répond des données du cabinet, gère l'équipe, et tout ce qui suit"),
    (Role.MANAGER, "Gestionnaire : tient la fiche du cabinet, commence des dossiers, et tout ce qui suit"),
    (Role.MEMBER, "Membre : répond aux questions, consigne les dépôts, fait relire"),
    (Role.READER, "Lecteur : lit les dossiers, ne change rien"),
]


class InviteForm(forms.Form):
    email = forms.EmailField(
        label="Adresse électronique de la personne",
        widget=forms.TextInput(attrs={"type": "email", "class": "form-control", "autocomplete": "off"}),
        error_messages={"required": "Écrivez l'adresse de la personne à inviter."},
    )
    role = forms.ChoiceField(
        label="Son rôle",
        choices=ROLES,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez son rôle.", "invalid_choice": "Ce rôle n'existe pas."},
    )


class AskForm(forms.Form):
    name = LineField(
        label="Qui va relire ?", limit=120, error_messages={"required": "Écrivez le nom de la personne qui va relire."}
    )
